import CKernels
import Tensors

/// Dropout as a pure function: which elements fall depends on the seed, the step and the site alone, so that a
/// resumed run, a checkpointed block and the backward pass see the same mask, and no mask is kept.
public struct Dropout: Sendable, Hashable {
  /// The share of elements that are set to zero, in 0..<1; the others are scaled by 1 / (1 - rate).
  public var rate: Float
  public var seed: UInt64
  /// The training step.
  public var step: Int
  /// Which of the step's dropouts this is.
  public var site: Int

  public init(rate: Float, seed: UInt64, step: Int, site: Int) {
    precondition(rate >= 0 && rate < 1)
    self.rate = rate
    self.seed = seed
    self.step = step
    self.site = site
  }

  /// The mask's key: random bits of its own for every step and site.
  private var key: UInt64 {
    let words = CounterRandom(seed: seed, stream: UInt64(step)).block(at: UInt64(site))
    return UInt64(words.x) | UInt64(words.y) << 32
  }

  /// y (+)= mask ⊙ x / (1 - rate); applied to a gradient, it is its own backward pass.
  func apply(to x: Tensor, into y: Tensor, adding: Bool, with compute: Compute) {
    compute.run { pool in
      let (key, rate) = (key, rate)
      pool.forEachRange(of: x.count, length: elementsPerTile) { range in
        let first = range.lowerBound
        trimtab_dropout(
          y.elements(from: first), adding, x.elements(from: first), range.count, rate, key, UInt64(first))
      }
    }
  }
}

extension Tape {
  /// Sets a random share of the elements to zero and scales the others up; in inference x itself.
  public func dropout(_ x: Variable, _ dropout: Dropout) -> Variable {
    guard drops, dropout.rate > 0 else { return x }
    let y = output("dropout", x.shape, x.value.elementType, of: x)
    dropout.apply(to: x.value, into: y.value, adding: false, with: compute)
    record(y) { [x = x.slot] tape, dy in
      tape.accumulate(x) { dx, adding in
        dropout.apply(to: dy, into: dx, adding: adding, with: tape.compute)
      }
    }
    return y
  }
}
