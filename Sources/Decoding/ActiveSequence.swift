import Tensors
import Tokenizers

/// A request on its way: its sequence, its answer so far, and where its text may be cut.
final class ActiveSequence {
  let index: Int
  let context: any DecodingContext
  /// What the model hasn't seen yet.
  private(set) var pending: [TokenID]
  /// Tokens guessed to come behind those.
  var draft: [TokenID] = []
  private(set) var finished: Generation?

  private let request: GenerationRequest
  private let sampler: Sampler
  private var tokens: [TokenID] = []
  private var decoder: StreamingDecoder?
  private var text = StopStringFilter()
  private var draftLength: DraftLength
  private var counts = DraftingCounts()

  init(
    index: Int, request: GenerationRequest, context: any DecodingContext, tokenizer: Tokenizer?,
    draftLength: DraftLength
  ) {
    self.index = index
    self.request = request
    self.context = context
    self.draftLength = draftLength
    pending = Array(request.prompt.dropFirst(context.count))
    sampler = Sampler(request.sampling)
    decoder = tokenizer?.makeStreamingDecoder(continuesText: request.continuesText)
    text = StopStringFilter(stops: request.stopStrings)
    if request.maximumTokens <= 0 { finished = Generation(tokens: [], text: "", finishReason: .length) }
  }

  /// What draws depend on beside the seed.
  private var stream: Int { request.stream ?? index }

  /// Whether it is still to begin in a context that the caller has prepared.
  var hasOwnBeginning: Bool { tokens.isEmpty && request.context != nil }

  /// What the model is shown next.
  var nextExtension: SequenceExtension { SequenceExtension(context, by: pending + draft) }

  /// What a drafter is asked: of at most `limit` tokens, and no more than are wanted.
  func draftRequest(limit: Int, contextLength: Int) -> DraftRequest {
    let room = min(limit, request.maximumTokens - tokens.count - 1, contextLength - context.count - 1)
    return DraftRequest(
      context: context, history: request.prompt + tokens, limit: draftLength.next(limit: max(0, room)),
      sampler: sampler, sequence: stream, step: tokens.count, stopTokens: request.stopTokens)
  }

  /// Draws tokens from the logits [rows, vocabulary] of a pass, as long as the draft is right, and forgets the rest.
  ///
  /// `observe` hears of each token, the text that it makes certain and its row; false ends it. Returns whether
  /// all go on.
  ///
  /// - Throws: `DecodingError.nothingToChoose`
  func advance(
    _ logits: Tensor, contextLength: Int, observe: (TokenID, String, Int) -> Bool
  ) throws -> Bool {
    let seen = context.count - draft.count
    var (row, goesOn, latest) = (logits.rows - 1 - draft.count, true, TokenID(0))
    var accepted = 0
    while finished == nil {
      latest = try sampler.sample(
        logits.rows(row..<row + 1), after: request.prompt + tokens, sequence: stream, step: tokens.count)
      let text = take(latest, isLast: seen + accepted + 1 >= contextLength)
      goesOn = observe(latest, text, row)
      guard goesOn, finished == nil, accepted < draft.count, latest == draft[accepted] else { break }
      accepted += 1
      row += 1
    }
    if accepted < draft.count { context.truncate(to: seen + accepted) }
    counts.passes += 1
    counts.drafted += draft.count
    counts.accepted += accepted
    draftLength.observe(drafted: draft.count, accepted: accepted)
    finished?.drafting = counts
    pending = [latest]
    draft = []
    return goesOn
  }

  /// Adds a token and returns the text that it makes certain.
  private func take(_ token: TokenID, isLast: Bool) -> String {
    if request.stopTokens.contains(token) {
      let rest = text.append(decoder?.flush() ?? "") + text.flush()
      finished = Generation(tokens: tokens, text: text.released, finishReason: .stop)
      return rest
    }
    tokens.append(token)
    var certain = text.append(decoder?.append(token) ?? "")
    if text.isStopped {
      finished = Generation(tokens: tokens, text: text.released, finishReason: .stop)
    } else if tokens.count >= request.maximumTokens || isLast {
      certain += text.append(decoder?.flush() ?? "") + text.flush()
      finished = Generation(
        tokens: tokens, text: text.released, finishReason: text.isStopped ? .stop : .length)
    }
    return certain
  }

  /// What there is when everything is ended from outside.
  func cutShort() -> Generation {
    _ = text.append(decoder?.flush() ?? "")
    _ = text.flush()
    var generation = Generation(tokens: tokens, text: text.released, finishReason: .length)
    generation.drafting = counts
    return generation
  }
}
