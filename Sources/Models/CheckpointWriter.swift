import Formats
import Foundation
import Tensors

/// Writes models as transformers opens them, and adapters as peft does.
///
/// Each file is written whole or not at all; who writes a folder of several sees to the folder.
public struct CheckpointWriter: Sendable {
  private let folder: String
  private let family: Family
  private let configuration: ModelConfiguration

  /// Writes into a folder that exists.
  public init(folder: String, configuration: ModelConfiguration) throws {
    guard let family = Family.named(configuration.family) else {
      throw ModelError.unknownFamily(configuration.family, path: folder)
    }
    self.folder = folder
    self.family = family
    self.configuration = configuration
  }

  /// Writes `config.json`, `generation_config.json` and the weights (in shards when they are large).
  ///
  /// - Parameters:
  ///   - tensors: Every parameter that the configuration calls for, of any served type, by name.
  ///   - elementType: float32, bfloat16 or float16.
  public func writeModel(
    _ tensors: [String: Tensor], as elementType: ElementType, beginningOfSequence: Int? = nil,
    endOfSequence: [Int] = []
  ) throws {
    var json: JSONObject = [
      "architectures": .array([.string(family.architecture)]), "model_type": .string(family.name),
      "torch_dtype": .string(elementType.rawValue),
    ]
    for (key, value) in family.configurationJSON(configuration) { json[key] = value }
    for (key, value) in generation(beginningOfSequence, endOfSequence) { json[key] = value }
    try AtomicFile.write(JSON.object(json).text(pretty: true) + "\n", to: folder + "/config.json")
    try writeGeneration(beginningOfSequence, endOfSequence)
    try SafetensorsWriter.writeFolder(
      try outgoing(tensors, as: elementType), metadata: ["format": "pt"], to: folder)
  }

  /// The tokens that begin a text, and end an answer.
  private func generation(_ beginning: Int?, _ end: [Int]) -> JSONObject {
    var generation = JSONObject()
    if let beginning { generation["bos_token_id"] = .integer(beginning) }
    if let first = end.first {
      generation["eos_token_id"] = end.count == 1 ? .integer(first) : .array(end.map { .integer($0) })
    }
    return generation
  }

  private func writeGeneration(_ beginning: Int?, _ end: [Int]) throws {
    try AtomicFile.write(
      JSON.object(generation(beginning, end)).text(pretty: true) + "\n",
      to: folder + "/generation_config.json")
  }

  /// Writes `adapter_config.json`, `generation_config.json` and `adapter_model.safetensors`.
  ///
  /// Query, key and value that the family stores as one become one adapter: their A one below the other, their
  /// B a block diagonal, which is the same product.
  public func writeAdapter(
    _ adapter: LowRankConfiguration, tensors: [String: Tensor], baseModel: String,
    beginningOfSequence: Int? = nil, endOfSequence: [Int] = []
  ) throws {
    var outgoing: [OutgoingTensor] = []
    var ranks = JSONObject()
    var alphas = JSONObject()
    var targets: [String] = []
    for layer in 0..<configuration.layers {
      for group in fusedGroups(layer, adapter.targets) {
        let matrices = group.modules.compactMap { module -> (down: Tensor, up: Tensor)? in
          let name = ParameterNames.module(layer, module)
          guard let down = tensors[name + ".lora_A.weight"], let up = tensors[name + ".lora_B.weight"]
          else { return nil }
          return (down, up)
        }
        let fused = group.isFused ? fuse(matrices, modules: group.modules) : matrices.first
        guard let fused else { continue }
        outgoing.append(OutgoingTensor(fused.down, name: group.name + ".lora_A.weight", as: .float32))
        outgoing.append(OutgoingTensor(fused.up, name: group.name + ".lora_B.weight", as: .float32))
        let target = targetName(group.name)
        if !targets.contains(target) { targets.append(target) }
        if fused.down.rows != adapter.rank {
          let factor = fused.down.rows / adapter.rank
          ranks[target] = .integer(fused.down.rows)
          alphas[target] = .number(Double(adapter.alpha) * Double(factor))
        }
      }
    }
    let transposed = family.tensorRules.contains { $0.storage.isTransposed }
    let json: JSONObject = [
      "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": .string(baseModel),
      "r": .integer(adapter.rank), "lora_alpha": .number(Double(adapter.alpha)),
      "lora_dropout": .number(Double("\(adapter.dropout)") ?? 0),
      "target_modules": .array(targets.map { .string($0) }), "bias": "none", "use_rslora": false,
      "use_dora": false, "fan_in_fan_out": .bool(transposed), "inference_mode": true,
      "init_lora_weights": true, "modules_to_save": .null, "rank_pattern": .object(ranks),
      "alpha_pattern": .object(alphas),
    ]
    try AtomicFile.write(JSON.object(json).text(pretty: true) + "\n", to: folder + "/adapter_config.json")
    try writeGeneration(beginningOfSequence, endOfSequence)
    try SafetensorsWriter.write(
      outgoing, metadata: ["format": "pt"], to: folder + "/adapter_model.safetensors")
  }

