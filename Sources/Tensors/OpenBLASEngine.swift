import COneDNN
import COpenBLAS

/// Matrix products in float32, by OpenBLAS running one-threaded inside the pool's tiles.
///
/// OpenBLAS takes processors that are younger than itself for older ones; where it would leave half of the vector
/// unit idle, oneDNN's float32 product stands in.
public final class OpenBLASEngine: MatrixEngine {
  public let precision = Precision.fp32
  private let products: TiledProducts<Float32Arithmetic>

  public init() {
    // Global to the library; every engine sets the same.
    openblas_set_num_threads(1)
    let wideCores = ["SkylakeX", "Cooperlake", "SapphireRapids"]
    let isWide = wideCores.contains(String(cString: openblas_get_corename()))
    products = TiledProducts(Float32Arithmetic(usesOneDNN: !isWide && trimtab_onednn_has_wide_sgemm()))
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

private struct Float32Arithmetic: TileArithmetic {
  static let elementType = ElementType.float32

  let usesOneDNN: Bool

  static func encode(
    _ tensor: Tensor, row: Int, column: Int, count: Int, into destination: UnsafeMutablePointer<Float>
  ) {
    tensor.dequantize(row: row, column: column, count: count, into: destination)
  }

  func multiply(_ tile: TileProduct<Float>, scratch: Scratch) {
    let (left, right) = (tile.left, tile.right)
    if usesOneDNN,
      trimtab_onednn_sgemm(
        left.isTransposed, right.isTransposed, Int64(tile.rows), Int64(tile.columns), Int64(tile.depth),
        left.elements, Int64(left.stride), right.elements, Int64(right.stride), tile.adding, tile.result,
        Int64(tile.stride))
    {
      return
    }
    cblas_sgemm(
      CblasRowMajor, left.isTransposed ? CblasTrans : CblasNoTrans,
      right.isTransposed ? CblasTrans : CblasNoTrans, blasint(tile.rows), blasint(tile.columns),
      blasint(tile.depth), 1, left.elements, blasint(left.stride), right.elements, blasint(right.stride),
      tile.adding ? 1 : 0, tile.result, blasint(tile.stride))
  }
}
