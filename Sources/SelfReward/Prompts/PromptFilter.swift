import Formats

/// What a new prompt must be like; the defaults are Self-Instruct's as everybody uses them (arXiv:2212.10560).
public struct PromptFilterOptions: Sendable, Hashable {
  /// Dropped above this ROUGE-L F₁ with any prompt of the pool.
  public var greatestOverlap = 0.7
  /// How many words it may have, ends included.
  public var words = 4...150
  /// Whole words that ask for what a text model can't give, in any case.
  public var blockedWords = [
    "image", "images", "graph", "graphs", "picture", "pictures", "file", "files", "map", "maps", "draw",
    "plot", "go to", "video", "audio", "music", "flowchart", "diagram",
  ]
  /// Whether one may begin with a punctuation mark.
  public var allowsLeadingPunctuation = false
  /// Whether one may begin with a character beyond ASCII.
  public var allowsLeadingNonASCII = false

  public init() {}
}

/// Why a prompt was dropped.
public enum PromptRejection: String, Sendable, Hashable, CaseIterable {
  case empty
  case tooShort = "too_short"
  case tooLong = "too_long"
  case blockedWord = "blocked_word"
  case leadingPunctuation = "leading_punctuation"
  case leadingNonASCII = "leading_non_ascii"
  case similar
}

/// Keeps prompts that are new and answerable, and counts why the others were dropped: each for its first reason.
public struct PromptFilter: Sendable {
  private let options: PromptFilterOptions
  private let blocked: [[Substring]]
  private var vocabulary = OverlapVocabulary()
  private var pool: [OverlapText] = []
  public private(set) var kept = 0
  public private(set) var dropped: [PromptRejection: Int] = [:]

  /// - Parameter pool: Prompts that there are already.
  public init(_ options: PromptFilterOptions, pool: [String]) {
    self.options = options
    blocked = options.blockedWords.map(Self.words)
    self.pool = pool.map { vocabulary.text($0) }
  }

  /// Takes a prompt into the pool, or tells why not.
  public mutating func admit(_ prompt: String) -> PromptRejection? {
    let text = vocabulary.text(prompt)
    if let reason = rejection(of: prompt, text) {
      dropped[reason, default: 0] += 1
      return reason
    }
    pool.append(text)
    kept += 1
    return nil
  }

  /// How many were kept, and dropped for each reason.
  public var counts: JSONObject {
    var counts: JSONObject = ["kept": .integer(kept)]
    for reason in PromptRejection.allCases { counts[reason.rawValue] = .integer(dropped[reason] ?? 0) }
    return counts
  }

  private func rejection(of prompt: String, _ text: OverlapText) -> PromptRejection? {
    let count = prompt.split(whereSeparator: \.isWhitespace).count
    guard let first = prompt.first(where: { !$0.isWhitespace }) else { return .empty }
    if count < options.words.lowerBound { return .tooShort }
    if count > options.words.upperBound { return .tooLong }
    let words = Self.words(prompt)
    if blocked.contains(where: { Self.contains(words, $0) }) { return .blockedWord }
    if !options.allowsLeadingNonASCII, !first.isASCII { return .leadingNonASCII }
    if !options.allowsLeadingPunctuation, first.isPunctuation || first.isSymbol { return .leadingPunctuation }
    return pool.contains { text.overlaps($0, moreThan: options.greatestOverlap) } ? .similar : nil
  }

  private static func words(_ text: String) -> [Substring] {
    text.lowercased().split { !$0.isLetter && !$0.isNumber }
  }

  /// Whether some words stand next to each other among others.
  private static func contains(_ words: [Substring], _ wanted: [Substring]) -> Bool {
    guard !wanted.isEmpty, words.count >= wanted.count else { return false }
    return (0...words.count - wanted.count).contains { words[$0...].starts(with: wanted) }
  }
}
