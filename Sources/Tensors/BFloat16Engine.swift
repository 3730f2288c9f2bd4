import CKernels

/// Matrix products of bfloat16 factors with float32 sums, on processors that have such products: AVX-512's, or
/// AMX's tiles.
public final class BFloat16Engine: MatrixEngine {
  public let precision = Precision.bf16
  private let products: PackedProducts
  private let fewRows = FewRowsProduct(.bf16)

  /// - Throws: `TensorError.precisionNotServed`, with the reason, where the processor lacks them.
  public convenience init() throws {
    let best = trimtab_packed_best()
    guard best != TRIMTAB_PACKED_REFERENCE else {
      throw TensorError.precisionNotServed(
        .bf16, reason: "this processor has neither AVX512-BF16 nor AMX")
    }
    self.init(variant: best)
  }

  /// With kernels of the caller's choice: for tests.
  init(variant: trimtab_packed_variant) { products = PackedProducts(variant: variant) }

  public func multiply(
    _ x: Tensor, transposed weight: Tensor, into y: Tensor, adding: Bool, with compute: Compute
  ) {
    guard Self.isPlain(x, y), x.rows <= rowLimit(weight) else {
      return products.multiply(x, transposed: weight, into: y, adding: adding, with: compute)
    }
    fewRows.multiply(x, transposed: [(weight, y)], adding: adding, with: compute)
  }

  public func multiply(_ x: Tensor, transposed factors: [(weight: Tensor, y: Tensor)], with compute: Compute)
  {
    guard factors.allSatisfy({ Self.isPlain(x, $0.y) && x.rows <= rowLimit($0.weight) }) else {
      for (weight, y) in factors { multiply(x, transposed: weight, into: y, adding: false, with: compute) }
      return
    }
    fewRows.multiply(x, transposed: factors, with: compute)
  }

  /// Up to how many rows it takes less time to decode a weight anew for every few than once for all, into tiles.
  ///
  /// As `MatrixEngineBenchmark` measures.
  private static let (plainLimit, quantizedLimit) = (16, 48)

  public var fewRowsLimits: [Int] {
    fewRows.isRounding ? [Self.plainLimit, Self.quantizedLimit] : [FewRowsProduct.rowLimit]
  }

  func rowLimit(_ weight: Tensor) -> Int {
    if !fewRows.isRounding { return FewRowsProduct.rowLimit }
    return weight.elementType.blockLength > 1 ? Self.quantizedLimit : Self.plainLimit
  }

  private static func isPlain(_ x: Tensor, _ y: Tensor) -> Bool {
    x.elementType == .float32 && y.elementType == .float32
  }

  public func multiply(_ dy: Tensor, _ weight: Tensor, into dx: Tensor, adding: Bool, with compute: Compute) {
    products.multiply(dy, weight, into: dx, adding: adding, with: compute)
  }

  public func multiply(
    transposed dy: Tensor, _ x: Tensor, into dW: Tensor, adding: Bool, with compute: Compute
  ) {
    products.multiply(transposed: dy, x, into: dW, adding: adding, with: compute)
  }
}
