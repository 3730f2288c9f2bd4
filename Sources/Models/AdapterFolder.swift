import Formats
import Foundation
import Tensors

/// LoRA adapters as peft stores them: `adapter_config.json` and `adapter_model.safetensors`.
extension Checkpoint {
  /// Loads an adapter folder and the model that it adapts.
  static func loadAdapter(_ folder: String) throws -> Checkpoint {
    let path = folder + "/adapter_config.json"
    let reader = ConfigurationReader(json: try JSON(contentsOf: path), path: path)
    try checkKind(reader)
    let basePath = try adaptedModel(folder, named: reader.json["base_model_name_or_path"]?.stringValue)
    // Asked before it is loaded: an adapter may name itself.
    guard !FileManager.default.fileExists(atPath: basePath + "/adapter_config.json") else {
      throw ModelError.adapterMismatch(path: folder, reason: "\(basePath) is an adapter itself")
    }
    let checkpoint = try load(basePath)
    let rank = try reader.integer("r")
    let alpha = try reader.number("lora_alpha")
    guard alpha != 0 else {
      throw ModelError.wrongValue("lora_alpha", found: "0", expected: "another number", path: path)
    }
    let file = try SafetensorsFile(path: folder + "/adapter_model.safetensors")
    let configuration = checkpoint.configuration
    guard let family = Family.named(configuration.family) else {
      throw ModelError.unknownFamily(configuration.family, path: basePath)
    }

    var tensors: [String: Tensor] = [:]
    var targets: Set<LayerModule> = []
    var used: Set<String> = []
    for layer in 0..<configuration.layers {
      for module in LayerModule.allCases where module.isLinear {
        guard let shape = configuration.shape(of: module) else { continue }
        let name = ParameterNames.module(layer, module)
        guard let (rule, _) = TensorRule.find(name + ".weight", in: family.tensorRules) else { continue }
        let stored = AdapterNames.stored(rule, layer: layer)
        guard let down = try file.float32(stored + ".lora_A.weight"),
          let up = try file.float32(stored + ".lora_B.weight")
        else { continue }
        used.formUnion([stored + ".lora_A.weight", stored + ".lora_B.weight"])
        let isFused = rule.storage.isFused
        let outputs = isFused ? configuration.queryWidth + 2 * configuration.keyValueWidth : shape[0]
        guard down.columns == shape[1], up.shape == [outputs, down.rows] else {
          throw ModelError.adapterMismatch(
            path: folder,
            reason: "\(stored) is \(up.shape) · \(down.shape), its layer is \(shape)")
        }
        let (ownDown, ownUp) =
          isFused ? split(down, up, part: rule.storage.fusedPart, in: configuration) : (down, up)
        guard ownDown.rows > 0 else { continue }
        // The decoder scales every module alike; what a module is scaled by otherwise goes into B.
        let own = scale(of: stored, rank: down.rows, reader: reader, rank: rank, alpha: alpha)
        tensors[name + ".lora_A.weight"] = ownDown
        tensors[name + ".lora_B.weight"] = ownUp.scaled(by: Float(own / (alpha / Double(rank))))
        targets.insert(module)
      }
    }
    if let stranger = file.tensors.keys.filter({ !used.contains($0) }).min() {
      throw ModelError.adapterMismatch(path: folder, reason: "nothing in the model takes \"\(stranger)\"")
    }
    let adapter = StoredAdapter(
      configuration: LowRankConfiguration(
        rank: rank, alpha: Float(alpha), targets: LayerModule.allCases.filter(targets.contains)),
      tensors: tensors, basePath: basePath)
    return checkpoint.with(path: folder, adapter: adapter)
  }

  /// The A and B of query, key or value out of those of all three.
  ///
  /// What only the other parts use goes: so those that were stored as one block diagonal come back as they were.
  private static func split(
    _ down: Tensor, _ up: Tensor, part: Int, in configuration: ModelConfiguration
  ) -> (down: Tensor, up: Tensor) {
    let (all, own) = (up.transposed, up.part(part, in: configuration).transposed)
    func isUsed(_ matrix: Tensor, _ row: Int) -> Bool {
      matrix.rows(row..<row + 1).array.contains { $0 != 0 }
    }
    let kept = (0..<all.rows).filter { isUsed(own, $0) || !isUsed(all, $0) }
    return (down.selectingRows(kept), own.selectingRows(kept).transposed)
  }

