import Tensors

/// TruthfulQA (Lin and others, 2022): questions that invite a falsehood.
///
/// Rows have `prompt`, `best_answer`, `correct_answers` and `incorrect_answers` (JSON lists).
public enum TruthfulQATask {
  /// The paper's multiple choice: the best answer and up to three false ones, drawn and shuffled by the seed.
  public static func letters(
    rows: TaskRows, presentation: Presentation = .plain, seed: UInt64 = 42
  ) throws -> LetterChoiceTask {
    let questions = try rows.rows.indices.map { row in
      let best = try rows.required("best_answer", "answer", row: row)
      let random = CounterRandom(seed: seed, stream: UInt64(row))
      let wrong = try incorrect(rows, row)
      let drawn = random.permutation(of: wrong.count).prefix(3).sorted().map { wrong[$0] }
      let all = [best] + drawn
      let order = random.substream(1).permutation(of: all.count)
      return ChoiceQuestion(
        question: try rows.required("prompt", "question", row: row), choices: order.map { all[$0] },
        correct: Set(order.indices.filter { order[$0] == 0 }))
    }
    return try LetterChoiceTask(
      name: "truthfulqa-letters", questions: questions, reading: .generation, presentation: presentation,
      path: rows.path)
  }

  /// MC1: the best answer against all false ones, by likelihood.
  public static func likeliest(
    rows: TaskRows, presentation: Presentation = .plain
  ) throws -> LikelihoodChoiceTask {
    let questions = try rows.rows.indices.map { row in
      ChoiceQuestion(
        question: try rows.required("prompt", "question", row: row),
        choices: [try rows.required("best_answer", "answer", row: row)] + (try incorrect(rows, row)),
        correct: [0])
    }
    return try LikelihoodChoiceTask(
      name: "truthfulqa-mc1", questions: questions, presentation: presentation, path: rows.path)
  }

  /// MC2: all true answers' share of the probability of all.
  public static func mass(
    rows: TaskRows, presentation: Presentation = .plain
  ) throws -> LikelihoodChoiceTask {
    let questions = try rows.rows.indices.map { row in
      guard let correct = try rows.texts("correct_answers", row: row) else {
        throw EvaluationError.missingColumn(path: rows.path, row: row, columns: ["correct_answers"])
      }
      return ChoiceQuestion(
        question: try rows.required("prompt", "question", row: row),
        choices: correct + (try incorrect(rows, row)), correct: Set(correct.indices))
    }
    return try LikelihoodChoiceTask(
      name: "truthfulqa-mc2", questions: questions, score: .mass, presentation: presentation, path: rows.path)
  }

  private static func incorrect(_ rows: TaskRows, _ row: Int) throws -> [String] {
    guard let texts = try rows.texts("incorrect_answers", row: row) else {
      throw EvaluationError.missingColumn(path: rows.path, row: row, columns: ["incorrect_answers"])
    }
    return texts
  }
}
