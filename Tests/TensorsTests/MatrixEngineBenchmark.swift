import CKernels
import Foundation
import Testing

@testable import Tensors

/// What the engines reach, in GFLOP/s; only when asked for, with TRIMTAB_BENCHMARK=1.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["TRIMTAB_BENCHMARK"] != nil))
struct MatrixEngineBenchmark {
  @Test(arguments: [
    (2048, 576, 1536), (2048, 1536, 576), (2048, 576, 576), (2048, 576, 192), (4096, 128, 128),
    (4096, 128, 384),
    (512, 1536, 8960), (5, 576, 1536),
  ])
  func products(rows: Int, input: Int, output: Int) throws {
    for engine in MatrixEngineTests.engines() {
      for threads in [1, 2] {
        let compute = Compute(
          pool: ThreadPool(threads: threads), engine: engine, arena: try Arena(capacity: 1 << 28))
        let (x, y) = (Padded([rows, input], seed: 1).tensor, Padded([rows, output], seed: 2).tensor)
        let weight = Padded([output, input], seed: 3).tensor
        let half = try QuantizedTests.randomWeights(.bfloat16, rows: output, columns: input)
        let result = Tensor(zeros: [rows * max(input, output) + output * input])
        func view(_ rows: Int, _ columns: Int) -> Tensor { Tensor(result.buffer, shape: [rows, columns]) }
        let work = 2 * Double(rows) * Double(input) * Double(output)
        let timings = [
          (
            "y",
            { engine.multiply(x, transposed: weight, into: view(rows, output), adding: false, with: compute) }
          ),
          (
            "y of bf16",
            { engine.multiply(x, transposed: half, into: view(rows, output), adding: false, with: compute) }
          ),
          ("dx", { engine.multiply(y, weight, into: view(rows, input), adding: false, with: compute) }),
          (
            "dW",
            { engine.multiply(transposed: y, x, into: view(output, input), adding: true, with: compute) }
          ),
        ].map { name, body in "\(name) \(Int(work / Self.bestSeconds(body) / 1e9))" }
        print(
          "\(engine.precision) \(threads) threads \(rows)x\(input)x\(output):",
          timings.joined(separator: ", "))
      }
    }
  }

  /// From how many rows decoding weights once, into tiles, overtakes decoding them anew for every eight rows.
  @Test(
    .enabled(if: trimtab_packed_best() != TRIMTAB_PACKED_REFERENCE),
    arguments: [
      (1536, 8960), (8960, 1536), (1536, 1536),
    ])
  func groupsOfFewRows(input: Int, output: Int) throws {
    let engine = try BFloat16Engine()
    let (groups, tiles) = (FewRowsProduct(.bf16), PackedProducts(variant: trimtab_packed_best()))
    let compute = Compute(
      pool: ThreadPool(threads: 2), engine: engine, arena: try Arena(capacity: 1 << 28))
    for type in [ElementType.q4_K, .q6_K, .q8_0, .q5_0, .bfloat16] {
      let weight = try QuantizedTests.randomWeights(type, rows: output, columns: input)
      let times = [8, 16, 32, 48, 64].map { rows in
        let x = Padded([rows, input], seed: 1).tensor
        let y = Tensor(zeros: [rows, output])
        let grouped = Self.bestSeconds { groups.multiply(x, transposed: [(weight, y)], with: compute) }
        let tiled = Self.bestSeconds {
          tiles.multiply(x, transposed: weight, into: y, adding: false, with: compute)
        }
        return "\(rows) rows: \(Int(1e6 * grouped)) µs grouped, \(Int(1e6 * tiled)) tiled"
      }
      print(
        "\(type) \(input)x\(output), groups to \(engine.rowLimit(weight)):", times.joined(separator: "; "))
    }
  }

  private static func bestSeconds(_ body: () -> Void) -> Double {
    body()
    let clock = ContinuousClock()
    var best = Double.infinity
    for _ in 0..<12 {
      let taken = clock.measure(body)
      best = min(best, taken / .seconds(1))
    }
    return best
  }
}
