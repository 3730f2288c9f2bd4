import CKernels
import Testing

@testable import Tensors

/// Products of one to eight rows of activations, against their plain twin.
struct FewRowsProductTests {
  static let limit = FewRowsProduct.rowLimit

  /// Runs the kernels on rows whose neighbours are NaN; nil where the processor has no such products.
  private func products(
    _ weight: Tensor, _ x: Tensor, rows: Int, adding: Bool = false
  ) throws -> [Float]? {
    guard trimtab_bfloat16_rows_served() else { return nil }
    let storage = try #require(weight.elementType.storage)
    let (input, output) = (weight.columns, weight.rows)
    let arranged = Tensor(zeros: [trimtab_bfloat16_rows_length(rows, input)], elementType: .bfloat16)
    let words = arranged.bytes.assumingMemoryBound(to: UInt16.self)
    var y = [Float](repeating: adding ? 0.5 : .nan, count: rows * (output + 1))
    trimtab_bfloat16_rows_arrange(storage, x.floats, rows, input, input, words)
    trimtab_bfloat16_rows_multiply(
      storage, weight.bytes, output, input, words, rows, &y, output + 1, adding)
    return y
  }

  @Test(arguments: QuantizedTests.served)
  func productsEqualThoseOfTheirTwin(_ type: ElementType) throws {
    let storage = try #require(type.storage)
    for columns in type.blockLength == 256
      ? [256, 1536] : type.isQuantized ? [32, 576, 1536] : [1, 63, 200]
    {
      let weight = try QuantizedTests.randomWeights(type, rows: 19, columns: columns)
      let x = Padded([Self.limit, columns], seed: 5).tensor
      let sizes = try sizes(of: weight, x)
      for rows in 1...Self.limit {
        for adding in [false, true] {
          guard let found = try products(weight, x, rows: rows, adding: adding) else { return }
          var expected = [Float](repeating: adding ? 0.5 : .nan, count: found.count)
          trimtab_bfloat16_rows_reference(
            storage, weight.bytes, 19, columns, x.floats, rows, columns, &expected, 20, adding)
          for row in 0..<rows {
            for output in 0..<19 {
              let place = row * 20 + output
              let difference = abs(found[place] - expected[place])
              #expect(difference <= (sizes[place] + 0.5) * 0x1p-20, "\(columns), \(rows) rows: \(place)")
            }
            // What lies between the rows stays as it was.
            #expect(adding ? found[row * 20 + 19] == 0.5 : found[row * 20 + 19].isNaN)
          }
        }
      }
    }
  }

  /// Σ |x · w| of each product, twenty to a row.
  private func sizes(of weight: Tensor, _ x: Tensor) throws -> [Float] {
    var sizes = [Float](repeating: 0, count: x.rows * 20)
    var decoded = [Float](repeating: 0, count: weight.columns)
    for output in 0..<weight.rows {
      weight.dequantize(row: output, count: weight.columns, into: &decoded)
      for row in 0..<x.rows {
        for column in decoded.indices {
          sizes[row * 20 + output] += abs(decoded[column] * x.floats[row * weight.columns + column])
        }
      }
    }
    return sizes
  }

  @Test(arguments: QuantizedTests.served, [Precision.fp32, .bf16])
  func aRowsProductsAreTheSameBitsInAnyCompanyAndOnAnyThreads(
    _ type: ElementType, _ precision: Precision
  ) throws {
    let weights = try [96, 33].map { try QuantizedTests.randomWeights(type, rows: $0, columns: 768) }
    // Two groups of as many rows as a kernel takes, and some.
    let most = 2 * Self.limit + 3
    let x = Padded([most, 768], seed: 3).tensor
    let few = FewRowsProduct(precision)
    var expected: [[Float]] = []
    for threads in 1...3 {
      let compute = Compute(
        pool: ThreadPool(threads: threads), engine: OpenBLASEngine(), arena: try Arena(capacity: 1 << 20))
      for rows in [most] + Array(1..<most) {
        let factors = weights.map { (weight: $0, y: Tensor(zeros: [rows, $0.rows])) }
        few.multiply(x.rows(0..<rows), transposed: factors, with: compute)
        let found = factors.map(\.y.array)
        if expected.isEmpty { expected = found }
        for (found, expected) in zip(found, expected) {
          #expect(found.map(\.bitPattern) == expected.prefix(found.count).map(\.bitPattern), "\(rows) rows")
        }
      }
    }
  }
}
