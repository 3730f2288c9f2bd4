import Datasets
import Formats
import Foundation
import Tensors

/// One example of judging to fine-tune on: the question to the judge, and the reply that is to be learned.
public struct JudgeExample: Sendable, Hashable {
  /// Which prompt and answer it comes from.
  public var source: String
  public var question: String
  public var reply: String
  /// The score, or the number of the reply among the judge's choices.
  public var score: Double

  public init(source: String, question: String, reply: String, score: Double) {
    self.source = source
    self.question = question
    self.reply = reply
    self.score = score
  }

  /// A record of the format `messages`, for `trimtab data import`.
  public var json: JSON {
    [
      "messages": [
        ["role": "user", "content": .string(question)],
        ["role": "assistant", "content": .string(reply)],
      ],
      "source": .string(source), "score": .number(score),
    ]
  }

  /// A row of a data set of kind instruction.
  public var instructionRow: DatasetRow {
    DatasetRow(["messages": (json["messages"] ?? []).text()])
  }

  /// Writes examples, whole or not at all: as a data set of kind instruction where the name ends in `.h5`, else as
  /// JSON lines.
  ///
  /// - Parameter source: What they were made from, to be noted in a data set.
  public static func write(_ examples: [JudgeExample], to path: String, source: String) throws {
    guard path.hasSuffix(".h5") else {
      return try AtomicFile.write(examples.map { $0.json.text() + "\n" }.joined(), to: path)
    }
    try DatasetWriter.create(at: path, DatasetDescription(kind: .instruction, source: source)) { writer in
      for example in examples { try writer.append(example.instructionRow, split: "train") }
    }
  }

  /// Thins the most common score, so that a judge doesn't learn to say just that (the paper's section 3.1.2).
  ///
  /// - Parameter ratio: How many examples it may have for each of the second most common score.
  public static func thinned(_ examples: [JudgeExample], ratio: Double = 1, seed: UInt64) -> [JudgeExample] {
    let counts = Dictionary(grouping: examples.indices) { examples[$0].score }
    // Of equals the lower score counts as the more common, so that the order of a dictionary doesn't matter.
    let order = counts.sorted { ($0.value.count, $1.key) > ($1.value.count, $0.key) }
    guard order.count > 1 else { return examples }
    let most = Int((Double(order[1].value.count) * ratio).rounded(.up))
    let common = order[0].value
    guard common.count > most else { return examples }
    let left = CounterRandom(seed: seed).permutation(of: common.count).prefix(most).map { common[$0] }
    let removed = Set(common).subtracting(left)
    return examples.indices.filter { !removed.contains($0) }.map { examples[$0] }
  }
}
