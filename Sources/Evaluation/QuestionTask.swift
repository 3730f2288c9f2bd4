import Datasets
import Tokenizers

extension Task {
  /// The questions of a data set of kind task, shown as its examples were when they were trained on.
  ///
  /// Rows without a column `answer` are compared with their `response`.
  public init(
    dataset path: String, split: String, limit: Int? = nil, rule: AnswerRule, template: String? = nil,
    tokenizer: Tokenizer, stops: [String] = ["\n"], maximumTokens: Int = 64
  ) throws {
    let dataset = try Dataset(path: path)
    guard dataset.kind == .task else {
      throw EvaluationError.notATask(path: path, kind: dataset.kind.rawValue)
    }
    let count = try dataset.rowCount(split: split)
    let rows = try dataset.rows(0..<min(count, limit ?? count), split: split)
    let renderer = ExampleRenderer(
      tokenizer: tokenizer,
      template: try PromptTemplate.named(template, chatTemplate: tokenizer.chatTemplate, kind: dataset.kind))
    let examples = try rows.enumerated().map { index, row in
      do throws(RenderingProblem) {
        return TaskExample(
          prompt: try renderer.prompt(row), answer: row["answer"] ?? row["response"] ?? "")
      } catch {
        throw DatasetError.unrenderable(path: path, row: index, error)
      }
    }
    let name = path.split(separator: "/").last.map {
      $0.hasSuffix(".h5") ? String($0.dropLast(3)) : String($0)
    }
    self.init(name: name ?? path, examples: examples, rule: rule, stops: stops, maximumTokens: maximumTokens)
  }
}
