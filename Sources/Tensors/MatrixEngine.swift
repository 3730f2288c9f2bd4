/// The one seam through which matrices are multiplied.
///
/// All three products of a linear layer with weight W [out, in], on activations [rows, …]:
/// - forward: `y[rows, out] = x[rows, in] · Wᵀ`
/// - backward to the input: `dx[rows, in] (+)= dy[rows, out] · W`
/// - backward to the weight: `dW[out, in] += dyᵀ · x`
///
/// W may be stored in any `ElementType` that `isServed`; x, y, dy and dx are float32, or bfloat16 where `precision`
/// is `bf16`; dW is float32. Results don't depend on the number of threads.
public protocol MatrixEngine: Sendable {
  /// The format that products are taken in.
  var precision: Precision { get }
  /// The numbers of rows up to which products go by few rows, which give the bits of as many products of one row.
  ///
  /// One for each way of storing weights that it tells apart.
  var fewRowsLimits: [Int] { get }

  /// `y (+)= x · Wᵀ`: x [rows, in], weight [out, in], y [rows, out].
  func multiply(_ x: Tensor, transposed weight: Tensor, into y: Tensor, adding: Bool, with compute: Compute)

  /// `y = x · Wᵀ` for each of several weights that share x [rows, in].
  func multiply(_ x: Tensor, transposed factors: [(weight: Tensor, y: Tensor)], with compute: Compute)

  /// `dx (+)= dy · W`: dy [rows, out], weight [out, in], dx [rows, in].
  func multiply(_ dy: Tensor, _ weight: Tensor, into dx: Tensor, adding: Bool, with compute: Compute)

  /// `dW (+)= dyᵀ · x`: dy [rows, out], x [rows, in], dW [out, in].
  func multiply(transposed dy: Tensor, _ x: Tensor, into dW: Tensor, adding: Bool, with compute: Compute)
}

/// The engines that this machine has.
public enum MatrixEngines {
  /// Makes the engine for that precision, or the fastest that the machine has.
  ///
  /// - Throws: `TensorError.precisionNotServed` with the reason, when a precision is asked for that isn't there.
  public static func make(precision: Precision? = nil) throws -> any MatrixEngine {
    switch precision {
    case .fp32: OpenBLASEngine()
    case .bf16: try BFloat16Engine()
    case nil: (try? BFloat16Engine()) ?? OpenBLASEngine()
    }
  }
}
