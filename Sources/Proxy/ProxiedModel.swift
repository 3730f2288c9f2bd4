import Decoding
import Tensors
import Tokenizers

/// One expert and what it was tuned from: where the offset comes from.
public struct Steering {
  public let expert: any LanguageModel
  public let antiexpert: any LanguageModel
  /// This expert's share of the offset; negative steers away from it.
  public let weight: Float
  /// Which of the expert's (and antiexpert's) tokens each of the base's is.
  public let vocabulary: VocabularyMap
  /// The base's tokens that end an answer and that the expert lacks: they stay as the base has them.
  ///
  /// Nothing has to follow them; and were they never chosen, as others that it lacks, no answer would end.
  public let unsharedStops: [TokenID]

  public init(
    expert: any LanguageModel, antiexpert: any LanguageModel, weight: Float = 1, vocabulary: VocabularyMap,
    unsharedStops: [TokenID] = []
  ) {
    self.expert = expert
    self.antiexpert = antiexpert
    self.weight = weight
    self.vocabulary = vocabulary
    self.unsharedStops = unsharedStops
  }
}

/// The proxy-tuned model: a language model like any other.
///
/// Liu and others (2024), equation 1:
///
///     z = z_base + α · Σ wᵢ (z_expertᵢ − z_antiexpertᵢ)
///
/// All in float32, before penalties, temperature and truncation. The base's weights are never touched.
public final class ProxiedModel: LanguageModel {
  public let base: any LanguageModel
  public let steerings: [Steering]
  /// The offset's strength: 0 is the base alone, 1 the paper's default.
  public let alpha: Float
  /// What keeps the offset from going too far.
  public let limits: SteeringLimits
  let compute: Compute
  /// Every distinct small model, and for each steering which of them it uses.
  let members: [Member]
  let roles: [(expert: Int, antiexpert: Int)]
  /// Members that run in one pass: an expert that is an adapter goes with its antiexpert.
  private let crews: [[Int]]

  struct Member {
    let model: any LanguageModel
    let vocabulary: VocabularyMap
  }

  /// Steers `base`; models that several experts share are run once.
  public init(
    base: any LanguageModel, steerings: [Steering], alpha: Float, limits: SteeringLimits = .none,
    compute: Compute
  ) {
    self.base = base
    self.steerings = steerings
    self.alpha = alpha
    self.limits = limits
    self.compute = compute
    var members: [Member] = []
    func place(_ model: any LanguageModel, _ vocabulary: VocabularyMap) -> Int {
      if let known = members.firstIndex(where: { $0.model === model && $0.vocabulary == vocabulary }) {
        return known
      }
      members.append(Member(model: model, vocabulary: vocabulary))
      return members.count - 1
    }
    roles = steerings.map { (place($0.expert, $0.vocabulary), place($0.antiexpert, $0.vocabulary)) }
    var crews: [[Int]] = []
    for (index, member) in members.enumerated() {
      if let crew = crews.firstIndex(where: { members[$0[0]].model.runner == member.model.runner }) {
        crews[crew].append(index)
      } else {
        crews.append([index])
      }
    }
    self.members = members
    self.crews = crews
  }

  /// The same models at another strength.
  public func with(alpha: Float) -> ProxiedModel {
    ProxiedModel(base: base, steerings: steerings, alpha: alpha, limits: limits, compute: compute)
  }

  public var vocabularySize: Int { base.vocabularySize }
  public var contextLength: Int { members.map(\.model.contextLength).reduce(base.contextLength, min) }

  public func makeContext() -> any DecodingContext { makeContext(prompts: [:]) }

  /// An empty sequence in which some experts are shown the prompt in their own words: their own chat template.
  ///
  /// `prompts` gives, by steering, the tokens (of the expert's vocabulary) that stand for the first extension.
  public func makeContext(prompts: [Int: [TokenID]]) -> any DecodingContext {
    var openings = [[TokenID]?](repeating: nil, count: members.count)
    for (steering, tokens) in prompts { openings[roles[steering].expert] = tokens }
    return ProxiedContext(
      base: base.makeContext(), members: members.map { $0.model.makeContext() }, openings: openings)
  }

