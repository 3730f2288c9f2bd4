import Tokenizers

/// The expected score of an answer in its statement: what the judge itself would write in each place, among the words
/// that may stand there.
///
/// An expectation over score tokens (as in G-Eval, arXiv:2303.16634), in the words of a model that never read a rubric:
/// its score tokens are numbers and signs, and an answer scores 1 where each of them is the judge's, else 0. So the
/// score is the probability that the judge, writing in the answer's places, writes the same; nothing is parsed in
/// what it says.
public struct ExpectedStatementReward: Reward {
  public let name = "statement-expected"
  private let judge: Policy
  private let numbers: [String]
  private let signs = ["+", "-", "x"]

  /// - Parameter numbers: The least and the greatest number that may stand in a place.
  public init(judge: Policy, numbers: ClosedRange<Int>) {
    self.judge = judge
    self.numbers = numbers.map { "\($0)" }
  }

  /// A word of an answer, and the words that it is held against.
  private struct Place {
    let candidate: Int
    /// What stands before it.
    let prompt: [TokenID]
    let word: Int
  }

  public func judge(_ sets: [CandidateSet], seed: UInt64) throws -> [[Judgment]] {
    var scores: [Double?] = []
    var (amongNumbers, amongSigns): ([Place], [Place]) = ([], [])
    for (set, candidate) in sets.flatMap({ set in set.candidates.map { (set, $0) } }) {
      let parts = set.statement?.filled(candidate.text)
      scores.append(parts.map { _ in 1 })
      for part in parts ?? [] {
        var read = part.given
        let before = amongNumbers.count
        for said in part.said.split(separator: " ") {
          let word = said.hasSuffix(",") ? String(said.dropLast()) : String(said)
          let prompt = tokens(before: read, part.given)
          let place = { Place(candidate: scores.count - 1, prompt: prompt, word: $0) }
          if let number = numbers.firstIndex(of: word) {
            amongNumbers.append(place(number))
          } else if let sign = signs.firstIndex(of: word) {
            amongSigns.append(place(sign))
          } else if word != "=" {
            scores[scores.count - 1] = 0
          }
          read += " " + said
        }
        // Signs alone say nothing that the judge could doubt.
        if amongNumbers.count == before { scores[scores.count - 1] = 0 }
      }
    }
    for (places, words) in [(amongNumbers, numbers), (amongSigns, signs)] {
      let reader = ChoiceReader(judge, tails: words.map { encode(" " + $0) })
      for (place, choice) in zip(places, try reader.probabilities(after: places.map(\.prompt))) {
        let share = choice?.probabilities[place.word]
        scores[place.candidate] = scores[place.candidate].flatMap { score in share.map { score * $0 } }
      }
    }
    return sets.grouped(scores.map { $0.map { Judgment(averaging: [$0]) } ?? .missing })
  }

  /// The tokens of what was read: what is given, and what was said after it.
  private func tokens(before read: String, _ given: String) -> [TokenID] {
    let beginning = judge.tokenizer.addsBeginningOfSequence ? judge.tokenizer.beginningOfSequence : nil
    return (beginning.map { [$0] } ?? []) + encode(given) + encode(String(read.dropFirst(given.count)))
  }

  private func encode(_ text: String) -> [TokenID] {
    judge.tokenizer.encode(judge.disarmed(text), addSpecialTokens: false)
  }
}
