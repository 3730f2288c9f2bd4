import Tensors

/// The residual stream's main directions: a matrix B [narrow, wide] with orthonormal rows, y = B x.
struct Projection {
  let basis: Tensor
  private let compute: Compute

  var wide: Int { basis.columns }
  var narrow: Int { basis.rows }
  /// What a norm's gain becomes: the same length spread over fewer elements has a larger root mean square.
  var gain: Float { (Float(wide) / Float(narrow)).squareRoot() }

  /// How often the directions are turned towards the largest eigenvectors; those near the cut needn't be exact.
  private static let iterations = 24

  /// The main directions of a table's rows [n, wide], by orthogonal iteration on its Gram matrix.
  init(_ table: Tensor, width: Int, seed: UInt64, compute: Compute) {
    self.compute = compute
    let wide = table.columns
    let gram = Tensor(zeros: [wide, wide])
    compute.engine.multiply(transposed: table, table, into: gram, adding: false, with: compute)
    // A table of few rows has fewer directions than are wanted: any others will do.
    let trace = (0..<wide).reduce(Float(0)) { $0 + gram.floats[$1 * wide + $1] }
    for place in 0..<wide { gram.floats[place * wide + place] += 1e-6 * trace / Float(wide) }
    var rows = Tensor(zeros: [width, wide])
    CounterRandom(seed: seed).fillNormal(
      UnsafeMutableBufferPointer(start: rows.floats, count: rows.count), standardDeviation: 1)
    for _ in 0..<Self.iterations {
      Self.orthonormalize(rows)
      let turned = Tensor(zeros: rows.shape)
      compute.engine.multiply(rows, gram, into: turned, adding: false, with: compute)
      rows = turned
    }
    Self.orthonormalize(rows)
    basis = rows
  }

  /// A matrix that reads the residual stream, W [out, wide] → W diag(g) Bᵀ.
  func reading(_ weight: Tensor, gain: Tensor) -> Tensor {
    let scaled = Tensor(zeros: weight.shape)
    for row in 0..<weight.rows {
      let (from, to) = (weight.rows(row..<row + 1).floats, scaled.rows(row..<row + 1).floats)
      for column in 0..<weight.columns { to[column] = from[column] * gain.floats[column] }
    }
    return projected(scaled)
  }

  /// Rows of the residual stream, X [n, wide] → X Bᵀ.
  func projected(_ rows: Tensor) -> Tensor {
    let result = Tensor(zeros: [rows.rows, narrow])
    compute.engine.multiply(rows, transposed: basis, into: result, adding: false, with: compute)
    return result
  }

  /// A matrix that writes to the residual stream, W [wide, in] → B W.
  func writing(_ weight: Tensor) -> Tensor {
    let result = Tensor(zeros: [narrow, weight.columns])
    compute.engine.multiply(basis, weight, into: result, adding: false, with: compute)
    return result
  }

  /// A gain that no matrix can take in, since the table that follows is the embedding too: B diag(g) Bᵀ's diagonal.
  func tiedGain(_ gain: Tensor) -> Tensor {
    let result = Tensor(zeros: [narrow])
    for row in 0..<narrow {
      let direction = basis.rows(row..<row + 1).floats
      var sum: Float = 0
      for column in 0..<wide { sum += direction[column] * direction[column] * gain.floats[column] }
      result.floats[row] = self.gain * sum
    }
    return result
  }

  /// Makes rows orthonormal, one after the other (Gram and Schmidt, modified).
  private static func orthonormalize(_ rows: Tensor) {
    let columns = rows.columns
    for row in 0..<rows.rows {
      let x = rows.floats + row * columns
      for other in 0..<row {
        let y = rows.floats + other * columns
        var product: Float = 0
        for column in 0..<columns { product += x[column] * y[column] }
        for column in 0..<columns { x[column] -= product * y[column] }
      }
      var square: Float = 0
      for column in 0..<columns { square += x[column] * x[column] }
      let scale = square > 0 ? 1 / square.squareRoot() : 0
      for column in 0..<columns { x[column] *= scale }
    }
  }
}
