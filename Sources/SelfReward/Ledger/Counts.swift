import Formats

extension JSONObject {
  /// Adds other counts to these, name by name; what isn't a whole number, or counts of their own, is left out.
  mutating func add(_ counts: JSONObject) { merge(counts, times: 1) }

  /// What has been counted since these were others.
  func subtracting(_ earlier: JSONObject) -> JSONObject {
    var difference = JSONObject()
    difference.merge(self, times: 1)
    difference.merge(earlier, times: -1)
    return difference
  }

  private mutating func merge(_ counts: JSONObject, times sign: Int) {
    for (name, count) in counts {
      if let inner = count.objectValue {
        var sum = self[name]?.objectValue ?? JSONObject()
        sum.merge(inner, times: sign)
        self[name] = .object(sum)
      } else if let number = count.intValue {
        self[name] = .integer((self[name]?.intValue ?? 0) + sign * number)
      }
    }
  }
}
