import Foundation

/// A small generator of repeatable random numbers (SplitMix64).
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}

/// Random text of letters, spaces, marks and signs from all over Unicode.
func randomText(_ generator: inout SplitMix64, length: Int) -> String {
  let ranges: [ClosedRange<UInt32>] = [
    0x20...0x7E, 0x61...0x7A, 0x09...0x0D, 0x20...0x20, 0xA0...0x24F, 0x300...0x36F, 0x5D0...0x5EA,
    0x905...0x939, 0x1E00...0x1FFF, 0x2000...0x206F, 0x2581...0x2581, 0x3040...0x30FF, 0x4E00...0x9FFF,
    0xAC00...0xD7A3, 0xFB00...0xFB06, 0xFFF0...0xFFFD, 0x1F300...0x1F6FF, 0x20000...0x2A6DF,
  ]
  var text = ""
  for _ in 0..<length {
    let range = ranges[Int.random(in: ranges.indices, using: &generator)]
    if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &generator)) {
      text.unicodeScalars.append(scalar)
    }
  }
  return text
}

/// A new folder for one test; removed by `body`'s end.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}
