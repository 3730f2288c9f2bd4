import Foundation
import Tensors
import Testing

@testable import Autodiff

/// Floats in -scale..<scale, a hash of seed and index: the same as `numbers` in Benchmarks/parity/operations.py.
func numbers(_ count: Int, seed: Int, scale: Float = 1) -> [Float] {
  (0..<count).map { index in
    var h = UInt32(truncatingIfNeeded: index &+ seed &* 0x9E37_79B9)
    h = (h ^ h >> 16) &* 0x85eb_ca6b
    h = (h ^ h >> 13) &* 0xc2b2_ae35
    h ^= h >> 16
    return (Float(h >> 8) / Float(1 << 23) - 1) * scale
  }
}

func makeCompute(threads: Int = 2, engine: any MatrixEngine = OpenBLASEngine()) throws -> Compute {
  Compute(pool: ThreadPool(threads: threads), engine: engine, arena: try Arena(capacity: 1 << 30))
}

/// The engine of bfloat16 products, where the machine has it.
let halfEngine: (any MatrixEngine)? = try? MatrixEngines.make(precision: .bf16)

/// The largest difference, relative to the largest expected value.
func relativeDifference(_ found: [Float], _ expected: [Float]) -> Double {
  precondition(found.count == expected.count)
  let largest = expected.reduce(0) { max($0, abs(Double($1))) }
  // A NaN must not hide: max() would drop it.
  let difference = zip(found, expected).reduce(0.0) { worst, pair in
    let difference = abs(Double(pair.0) - Double(pair.1))
    return difference.isNaN ? .infinity : max(worst, difference)
  }
  return difference / max(largest, .leastNormalMagnitude)
}

func dot(_ x: [Float], _ y: [Float]) -> Double {
  zip(x, y).reduce(0) { $0 + Double($1.0) * Double($1.1) }
}

/// A learnt tensor and its gradient, both outside the arena; the gradient starts as zeros.
struct Parameter {
  let value: Tensor
  let gradient: Tensor
  var variable: Variable { Variable(parameter: value, gradient: gradient) }

  init(_ elements: [Float], shape: Shape) {
    value = Tensor(elements, shape: shape)
    gradient = Tensor(zeros: shape)
  }
}

/// What Benchmarks/parity/operations.py wrote: PyTorch's output of a case, and its gradients.
struct Golden {
  let output: [Float]
  let gradients: [[Float]]

  private struct Encoded: Decodable {
    let output: Data
    let gradients: [Data]
  }

  static func named(_ name: String) throws -> Golden {
    let file = URL(filePath: #filePath).appending(path: "../../../Benchmarks/parity/golden/operations.json")
    let all = try JSONDecoder().decode(
      [String: Encoded].self, from: Data(contentsOf: file.standardizedFileURL))
    let encoded = try #require(all[name])
    return Golden(output: floats(encoded.output), gradients: encoded.gradients.map(floats))
  }

  private static func floats(_ data: Data) -> [Float] {
    data.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
  }
}
