import Foundation

/// The most bytes of memory that this process has had in use at one time.
var peakMemoryBytes: Int {
  var usage = rusage()
  #if os(Linux)
    // glibc counts in kibibytes, and declares the constant as an enumeration of its own.
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss << 10
  #else
    getrusage(RUSAGE_SELF, &usage)
    return usage.ru_maxrss
  #endif
}
