/// Lets text through, but holds back whatever may be the beginning of a stop string.
struct StopStringFilter {
  private let stops: [[UInt8]]
  private var held: [UInt8] = []
  /// Everything let through so far.
  private(set) var released = ""
  /// Whether a stop string came; nothing is let through from then on.
  private(set) var isStopped = false

  init(stops: [String] = []) { self.stops = stops.filter { !$0.isEmpty }.map { Array($0.utf8) } }

  /// Adds text and returns what is certain now.
  mutating func append(_ text: String) -> String {
    guard !isStopped else { return "" }
    guard !stops.isEmpty else {
      released += text
      return text
    }
    held += Array(text.utf8)
    var cut = held.count
    scan: for start in held.indices {
      for stop in stops where held[start...].starts(with: stop) {
        isStopped = true
        cut = start
        break scan
      }
      for stop in stops where stop.starts(with: held[start...]) {
        cut = start
        break scan
      }
    }
    return release(cut)
  }

  /// Lets through what was held back: no stop string can come any more.
  mutating func flush() -> String { isStopped ? "" : release(held.count) }

  private mutating func release(_ count: Int) -> String {
    // A stop string's first byte starts a character, so the cut never splits one.
    let text = String(decoding: held[..<count], as: UTF8.self)
    held.removeFirst(count)
    released += text
    return text
  }
}
