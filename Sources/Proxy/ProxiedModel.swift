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

  public init(
    expert: any LanguageModel, antiexpert: any LanguageModel, weight: Float = 1, vocabulary: VocabularyMap
  ) {
    self.expert = expert
    self.antiexpert = antiexpert
    self.weight = weight
    self.vocabulary = vocabulary
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
  /// Every distinct small model, and for each steering which of them it uses.
  private let members: [Member]
  private let roles: [(expert: Int, antiexpert: Int)]

  private struct Member {
    let model: any LanguageModel
    let vocabulary: VocabularyMap
  }

  /// Steers `base`; models that several experts share are run once.
  public init(base: any LanguageModel, steerings: [Steering], alpha: Float) {
    self.base = base
    self.steerings = steerings
    self.alpha = alpha
    var members: [Member] = []
    func place(_ model: any LanguageModel, _ vocabulary: VocabularyMap) -> Int {
      if let known = members.firstIndex(where: { $0.model === model && $0.vocabulary == vocabulary }) {
        return known
      }
      members.append(Member(model: model, vocabulary: vocabulary))
      return members.count - 1
    }
    roles = steerings.map { (place($0.expert, $0.vocabulary), place($0.antiexpert, $0.vocabulary)) }
    self.members = members
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

  public func logits(extending sequences: [SequenceExtension], rows: LogitRows) throws -> [Tensor] {
    try parts(extending: sequences, rows: rows).map { $0.combined }
  }

  /// The logits of every part at the new tokens, and their combination: what a trace is made of.
  public func parts(extending sequences: [SequenceExtension], rows: LogitRows) throws -> [ProxiedLogits] {
    let contexts = sequences.map { sequence in
      guard let context = sequence.context as? ProxiedContext else {
        preconditionFailure("a context of another model")
      }
      return context
    }
    let baseLogits = try base.logits(
      extending: zip(sequences, contexts).map { SequenceExtension($1.base, by: $0.tokens) }, rows: rows)
    var memberLogits: [[Tensor]] = []
    for (index, member) in members.enumerated() {
      let extensions = try zip(sequences, contexts).map { sequence, context in
        let opening = context.takeOpening(index)
        precondition(opening == nil || rows == .last, "rows of different prompts can't be combined")
        return SequenceExtension(
          context.members[index], by: try opening ?? member.vocabulary.translated(sequence.tokens))
      }
      memberLogits.append(try member.model.logits(extending: extensions, rows: rows))
    }
    return zip(sequences, contexts).enumerated().map { number, pair in
      pair.1.count += pair.0.tokens.count
      let offsets = roles.map { role in
        (expert: memberLogits[role.expert][number], antiexpert: memberLogits[role.antiexpert][number])
      }
      return ProxiedLogits(
        base: baseLogits[number], offsets: offsets,
        combined: combine(baseLogits[number], offsets))
    }
  }

  private func combine(_ base: Tensor, _ offsets: [(expert: Tensor, antiexpert: Tensor)]) -> Tensor {
    let combined = Tensor(zeros: base.shape)
    combined.floats.update(from: base.floats, count: base.count)
    for (steering, offset) in zip(steerings, offsets) {
      for row in 0..<base.rows {
        let z = combined.floats + row * base.columns
        let expert = offset.expert.floats + row * offset.expert.columns
        let antiexpert = offset.antiexpert.floats + row * offset.antiexpert.columns
        let strength = alpha * steering.weight
        switch steering.vocabulary {
        case .shared(let count):
          for v in 0..<count { z[v] += strength * (expert[v] - antiexpert[v]) }
        case .mapped(let ids):
          for (v, small) in ids.enumerated() {
            // A token that the expert lacks is one that it can't follow: it is never chosen.
            z[v] = small < 0 ? -.infinity : z[v] + strength * (expert[Int(small)] - antiexpert[Int(small)])
          }
        }
      }
    }
    return combined
  }
}

/// The logits of a proxy-tuned model and of its parts, each [rows, vocabulary].
public struct ProxiedLogits {
  public let base: Tensor
  /// Of each steering.
  public let offsets: [(expert: Tensor, antiexpert: Tensor)]
  public let combined: Tensor
}

/// One sequence, as each part of a proxy-tuned model has seen it.
final class ProxiedContext: DecodingContext {
  let base: any DecodingContext
  let members: [any DecodingContext]
  /// What a member sees in place of the first extension.
  private var openings: [[TokenID]?]
  fileprivate(set) var count = 0

  init(base: any DecodingContext, members: [any DecodingContext], openings: [[TokenID]?]) {
    self.base = base
    self.members = members
    self.openings = openings
  }

  func takeOpening(_ member: Int) -> [TokenID]? {
    defer { openings[member] = nil }
    return openings[member]
  }

  func truncate(to count: Int) {
    let forgotten = self.count - count
    base.truncate(to: base.count - forgotten)
    for member in members { member.truncate(to: member.count - forgotten) }
    self.count = count
  }

  func copy() -> any DecodingContext {
    let copy = ProxiedContext(
      base: base.copy(), members: members.map { $0.copy() }, openings: openings)
    copy.count = count
    return copy
  }
}
