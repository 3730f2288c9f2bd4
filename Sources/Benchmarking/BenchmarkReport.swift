import Formats
import Foundation
import Tensors

/// One workload, measured.
public struct BenchmarkResult: Sendable, Hashable {
  /// What the work of one token is bound by, and how much of it there is.
  public enum Work: Sendable, Hashable {
    /// Floating-point operations of matrix products.
    case operations(Double)
    /// Bytes read from memory.
    case bytes(Double)
  }

  public let workload: Workload
  /// What was trained or decoded with.
  public let model: String
  /// Tokens a second.
  public let rate: Measurement
  /// For each token, by the formulas of `ModelWork`; nil where a token may take less than a pass.
  public let work: Work?
  /// The most memory that the process had, where that was of interest.
  public let peakBytes: Int?
  /// Tokens a second of one sequence alone, where several were decoded at once.
  public let alone: Measurement?

  init(
    _ workload: Workload, model: String, rate: Measurement, work: Work?, peakBytes: Int? = nil,
    alone: Measurement? = nil
  ) {
    self.workload = workload
    self.model = model
    self.rate = rate
    self.work = work
    self.peakBytes = peakBytes
    self.alone = alone
  }

  /// The share of what the machine can do: of its matrix products or of its memory's speed; nil: not known.
  public func share(of limits: MachineLimits) -> Double? {
    switch work {
    case .operations(let operations)?: rate.median * operations / limits.multiplyRate
    case .bytes(let bytes)?: rate.median * bytes / limits.readRate
    case nil: nil
    }
  }
}

/// Everything that one run measured.
public struct BenchmarkReport: Sendable {
  public let processor = Processor.current
  public let threads: Int
  public let precision: Precision
  /// nil when nobody wanted to know.
  public internal(set) var limits: MachineLimits?
  public internal(set) var results: [BenchmarkResult] = []
  public internal(set) var growth: [GrowthTable.Row] = []

  init(threads: Int, precision: Precision) {
    self.threads = threads
    self.precision = precision
  }

  /// The report as people read it.
  public var text: String {
    var lines = [
      "\(processor.name), \(threads) of \(processor.count) threads, \(precision.rawValue)",
      processor.features.joined(separator: " "),
    ]
    if let limits {
      lines += [
        String(format: "registers       %8.1f GFLOP/s", limits.registerRate / 1e9),
        String(format: "matrix product  %8.1f GFLOP/s", limits.multiplyRate / 1e9),
        String(format: "memory reads    %8.1f GB/s", limits.readRate / 1e9),
      ]
    }
    lines += results.map { result in
      var line = String(
        format: "%@ %9.1f tokens/s [%.1f, %.1f]", result.workload.rawValue.padded(10), result.rate.median,
        result.rate.minimum, result.rate.maximum)
      if let part = limits.flatMap({ result.share(of: $0) }) {
        let limit = if case .operations? = result.work { "the matrix product" } else { "memory reads" }
        line += String(format: "  %3.0f %% of %@", 100 * part, limit)
      }
      if let alone = result.alone {
        line += String(
          format: "  %.1f times one alone (%.1f)", result.rate.median / alone.median, alone.median)
      }
      if let peak = result.peakBytes { line += String(format: "  %.2f GB at most", Double(peak) / 1e9) }
      return line + "  (\(result.model))"
    }
    return (lines + GrowthTable.lines(growth)).joined(separator: "\n")
  }

  /// The report as programs read it.
  public var json: JSON {
    var object: JSONObject = [
      "processor": .string(processor.name), "features": .array(processor.features.map { .string($0) }),
      "processors": .integer(processor.count), "threads": .integer(threads),
      "precision": .string(precision.rawValue),
    ]
    if let limits {
      object["limits"] = [
        "register_flops": .number(limits.registerRate), "multiply_flops": .number(limits.multiplyRate),
        "read_bytes_per_second": .number(limits.readRate),
      ]
    }
    object["workloads"] = .array(results.map { $0.json(limits) })
    if !growth.isEmpty { object["growth"] = .array(growth.map(\.json)) }
    return .object(object)
  }
}

extension BenchmarkResult {
  fileprivate func json(_ limits: MachineLimits?) -> JSON {
    var object: JSONObject = [
      "name": .string(workload.rawValue), "model": .string(model), "unit": "tokens/s",
    ]
    for (key, value) in rate.json { object[key] = value }
    switch work {
    case .operations(let count)?: object["flops_per_token"] = .number(count)
    case .bytes(let count)?: object["bytes_per_token"] = .number(count)
    case nil: break
    }
    if let part = limits.flatMap({ share(of: $0) }) { object["share_of_limit"] = .number(part) }
    if let peakBytes { object["peak_bytes"] = .integer(peakBytes) }
    if let alone { object["alone"] = .object(alone.json) }
    return .object(object)
  }
}

extension Measurement {
  fileprivate var json: JSONObject {
    [
      "median": .number(median), "minimum": .number(minimum), "maximum": .number(maximum),
      "samples": .array(samples.map { .number($0) }),
    ]
  }
}

extension String {
  /// Filled up with spaces, for columns.
  func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
