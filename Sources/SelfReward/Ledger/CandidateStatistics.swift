import Formats
import Foundation

/// What candidates are like as a whole, without knowing which of them are right.
public struct CandidateStatistics: Sendable, Hashable {
  /// The mean share of a prompt's candidates that has its most frequent answer.
  public var voteShare: Double
  /// The mean entropy of a prompt's answers, in nats.
  public var answerEntropy: Double
  /// The share of candidates that ended by themselves.
  public var completeShare: Double
  /// The mean length in tokens.
  public var length: Double
  /// Different unigrams and bigrams of tokens as a share of all, within each prompt's candidates.
  public var distinctOne: Double
  public var distinctTwo: Double

  public init(_ sets: [CandidateSet]) {
    let candidates = sets.flatMap(\.candidates)
    let votes = sets.map { AnswerVotes($0.candidates) }
    voteShare = mean(votes.map(\.topShare))
    answerEntropy = mean(votes.map(\.entropy))
    completeShare = mean(candidates.map { $0.isComplete ? 1 : 0 })
    length = mean(candidates.map { Double($0.tokens.count) })
    distinctOne = mean(sets.map { Self.distinct($0, 1) })
    distinctTwo = mean(sets.map { Self.distinct($0, 2) })
  }

  private static func distinct(_ set: CandidateSet, _ width: Int) -> Double {
    var seen: Set<ArraySlice<UInt32>> = []
    var total = 0
    for tokens in set.candidates.map(\.tokens) where tokens.count >= width {
      for start in 0...tokens.count - width { seen.insert(tokens[start..<start + width]) }
      total += tokens.count - width + 1
    }
    return total == 0 ? 0 : Double(seen.count) / Double(total)
  }

  public var json: JSON {
    [
      "vote_share": .number(voteShare), "answer_entropy": .number(answerEntropy),
      "end_of_sequence": .number(completeShare), "length": .number(length),
      "distinct_1": .number(distinctOne), "distinct_2": .number(distinctTwo),
    ]
  }
}

/// The mean of some numbers; 0 of none.
func mean(_ numbers: some Collection<Double>) -> Double {
  numbers.isEmpty ? 0 : numbers.reduce(0, +) / Double(numbers.count)
}

/// Reads back what a stage has written.
struct NumberReader {
  private let json: JSON
  private let path: String
  private let row: Int

  init(_ json: JSON, path: String, row: Int) {
    self.json = json
    self.path = path
    self.row = row
  }

  func number(_ key: String) throws -> Double { try value(key, \.doubleValue) }
  func integer(_ key: String) throws -> Int { try value(key, \.intValue) }
  func text(_ key: String) throws -> String { try value(key, \.stringValue) }
  func flag(_ key: String) throws -> Bool { try value(key, \.boolValue) }
  func list(_ key: String) throws -> [JSON] { try value(key, \.arrayValue) }

  private func value<Value>(_ key: String, _ kind: KeyPath<JSON, Value?>) throws -> Value {
    guard let value = json[key]?[keyPath: kind] else {
      throw SelfRewardLoopError.damaged(path: path, row: row, what: key)
    }
    return value
  }
}
