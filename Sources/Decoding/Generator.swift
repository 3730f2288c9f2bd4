import CKernels
import Tensors
import Tokenizers

/// Continues prompts with a language model, many at a time.
///
/// Sequences of unequal length share each step; as one ends the next request takes its place. Where requests begin
/// alike, what they share is read once.
public struct Generator {
  /// The most rows of a pass that give the bits of as many passes of one row each.
  private static let rowLimit = Int(TRIMTAB_MULTIPLY_ROWS_LIMIT)

  private let model: any LanguageModel
  private let tokenizer: Tokenizer?
  private let concurrency: Int
  private let drafter: (any Drafter)?
  private let draftLength: Int?

  /// - Parameters:
  ///   - tokenizer: Without one there are tokens, but no text.
  ///   - concurrency: How many sequences share a step.
  ///   - drafter: What guesses tokens ahead; it changes the time that answers take, never the answers.
  ///   - draftLength: How many it guesses; nil for as many as have been worth it.
  public init(
    _ model: any LanguageModel, tokenizer: Tokenizer?, concurrency: Int = 16,
    drafter: (any Drafter)? = nil, draftLength: Int? = nil
  ) {
    self.model = model
    self.tokenizer = tokenizer
    self.concurrency = max(1, concurrency)
    self.drafter = drafter
    self.draftLength = draftLength
  }

  /// Continues every request; `observe` hears of each token, and ends everything by returning false.
  public func generate(
    _ requests: [GenerationRequest], observe: (GeneratedToken) -> Bool = { _ in true }
  ) throws -> [Generation] {
    var results = [Generation?](repeating: nil, count: requests.count)
    var waiting = requests.indices[...]
    var active: [ActiveSequence] = []
    var prefixes = SharedPrefixes(requests)
    while !waiting.isEmpty || !active.isEmpty {
      while active.count < concurrency, let index = waiting.popFirst() {
        active.append(try begin(requests[index], index, &prefixes))
      }
      for pass in try passes(active) {
        let logits = try model.logits(
          extending: pass.sequences.map(\.nextExtension), rows: pass.rows)
        for (sequence, logits) in zip(pass.sequences, logits) {
          let goesOn = try sequence.advance(logits, contextLength: model.contextLength) { token, text, row in
            observe(
              GeneratedToken(
                request: sequence.index, token: token, text: text, context: sequence.context, row: row))
          }
          if let generation = sequence.finished { results[sequence.index] = generation }
          if !goesOn { return finish(results, active) }
        }
      }
      active.removeAll { $0.finished != nil }
    }
    return finish(results, active)
  }

  private func begin(
    _ request: GenerationRequest, _ index: Int, _ prefixes: inout SharedPrefixes
  ) throws -> ActiveSequence {
    try request.sampling.validate()
    guard !request.prompt.isEmpty else { throw DecodingError.emptyPrompt }
    guard request.prompt.count < model.contextLength else {
      throw DecodingError.contextExceeded(needed: request.prompt.count + 1, limit: model.contextLength)
    }
    let context = try request.context ?? prefixes.context(for: index, model: model)
    return ActiveSequence(
      index: index, request: request, context: context, tokenizer: tokenizer,
      draftLength: DraftLength(
        fixed: draftLength, relativeCost: drafter?.relativeCost ?? 0,
        expectedRate: drafter?.expectedRate ?? 0))
  }

  /// What is run next, in which passes.
  ///
  /// Steps of few sequences go apart from prompts, so that they are few rows and their bits depend on nobody's
  /// company; and so do prompts of few sequences.
  private func passes(
    _ active: [ActiveSequence]
  ) throws -> [(sequences: [ActiveSequence], rows: LogitRows)] {
    let steps = active.filter { $0.pending.count == 1 && !$0.hasOwnBeginning }
    if steps.count > Self.rowLimit { return [(active, .last)] }
    let prompts = active.filter { $0.pending.count > 1 || $0.hasOwnBeginning }
    try draft(steps)
    let groups = concurrency <= Self.rowLimit ? prompts.map { [$0] } : [prompts]
    return (steps.isEmpty ? [] : [(steps, .all)])
      + groups.filter { !$0.isEmpty }.map { ($0, .last) }
  }

  /// Has the next tokens of sequences guessed, of all together no more than fit a pass of few rows.
  private func draft(_ steps: [ActiveSequence]) throws {
    guard let drafter, !steps.isEmpty else { return }
    let limit = Self.rowLimit / steps.count - 1
    let requests = steps.map { $0.draftRequest(limit: limit, contextLength: model.contextLength) }
    for (sequence, draft) in zip(steps, try drafter.draft(requests)) { sequence.draft = draft }
  }

  private func finish(_ results: [Generation?], _ active: [ActiveSequence]) -> [Generation] {
    var results = results
    for sequence in active where results[sequence.index] == nil {
      results[sequence.index] = sequence.cutShort()
    }
    return results.map { $0 ?? Generation(tokens: [], text: "", finishReason: .length) }
  }
}