  /// Another sequence with the same past, which is steered by a strength of its own from here on.
  ///
  /// What has been read doesn't depend on the strength: so one reading serves any number of them.
  public func copy(_ context: any DecodingContext, alpha: Float) -> any DecodingContext {
    let copy = ProxiedContext.of(ProxiedContext.of(context).copy())
    copy.alpha = alpha
    return copy
  }

  public func logits(extending sequences: [SequenceExtension], rows: LogitRows) throws -> [Tensor] {
    try parts(extending: sequences, rows: rows).map { $0.combined }
  }

  /// The logits of every part at the new tokens, and their combination: what a trace is made of.
  public func parts(extending sequences: [SequenceExtension], rows: LogitRows) throws -> [ProxiedLogits] {
    let contexts = sequences.map { ProxiedContext.of($0) }
    let lengths = zip(sequences, contexts).map { max($0.tokens.count, $1.longestOpening) }
    let baseLogits = try base.logits(
      extending: zip(sequences, contexts).map { SequenceExtension($1.base, by: $0.tokens) }, rows: rows)
    var memberLogits = [[Tensor]](repeating: [], count: members.count)
    for crew in crews {
      let (logits, each) = (try run(crew, sequences, contexts, rows: rows), sequences.count)
      for (place, member) in crew.enumerated() {
        memberLogits[member] = Array(logits[place * each..<(place + 1) * each])
      }
    }
    return zip(sequences, contexts).enumerated().map { number, pair in
      pair.1.count += lengths[number]
      let offsets = roles.map { role in
        (expert: memberLogits[role.expert][number], antiexpert: memberLogits[role.antiexpert][number])
      }
      return ProxiedLogits(
        base: baseLogits[number], offsets: offsets,
        combined: combine(baseLogits[number], offsets, alpha: strength(of: pair.1)))
    }
  }

  /// How strongly a sequence is steered.
  func strength(of context: ProxiedContext) -> Float { context.alpha ?? alpha }

  /// Extends the sequences of members that run together; their logits, member after member.
  ///
  /// What a member has run ahead by isn't run again.
  private func run(
    _ crew: [Int], _ sequences: [SequenceExtension], _ contexts: [ProxiedContext], rows: LogitRows
  ) throws -> [Tensor] {
    var extensions: [SequenceExtension] = []
    var known: [[Tensor]] = []
    for member in crew {
      for (sequence, context) in zip(sequences, contexts) {
        let tokens: [TokenID]
        if let opening = context.takeOpening(member) {
          precondition(rows == .last, "rows of different prompts can't be combined")
          tokens = opening
          known.append([])
        } else {
          tokens = try members[member].vocabulary.translated(
            sequence.tokens, isLenient: strength(of: context) == 0)
          known.append(context.takeRunAhead(member, matching: tokens))
        }
        extensions.append(
          SequenceExtension(
            context.members[member], by: Array(tokens.dropFirst(known[known.count - 1].count))))
      }
    }
    let needed = extensions.filter { !$0.tokens.isEmpty }
    var fresh =
      needed.isEmpty
      ? [] : try members[crew[0]].model.logits(extending: needed, rows: rows)
    fresh.reverse()
    return zip(extensions, known).map { sequence, known in
      let new = sequence.tokens.isEmpty ? nil : fresh.popLast()
      switch rows {
      case .last: return new ?? known[known.count - 1]
      case .all: return joined(known + (new.map { [$0] } ?? []))
      }
    }
  }
}

/// The logits of a proxy-tuned model and of its parts, each [rows, vocabulary].
public struct ProxiedLogits {
  public let base: Tensor
  /// Of each steering.
  public let offsets: [(expert: Tensor, antiexpert: Tensor)]
  public let combined: Tensor
}
