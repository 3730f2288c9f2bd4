import CKernels
import COneDNN
import Synchronization

/// Matrix products of bfloat16 factors with float32 sums, by oneDNN running one-threaded inside the pool's tiles.
public final class OneDNNEngine: MatrixEngine {
  public let precision = Precision.bf16
  private let products: TiledProducts<BFloat16Arithmetic>

  /// - Throws: `TensorError.precisionNotServed`, with the reason, where the processor or the library lacks it.
  public init() throws {
    if let refusal = trimtab_onednn_refusal() {
      throw TensorError.precisionNotServed(.bf16, reason: String(cString: refusal))
    }
    products = TiledProducts(BFloat16Arithmetic())
  }

  public func multiply(
    _ x: Tensor, transposed weight: Tensor, into y: Tensor, adding: Bool, with compute: Compute
  ) {
    products.multiply(x, transposed: weight, into: y, adding: adding, with: compute)
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

/// Tiles by oneDNN, which compiles a product for each shape; those are kept.
private struct BFloat16Arithmetic: TileArithmetic {
  static let elementType = ElementType.bfloat16

  private let kept = CompiledProducts()

  static func encode(
    _ tensor: Tensor, row: Int, column: Int, count: Int, into destination: UnsafeMutablePointer<UInt16>
  ) {
    let offset = row * tensor.rowBytes + tensor.elementType.byteCount(elements: column)
    trimtab_dequantize_to_bfloat16(tensor.storage, tensor.bytes + offset, destination, count)
  }

  func multiply(_ tile: TileProduct<UInt16>, scratch: Scratch) {
    let product = kept.product(for: tile)
    scratch.withElements(product.scratchBytes, of: UInt8.self) { memory in
      let done = trimtab_onednn_product_run(
        product.handle, tile.left.elements, tile.right.elements, tile.result, memory)
      precondition(done, "oneDNN refused to run a product that it had compiled")
    }
  }
}

/// The products compiled so far, by shape.
private final class CompiledProducts: Sendable {
  private struct Key: Hashable {
    let extents: SIMD3<Int64>
    let strides: SIMD3<Int64>
    let flags: SIMD3<UInt8>
  }

  /// Beyond this many shapes (prompts of all lengths, say) all are forgotten.
  private let limit = 512
  private let products = Mutex<[Key: CompiledProduct]>([:])

  func product(for tile: TileProduct<UInt16>) -> CompiledProduct {
    let shape = trimtab_onednn_shape(
      m: Int64(tile.rows), n: Int64(tile.columns), k: Int64(tile.depth), a_stride: Int64(tile.left.stride),
      b_stride: Int64(tile.right.stride), c_stride: Int64(tile.stride), a_transposed: tile.left.isTransposed,
      b_transposed: tile.right.isTransposed, adding: tile.adding)
    let key = Key(
      extents: SIMD3(shape.m, shape.n, shape.k),
      strides: SIMD3(shape.a_stride, shape.b_stride, shape.c_stride),
      flags: SIMD3(shape.a_transposed ? 1 : 0, shape.b_transposed ? 1 : 0, shape.adding ? 1 : 0))
    return products.withLock { products in
      if let product = products[key] { return product }
      if products.count >= limit { products.removeAll() }
      let product = CompiledProduct(shape)
      products[key] = product
      return product
    }
  }
}

/// One of oneDNN's products; freed with the last reference.
private final class CompiledProduct: @unchecked Sendable {
  // Sendable because it never changes, and oneDNN runs it in any thread with memory of the caller's.
  let handle: OpaquePointer
  let scratchBytes: Int

  init(_ shape: trimtab_onednn_shape) {
    guard let handle = withUnsafePointer(to: shape, { trimtab_onednn_product_create($0) }) else {
      preconditionFailure("oneDNN refused the product \(shape)")
    }
    self.handle = handle
    scratchBytes = max(1, trimtab_onednn_product_scratch_bytes(handle))
  }

  deinit { trimtab_onednn_product_destroy(handle) }
}
