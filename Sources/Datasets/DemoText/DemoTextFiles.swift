import Formats

extension DemoText {
  /// The seed of the files that ship.
  public static let shippedSeed: UInt64 = 2024

  /// How many questions of a split ship.
  public static func shippedCount(_ split: Split) -> Int {
    switch split {
    case .train: 4000
    case .development: 400
    case .test: 1000
    }
  }

  /// Writes `questions-train.jsonl`, `questions-development.jsonl` and `questions-test.jsonl` into `folder`.
  ///
  /// - Throws: `FormatsError` when the folder can't be written.
  public static func writeQuestions(into folder: String, seed: UInt64 = shippedSeed) throws {
    for split in Split.allCases {
      let questions = questions(split, count: shippedCount(split), seed: seed)
      try write(questions.lazy.map(\.line), to: "\(folder)/questions-\(split.rawValue).jsonl")
    }
  }

  /// Writes pretraining documents as JSON lines with the field `text`.
  ///
  /// - Throws: `FormatsError` when the file can't be written.
  public static func writeDocuments(to path: String, count: Int, seed: UInt64 = shippedSeed) throws {
    let lines = documents(count: count, seed: seed).lazy.map { ["text": .string($0)] as JSON }
    try write(lines, to: path)
  }

  private static func write(_ lines: some Sequence<JSON>, to path: String) throws {
    try AtomicFile.write(to: path) { writer in
      for line in lines {
        try writer.write(line.text() + "\n")
      }
    }
  }
}

extension DemoText.Question {
  /// The question as the shipped files hold it.
  var line: JSON {
    ["prompt": .string(prompt), "response": .string(response), "answer": .string(answer)]
  }
}
