import Foundation

/// What keeps steering from going too far, token by token.
///
/// Limits change what each row of logits becomes and nothing else, so that whoever guesses tokens ahead may go on: the
/// model still chooses every token itself.
public struct SteeringLimits: Sendable, Hashable {
  /// Only tokens of the base's own nucleus may be chosen: the likeliest that together have this probability.
  ///
  /// The base is asked before it is steered, as in DExperts (Liu and others, 2021): no offset, however large, brings up
  /// what the base finds absurd.
  public var nucleus: Float?
  /// How far a token's distribution may move at most: KL(proxied ‖ base) in nats.
  ///
  /// Where the offset would move it further, α is lowered for this token alone, to what just keeps it.
  public var divergence: Float?

  /// No limit: the paper's equation as it stands.
  public static let none = SteeringLimits()

  public init(nucleus: Float? = nil, divergence: Float? = nil) {
    self.nucleus = nucleus
    self.divergence = divergence
  }

  /// Checks the ranges.
  ///
  /// - Throws: `ProxyError.limitOutOfRange`
  public func validate() throws {
    if let nucleus, !(nucleus > 0 && nucleus <= 1) {
      throw ProxyError.limitOutOfRange(
        option: "--plausibility", found: "\(nucleus)", expected: "a number over 0 and up to 1")
    }
    if let divergence, !(divergence >= 0 && divergence.isFinite) {
      throw ProxyError.limitOutOfRange(
        option: "--divergence", found: "\(divergence)", expected: "a number from 0 up")
    }
  }

  /// Keeps one row of steered logits within the limits.
  func apply(to z: UnsafeMutablePointer<Float>, base: UnsafePointer<Float>, count: Int) {
    if let divergence { Self.bound(z, base, count, by: Double(divergence)) }
    if let nucleus, nucleus < 1 { Self.mask(z, base, count, nucleus: Double(nucleus)) }
  }

  // MARK: - Divergence

  /// Steps of the bisection: α is then known to a 65536th.
  private static let bisections = 16

  /// Moves logits back towards the base's, along the offset, until KL(proxied ‖ base) is within the budget.
  ///
  /// Along the offset the divergence only grows: its derivative by the step t is t times the offset's variance.
  private static func bound(
    _ z: UnsafeMutablePointer<Float>, _ base: UnsafePointer<Float>, _ count: Int, by budget: Double
  ) {
    if divergence(z, base, count, step: 1) <= budget { return }
    var (low, high) = (0.0, 1.0)
    for _ in 0..<bisections {
      let middle = (low + high) / 2
      if divergence(z, base, count, step: middle) <= budget { low = middle } else { high = middle }
    }
    let step = Float(low)
    for token in 0..<count where z[token] > -.infinity {
      z[token] = base[token] + step * (z[token] - base[token])
    }
  }

  /// KL(p_t ‖ p_0) for p_t = softmax(base + t · offset): t · E_t[offset] − log Σ p_0 e^{t · offset}.
  private static func divergence(
    _ z: UnsafeMutablePointer<Float>, _ base: UnsafePointer<Float>, _ count: Int, step: Double
  ) -> Double {
    var (top, baseTop) = (-Double.infinity, -Double.infinity)
    for token in 0..<count {
      baseTop = max(baseTop, Double(base[token]))
      guard z[token] > -.infinity else { continue }
      top = max(top, Double(base[token]) + step * Double(z[token] - base[token]))
    }
    var (sum, baseSum, moved) = (0.0, 0.0, 0.0)
    for token in 0..<count {
      let b = Double(base[token])
      baseSum += exp(b - baseTop)
      guard z[token] > -.infinity else { continue }
      let offset = Double(z[token] - base[token])
      let power = exp(b + step * offset - top)
      sum += power
      moved += power * offset
    }
    return step * moved / sum - (top + log(sum)) + (baseTop + log(baseSum))
  }

  // MARK: - Nucleus

  /// Forbids what isn't in the base's nucleus.
  ///
  /// The nucleus is of the tokens that can be chosen at all, so that some are left where an expert lacks the base's
  /// likeliest.
  private static func mask(
    _ z: UnsafeMutablePointer<Float>, _ base: UnsafePointer<Float>, _ count: Int, nucleus: Double
  ) {
    let choosable = (0..<count).filter { z[$0] > -.infinity }
    let top = choosable.reduce(-Float.infinity) { max($0, base[$1]) }
    let total = choosable.reduce(0.0) { $0 + exp(Double(base[$1] - top)) }
    // The least likely tokens, all below this, have no more than 1 − nucleus together, and needn't be sorted.
    let floor = top + Float(log(max(.leastNormalMagnitude, (1 - nucleus) * total / Double(count))))
    let likely = choosable.filter { base[$0] >= floor }.sorted {
      base[$0] > base[$1] || (base[$0] == base[$1] && $0 < $1)
    }
    var sum = 0.0
    let kept = likely.prefix { token in
      defer { sum += exp(Double(base[token] - top)) }
      return sum < nucleus * total
    }
    let allowed = kept.map { ($0, z[$0]) }
    z.update(repeating: -.infinity, count: count)
    for (token, value) in allowed { z[token] = value }
  }
}
