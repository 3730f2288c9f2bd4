import Formats
import Tokenizers

extension ExampleRenderer {
  /// The text of a row's prompt up to where the answer begins, as it stood before the response in training.
  public func prompt(_ row: DatasetRow) throws(RenderingProblem) -> String {
    let message: JSON = .object(["role": "user", "content": .string(row["prompt"] ?? "")])
    return try template.render([message], addGenerationPrompt: true, tokenizer: tokenizer)
  }
}
