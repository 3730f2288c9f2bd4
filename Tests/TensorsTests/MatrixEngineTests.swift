import CKernels
import Testing

@testable import Tensors

/// A product's shape and whether its result already holds something.
struct ProductCase: Sendable, CustomStringConvertible {
  let rows: Int
  let input: Int
  let output: Int
  let adding: Bool
  var description: String { "\(rows)x\(input)x\(output)\(adding ? " adding" : "")" }

  static let all: [ProductCase] = [
    (1, 1, 1), (1, 33, 7), (2, 64, 130), (3, 257, 65), (4, 32, 1), (5, 96, 300), (17, 31, 33),
    (64, 128, 128), (129, 130, 67), (300, 576, 200), (1, 1024, 513), (2100, 40, 33), (13, 33, 8300),
    (64, 384, 1360),
  ].flatMap { shape in
    [false, true].map { ProductCase(rows: shape.0, input: shape.1, output: shape.2, adding: $0) }
  }
}

struct MatrixEngineTests {
  /// Every engine that this machine has, and the kernels that it wouldn't choose.
  static func engines() -> [any MatrixEngine] {
    let variants = [TRIMTAB_PACKED_REFERENCE, TRIMTAB_PACKED_AVX512, TRIMTAB_PACKED_AMX_EMULATED]
    return Precision.allCases.compactMap { try? MatrixEngines.make(precision: $0) }
      + variants.filter(trimtab_packed_is_served).map { BFloat16Engine(variant: $0) }
  }

  @Test(arguments: ProductCase.all)
  func forwardEqualsTheDefinition(_ shape: ProductCase) throws {
    try check(
      shape, left: [shape.rows, shape.input], right: [shape.output, shape.input], depth: shape.input
    ) {
      ($0 * shape.input + $2, $1 * shape.input + $2)
    } product: { engine, x, weight, y, compute in
      engine.multiply(x, transposed: weight, into: y, adding: shape.adding, with: compute)
    }
  }

  @Test(arguments: ProductCase.all)
  func inputGradientEqualsTheDefinition(_ shape: ProductCase) throws {
    try check(
      shape, left: [shape.rows, shape.output], right: [shape.output, shape.input], depth: shape.output
    ) {
      ($0 * shape.output + $2, $2 * shape.input + $1)
    } product: { engine, dy, weight, dx, compute in
      engine.multiply(dy, weight, into: dx, adding: shape.adding, with: compute)
    }
  }

  @Test(arguments: ProductCase.all)
  func weightGradientEqualsTheDefinition(_ shape: ProductCase) throws {
    try check(shape, left: [shape.rows, shape.output], right: [shape.rows, shape.input], depth: shape.rows) {
      ($2 * shape.output + $0, $2 * shape.input + $1)
    } product: { engine, dy, x, dW, compute in
      engine.multiply(transposed: dy, x, into: dW, adding: shape.adding, with: compute)
    }
  }

  /// Compares a product of every engine with its definition; one thread and two must give the same bits.
  ///
  /// `elements` tells which elements of the factors meet in term `k` of result [row, column].
  private func check(
    _ shape: ProductCase, left: Shape, right: Shape, depth: Int,
    elements: (_ row: Int, _ column: Int, _ k: Int) -> (Int, Int),
    product: (any MatrixEngine, Tensor, Tensor, Tensor, Compute) -> Void
  ) throws {
    let (a, b) = (Padded(left, seed: 1), Padded(right, seed: 2))
    let result = Shape([left.count / depth, right.count / depth])
    let before = Padded(result, seed: shape.adding ? 3 : nil)
    for engine in Self.engines() {
      var outcomes: [[Float]] = []
      for threads in 1...2 {
        let compute = Compute(
          pool: ThreadPool(threads: threads), engine: engine, arena: try Arena(capacity: 1 << 24))
        let into = Padded(copying: before)
        product(engine, a.tensor, b.tensor, into.tensor, compute)
        #expect(into.paddingIsUntouched)
        outcomes.append(into.tensor.array)
      }
      #expect(outcomes[0].map(\.bitPattern) == outcomes[1].map(\.bitPattern))

      let tolerance = engine.precision == .fp32 ? 0x1p-20 : 0x1p-7
      for row in 0..<result[0] {
        for column in 0..<result[1] {
          let index = row * result[1] + column
          var sum = shape.adding ? Double(before.tensor.floats[index]) : 0
          var size = abs(sum)
          for k in 0..<depth {
            let (i, j) = elements(row, column, k)
            let term = Double(a.tensor.floats[i]) * Double(b.tensor.floats[j])
            sum += term
            size += abs(term)
          }
          let difference = abs(Double(outcomes[0][index]) - sum)
          guard difference <= tolerance * size else {
            Issue.record(
              "\(type(of: engine)) \(shape) at [\(row), \(column)]: off by \(difference) of \(size)")
            return
          }
        }
      }
    }
  }
}
