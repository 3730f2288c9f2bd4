import Formats
import Foundation
import Tensors

/// LoRA adapters as peft stores them: `adapter_config.json` and `adapter_model.safetensors`.
extension Checkpoint {
  /// Loads an adapter folder and the model that it adapts.
  static func loadAdapter(_ folder: String) throws -> Checkpoint {
    let path = folder + "/adapter_config.json"
    let reader = ConfigurationReader(json: try JSON(contentsOf: path), path: path)
    _ = try reader.choice("peft_type", among: ["LORA"], default: "LORA")
    if try reader.boolean("use_dora", default: false) {
      throw ModelError.wrongValue("use_dora", found: "true", expected: "false", path: path)
    }
    let basePath = try adaptedModel(folder, named: reader.json["base_model_name_or_path"]?.stringValue)
    var checkpoint = try load(basePath)
    guard checkpoint.adapter == nil else {
      throw ModelError.adapterMismatch(path: folder, reason: "\(basePath) is an adapter itself")
    }
    let rank = try reader.integer("r")
    let alpha = try reader.number("lora_alpha")
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
        let part = rule.storage.isFused ? up.part(rule.storage.fusedPart, in: configuration) : up
        guard down.shape == [down.rows, shape[1]], part.shape == [shape[0], down.rows] else {
          throw ModelError.adapterMismatch(
            path: folder,
            reason: "\(stored) is \(up.shape) · \(down.shape), its layer is \(shape)")
        }
        // The decoder scales every module alike; what a module is scaled by otherwise goes into B.
        let own = scale(of: stored, rank: down.rows, reader: reader, rank: rank, alpha: alpha)
        tensors[name + ".lora_A.weight"] = down
        tensors[name + ".lora_B.weight"] = part.scaled(by: Float(own / (alpha / Double(rank))))
        targets.insert(module)
      }
    }
    if let stranger = file.tensors.keys.filter({ !used.contains($0) }).min() {
      throw ModelError.adapterMismatch(path: folder, reason: "nothing in the model takes \"\(stranger)\"")
    }
    checkpoint.adapter = StoredAdapter(
      configuration: LowRankConfiguration(
        rank: rank, alpha: Float(alpha), targets: LayerModule.allCases.filter(targets.contains)),
      tensors: tensors, basePath: basePath)
    return Checkpoint(
      path: folder, configuration: configuration, tensors: checkpoint.tensors, adapter: checkpoint.adapter)
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
  /// A tensor as float32; nil when there is none of that name.
  fileprivate func float32(_ name: String) throws -> Tensor? {
    guard let stored = tensors[name] else { return nil }
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
