import Decoding
import Formats
import Tensors
import Tokenizers

/// What each part of a proxy-tuned model thought of one generated token: a line of `--trace`.
public struct Attribution: Sendable, Hashable {
  public let token: TokenID
  public let text: String
  /// p of the token under the base, the first expert, its antiexpert and the proxy-tuned model.
  public let base: Double
  public let expert: Double
  public let antiexpert: Double
  public let proxied: Double
  /// How far the whole distribution has moved: KL(proxied ‖ base) in nats.
  public let divergence: Double
  /// What each would have taken.
  public let baseTop: TokenID
  public let proxiedTop: TokenID

  /// Whether steering changed the likeliest token.
  public var isChanged: Bool { baseTop != proxiedTop }

  /// As an object of JSON lines.
  public func json(_ tokenizer: Tokenizer?) -> JSON {
    .object([
      "token": .integer(Int(token)), "text": .string(text), "p_base": .number(base),
      "p_expert": .number(expert), "p_antiexpert": .number(antiexpert), "p_proxied": .number(proxied),
      "kl": .number(divergence),
      "base_top": .integer(Int(baseTop)),
      "base_top_text": .string(tokenizer?.decode([baseTop], skipSpecialTokens: false) ?? ""),
      "top": .integer(Int(proxiedTop)), "changed": .bool(isChanged),
    ])
  }
}

/// A proxy-tuned model that remembers each sequence's last pass, so that what was drawn can be attributed.
public final class AttributingModel: LanguageModel {
  private let model: ProxiedModel
  private var steps: [ObjectIdentifier: ProxiedLogits] = [:]

  public init(_ model: ProxiedModel) { self.model = model }

  public var vocabularySize: Int { model.vocabularySize }
  public var contextLength: Int { model.contextLength }
  public func makeContext() -> any DecodingContext { model.makeContext() }

  public func logits(extending sequences: [SequenceExtension], rows: LogitRows) throws -> [Tensor] {
    let parts = try model.parts(extending: sequences, rows: rows)
    steps = [:]
    for (sequence, part) in zip(sequences, parts) { steps[ObjectIdentifier(sequence.context)] = part }
    return parts.map(\.combined)
  }

  /// Whether steering changed the likeliest token where this one was drawn; nil where nothing is known of the pass.
  public func isChanged(_ generated: GeneratedToken) -> Bool? {
    steps[ObjectIdentifier(generated.context)].map { step in
      Distribution.top(step.base, row: generated.row) != Distribution.top(step.combined, row: generated.row)
    }
  }

  /// What the parts thought of a token that was drawn in that sequence's last pass.
  public func attribution(of generated: GeneratedToken, tokenizer: Tokenizer?) -> Attribution? {
    guard let step = steps[ObjectIdentifier(generated.context)], let offset = step.offsets.first,
      let steering = model.steerings.first
    else { return nil }
    let (token, row) = (generated.token, generated.row)
    let base = Distribution(step.base, row: row)
    let proxied = Distribution(step.combined, row: row)
    let small = (try? steering.vocabulary.translated([token]))?.first
    func probability(_ logits: Tensor) -> Double {
      small.map { Distribution(logits, row: row).probability(Int($0)) } ?? 0
    }
    return Attribution(
      token: token, text: tokenizer?.decode([token], skipSpecialTokens: false) ?? "",
      base: base.probability(Int(token)), expert: probability(offset.expert),
      antiexpert: probability(offset.antiexpert), proxied: proxied.probability(Int(token)),
      divergence: proxied.divergence(from: base), baseTop: TokenID(base.top), proxiedTop: TokenID(proxied.top)
    )
  }
}
