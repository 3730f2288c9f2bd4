/// Works out again every calculation that an answer writes down; the score is the share that is right.
///
/// It knows nothing of the question, so it is no oracle: it only holds a text against arithmetic.
public struct CalculatorReward: Reward {
  public let name = "calculator"
  /// The score of an answer that writes no calculation down; nil: missing.
  public let scoreWithoutEquations: Double?

  public init(scoreWithoutEquations: Double? = nil) { self.scoreWithoutEquations = scoreWithoutEquations }

  public func judge(_ sets: [CandidateSet], seed: UInt64) throws -> [[Judgment]] {
    sets.map { set in
      set.candidates.map { candidate in
        let equations = WrittenEquations.find(in: candidate.text)
        guard !equations.isEmpty else { return Judgment(score: scoreWithoutEquations) }
        return Judgment(averaging: equations.map { $0.isRight ? 1 : 0 })
      }
    }
  }
}
