import Foundation

/// What the operating system says of this process's memory.
public enum ProcessMemory {
  /// The most memory that was resident at one time, in bytes.
  public static var peakBytes: Int {
    var usage = rusage()
    #if os(Linux)
      // In kibibytes here, in bytes elsewhere.
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      return Int(usage.ru_maxrss) << 10
    #else
      getrusage(RUSAGE_SELF, &usage)
      return Int(usage.ru_maxrss)
    #endif
  }
}
