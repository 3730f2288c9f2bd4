import Foundation

/// How much memory a process may use here.
enum MachineMemory {
  /// The machine's memory, or less where a container's limit says so.
  static var byteCount: Int {
    let physical = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
    return limits.compactMap { path in
      (try? String(contentsOfFile: path, encoding: .utf8)).flatMap {
        Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
      }
    }
    .reduce(physical, min)
  }
}
