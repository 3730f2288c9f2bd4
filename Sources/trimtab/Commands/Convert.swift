import ArgumentParser
import Runs

/// `trimtab convert`: a model in another format.
struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a model as a transformers folder or as a GGUF; an adapter is merged into its base.")

  @Argument(help: "A checkpoint folder, an adapter folder or a .gguf file.") var model: String
  @Option(help: "What to write: safetensors or gguf.") var to: String
  @Option(help: "The folder or .gguf file to write, which mustn't exist.") var output: String
  @Option(
    help: """
      How matrices are stored: bfloat16 (usual), float16 or float32 in safetensors; float16 (usual), q8_0, \
      q4_0, q4_1, bfloat16 or float32 in a GGUF.
      """)
  var quantize: String?
  @Flag(help: "Print one JSON value.") var json = false

  func run() throws {
    guard let format = ModelConversion.Format(rawValue: to) else {
      throw UsageError("there is no format \"\(to)\"", advice: "give --to safetensors or --to gguf")
    }
    try ModelConversion(of: model, to: format, as: quantize).write(to: output)
    Console.written(output, json: json)
  }
}
