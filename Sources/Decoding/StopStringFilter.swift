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
    // The one that is complete first ends the text, in whatever pieces it comes.
    for end in 1..<(held.count + 1) {
      let complete = stops.filter { held[..<end].suffix($0.count).elementsEqual($0) }
      guard let length = complete.map(\.count).max() else { continue }
      isStopped = true
      return release(end - length)
    }
    let beginning = held.indices.first { start in stops.contains { $0.starts(with: held[start...]) } }
    return release(beginning ?? held.count)
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
