import CKernels
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
  /// Tokens that are never chosen.
  public var forbiddenTokens: [TokenID] = []
  /// Tokens that an answer doesn't begin with.
  public var forbiddenFirstTokens: [TokenID] = []
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
/// A draw is a pure function of (seed, sequence, step) and of the distribution, so a batch's samples don't depend on
/// each other; and two models that think alike mostly draw the same token at the same step, so that one can
/// guess what the other will say (drafting).
public struct Sampler: Sendable {
  public let options: SamplingOptions

  public init(_ options: SamplingOptions) { self.options = options }

  /// Chooses the next token of a sequence from its logits [1, vocabulary].
  ///
  /// - Throws: `DecodingError.nothingToChoose` where none of them is a number.
  public func sample(_ logits: Tensor, after history: some Sequence<TokenID>, sequence: Int, step: Int)
    throws -> TokenID
  {
    let z = UnsafeBufferPointer(start: logits.floats, count: logits.columns)
    let forbidden = options.forbiddenTokens + (step == 0 ? options.forbiddenFirstTokens : [])
    guard options.repetitionPenalty != 1 || !forbidden.isEmpty else {
      return try choose(z, sequence: sequence, step: step)
    }
    var penalised = Array(z)
    if options.repetitionPenalty != 1 {
      for token in Set(history) where token < z.count {
        penalised[Int(token)] *= z[Int(token)] < 0 ? options.repetitionPenalty : 1 / options.repetitionPenalty
      }
    }
    for token in forbidden where token < z.count { penalised[Int(token)] = -.infinity }
    return try penalised.withUnsafeBufferPointer { try choose($0, sequence: sequence, step: step) }
  }

  private func choose(_ z: UnsafeBufferPointer<Float>, sequence: Int, step: Int) throws -> TokenID {
    // Of logits that are all NaN something would be chosen too, but nothing that the model has said.
    guard let token = candidate(z, sequence: sequence, step: step), z[Int(token)] > -.infinity else {
      throw DecodingError.nothingToChoose
    }
    return token
  }

  private func candidate(_ z: UnsafeBufferPointer<Float>, sequence: Int, step: Int) -> TokenID? {
    guard let start = z.baseAddress else { return nil }
    guard options.temperature > 0 else { return TokenID(Distribution.argmax(z)) }
    let words = CounterRandom(seed: options.seed, stream: UInt64(sequence)).block(at: UInt64(step))
    let key = UInt64(words.x) << 32 | UInt64(words.y)
    let scale = 1 / options.temperature
    var place = 0
    guard let candidates = candidates(z) else {
      trimtab_draw(&place, start, nil, z.count, scale, key)
      return TokenID(place)
    }
    guard !candidates.isEmpty else { return nil }
    let logits = candidates.map { z[Int($0)] }
    trimtab_draw(&place, logits, candidates, logits.count, scale, key)
    return candidates[place]
  }

  /// The tokens that may be drawn, likeliest first; nil for all.
  private func candidates(_ z: UnsafeBufferPointer<Float>) -> [TokenID]? {
    guard options.topK != nil || options.topP < 1 || options.minP > 0 else { return nil }
    var logs = z.map { $0 / options.temperature }
    trimtab_log_softmax(&logs, 1, logs.count)
    // What is surely left out needn't be sorted.
    var least = -Float.greatestFiniteMagnitude
    let fraction = options.minP > 0 ? (logs.max() ?? 0) + log(options.minP) : least
    // The tokens that min-p leaves out have a share in what top-p keeps.
    if options.topP == 1 { least = max(least, fraction) }
    if let topK = options.topK { least = max(least, Self.reached(by: topK, of: logs)) }
    let isWhole = options.topK == nil
    // The least likely tokens, all below that, have no more than 1 − topP together.
    if isWhole { least = max(least, log((1 - options.topP) / Float(logs.count))) }
    var kept = logs.indices.filter { logs[$0] >= least }
    kept.sort { logs[$0] > logs[$1] || (logs[$0] == logs[$1] && $0 < $1) }
    if let topK = options.topK { kept = Array(kept.prefix(topK)) }
    if options.topP < 1 {
      let total = isWhole ? 1 : kept.reduce(0) { $0 + exp(Double(logs[$1])) }
      var sum = 0.0
      let needed = kept.firstIndex { token in
        sum += exp(Double(logs[token]))
        return sum >= Double(options.topP) * total
      }
      if let needed { kept.removeLast(kept.count - needed - 1) }
    }
    return kept.prefix { logs[$0] >= fraction }.map(TokenID.init)
  }

  /// A value that at least `count` elements reach, for the largest of as many stretches do.
  private static func reached(by count: Int, of elements: [Float]) -> Float {
    let largest = stride(from: 0, to: elements.count, by: 64).compactMap { start in
      elements[start..<min(start + 64, elements.count)].max()
    }
    return count <= largest.count ? largest.sorted(by: >)[count - 1] : -.greatestFiniteMagnitude
  }
}
