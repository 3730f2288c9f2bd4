import Autodiff
import Formats
import Foundation
import Tensors

/// A model as it lies on disk: its configuration and its weights under the decoder's names.
///
/// Weights stay where and as they are: memory-mapped, half-precision or quantised. Only gains and biases, and
/// matrices that a family stores in another arrangement, are copied.
public struct Checkpoint: Sendable {
  /// The folder or GGUF file.
  public let path: String
  public let configuration: ModelConfiguration
  /// The weights by parameter name.
  public let tensors: [String: Tensor]
  /// LoRA matrices over them, where the folder holds an adapter.
  public var adapter: StoredAdapter?
  /// Whether the GGUF, or the one that an adapter adapts, holds a tokenizer too.
  private let holdsTokenizer: Bool

  /// A LoRA adapter's configuration and matrices, float32, by parameter name.
  public struct StoredAdapter: Sendable {
    public let configuration: LowRankConfiguration
    public let tensors: [String: Tensor]
    /// The model that it adapts.
    public let basePath: String

    public init(configuration: LowRankConfiguration, tensors: [String: Tensor], basePath: String) {
      self.configuration = configuration
      self.tensors = tensors
      self.basePath = basePath
    }
  }

  public init(
    path: String, configuration: ModelConfiguration, tensors: [String: Tensor], adapter: StoredAdapter? = nil,
    holdsTokenizer: Bool = false
  ) {
    self.path = path
    self.configuration = configuration
    self.tensors = tensors
    self.adapter = adapter
    self.holdsTokenizer = holdsTokenizer
  }

  /// The same model otherwise stored: other weights, and perhaps no adapter.
  func with(
    path: String? = nil, configuration: ModelConfiguration? = nil, tensors: [String: Tensor]? = nil,
    adapter: StoredAdapter? = nil
  ) -> Checkpoint {
    Checkpoint(
      path: path ?? self.path, configuration: configuration ?? self.configuration,
      tensors: tensors ?? self.tensors, adapter: adapter, holdsTokenizer: holdsTokenizer)
  }

  /// Loads a transformers folder, a PEFT adapter folder (with the model it adapts), or a GGUF file.
  ///
  /// - Throws: `ModelError`, and what the formats' readers throw for torn or hostile files.
  public static func load(_ path: String) throws -> Checkpoint {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw ModelError.notFound(path: path)
    }
    if !isFolder.boolValue { return try loadGGUF(path) }
    if FileManager.default.fileExists(atPath: path + "/adapter_config.json") {
      return try loadAdapter(path)
    }
    return try loadFolder(path)
  }

  /// A decoder that infers with these weights.
  public func makeDecoder() -> Decoder {
    let adapter = self.adapter.map { stored in
      LowRankAdapter(stored.configuration, parameters: stored.tensors.mapValues { Variable($0) })
    }
    return Decoder(configuration, parameters: tensors.mapValues { Variable($0) }, adapter: adapter)
  }

  /// Where its tokenizer lies: in a GGUF itself, beside the weights, or beside those that an adapter adapts; nil where
  /// weights lie alone.
  public var tokenizerPath: String? {
    let places = [path, adapter?.basePath].compactMap { $0 }
    return places.first { FileManager.default.fileExists(atPath: $0 + "/tokenizer.json") }
      ?? (holdsTokenizer ? places.last : nil)
  }

  /// The same model without its adapter: the antiexpert's weights, shared.
  public var withoutAdapter: Checkpoint {
    var copy = self
    copy.adapter = nil
    return copy
  }

  /// The model that its adapter adapts, where that lies; it shares the weights.
  public var adapted: Checkpoint? { adapter.map { with(path: $0.basePath) } }

  /// The bytes that the weights take as stored.
  public var byteCount: Int {
    tensors.values.reduce(0) { $0 + $1.byteCount }
      + (adapter?.tensors.values.reduce(0) { $0 + $1.byteCount } ?? 0)
  }

  /// A fingerprint of configuration and weights.
  ///
  /// The same for the same content wherever it lies.
  public var fingerprint: Fingerprint {
    var accumulator = Fingerprint.Accumulator()
    func append(_ tensors: [String: Tensor]) {
      for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
        Array("\(name) \(tensor.elementType) \(tensor.shape)".utf8).withUnsafeBytes { accumulator.append($0) }
        accumulator.append(UnsafeRawBufferPointer(start: tensor.bytes, count: tensor.byteCount))
      }
    }
    Array("\(configuration)".utf8).withUnsafeBytes { accumulator.append($0) }
    append(tensors)
    if let adapter {
      append(adapter.tensors)
      // Their names and shapes tell modules and rank.
      Array("scale \(adapter.configuration.scale)".utf8).withUnsafeBytes { accumulator.append($0) }
    }
    return accumulator.finish()
  }

  private static func loadFolder(_ path: String) throws -> Checkpoint {
    let configurationPath = path + "/config.json"
    guard FileManager.default.fileExists(atPath: configurationPath) else {
      throw ModelError.notAModel(path: path, reason: "the folder has no config.json")
    }
    let reader = ConfigurationReader(json: try JSON(contentsOf: configurationPath), path: configurationPath)
    guard let type = reader.json["model_type"]?.stringValue else {
      throw ModelError.missingKey("model_type", path: configurationPath)
    }
    guard let family = Family.named(type) else {
      throw ModelError.unknownFamily(type, path: configurationPath)
    }
    var configuration = try family.configuration(reader)
    try configuration.check(path: configurationPath)
    let stored = StoredTensors(try SafetensorsFolder(path: path))
    // Where the description is silent the weights tell; a head that it promises must be there.
    if !configuration.tiedHead, reader.json["tie_word_embeddings"]?.boolValue != false,
      stored.isMissing(ParameterNames.head, rules: family.tensorRules)
    {
      configuration.tiedHead = true
    }
    return Checkpoint(
      path: path, configuration: configuration,
      tensors: try stored.parameters(of: configuration, rules: family.tensorRules))
  }

  private static func loadGGUF(_ path: String) throws -> Checkpoint {
    let file = try GGUFFile(path: path)
    guard let architecture = file.metadata["general.architecture"]?.stringValue else {
      throw ModelError.missingKey("general.architecture", path: path)
    }
    guard let family = Family.withGGUFArchitecture(architecture) else {
      throw ModelError.unknownFamily(architecture, path: path)
    }
    let configuration = try family.metadataConfiguration(
      MetadataReader(file: file, architecture: architecture))
    guard !file.tensors.isEmpty else {
      throw ModelError.notAModel(path: path, reason: "it holds a vocabulary but no weights")
    }
    try configuration.check(path: path)
    return Checkpoint(
      path: path, configuration: configuration,
      tensors: try StoredTensors(file).parameters(of: configuration, rules: family.ggufTensorRules),
      holdsTokenizer: file.metadata["tokenizer.ggml.model"] != nil)
  }
}
