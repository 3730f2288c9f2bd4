import CKernels
import Tensors

/// y[t] = E[ids[t]], with E [V, C], y [T, C].
enum Embedding {
  static func forward(_ E: Tensor, _ ids: [UInt32], into y: Tensor, with compute: Compute) {
    compute.dequantizeRows(of: E, ids: ids, into: y)
  }

  /// dE[ids[t]] += dy[t]; each tile takes a stretch of columns, so that rows are added in order.
  static func backward(_ dy: Tensor, _ ids: [UInt32], into dE: Tensor, adding: Bool, with compute: Compute) {
    if !adding { compute.zero(dE) }
    compute.run { pool in
      let (dy, dE, columns) = (dy.floats, dE.floats, dy.columns)
      pool.forEachRange(of: columns, length: 64) { range in
        trimtab_embedding_backward(dE, ids, dy, ids.count, columns, range.lowerBound, range.upperBound)
      }
    }
  }
}

extension Tape {
  /// Looks rows up in a table: token or position embeddings, or those rows of activations that are wanted.
  ///
  /// - Parameters:
  ///   - table: [V, C]; of any served element type when frozen, float32 when learnt.
  ///   - ids: Row numbers, each below V.
  /// - Returns: [ids.count, C], float32.
  public func embedding(_ table: Variable, ids: [UInt32]) -> Variable {
    let y = output("embedding", [ids.count, table.shape.columns], .float32, of: table)
    table.slot?.gatherInFloat32()
    Embedding.forward(table.value, ids, into: y.value, with: compute)
    record(y) { [E = table.slot] tape, dy in
      tape.accumulate(E) { dE, adding in
        Embedding.backward(dy, ids, into: dE, adding: adding, with: tape.compute)
      }
    }
    return y
  }
}
