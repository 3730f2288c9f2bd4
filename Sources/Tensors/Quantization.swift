import CKernels

extension ElementType {
  /// How the kernels name this storage; nil where they don't multiply with it (integers, float64).
  var storage: trimtab_storage? {
    switch self {
    case .float32: TRIMTAB_FLOAT32
    case .float16: TRIMTAB_FLOAT16
    case .bfloat16: TRIMTAB_BFLOAT16
    case .q4_0: TRIMTAB_Q4_0
    case .q4_1: TRIMTAB_Q4_1
    case .q5_0: TRIMTAB_Q5_0
    case .q5_1: TRIMTAB_Q5_1
    case .q8_0: TRIMTAB_Q8_0
    case .q2_K: TRIMTAB_Q2_K
    case .q3_K: TRIMTAB_Q3_K
    case .q4_K: TRIMTAB_Q4_K
    case .q5_K: TRIMTAB_Q5_K
    case .q6_K: TRIMTAB_Q6_K
    default: nil
    }
  }

  /// Whether matrices of this type can be multiplied and looked up in.
  public var isServed: Bool { storage != nil }

  /// The types that `Tensor.converted` writes.
  public static let quantizable: [ElementType] = [.float32, .float16, .bfloat16, .q8_0, .q4_0, .q4_1]
}

extension Tensor {
  /// How the kernels name this tensor's storage; loaders refuse what isn't served, so input can't make it fail.
  var storage: trimtab_storage {
    guard let storage = elementType.storage else {
      preconditionFailure("a matrix of \(elementType) reached the kernels")
    }
    return storage
  }

  /// Writes `count` elements from row `row`, column `column` on, as float32; both are whole blocks' borders.
  func dequantize(row: Int, column: Int = 0, count: Int, into destination: UnsafeMutablePointer<Float>) {
    let offset = row * rowBytes + elementType.byteCount(elements: column)
    trimtab_dequantize(storage, bytes + offset, destination, count)
  }
}

extension Compute {
  /// Looks rows up in a table of any served type: `destination[i] = table[ids[i]]`.
  ///
  /// - Parameters:
  ///   - table: [vocabulary, columns].
  ///   - ids: Row numbers, each below the vocabulary; checking them is the caller's part.
  ///   - destination: [ids.count, columns], float32.
  public func dequantizeRows(of table: Tensor, ids: some Collection<UInt32>, into destination: Tensor) {
    precondition(destination.columns == table.columns && destination.rows == ids.count)
    run { pool in
      let ids = Array(ids)
      let floats = destination.floats
      pool.forEachRange(of: ids.count, length: max(1, (1 << 14) / max(1, table.columns))) { range in
        for index in range {
          precondition(Int(ids[index]) < table.rows)
          table.dequantize(
            row: Int(ids[index]), count: table.columns, into: floats + index * table.columns)
        }
      }
    }
  }

  /// Decodes a whole tensor of any served type to float32 or bfloat16, of the same shape.
  public func dequantize(_ tensor: Tensor, into destination: Tensor) {
    precondition(destination.count == tensor.count)
    run { pool in
      // Stretches of whole blocks, whatever the type.
      let storage = tensor.storage
      pool.forEachRange(of: tensor.count, length: 1 << 16) { range in
        let source = tensor.bytes + tensor.elementType.byteCount(elements: range.lowerBound)
        if destination.elementType == .bfloat16 {
          let halves = destination.bytes.assumingMemoryBound(to: UInt16.self)
          trimtab_dequantize_to_bfloat16(storage, source, halves + range.lowerBound, range.count)
        } else {
          trimtab_dequantize(storage, source, destination.floats + range.lowerBound, range.count)
        }
      }
    }
  }
}
