import CKernels
import Tensors

extension ProxiedModel {
  /// How many tokens' logits one tile combines.
  private static let tileLength = 1 << 14

  /// The logits that parts of a pass give at another strength, in the arena's memory until the next combination.
  ///
  /// So one pass serves any number of strengths.
  public func combined(_ parts: ProxiedLogits, alpha: Float) -> Tensor {
    combine(parts.base, parts.offsets, alpha: alpha)
  }

  /// z_base + α · Σ wᵢ (z_expertᵢ − z_antiexpertᵢ), row by row, in the arena's memory, within the limits on steering.
  ///
  /// At α = 0 it is the base, tokens that an expert lacks included.
  func combine(
    _ base: Tensor, _ offsets: [(expert: Tensor, antiexpert: Tensor)], alpha: Float
  ) -> Tensor {
    let combined = compute.arena.tensor("combined logits", base.shape, for: .activations)
    let columns = base.columns
    let tiles = (columns + Self.tileLength - 1) / Self.tileLength
    compute.run { pool in
      pool.forEachTile(base.rows * tiles) { tile in
        let row = tile / tiles
        let first = tile % tiles * Self.tileLength
        let tokens = first..<min(columns, first + Self.tileLength)
        let z = combined.floats + row * columns
        (z + first).update(from: base.floats + row * columns + first, count: tokens.count)
        for (steering, offset) in zip(steerings, offsets) where alpha != 0 {
          steer(
            z, steering, offset.expert.floats + row * offset.expert.columns,
            offset.antiexpert.floats + row * offset.antiexpert.columns, tokens, alpha: alpha)
        }
      }
      guard alpha != 0 else { return }
      for row in 0..<base.rows {
        for token in steerings.flatMap(\.unsharedStops) {
          combined.floats[row * columns + Int(token)] = base.floats[row * columns + Int(token)]
        }
      }
      guard limits != .none else { return }
      pool.forEachTile(base.rows) { row in
        limits.apply(
          to: combined.floats + row * columns, base: base.floats + row * columns, count: columns)
      }
    }
    return combined
  }

  /// Adds one steering's offset to the logits of some tokens.
  private func steer(
    _ z: UnsafeMutablePointer<Float>, _ steering: Steering, _ expert: UnsafePointer<Float>,
    _ antiexpert: UnsafePointer<Float>, _ tokens: Range<Int>, alpha: Float
  ) {
    let (first, strength) = (tokens.lowerBound, alpha * steering.weight)
    switch steering.vocabulary {
    case .shared(let count):
      let steered = min(count, tokens.upperBound) - first
      if steered > 0 {
        trimtab_steer(z + first, expert + first, antiexpert + first, strength, steered)
      }
    case .mapped(let places):
      places.withUnsafeBufferPointer { places in
        guard let start = places.baseAddress else { return }
        trimtab_steer_mapped(z + first, expert, antiexpert, start + first, strength, tokens.count)
      }
    }
  }

  /// Logits of consecutive tokens in one tensor.
  func joined(_ pieces: [Tensor]) -> Tensor {
    if pieces.count == 1 { return pieces[0] }
    let rows = pieces.reduce(0) { $0 + $1.rows }
    let all = compute.arena.tensor("joined logits", [rows, pieces[0].columns], for: .activations)
    var row = 0
    for piece in pieces {
      compute.run { _ in
        all.rows(row..<row + piece.rows).floats.update(from: piece.floats, count: piece.count)
      }
      row += piece.rows
    }
    return all
  }
}
