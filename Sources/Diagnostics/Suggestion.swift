/// The candidate nearest to a mistyped name, or nil when none is near enough to be meant.
///
/// Nearness is the edit distance over characters (insert, delete, replace, swap neighbours).
public func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
  let limit = max(1, name.count / 3 + 1)
  let scored = candidates.map { (name: $0, distance: editDistance(name, $0)) }
  guard let best = scored.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else { return nil }
  return best.distance <= limit ? best.name : nil
}

func editDistance(_ first: String, _ second: String) -> Int {
  let a = Array(first.lowercased())
  let b = Array(second.lowercased())
  var beforePrevious: [Int] = []
  var previous = Array(0...b.count)
  for i in 0..<a.count {
    var current = [i + 1]
    for j in 0..<b.count {
      var best = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        best = min(best, beforePrevious[j - 1] + 1)
      }
      current.append(best)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[b.count]
}
