/// RealTimeQA (Kasai and others, 2023): a weekly news quiz of four choices, for knowledge newer than the base.
public enum RealTimeQATask {
  /// The paper's protocol for temporal adaptation (section 7): the answer is the likeliest of the letters, and only
  /// the letters are reweighted.
  ///
  /// What steering does to other tokens can't matter: the letters' probabilities have a common denominator. A
  /// question whose letters are all out of reach counts as wrong; the paper left such questions out.
  public static func temporal(rows: TaskRows, presentation: Presentation = .plain) throws -> LetterChoiceTask
  {
    try LetterChoiceTask(
      name: "realtimeqa", questions: rows.choiceQuestions(), reading: .probability,
      presentation: presentation, path: rows.path)
  }

  /// The same questions by the likelihood of each answer's text, per byte.
  public static func likelihood(
    rows: TaskRows, presentation: Presentation = .plain
  ) throws -> LikelihoodChoiceTask {
    try LikelihoodChoiceTask(
      name: "realtimeqa-likelihood", questions: rows.choiceQuestions(), normalization: .bytes,
      presentation: presentation, path: rows.path)
  }
}
