import Decoding
import Proxy
import Tensors
import Tokenizers

/// Puts queries to a system, many at a time.
public struct Evaluator {
  private let tokenizer: Tokenizer
  private let concurrency: Int

  /// - Parameter concurrency: How many answers are written at once.
  public init(tokenizer: Tokenizer, concurrency: Int = 64) {
    self.tokenizer = tokenizer
    self.concurrency = concurrency
  }

  /// Puts every row of a task to a model, and scores its answers.
  public func run(
    _ task: any EvaluationTask, model: any LanguageModel, name: String, drafter: (any Drafter)? = nil,
    draftLength: Int? = nil
  ) throws -> SystemResult {
    let rows = Array(0..<task.rowCount)
    let responses = try responses(
      to: rows.map { ($0, task.query($0)) }, model: model, drafter: drafter, draftLength: draftLength)
    let answered = zip(rows, responses).map { RowResponse(row: $0, $1) }
    return SystemResult(
      name: name,
      rows: zip(answered, try task.grades(answered)).map {
        AnsweredRow(row: $0.row, response: $0.response, grade: $1)
      })
  }

  /// What a model answers to queries, in their order.
  ///
  /// Draws depend on a row's number and the sample's, not on the company, so that a row can be asked again.
  public func responses(
    to queries: [(row: Int, query: Query)], model: any LanguageModel, drafter: (any Drafter)? = nil,
    draftLength: Int? = nil
  ) throws -> [Response] {
    let scorer = LikelihoodScorer(model, tokenizer: tokenizer)
    var responses = [Response?](repeating: nil, count: queries.count)
    var requests: [GenerationRequest] = []
    var owners: [Int] = []
    var choices: [(index: Int, query: (prompt: String, continuations: [String]))] = []
    for (index, (row, query)) in queries.enumerated() {
      switch query {
      case .likelihood(let prompt, let continuations): choices.append((index, (prompt, continuations)))
      case .document(let text): responses[index] = .likelihoods([try scorer.document(text)])
      case .generation(let generation):
        requests += (0..<generation.samples).map { request(generation, row: row, sample: $0) }
        owners += Array(repeating: index, count: generation.samples)
      }
    }
    for (choice, likelihoods) in zip(choices, try scorer.likelihoods(choices.map(\.query))) {
      responses[choice.index] = .likelihoods(likelihoods)
    }
    let texts = try generate(requests, model: model, drafter: drafter, draftLength: draftLength)
    var answers: [Int: [GeneratedText]] = [:]
    for (owner, text) in zip(owners, texts) { answers[owner, default: []].append(text) }
    return responses.indices.map { responses[$0] ?? .texts(answers[$0] ?? []) }
  }

  private func request(_ query: GenerationQuery, row: Int, sample: Int) -> GenerationRequest {
    var sampling = query.sampling
    sampling.forbiddenTokens = query.forbidden.flatMap { singleTokens(of: $0) }
    var request = GenerationRequest(
      prompt: tokenizer.encode(query.prompt), sampling: sampling, maximumTokens: query.maximumTokens,
      stopTokens: tokenizer.stopTokens, stopStrings: query.stops)
    request.stream = row * query.samples + sample
    return request
  }

  /// The tokens that are a text alone, as a word of its own or within one.
  private func singleTokens(of text: String) -> [TokenID] {
    [text, " " + text].compactMap { text in
      let tokens = tokenizer.encode(text, addSpecialTokens: false)
      return tokens.count == 1 ? tokens[0] : nil
    }
  }

  private func generate(
    _ requests: [GenerationRequest], model: any LanguageModel, drafter: (any Drafter)?, draftLength: Int?
  ) throws -> [GeneratedText] {
    if requests.isEmpty { return [] }
    let attributing = (model as? ProxiedModel).map(AttributingModel.init)
    let generator = Generator(
      attributing ?? model, tokenizer: tokenizer, concurrency: concurrency, drafter: drafter,
      draftLength: draftLength)
    var changed = [Int](repeating: 0, count: requests.count)
    let generations = try generator.generate(requests) { step in
      if attributing?.isChanged(step) == true { changed[step.request] += 1 }
      return true
    }
    return generations.enumerated().map { index, generation in
      GeneratedText(
        generation.text, tokenCount: generation.tokens.count,
        isComplete: generation.finishReason == .stop,
        changedTokens: attributing == nil ? nil : min(changed[index], generation.tokens.count))
    }
  }
}
