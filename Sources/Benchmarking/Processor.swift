import Foundation

/// What this machine's processor is, as far as it says.
public struct Processor: Sendable, Hashable {
  /// Its maker's name for it.
  public let name: String
  /// The instruction sets that matter here, of those that it has.
  public let features: [String]
  /// How many of it compute at once.
  public let count: Int

  /// The instruction sets that kernels here, or the libraries below, know how to use.
  private static let known = [
    "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512_vnni", "avx512_bf16", "avx512_fp16", "avx_vnni",
    "amx_tile", "amx_bf16", "amx_int8", "asimd", "asimddp", "i8mm", "bf16", "sve",
  ]

  /// The processor that this runs on.
  public static var current: Processor {
    let count = ProcessInfo.processInfo.activeProcessorCount
    #if os(Linux)
      let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
      return Processor(cpuinfo: text, count: count)
    #else
      return Processor(name: "unknown", features: [], count: count)
    #endif
  }

  /// Reads what Linux tells of the first processor.
  init(cpuinfo: String, count: Int) {
    var fields: [Substring: Substring] = [:]
    for line in cpuinfo.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let key = parts[0].drop { $0.isWhitespace }.prefix { $0 != "\t" }
      if fields[key] == nil { fields[key] = parts[1].drop { $0.isWhitespace } }
    }
    let flags = Set((fields["flags"] ?? fields["Features"] ?? "").split(separator: " ").map(String.init))
    self.init(
      name: String(fields["model name"] ?? "unknown"), features: Self.known.filter(flags.contains),
      count: count)
  }

  private init(name: String, features: [String], count: Int) {
    self.name = name
    self.features = features
    self.count = count
  }
}
