import Decoding
import Proxy
import Tokenizers

/// Puts a task's rows to a proxy-tuned model at several strengths at once, and keeps the answers.
///
/// What a part of the model thinks of a text doesn't depend on the strength. So a prompt is read once for all of them;
/// where likelihoods are asked for, that is all there is to read, and only written answers differ from their first
/// token on.
struct SweepRun {
  /// About how many answers are written at once.
  private static let answersPerBatch = 48

  private let proxied: ProxiedModel
  private let alphas: [Float]
  private let strengths: [EvaluatedSystem]
  private let tokenizer: Tokenizer
  private let stopTokens: Set<TokenID>?
  private let drafter: (any Drafter)?
  private let log: AnswerLog?

  init(
    _ proxied: ProxiedModel, tokenizer: Tokenizer, stopTokens: Set<TokenID>?, alphas: [Float],
    drafter: (any Drafter)?, fingerprint: String, log: AnswerLog?
  ) {
    self.proxied = proxied
    self.alphas = alphas
    self.tokenizer = tokenizer
    self.stopTokens = stopTokens
    self.drafter = drafter
    self.log = log
    strengths = alphas.map { alpha in
      EvaluatedSystem(
        name: "α = \(alpha)", model: proxied.with(alpha: alpha), tokenizer: tokenizer,
        fingerprint: ProxiedModel.fingerprint(parts: fingerprint, alpha: alpha, limits: proxied.limits))
    }
  }

  /// The answered rows by strength; nil where `shouldStop` said so.
  func run(
    _ task: any EvaluationTask, shouldStop: () -> Bool, progress: (Int) -> Void
  ) throws -> [[AnsweredRow]]? {
    let samples = (0..<task.rowCount).map { row in
      if case .generation(let query) = task.query(row) { query.samples } else { 1 }
    }
    let answersPerRow = alphas.count * (samples.max() ?? 1)
    return try ResumableRows(log: log, rowsPerBatch: max(1, Self.answersPerBatch / answersPerRow)).answers(
      to: task, by: strengths, shouldStop: shouldStop, progress: progress
    ) { try answers(to: $0, of: task) }
  }

  /// A batch's answers, by strength.
  private func answers(to batch: [Int], of task: any EvaluationTask) throws -> [[AnsweredRow]] {
    let scorer = SweepScorer(proxied, tokenizer: tokenizer, alphas: alphas)
    let queries = batch.map { (row: $0, query: task.query($0)) }
    let generations = queries.compactMap { row, query -> (row: Int, query: GenerationQuery)? in
      if case .generation(let query) = query { (row, query) } else { nil }
    }
    var written = try Evaluator(tokenizer: tokenizer, stopTokens: stopTokens).responses(
      to: generations, model: proxied, alphas: alphas, drafter: drafter)[...]
    let responses = try queries.map { _, query in
      if case .generation = query { written.removeFirst() } else { try scorer.responses(to: query) }
    }
    return try alphas.indices.map { place in
      try task.answeredRows(zip(batch, responses).map { RowResponse(row: $0, $1[place]) })
    }
  }
}
