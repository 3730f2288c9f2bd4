import Decoding
import Evaluation
import Formats
import Models
import Proxy
import Recipes
import Tensors
import Tokenizers

/// The models of an evaluation, each loaded once, in their roles.
struct EvaluatedModels {
  /// base, expert, proxied, through and tuned, as far as they are named.
  private(set) var systems: [EvaluatedSystem] = []
  let tokenizer: Tokenizer
  let proxied: ProxiedModel?
  let drafter: (any Drafter)?
  /// The tokens that end the proxy-tuned model's answers.
  let stopTokens: Set<TokenID>
  /// Names the parts of the proxy-tuned model, and how they run.
  let partsFingerprint: String

  init(_ recipe: EvaluationRecipe, compute: Compute, note: (String) -> Void) throws {
    var selection = ModelSelection(model: recipe.systems.base, antiexpert: nil)
    selection.limits = SteeringLimits(
      nucleus: recipe.plausibility.map { Float($0) }, divergence: recipe.divergence.map { Float($0) })
    if case .fixed(let alpha) = recipe.alpha { selection.alpha = Float(alpha) }
    func steered(by experts: [String], base: LoadedModel) throws -> AssembledModel {
      var steered = selection
      steered.experts = experts.map { .init($0) }
      steered.antiexpert = recipe.systems.antiexpert
      let assembled = try AssembledModel(steered, base: base, compute: compute)
      for finding in assembled.findings where finding.level == .warning {
        note("warning: \(finding.subject): \(finding.text)")
      }
      return assembled
    }
    let base = try LoadedModel(path: recipe.systems.base, compute: compute)
    let tokenizer = try base.requireTokenizer()
    self.tokenizer = tokenizer
    let precision = compute.engine.precision
    func alone(_ name: String, _ loaded: LoadedModel) -> EvaluatedSystem {
      let own = loaded.tokenizer ?? tokenizer
      return EvaluatedSystem(
        name: name, model: loaded.languageModel, tokenizer: own,
        fingerprint: Self.fingerprint("\(loaded.checkpoint.fingerprint)", own, own.stopTokens, precision))
    }
    func parts(_ assembled: AssembledModel) -> String {
      Self.fingerprint(assembled.partsFingerprint, tokenizer, assembled.stopTokens, precision)
    }
    systems.append(alone("base", base))

    let experts = recipe.systems.experts
    let assembled = experts.isEmpty ? nil : try steered(by: experts, base: base)
    proxied = assembled?.proxied
    drafter = try assembled?.makeDrafter(.auto)
    stopTokens = assembled?.stopTokens(alpha: 1) ?? tokenizer.stopTokens
    partsFingerprint = assembled.map(parts) ?? ""
    if let assembled, let proxied {
      for (place, expert) in assembled.experts.enumerated() {
        systems.append(alone(SystemName.expert(place), expert))
      }
      systems.append(system("proxied", proxied))
    }
    if let path = recipe.systems.through {
      let through = try steered(by: [path], base: base)
      if let proxied = through.proxied {
        systems.append(
          EvaluatedSystem(
            name: "through", model: proxied, tokenizer: tokenizer,
            fingerprint: ProxiedModel.fingerprint(
              parts: parts(through), alpha: proxied.alpha, limits: proxied.limits),
            stopTokens: through.stopTokens, drafter: try through.makeDrafter(.auto)))
      }
    }
    if let path = recipe.systems.tuned {
      systems.append(alone("tuned", try LoadedModel(path: path, compute: compute)))
    }
  }

  /// The proxy-tuned model at some strength.
  private func system(_ name: String, _ model: ProxiedModel) -> EvaluatedSystem {
    EvaluatedSystem(
      name: name, model: model, tokenizer: tokenizer,
      fingerprint: ProxiedModel.fingerprint(
        parts: partsFingerprint, alpha: model.alpha, limits: model.limits),
      stopTokens: model.alpha == 0 ? tokenizer.stopTokens : stopTokens, drafter: drafter)
  }

  /// Names everything that answers depend on: weights, tokens, what ends an answer, and the precision of products.
  private static func fingerprint(
    _ weights: String, _ tokenizer: Tokenizer, _ stopTokens: Set<TokenID>, _ precision: Precision
  ) -> String {
    "\(Fingerprint(of: "\(weights) \(tokenizer.fingerprint) \(stopTokens.sorted()) \(precision.rawValue)"))"
  }

  /// What was chosen, as a system of its own: a model that has answered already isn't asked again.
  func chosen(_ choice: AlphaChoice) -> EvaluatedSystem {
    switch choice.system {
    case .proxied(let alpha):
      guard let proxied else { return systems[0] }
      return system("auto", proxied.with(alpha: alpha))
    case .alone(let name):
      let system = systems.first { $0.name == name } ?? systems[0]
      return EvaluatedSystem(
        name: "auto", model: system.model, tokenizer: system.tokenizer, fingerprint: system.fingerprint,
        stopTokens: system.stopTokens, drafter: system.drafter)
    }
  }

  /// Answers of the steered system token by token: those that steering made right first, then those it spoilt.
  ///
  /// None of a task that draws its answers: shown are greedy ones, which nobody has graded then.
  func shadedAnswers(
    _ task: any EvaluationTask, _ comparison: Comparison, systems: [EvaluatedSystem], count: Int
  ) throws -> [ShadedAnswer] {
    let names = ["auto", "through", "proxied"]
    let system = names.lazy.compactMap { name in
      systems.first { $0.name == name && $0.model is ProxiedModel }
    }.first
    guard let system, let proxied = system.model as? ProxiedModel, let base = comparison["base"],
      let steered = comparison[system.name], count > 0, case .generation(let first) = task.query(0),
      first.sampling.temperature == 0
    else { return [] }
    let sign: Double = comparison.metric.isHigherBetter ? 1 : -1
    let gains = zip(steered.scores, base.scores).map { sign * ($0 - $1) }
    let rows = gains.indices.sorted { (gains[$1], $0) < (gains[$0], $1) }
    let spoilt = rows.reversed().prefix { gains[$0] < 0 }.prefix(count / 4)
    let shown = Array(rows.prefix(max(0, count - spoilt.count))) + spoilt
    return try Array(Set(shown)).sorted().compactMap { row in
      guard case .generation(let query) = task.query(row), !steered.rows[row].response.isTooLong
      else { return nil }
      return ShadedAnswer(
        prompt: query.prompt, answer: task.reference(row), baseResponse: base.responses[row],
        tokens: try Attribution.ofAnswer(to: query, row: row, proxied, by: system))
    }
  }
}

extension Attribution {
  /// What the parts thought of each token of a greedy answer.
  static func ofAnswer(
    to query: GenerationQuery, row: Int, _ model: ProxiedModel, by system: EvaluatedSystem
  ) throws -> [Attribution] {
    let tokenizer = system.tokenizer
    let attributing = AttributingModel(model)
    var tokens: [Attribution] = []
    // As it was asked when it was graded.
    let request = Evaluator(tokenizer: tokenizer, stopTokens: system.stopTokens).request(query, row: row)
    _ = try Generator(attributing, tokenizer: tokenizer).generate([request]) { step in
      if let token = attributing.attribution(of: step, tokenizer: tokenizer) { tokens.append(token) }
      return true
    }
    return tokens
  }
}
