import Foundation
import Tensors
import Tokenizers

/// How the next token is chosen from logits.
public struct SamplingOptions: Sendable, Hashable {
  /// What logits are divided by; 0 takes the likeliest token.
  public var temperature: Float = 0
  /// Only that many likeliest tokens; nil for all.
  public var topK: Int?
  /// Only the likeliest tokens that together have this probability.
  public var topP: Float = 1
  /// Only tokens at least this fraction as likely as the likeliest.
  public var minP: Float = 0
  /// What the logit of a token seen before is divided by (multiplied when negative).
  public var repetitionPenalty: Float = 1
  public var seed: UInt64 = 0

  public init() {}

  /// Checks every option's range.
  public func validate() throws {
    func check(_ holds: Bool, _ name: String, _ found: Any, _ expected: String) throws {
      if !holds { throw DecodingError.invalidOption(name, found: "\(found)", expected: expected) }
    }
    try check(temperature >= 0 && temperature.isFinite, "temperature", temperature, "a number from 0 up")
    try check((topK ?? 1) > 0, "top-k", topK ?? 0, "a whole number from 1 up")
    try check(topP > 0 && topP <= 1, "top-p", topP, "a number over 0 and up to 1")
    try check(minP >= 0 && minP < 1, "min-p", minP, "a number from 0 to below 1")
    try check(
      repetitionPenalty > 0 && repetitionPenalty.isFinite, "repetition-penalty", repetitionPenalty,
      "a number over 0")
  }
}

/// Chooses tokens: penalty, then temperature, then top-k, top-p and min-p, then a draw.
///
/// A draw is a pure function of (seed, sequence, step), so a batch's samples don't depend on each other.
public struct Sampler: Sendable {
  public let options: SamplingOptions

  public init(_ options: SamplingOptions) { self.options = options }

  /// Chooses the next token of a sequence from its logits [1, vocabulary].
  public func sample(_ logits: Tensor, after history: some Sequence<TokenID>, sequence: Int, step: Int)
    -> TokenID
  {
    var z = Array(UnsafeBufferPointer(start: logits.floats, count: logits.columns))
    if options.repetitionPenalty != 1 {
      for token in Set(history) where token < z.count {
        z[Int(token)] *= z[Int(token)] < 0 ? options.repetitionPenalty : 1 / options.repetitionPenalty
      }
    }
    guard options.temperature > 0 else { return TokenID(z.withUnsafeBufferPointer(Distribution.argmax)) }
    return draw(
      from: candidates(z),
      uniform: CounterRandom(seed: options.seed, stream: UInt64(sequence)).preciseUniform(at: UInt64(step)))
  }

  /// The tokens that may be drawn, likeliest first, with unnormalised probabilities.
  private func candidates(_ z: [Float]) -> [(token: TokenID, weight: Double)] {
    let top = z.max() ?? 0
    let floor = options.minP > 0 ? Double(options.minP) : 0
    var kept: [(token: TokenID, weight: Double)] = []
    for (token, value) in z.enumerated() {
      let weight = exp(Double(value - top) / Double(options.temperature))
      if weight > 0, weight >= floor { kept.append((TokenID(token), weight)) }
    }
    kept.sort { $0.weight > $1.weight || ($0.weight == $1.weight && $0.token < $1.token) }
    if let topK = options.topK, kept.count > topK { kept.removeLast(kept.count - topK) }
    if options.topP < 1 {
      let total = kept.reduce(0) { $0 + $1.weight }
      var sum = 0.0
      let needed = kept.firstIndex { candidate in
        sum += candidate.weight
        return sum >= Double(options.topP) * total
      }
      if let needed { kept.removeLast(kept.count - needed - 1) }
    }
    return kept
  }

  private func draw(from candidates: [(token: TokenID, weight: Double)], uniform: Double) -> TokenID {
    let target = uniform * candidates.reduce(0) { $0 + $1.weight }
    var sum = 0.0
    for (token, weight) in candidates {
      sum += weight
      if sum > target { return token }
    }
    return candidates.last?.token ?? 0
  }
}
