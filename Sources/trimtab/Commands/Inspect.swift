import ArgumentParser
import Formats
import Models
import Tensors

/// `trimtab inspect`: what a model is.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "A model's architecture, size and storage.")

  @Argument(help: "A checkpoint folder or a .gguf file.") var model: String
  @Flag(help: "Print one JSON value.") var json = false

  func run() throws {
    let checkpoint = try Checkpoint.load(model)
    let configuration = checkpoint.configuration
    var sizes: [String: Int] = [:]
    for tensor in checkpoint.tensors.values {
      sizes[tensor.elementType.rawValue, default: 0] += tensor.byteCount
    }
    let kind = sizes.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? "none"
    var value: JSONObject = [
      "architecture": .string(configuration.family), "parameters": .integer(configuration.parameterCount),
      "layers": .integer(configuration.layers), "hidden_size": .integer(configuration.hiddenSize),
      "vocabulary": .integer(configuration.vocabularySize), "dtype": .string(kind),
      "bytes": .integer(checkpoint.byteCount), "heads": .integer(configuration.heads),
      "key_value_heads": .integer(configuration.keyValueHeads),
      "context": .integer(configuration.contextLength),
    ]
    if let adapter = checkpoint.adapter {
      value["adapter"] = .object([
        "rank": .integer(adapter.configuration.rank), "alpha": .number(Double(adapter.configuration.alpha)),
        "targets": .array(adapter.configuration.targets.map { .string($0.shortName) }),
        "base": .string(adapter.basePath),
      ])
    }
    if let source = try Provenance.read(folder: model)?.tunedFrom {
      value["tuned_from"] = .string(source.path)
    }
    if json {
      Console.result(JSON.object(value).text())
    } else {
      for (key, value) in value {
        Console.result("\(key.padded(to: 16)) \(value.stringValue ?? value.text())")
      }
    }
  }
}
