import Decoding
import Evaluation
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
  /// Names the parts of the proxy-tuned model.
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
    tokenizer = try base.requireTokenizer()
    systems.append(Self.system("base", base, tokenizer))

    let experts = recipe.systems.experts
    let assembled = experts.isEmpty ? nil : try steered(by: experts, base: base)
    proxied = assembled?.proxied
    drafter = try assembled?.makeDrafter(.auto)
    partsFingerprint = assembled?.partsFingerprint ?? ""
    if let assembled, let proxied {
      for (place, expert) in assembled.experts.enumerated() {
        systems.append(Self.system(SystemName.expert(place), expert, tokenizer))
      }
      systems.append(Self.system("proxied", proxied, partsFingerprint, tokenizer, drafter))
    }
    if let path = recipe.systems.through {
      let through = try steered(by: [path], base: base)
      if let proxied = through.proxied {
        systems.append(
          Self.system(
            "through", proxied, through.partsFingerprint, tokenizer, try through.makeDrafter(.auto)))
      }
    }
    if let path = recipe.systems.tuned {
      systems.append(Self.system("tuned", try LoadedModel(path: path, compute: compute), tokenizer))
    }
  }

  private static func system(_ name: String, _ loaded: LoadedModel, _ tokenizer: Tokenizer) -> EvaluatedSystem
  {
    EvaluatedSystem(
      name: name, model: loaded.languageModel, tokenizer: tokenizer,
      fingerprint: "\(loaded.checkpoint.fingerprint)")
  }

  private static func system(
    _ name: String, _ model: ProxiedModel, _ parts: String, _ tokenizer: Tokenizer, _ drafter: (any Drafter)?
  ) -> EvaluatedSystem {
    EvaluatedSystem(
      name: name, model: model, tokenizer: tokenizer,
      fingerprint: ProxiedModel.fingerprint(parts: parts, alpha: model.alpha, limits: model.limits),
      drafter: drafter)
  }

  /// What was chosen, as a system of its own: a model that has answered already isn't asked again.
  func chosen(_ choice: AlphaChoice) -> EvaluatedSystem {
    switch choice.system {
    case .proxied(let alpha):
      guard let proxied else { return systems[0] }
      return Self.system("auto", proxied.with(alpha: alpha), partsFingerprint, tokenizer, drafter)
    case .alone(let name):
      let system = systems.first { $0.name == name } ?? systems[0]
      return EvaluatedSystem(
        name: "auto", model: system.model, tokenizer: tokenizer, fingerprint: system.fingerprint,
        drafter: system.drafter)
    }
  }

  /// Answers of the steered system token by token: those that steering made right first, then those it spoilt.
  func shadedAnswers(
    _ task: any EvaluationTask, _ comparison: Comparison, systems: [EvaluatedSystem], count: Int
  ) throws -> [ShadedAnswer] {
    let names = ["auto", "through", "proxied"]
    let system = names.lazy.compactMap { name in
      systems.first { $0.name == name && $0.model is ProxiedModel }
    }.first
    guard let system, let proxied = system.model as? ProxiedModel, let base = comparison["base"],
      let steered = comparison[system.name]
    else { return [] }
    func gain(_ row: Int) -> Double {
      (steered.scores[row] - base.scores[row]) * (comparison.metric.isHigherBetter ? 1 : -1)
    }
    let rows = (0..<task.rowCount).sorted { (gain($1), $0) < (gain($0), $1) }
    let spoilt = rows.reversed().prefix { gain($0) < 0 }.prefix(count / 4)
    let shown = Array(rows.prefix(max(0, count - spoilt.count))) + spoilt
    return try Array(Set(shown)).sorted().compactMap { row in
      guard case .generation(let query) = task.query(row), !steered.rows[row].response.isTooLong
      else { return nil }
      return ShadedAnswer(
        prompt: query.prompt, answer: task.reference(row), baseResponse: base.responses[row],
        tokens: try Attribution.ofAnswer(to: query, proxied, tokenizer: tokenizer))
    }
  }
}

extension Attribution {
  /// What the parts thought of each token of a greedy answer.
  static func ofAnswer(
    to query: GenerationQuery, _ model: ProxiedModel, tokenizer: Tokenizer
  ) throws -> [Attribution] {
    let attributing = AttributingModel(model)
    var tokens: [Attribution] = []
    let request = GenerationRequest(
      prompt: tokenizer.encode(query.prompt), maximumTokens: query.maximumTokens,
      stopTokens: tokenizer.stopTokens, stopStrings: query.stops)
    _ = try Generator(attributing, tokenizer: tokenizer).generate([request]) { step in
      if let token = attributing.attribution(of: step, tokenizer: tokenizer) { tokens.append(token) }
      return true
    }
    return tokens
  }
}