  /// By what peft finds a module: the end of its name that no other of the family's has.
  private func targetName(_ module: String) -> String {
    let parts = module.split(separator: ".")
    let others = Set(family.tensorRules.map { AdapterNames.stored($0, layer: 0) })
    for length in 1..<max(2, parts.count) {
      let end = parts.suffix(length).joined(separator: ".")
      if others.count(where: { $0.hasSuffix("." + end) }) == 1 { return end }
    }
    return module
  }

  /// The tensors under the names and in the arrangement that the family stores.
  private func outgoing(_ tensors: [String: Tensor], as elementType: ElementType) throws -> [OutgoingTensor] {
    try ArrangedTensors(configuration: configuration, rules: family.tensorRules)
      .elements(of: tensors, path: folder)
      .map { OutgoingTensor($0.tensor, name: $0.name, as: elementType) }
  }

  private struct FusedGroup {
    let name: String
    let isFused: Bool
    var modules: [LayerModule]
  }

  /// The adapted modules of a layer, those stored as one together.
  private func fusedGroups(_ layer: Int, _ targets: [LayerModule]) -> [FusedGroup] {
    var groups: [FusedGroup] = []
    for module in targets {
      let parameter = ParameterNames.module(layer, module) + ".weight"
      guard let (rule, _) = TensorRule.find(parameter, in: family.tensorRules) else { continue }
      let name = AdapterNames.stored(rule, layer: layer)
      if let known = groups.firstIndex(where: { $0.name == name }) {
        groups[known].modules.append(module)
      } else {
        groups.append(FusedGroup(name: name, isFused: rule.storage.isFused, modules: [module]))
      }
    }
    return groups
  }

  private func fuse(
    _ matrices: [(down: Tensor, up: Tensor)], modules: [LayerModule]
  ) -> (down: Tensor, up: Tensor)? {
    guard let first = matrices.first else { return nil }
    let down = Tensor(stacking: matrices.map(\.down), columns: first.down.columns)
    let width = configuration.queryWidth + 2 * configuration.keyValueWidth
    let up = Tensor(zeros: [width, down.rows])
    var column = 0
    for (module, matrix) in zip(modules, matrices) {
      let start =
        switch module {
        case .key: configuration.queryWidth
        case .value: configuration.queryWidth + configuration.keyValueWidth
        default: 0
        }
      for row in 0..<matrix.up.rows {
        (up.floats + (start + row) * up.columns + column).update(
          from: matrix.up.floats + row * matrix.up.columns, count: matrix.up.columns)
      }
      column += matrix.up.columns
    }
    return (down, up)
  }
}

extension OutgoingTensor {
  /// A tensor converted row by row on its way into the file.
  public init(_ tensor: Tensor, name: String, as elementType: ElementType) {
    self.init(name: name, elementType: elementType, shape: tensor.shape.array) { sink in
      guard tensor.elementType != elementType else {
        return try sink(UnsafeRawBufferPointer(start: tensor.bytes, count: tensor.byteCount))
      }
      let matrix = tensor.reshaped([tensor.rows, tensor.columns])
      let stretch = max(1, (1 << 20) / max(1, tensor.columns))
      for start in stride(from: 0, to: matrix.rows, by: stretch) {
        let part = matrix.rows(start..<min(matrix.rows, start + stretch)).converted(to: elementType)
        try withExtendedLifetime(part) {
          try sink(UnsafeRawBufferPointer(start: part.bytes, count: part.byteCount))
        }
      }
    }
  }
}
