/// Reads the score in what a judge said; only ever shown what was generated, never what was judged.
///
/// A score counts where a line or a sentence states it: `Score: 4`, `**Total score:** 4/5`, `Score： ４`. Words before
/// it in the same sentence, quotation marks, or a second number behind it (`Score: 3 or 4`) make it no
/// statement. The last statement counts; one that is out of range, or on another scale (`4/10`), makes the
/// judgment missing rather than wrong. Under a label of another rubric its words stand for "score".
public struct ScoreParser: Sendable, Hashable {
  /// What to make of statements that contradict each other.
  public enum Contradiction: String, Sendable, Hashable, CaseIterable {
    case last, missing
  }

  public var scores: ClosedRange<Int>
  public var contradiction: Contradiction
  private let label: ScoreLabel

  /// - Parameter label: What a reply is to say before its score; one without a letter counts as `Score:`.
  public init(
    scores: ClosedRange<Int> = 0...5, contradiction: Contradiction = .last, label: String = "Score:"
  ) {
    self.scores = scores
    self.contradiction = contradiction
    self.label = ScoreLabel(label)
  }

  /// The score that a reply gives; nil: missing.
  ///
  /// - Parameter isComplete: Whether the judge ended by itself; of a reply that was cut, a number at the very end
  ///   may be half of one and doesn't count.
  public func score(in reply: String, isComplete: Bool = true) -> Double? {
    let lines = reply.split(whereSeparator: \.isNewline)
    var statements: [Double?] = []
    for (index, line) in lines.enumerated() {
      let isCut = !isComplete && index == lines.count - 1 && reply.last?.isNewline == false
      statements += self.statements(in: line, isCut: isCut)
    }
    guard let last = statements.last else { return nil }
    return contradiction == .missing && Set(statements).count > 1 ? nil : last
  }

  /// The scores that a line states, in order; nil for one that isn't on the scale.
  private func statements(in line: Substring, isCut: Bool) -> [Double?] {
    var found: [Double?] = []
    for start in Self.sentenceStarts(line) {
      var reader = StatementReader(line[start...], label)
      guard reader.readLabel(), let number = reader.readNumber() else { continue }
      let scale = reader.readScale()
      guard !(isCut && reader.isAtEnd), !reader.hasAnotherNumber else { continue }
      let isOnScale =
        (scale ?? Double(scores.upperBound)) == Double(scores.upperBound)
        && number >= Double(scores.lowerBound) && number <= Double(scores.upperBound)
      found.append(isOnScale ? number : nil)
    }
    return found
  }

  /// Where a line begins, and behind every mark that ends a sentence.
  private static func sentenceStarts(_ line: Substring) -> [Substring.Index] {
    let ends = zip(line.indices, line.indices.dropFirst()).filter {
      ".!?;。！？".contains(line[$0]) && (line[$1].isWhitespace || "。！？".contains(line[$0]))
    }
    return [line.startIndex] + ends.map { $0.1 }
  }
}

/// What is said before a score, taken apart: of `Final score:` the words "final" and "score" and the colon.
private struct ScoreLabel: Sendable, Hashable {
  /// The last word, in small letters.
  let noun: String
  /// The words before it, and what stands between them.
  let qualifiers: Set<String>
  let separators: Set<Character>
  /// What stands behind the last word; empty: a space is enough.
  let mark: String

  init(_ text: String) {
    let label = text.contains(where: \.isLetter) ? text : "Score:"
    let words = label.lowercased().split { !$0.isLetter }.map { String($0) }
    noun = words.last ?? "score"
    qualifiers = Set(words.dropLast())
    let end = label.lastIndex { $0.isLetter }.map { label.index(after: $0) } ?? label.endIndex
    separators = Set(label[..<end].filter { !$0.isLetter })
    var tail = StatementReader.withoutMarkup(label[end...])
    while tail.last?.isWhitespace == true { tail.removeLast() }
    mark = String(tail)
  }
}

/// Reads one statement of a score from its beginning.
private struct StatementReader {
  private var rest: Substring
  private let label: ScoreLabel

