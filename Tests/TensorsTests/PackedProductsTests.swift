import CKernels
import Testing

@testable import Tensors

/// Products of activations that lie in bfloat16, and into them.
struct PackedProductsTests {
  static let variants = [TRIMTAB_PACKED_REFERENCE, TRIMTAB_PACKED_AVX512, TRIMTAB_PACKED_AMX_EMULATED]
    .filter(trimtab_packed_is_served)

  /// The nearest bfloat16 numbers, between stretches of NaN.
  private struct PaddedHalves {
    let tensor: Tensor
    private let whole: Tensor

    init(_ shape: Shape, seed: UInt64) {
      let numbers = Padded(shape, seed: seed).tensor
      whole = Tensor(zeros: [shape.count + 128], elementType: .bfloat16)
      let halves = whole.bytes.assumingMemoryBound(to: UInt16.self)
      halves.update(repeating: 0x7FC0, count: whole.count)
      trimtab_float32_to_bfloat16(numbers.floats, halves + 64, shape.count)
      tensor = Tensor(whole.buffer, byteOffset: 128, shape: shape, elementType: .bfloat16)
    }

    var floats: [Float] { Self.floats(of: tensor) }

    var paddingIsUntouched: Bool {
      let all = Self.floats(of: whole)
      return all.prefix(64).allSatisfy(\.isNaN) && all.suffix(64).allSatisfy(\.isNaN)
    }

    private static func floats(of tensor: Tensor) -> [Float] {
      let floats = Tensor(zeros: tensor.shape)
      trimtab_bfloat16_to_float32(
        tensor.bytes.assumingMemoryBound(to: UInt16.self), floats.floats, tensor.count)
      return floats.array
    }
  }

  /// Results in bfloat16 are those in float32, rounded; activations in bfloat16 are taken as they are.
  @Test(arguments: variants, ProductCase.all)
  func activationsInBFloat16(_ variant: trimtab_packed_variant, _ shape: ProductCase) throws {
    let engine = BFloat16Engine(variant: variant)
    let compute = Compute(pool: ThreadPool(threads: 2), engine: engine, arena: try Arena(capacity: 1 << 25))
    let (rows, input, output) = (shape.rows, shape.input, shape.output)
    let (x, dy) = (PaddedHalves([rows, input], seed: 1), PaddedHalves([rows, output], seed: 2))
    let (plainX, plainDY) = (
      Tensor(x.floats, shape: [rows, input]), Tensor(dy.floats, shape: [rows, output])
    )
    let weight = Padded([output, input], seed: 3).tensor
    func check(
      _ name: String, _ result: Shape, _ product: (_ usesHalves: Bool, _ into: Tensor) -> Void
    ) {
      let halves = PaddedHalves(result, seed: 4)
      let plain = Tensor(halves.floats, shape: result)
      product(true, halves.tensor)
      product(false, plain)
      #expect(halves.paddingIsUntouched)
      // Half a unit in the last of eight digits; sums in pieces meet other roundings on their way.
      let size = plain.array.reduce(0) { max($0, abs($1)) }
      for (found, expected) in zip(halves.floats, plain.array)
      where !(abs(found - expected) <= abs(expected) * 0x1p-8 + size * 0x1p-18) {
        Issue.record("\(name) of \(shape): \(found) instead of \(expected)")
        return
      }
    }
    // More rows than the product for few rows takes, so that both go the same way.
    if rows > engine.rowLimit(weight) {
      check("y", [rows, output]) {
        engine.multiply(
          $0 ? x.tensor : plainX, transposed: weight, into: $1, adding: shape.adding, with: compute)
      }
    }
    check("dx", [rows, input]) {
      engine.multiply($0 ? dy.tensor : plainDY, weight, into: $1, adding: shape.adding, with: compute)
    }
    let (dW, plainDW) = (Tensor(zeros: [output, input]), Tensor(zeros: [output, input]))
    engine.multiply(transposed: dy.tensor, x.tensor, into: dW, adding: shape.adding, with: compute)
    engine.multiply(transposed: plainDY, plainX, into: plainDW, adding: shape.adding, with: compute)
    #expect(dW.array == plainDW.array)
  }

  @Test(arguments: [(1, 1), (5, 300), (96, 32), (2048, 1536), (2048, 576), (513, 151_936)], [1, 2, 7])
  func cutsCoverEveryElementOnce(_ shape: (rows: Int, columns: Int), _ threads: Int) {
    let cut = TileCut(
      rows: shape.rows, columns: shape.columns, columnLimit: 256, columnStep: 32, threads: threads)
    var covered = 0
    for tile in 0..<cut.count {
      let (rows, columns) = cut[tile]
      #expect(columns.lowerBound % 32 == 0 && columns.count <= 256 && !rows.isEmpty && !columns.isEmpty)
      covered += rows.count * columns.count
    }
    #expect(covered == shape.rows * shape.columns)
  }
}