  /// Refuses adapters that are more than a product added to what the weights give.
  private static func checkKind(_ reader: ConfigurationReader) throws {
    _ = try reader.choice("peft_type", among: ["LORA"], default: "LORA")
    try reader.require("use_dora", false)
    func refuse(_ key: String, expected: String) -> ModelError {
      .wrongValue(key, found: reader.json[key]?.text() ?? "null", expected: expected, path: reader.path)
    }
    for key in ["layer_replication", "alora_invocation_tokens"] {
      if let value = reader.json[key], !value.isNull { throw refuse(key, expected: "null") }
    }
    // These begin by taking something off the weights, which the adapter's own file doesn't tell.
    let initialization = reader.json["init_lora_weights"]?.stringValue ?? ""
    if ["pissa", "olora", "corda", "loftq", "lora_ga"].contains(where: initialization.hasPrefix) {
      throw refuse("init_lora_weights", expected: "true: save it again, converted to plain LoRA")
    }
    let names = reader.json["alpha_pattern"]?.objectValue?.keys ?? []
    if names.contains(where: { !$0.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." } }) {
      throw refuse("alpha_pattern", expected: "names of modules without regular expressions")
    }
  }

  /// What a module's product is multiplied by: `alpha / r`, or `alpha / √r` (rsLoRA), with peft's patterns.
  private static func scale(
    of module: String, rank stored: Int, reader: ConfigurationReader, rank: Int, alpha: Double
  ) -> Double {
    let pattern = reader.json["alpha_pattern"]?.objectValue
    let own = pattern?.first { module.hasSuffix("." + $0.key) }?.value.doubleValue ?? alpha
    let rooted = reader.json["use_rslora"]?.boolValue ?? false
    return own / (rooted ? Double(stored).squareRoot() : Double(stored))
  }

  /// Where the model that an adapter adapts lies: as the folder remembers it, or as peft would look for it.
  private static func adaptedModel(_ folder: String, named name: String?) throws -> String {
    var candidates: [String] = []
    if let source = try Provenance.read(folder: folder)?.tunedFrom {
      candidates.append(Provenance.resolved(source.path, from: folder))
    }
    if let name { candidates += [Provenance.resolved(name, from: folder), name] }
    if let found = candidates.first(where: { FileManager.default.fileExists(atPath: $0) }) { return found }
    throw ModelError.adapterMismatch(
      path: folder, reason: "the model it adapts isn't at \(candidates.first ?? "any path it names")")
  }
}

/// How peft names an adapted module.
enum AdapterNames {
  static func stored(_ rule: TensorRule, layer: Int) -> String {
    let name = rule.stored.replacingOccurrences(of: "{n}", with: "\(layer)")
    return "base_model.model." + name.dropLast(".weight".count)
  }
}

extension TensorRule.Storage {
  var isFused: Bool { self != .asIs && self != .transposed && self != .interleavedHeads }

  var fusedPart: Int {
    switch self {
    case .fused(let part), .fusedTransposed(let part): part
    default: 0
    }
  }

  /// Whether the stored matrix is [in, out].
  var isTransposed: Bool {
    switch self {
    case .transposed, .fusedTransposed: true
    default: false
    }
  }
}

extension SafetensorsFile {
  /// A matrix as float32; nil when there is none of that name.
  fileprivate func float32(_ name: String) throws -> Tensor? {
    guard let stored = tensors[name] else { return nil }
    guard stored.shape.count == 2, !stored.shape.contains(0) else {
      throw ModelError.adapterMismatch(path: path, reason: "\(name) has the shape \(stored.shape)")
    }
    guard stored.elementType.isServed else {
      throw ModelError.wrongElementType(name, found: stored.elementType.rawValue, path: path)
    }
    return Tensor(stored).float32
  }
}

extension Tensor {
  /// A float32 copy multiplied by a factor; itself when the factor is 1.
  fileprivate func scaled(by factor: Float) -> Tensor {
    guard factor != 1 else { return self }
    let copy = Tensor(zeros: shape)
    for index in 0..<count { copy.floats[index] = factor * floats[index] }
    return copy
  }
}