  init(_ text: Substring, _ label: ScoreLabel) {
    rest = text
    self.label = label
  }

  /// Words that may stand before the label.
  private static let qualifiers: Set<String> = ["final", "total", "overall", "my", "the", "our"]

  var isAtEnd: Bool { rest.isEmpty }

  /// Whether the rest of the sentence has a digit, in any script.
  var hasAnotherNumber: Bool {
    var previous: Character?
    for character in rest {
      if let previous, ".!?;。！？".contains(previous), character.isWhitespace { return false }
      if Self.isDigit(character) { return true }
      previous = character
    }
    return false
  }

  /// Reads the label, such as `Score:`, with what may decorate it.
  mutating func readLabel() -> Bool {
    while true {
      skipMarkup()
      let word = rest.prefix { $0.isLetter }
      guard !word.isEmpty else { return false }
      rest = rest.dropFirst(word.count)
      let name = word.lowercased()
      if name == label.noun { break }
      if label.qualifiers.contains(name) {
        rest = rest.drop { label.separators.contains($0) }
        continue
      }
      guard Self.qualifiers.contains(name), rest.first?.isWhitespace == true else { return false }
    }
    skipMarkup()
    if !label.mark.isEmpty, rest.hasPrefix(label.mark) {
      rest = rest.dropFirst(label.mark.count)
    } else if let mark = rest.first, ":：=".contains(mark) {
      rest = rest.dropFirst()
    } else if rest.hasPrefix("is ") {
      rest = rest.dropFirst(3)
    } else if !label.mark.isEmpty {
      return false
    }
    skipMarkup()
    return true
  }

  /// Reads a number with an optional sign and fraction, written in the digits of any script.
  mutating func readNumber() -> Double? {
    var sign = 1.0
    if let first = rest.first, "-−".contains(first) {
      sign = -1
      rest = rest.dropFirst()
    }
    guard var value = readDigits()?.value else { return nil }
    if let mark = rest.first, ".,٫．".contains(mark), let next = rest.dropFirst().first, Self.isDigit(next) {
      rest = rest.dropFirst()
      if let fraction = readDigits() { value += fraction.value / fraction.unit }
    }
    while let last = rest.first, "*_`]>)".contains(last) { rest = rest.dropFirst() }
    return sign * value
  }

  /// Reads `/5` or `out of 5`; nil when no scale is named.
  mutating func readScale() -> Double? {
    var ahead = self
    ahead.skipMarkup()
    if let mark = ahead.rest.first, "/／".contains(mark) {
      ahead.rest = ahead.rest.dropFirst()
    } else if ahead.rest.hasPrefix("out of ") {
      ahead.rest = ahead.rest.dropFirst(7)
    } else {
      return nil
    }
    ahead.skipMarkup()
    guard let scale = ahead.readNumber() else { return nil }
    self = ahead
    return scale
  }

  private mutating func skipMarkup() { rest = Self.withoutMarkup(rest) }

  /// What is left behind spaces and what decorates a word.
  static func withoutMarkup(_ text: Substring) -> Substring {
    text.drop { $0.isWhitespace || "*_#`>[(<-•".contains($0) && !startsNumber($0, in: text) }
  }

  /// Whether a dash is a sign: one straight before a digit.
  private static func startsNumber(_ character: Character, in text: Substring) -> Bool {
    guard character == "-", let place = text.firstIndex(of: "-") else { return false }
    return text[text.index(after: place)...].first.map(isDigit) ?? false
  }

  private mutating func readDigits() -> (value: Double, unit: Double)? {
    let digits = rest.prefix(while: Self.isDigit)
    guard !digits.isEmpty, digits.count <= 9 else { return nil }
    rest = rest.dropFirst(digits.count)
    return digits.reduce((0, 1)) { ($0.0 * 10 + Double($1.wholeNumberValue ?? 0), $0.1 * 10) }
  }

  private static func isDigit(_ character: Character) -> Bool {
    guard let value = character.wholeNumberValue, value < 10 else { return false }
    return character.unicodeScalars.first?.properties.numericType == .decimal
      || "〇一二三四五六七八九".contains(character)
  }
}
