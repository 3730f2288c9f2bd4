import CKernels
import Foundation
import Synchronization
import Tensors

/// The angles of rotary position embeddings (RoFormer, arXiv:2104.09864): at position p, pair i turns by
/// p · frequencies[i].
public final class RotaryTable: Sendable {
  /// Which elements of a head make pair i.
  public enum Style: Sendable, Hashable {
    /// i and i + rotaryDimension/2: GPT-NeoX, and what transformers' checkpoints mean.
    case halves
    /// 2i and 2i + 1: the paper, and what GGUF's llama checkpoints mean.
    case interleaved
  }

  /// Radians per position, one for each pair.
  public let frequencies: [Float]
  public let style: Style
  /// Multiplies cosines and sines; YaRN and its kin scale attention by it.
  public let magnitude: Float
  /// How many of a head's elements turn; the rest pass unchanged.
  public var rotaryDimension: Int { 2 * frequencies.count }
  /// Cosines and sines of the positions asked for so far: a cache, filled as sequences grow.
  private let known = Mutex<Tensor?>(nil)

  public init(frequencies: [Float], style: Style = .halves, magnitude: Float = 1) {
    self.frequencies = frequencies
    self.style = style
    self.magnitude = magnitude
  }

  /// The usual frequencies base^(-2i/rotaryDimension).
  public convenience init(rotaryDimension: Int, base: Float, style: Style = .halves) {
    precondition(rotaryDimension % 2 == 0)
    self.init(
      frequencies: stride(from: 0, to: rotaryDimension, by: 2).map { i in
        1 / pow(base, Float(i) / Float(rotaryDimension))
      }, style: style)
  }

  /// For each position below `count`, and perhaps more, the cosines of all pairs and then their sines:
  /// [≥ count, rotaryDimension].
  func angles(below count: Int) -> Tensor {
    known.withLock { known in
      if let known, known.rows >= count { return known }
      let rows = max(256, count, 2 * (known?.rows ?? 0))
      let table = Tensor(zeros: [rows, rotaryDimension])
      let (floats, pairs) = (table.floats, frequencies.count)
      for position in 0..<rows {
        let row = floats + position * rotaryDimension
        for pair in 0..<pairs {
          let angle = Float(position) * frequencies[pair]
          row[pair] = magnitude * cos(angle)
          row[pairs + pair] = magnitude * sin(angle)
        }
      }
      known = table
      return table
    }
  }
}

/// y = R(p)·x: each pair (a, b) of a head turned to (a cos θ - b sin θ, b cos θ + a sin θ).
enum Rotary {
  /// Forward as it is; with `inverse` the backward pass, for R(p)⁻¹ = R(p)ᵀ: dx = R(p)ᵀ·dy.
  static func turn(
    _ x: Tensor, headDimension: Int, positions: [Int32], table: RotaryTable, inverse: Bool, into y: Tensor,
    adding: Bool, with compute: Compute
  ) {
    compute.run { pool in
      let angles = table.angles(below: 1 + Int(positions.max() ?? 0))
      let (rows, columns) = (x.rows, x.columns)
      positions.withUnsafeBufferPointer { positions in
        pool.forEachRows(of: rows, columns: columns) { range in
          let first = range.lowerBound * columns
          trimtab_rotary(
            y.elements(from: first), adding, x.elements(from: first), angles.floats,
            positions.baseAddress.map { $0 + range.lowerBound }, range.count, columns / headDimension,
            headDimension, table.rotaryDimension, table.style == .interleaved, inverse)
        }
      }
    }
  }
}

extension Tape {
  /// Turns the queries or keys of each row by the row's position.
  ///
  /// - Parameters:
  ///   - x: [T, heads · headDimension].
  ///   - positions: T positions within their sequences, from 0.
  public func rotary(_ x: Variable, headDimension: Int, positions: [Int32], table: RotaryTable) -> Variable {
    precondition(positions.count == x.shape.rows && x.shape.columns % headDimension == 0)
    precondition(table.rotaryDimension <= headDimension)
    let y = output("rotary", x.shape, of: x)
    Rotary.turn(
      x.value, headDimension: headDimension, positions: positions, table: table, inverse: false,
      into: y.value,
      adding: false, with: compute)
    record(y) { [x = x.slot] tape, dy in
      tape.accumulate(x) { dx, adding in
        Rotary.turn(
          dy, headDimension: headDimension, positions: positions, table: table, inverse: true, into: dx,
          adding: adding, with: tape.compute)
      }
    }
    return y
  }
}
