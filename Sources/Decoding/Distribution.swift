import CKernels
import Foundation
import Tensors

/// A row of logits seen as a probability distribution, log p(v) = z(v) − log Σ exp z.
public struct Distribution: Sendable {
  private let logits: Tensor
  /// log Σ exp z, taken in double precision over float32 logits.
  public let logNormalizer: Double

  /// The distribution that one row of logits gives.
  public init(_ logits: Tensor, row: Int = 0) {
    self.logits = logits.rows(row..<row + 1)
    let z = UnsafeBufferPointer(start: self.logits.floats, count: logits.columns)
    let top = z.reduce(-Float.infinity) { max($0, $1) }
    var sum = 0.0
    for value in z { sum += exp(Double(value - top)) }
    logNormalizer = Double(top) + log(sum)
  }

  /// log p of a token.
  public func logProbability(_ token: Int) -> Double { Double(logits.floats[token]) - logNormalizer }

  /// p of a token.
  public func probability(_ token: Int) -> Double { exp(logProbability(token)) }

  /// KL(this ‖ other) in nats; what this one never takes counts nothing.
  public func divergence(from other: Distribution) -> Double {
    var sum = 0.0
    for token in 0..<logits.columns {
      let own = logProbability(token)
      let probability = exp(own)
      if probability > 0 { sum += probability * (own - other.logProbability(token)) }
    }
    return max(0, sum)
  }

  /// The likeliest token; of equals, the first.
  public var top: Int { Distribution.argmax(UnsafeBufferPointer(start: logits.floats, count: logits.count)) }

  /// The likeliest token of a row of logits; of equals, the first.
  public static func top(_ logits: Tensor, row: Int) -> Int {
    argmax(UnsafeBufferPointer(start: logits.rows(row..<row + 1).floats, count: logits.columns))
  }

  static func argmax(_ z: UnsafeBufferPointer<Float>) -> Int {
    var place = 0
    if let start = z.baseAddress { trimtab_argmax(&place, start, z.count) }
    return place
  }
}
