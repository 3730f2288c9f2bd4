/// A text as ROUGE sees it: its words in lower case, letters and digits of ASCII alone.
public struct OverlapText: Sendable, Hashable {
  /// Numbers that stand for words; equal within one `OverlapVocabulary`.
  let words: [Int32]
}

/// Gives words numbers, so that texts are compared quickly.
public struct OverlapVocabulary: Sendable {
  private var numbers: [Substring: Int32] = [:]

  public init() {}

  /// A text's words.
  public mutating func text(_ text: String) -> OverlapText {
    let words = text.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
    return OverlapText(
      words: words.map { word in
        if let number = numbers[word] { return number }
        let number = Int32(numbers.count)
        numbers[word] = number
        return number
      })
  }
}

extension OverlapText {
  /// ROUGE-L F₁: twice the longest common subsequence over both lengths, 0 without any word (Lin 2004).
  public func overlap(with other: OverlapText) -> Double {
    let total = words.count + other.words.count
    return total == 0 ? 0 : 2 * Double(longestCommonSubsequence(other.words)) / Double(total)
  }

  /// Whether the overlap is greater than a limit; most texts are told apart by their lengths.
  func overlaps(_ other: OverlapText, moreThan limit: Double) -> Bool {
    let most = 2 * Double(min(words.count, other.words.count))
    guard most > limit * Double(words.count + other.words.count) else { return false }
    return overlap(with: other) > limit
  }

  private func longestCommonSubsequence(_ other: [Int32]) -> Int {
    var previous = [Int](repeating: 0, count: other.count + 1)
    var current = previous
    for word in words {
      for (place, theirs) in other.enumerated() {
        current[place + 1] = word == theirs ? previous[place] + 1 : max(previous[place + 1], current[place])
      }
      swap(&previous, &current)
    }
    return previous[other.count]
  }
}
