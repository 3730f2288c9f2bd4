import Diagnostics

/// What can be wrong with a model on disk.
public enum ModelError: DiagnosticError {
  case notFound(path: String)
  case notAModel(path: String, reason: String)
  case unknownFamily(String, path: String)
  case missingKey(String, path: String)
  case wrongValue(String, found: String, expected: String, path: String)
  case missingTensor(String, path: String)
  case wrongShape(String, found: [Int], expected: [Int], path: String)
  case wrongElementType(String, found: String, path: String)
  case impossibleShape(path: String, reason: String)
  case unknownTarget(String, known: [String])
  case adapterMismatch(path: String, reason: String)
  case notInGGUF(String, path: String)
  case cannotReduce(path: String, reason: String)

  public var diagnostics: [Diagnostic] {
    switch self {
    case .notFound(let path):
      [
        Diagnostic(
          "there is no model here", at: .init(path),
          advice: "give a folder with config.json and safetensors, or a .gguf file", exitCode: .noInput)
      ]
    case .notAModel(let path, let reason):
      [
        Diagnostic(
          "not a model: \(reason)", at: .init(path),
          advice: "give a folder with config.json and safetensors, or a .gguf file")
      ]
    case .unknownFamily(let name, let path):
      [
        Diagnostic(
          "the architecture \"\(name)\" isn't supported", at: .init(path),
          advice: "supported are \(Family.all.map(\.name).joined(separator: ", "))")
      ]
    case .missingKey(let key, let path):
      [Diagnostic("\"\(key)\" is missing", at: .init(path), advice: "the model's description is incomplete")]
    case .wrongValue(let key, let found, let expected, let path):
      [Diagnostic("\"\(key)\" is \(found), expected \(expected)", at: .init(path))]
    case .missingTensor(let name, let path):
      [
        Diagnostic(
          "the tensor \"\(name)\" is missing", at: .init(path),
          advice: "the file may be incomplete: fetch it again")
      ]
    case .wrongShape(let name, let found, let expected, let path):
      [
        Diagnostic(
          "the tensor \"\(name)\" has the shape \(found), expected \(expected)", at: .init(path),
          advice: "the weights and the configuration don't belong together")
      ]
    case .wrongElementType(let name, let found, let path):
      [Diagnostic("the tensor \"\(name)\" holds \(found), which no weight can be", at: .init(path))]
    case .impossibleShape(let path, let reason):
      [
        Diagnostic(
          "no decoder can have this shape: \(reason)", at: .init(path),
          advice: "the model's description is damaged, or it is of another architecture than it says")
      ]
    case .unknownTarget(let name, let known):
      [
        Diagnostic(
          "there is no linear layer \"\(name)\" to adapt",
          advice: nearest(to: name, among: known).map { "did you mean \"\($0)\"?" }
            ?? "there are \(known.joined(separator: ", "))")
      ]
    case .adapterMismatch(let path, let reason):
      [Diagnostic("the adapter doesn't fit its model: \(reason)", at: .init(path))]
    case .notInGGUF(let feature, let path):
      [
        Diagnostic(
          "\(feature) can't be told in a GGUF", at: .init(path), advice: "convert it to safetensors instead")
      ]
    case .cannotReduce(let path, let reason):
      [Diagnostic("no small model can be made of this one: \(reason)", at: .init(path))]
    }
  }
}
