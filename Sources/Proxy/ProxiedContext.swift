import Decoding
import Tensors
import Tokenizers

/// One sequence, as each part of a proxy-tuned model has seen it.
final class ProxiedContext: DecodingContext {
  let base: any DecodingContext
  let members: [any DecodingContext]
  /// How many tokens the part has seen that has seen the most, apart from what one has run ahead by.
  var count = 0
  /// The strength that this sequence is steered by; nil for the model's.
  var alpha: Float?
  /// What a member sees in place of the first extension.
  private var openings: [[TokenID]?]
  /// What a member has seen beyond the others, and the logits of each of those tokens.
  private var ahead: [(tokens: [TokenID], logits: [Tensor])]

  init(base: any DecodingContext, members: [any DecodingContext], openings: [[TokenID]?]) {
    self.base = base
    self.members = members
    self.openings = openings
    ahead = Array(repeating: ([], []), count: members.count)
  }

  /// The context of a sequence that is to be extended by a proxy-tuned model.
  static func of(_ sequence: SequenceExtension) -> ProxiedContext { of(sequence.context) }

  /// A context as the proxy-tuned model's that made it.
  static func of(_ context: any DecodingContext) -> ProxiedContext {
    guard let context = context as? ProxiedContext else {
      preconditionFailure("a context of another model")
    }
    return context
  }

  /// The most tokens that a member sees in place of the first extension.
  var longestOpening: Int { openings.reduce(0) { max($0, $1?.count ?? 0) } }

  func takeOpening(_ member: Int) -> [TokenID]? {
    defer { openings[member] = nil }
    return openings[member]
  }

  /// Notes that a member alone has been extended by tokens (of its vocabulary), with their logits [tokens, vocabulary].
  func runAhead(_ member: Int, by tokens: [TokenID], logits: Tensor) {
    ahead[member].tokens += tokens
    ahead[member].logits += (0..<logits.rows).map { logits.rows($0..<$0 + 1) }
  }

  /// Ends a member's run ahead: the logits of as many tokens as begin `tokens`; it forgets the others.
  func takeRunAhead(_ member: Int, matching tokens: [TokenID]) -> [Tensor] {
    let (run, logits) = ahead[member]
    ahead[member] = ([], [])
    let matching = zip(run, tokens).prefix { $0 == $1 }.count
    members[member].truncate(to: members[member].count - (run.count - matching))
    return Array(logits[..<matching])
  }

  func truncate(to count: Int) {
    let forgotten = self.count - count
    base.truncate(to: base.count - forgotten)
    for (index, member) in members.enumerated() {
      _ = takeRunAhead(index, matching: [])
      member.truncate(to: member.count - forgotten)
    }
    self.count = count
  }

  func copy() -> any DecodingContext {
    let copy = ProxiedContext(
      base: base.copy(), members: members.map { $0.copy() }, openings: openings)
    copy.count = count
    copy.alpha = alpha
    copy.ahead = ahead
    return copy
  }
}
