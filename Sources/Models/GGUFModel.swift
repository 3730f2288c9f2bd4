import Formats
import Tensors

/// Writes a model as one GGUF file, as other programs open it.
public struct GGUFModel: Sendable {
  private let checkpoint: Checkpoint
  private let family: Family

  /// A model on its way into a GGUF; its adapter, if it has one, is merged into the weights.
  ///
  /// - Throws: `ModelError` for what a GGUF of this family has no words for.
  public init(_ checkpoint: Checkpoint) throws {
    self.checkpoint = checkpoint.merged
    let configuration = checkpoint.configuration
    guard let family = Family.named(configuration.family) else {
      throw ModelError.unknownFamily(configuration.family, path: checkpoint.path)
    }
    if configuration.slidingWindow != nil {
      throw ModelError.notInGGUF("a sliding window", path: checkpoint.path)
    }
    if case .rotary(let rotary) = configuration.position, case .llama3 = rotary.scaling {
      throw ModelError.notInGGUF("rotary scaling as in Llama 3.1", path: checkpoint.path)
    }
    // Without its window a Mistral is a Llama, and that is the name that other programs know.
    self.family = family.name == Family.mistral.name ? .llama : family
  }

  /// How a tensor is stored.
  ///
  /// Gains, biases and learnt positions are float32; matrices are of the type that is wanted, or float16 when
  /// their rows aren't whole blocks of it.
  static func elementType(ofShape shape: Shape, name: String, wanted: ElementType) -> ElementType {
    guard shape.rank == 2, name != "position_embd.weight" else { return .float32 }
    return shape[1] % wanted.blockLength == 0 ? wanted : .float16
  }

  /// Writes the file, which appears at `path` only when it is whole.
  ///
  /// - Parameters:
  ///   - elementType: One of `ElementType.quantizable`, for the matrices.
  ///   - name: What the model is called.
  ///   - tokenizer: The `tokenizer.` entries of the metadata.
  public func write(
    to path: String, as elementType: ElementType, name: String,
    tokenizer: [(key: String, value: GGUFValue)]
  ) throws {
    var writer = GGUFWriter()
    writer.set("general.architecture", to: .string(family.ggufArchitecture))
    writer.set("general.type", to: .string("model"))
    writer.set("general.name", to: .string(name))
    if let number = GGUFModel.fileTypes[elementType] { writer.set("general.file_type", to: .uint32(number)) }
    writer.set("general.quantization_version", to: .uint32(2))
    for (key, value) in sizes { writer.set("\(family.ggufArchitecture).\(key)", to: value) }
    for (key, value) in tokenizer { writer.set(key, to: value) }
    let arranged = ArrangedTensors(
      configuration: checkpoint.configuration, rules: family.ggufTensorRules)
    for element in try arranged.elements(of: checkpoint.tensors, path: checkpoint.path) {
      let stored = GGUFModel.elementType(
        ofShape: element.tensor.shape, name: element.name, wanted: elementType)
      writer.add(OutgoingTensor(element.tensor, name: element.name, as: stored))
    }
    try writer.write(to: path)
  }

  /// The numbers by which `general.file_type` tells how most tensors are stored.
  private static let fileTypes: [ElementType: UInt32] = [
    .float32: 0, .float16: 1, .q4_0: 2, .q4_1: 3, .q8_0: 7, .bfloat16: 32,
  ]

  /// The sizes and settings, by their keys under the architecture's prefix.
  private var sizes: [(key: String, value: GGUFValue)] {
    let configuration = checkpoint.configuration
    func size(_ value: Int) -> GGUFValue { .uint32(UInt32(value)) }
    var entries: [(key: String, value: GGUFValue)] = [
      ("vocab_size", size(configuration.vocabularySize)),
      ("context_length", size(configuration.contextLength)),
      ("embedding_length", size(configuration.hiddenSize)),
      ("block_count", size(configuration.layers)),
      ("feed_forward_length", size(configuration.intermediateSize)),
      ("attention.head_count", size(configuration.heads)),
    ]
    switch configuration.normalization {
    case .layer: entries.append(("attention.layer_norm_epsilon", .float32(configuration.normEpsilon)))
    case .rootMeanSquare:
      entries.append(("attention.layer_norm_rms_epsilon", .float32(configuration.normEpsilon)))
    }
    guard case .rotary(let rotary) = configuration.position else { return entries }
    entries += [
      ("attention.head_count_kv", size(configuration.keyValueHeads)),
      ("attention.key_length", size(configuration.headDimension)),
      ("attention.value_length", size(configuration.headDimension)),
      ("rope.dimension_count", size(configuration.headDimension)),
      ("rope.freq_base", .float32(Float(rotary.base))),
    ]
    if case .linear(let factor) = rotary.scaling {
      entries += [
        ("rope.scaling.type", .string("linear")), ("rope.scaling.factor", .float32(Float(factor))),
      ]
    }
    return entries
  }
}
