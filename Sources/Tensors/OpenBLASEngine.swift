import COneDNN
import COpenBLAS

/// Matrix products in float32, by OpenBLAS running one-threaded inside the pool's tiles.
///
/// OpenBLAS takes processors that are younger than itself for older ones; where it would leave half of the vector
/// unit idle, oneDNN's float32 product stands in.
public final class OpenBLASEngine: MatrixEngine {
  public let precision = Precision.fp32
  public let fewRowsLimits = [FewRowsProduct.rowLimit]
  private let products: TiledProducts

  public init() {
    // Global to the library; every engine sets the same.
    openblas_set_num_threads(1)
    let wideCores = ["SkylakeX", "Cooperlake", "SapphireRapids"]
    let isWide = wideCores.contains(String(cString: openblas_get_corename()))
    let usesOneDNN = !isWide && trimtab_onednn_has_wide_sgemm()
    products = TiledProducts { $0.multiply(usingOneDNN: usesOneDNN) }
  }

  public func multiply(
    _ x: Tensor, transposed weight: Tensor, into y: Tensor, adding: Bool, with compute: Compute
  ) {
    products.multiply(x, transposed: weight, into: y, adding: adding, with: compute)
  }

  public func multiply(_ x: Tensor, transposed factors: [(weight: Tensor, y: Tensor)], with compute: Compute)
  {
    products.multiply(x, transposed: factors, with: compute)
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

extension TileProduct {
  fileprivate func multiply(usingOneDNN: Bool) {
    if usingOneDNN,
      trimtab_onednn_sgemm(
        left.isTransposed, right.isTransposed, Int64(rows), Int64(columns), Int64(depth), left.elements,
        Int64(left.stride), right.elements, Int64(right.stride), adding, result, Int64(stride))
    {
      return
    }
    cblas_sgemm(
      CblasRowMajor, left.isTransposed ? CblasTrans : CblasNoTrans,
      right.isTransposed ? CblasTrans : CblasNoTrans, blasint(rows), blasint(columns), blasint(depth), 1,
      left.elements, blasint(left.stride), right.elements, blasint(right.stride), adding ? 1 : 0, result,
      blasint(stride))
  }
}
