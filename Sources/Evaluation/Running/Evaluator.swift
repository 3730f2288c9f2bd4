import Decoding
import Proxy
import Tensors
import Tokenizers

/// Puts queries to a system, many at a time.
public struct Evaluator {
  private let tokenizer: Tokenizer
  private let stopTokens: Set<TokenID>
  private let concurrency: Int

  /// - Parameters:
  ///   - stopTokens: The tokens that end an answer; nil for the tokenizer's own.
  ///   - concurrency: How many answers are written at once.
  public init(tokenizer: Tokenizer, stopTokens: Set<TokenID>? = nil, concurrency: Int = 64) {
    self.tokenizer = tokenizer
    self.stopTokens = stopTokens ?? tokenizer.stopTokens
    self.concurrency = concurrency
  }

  /// Puts every row of a task to a model, and scores its answers.
  public func run(
    _ task: any EvaluationTask, model: any LanguageModel, name: String, drafter: (any Drafter)? = nil
  ) throws -> SystemResult {
    let rows = Array(0..<task.rowCount)
    let responses = try responses(
      to: rows.map { ($0, task.query($0)) }, model: model, drafter: drafter)
    return SystemResult(
      name: name, rows: try task.answeredRows(zip(rows, responses).map { RowResponse(row: $0, $1) }))
  }

  /// What a model answers to queries, in their order; a prompt that is too long for it stops no other.
  ///
  /// Draws depend on a row's number and the sample's, not on the company, so that a row can be asked again.
  public func responses(
    to queries: [(row: Int, query: Query)], model: any LanguageModel, drafter: (any Drafter)? = nil
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
        let prompt = tokenizer.encode(generation.prompt)
        if let refusal = Self.refusal(of: prompt, model) {
          responses[index] = refusal
          continue
        }
        requests += (0..<generation.samples).map { request(generation, prompt, row: row, sample: $0) }
        owners += Array(repeating: index, count: generation.samples)
      }
    }
    for (choice, response) in zip(choices, try scorer.responses(to: choices.map(\.query))) {
      responses[choice.index] = response
    }
    let texts = try generate(requests, model: model, drafter: drafter)
    var answers: [Int: [GeneratedText]] = [:]
    for (owner, text) in zip(owners, texts) { answers[owner, default: []].append(text) }
    return responses.indices.map { responses[$0] ?? .texts(answers[$0] ?? []) }
  }

  /// What a proxy-tuned model writes at each of several strengths; by query, then by strength.
  ///
  /// Each prompt is read once, by all parts, and every strength goes on from a copy.
  func responses(
    to queries: [(row: Int, query: GenerationQuery)], model: ProxiedModel, alphas: [Float],
    drafter: (any Drafter)? = nil
  ) throws -> [[Response]] {
    let prompts = queries.map { tokenizer.encode($0.query.prompt) }
    let readable = prompts.indices.filter { Self.refusal(of: prompts[$0], model) == nil }
    let contexts = readable.map { _ in model.makeContext() }
    let beginnings = zip(readable, contexts).filter { prompts[$0.0].count > 1 }.map {
      SequenceExtension($1, by: Array(prompts[$0].dropLast()))
    }
    if !beginnings.isEmpty { _ = try model.logits(extending: beginnings, rows: .last) }
    var requests: [GenerationRequest] = []
    for (index, context) in zip(readable, contexts) {
      let (row, query) = queries[index]
      for alpha in alphas {
        for sample in 0..<query.samples {
          var request = request(query, prompts[index], row: row, sample: sample)
          request.context = model.copy(context, alpha: alpha)
          // What isn't steered ends as the base does.
          if alpha == 0 { request.stopTokens = tokenizer.stopTokens }
          requests.append(request)
        }
      }
    }
    var texts = try generate(requests, model: model, drafter: drafter)[...]
    return prompts.indices.map { index in
      if let refusal = Self.refusal(of: prompts[index], model) { return alphas.map { _ in refusal } }
      return alphas.map { _ in
        let own = texts.prefix(queries[index].query.samples)
        texts.removeFirst(own.count)
        return .texts(Array(own))
      }
    }
  }

  /// What is answered for a model to a prompt that leaves no room for an answer.
  private static func refusal(of prompt: [TokenID], _ model: any LanguageModel) -> Response? {
    prompt.count < model.contextLength
      ? nil : .tooLong(tokens: prompt.count + 1, limit: model.contextLength)
  }

  /// The request that one answer to a query is written by.
  public func request(_ query: GenerationQuery, row: Int) -> GenerationRequest {
    request(query, tokenizer.encode(query.prompt), row: row, sample: 0)
  }

  private func request(
    _ query: GenerationQuery, _ prompt: [TokenID], row: Int, sample: Int
  ) -> GenerationRequest {
    var sampling = query.sampling
    sampling.forbiddenTokens = query.forbidden.flatMap { singleTokens(of: $0) }
    sampling.forbiddenFirstTokens = query.forbiddenFirst.flatMap { singleTokens(of: $0) }
    var request = GenerationRequest(
      prompt: prompt, sampling: sampling, maximumTokens: query.maximumTokens,
      stopTokens: stopTokens, stopStrings: query.stops)
    request.continuesText = query.continuesText
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
    _ requests: [GenerationRequest], model: any LanguageModel, drafter: (any Drafter)?
  ) throws -> [GeneratedText] {
    if requests.isEmpty { return [] }
    let attributing = (model as? ProxiedModel).map(AttributingModel.init)
    let generator = Generator(
      attributing ?? model, tokenizer: tokenizer, concurrency: concurrency, drafter: drafter)
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
