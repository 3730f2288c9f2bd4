/// The truth as a reward: the control that says what the best judge would be worth.
struct OracleReward: Reward {
  let oracle: Oracle

  var name: String { "oracle" }

  func judge(_ sets: [CandidateSet], seed: UInt64) throws -> [[Judgment]] {
    sets.map { set in
      set.candidates.map { candidate in
        let isRight =
          candidate.isComplete ? oracle.isRight(candidate.text, to: set.id, for: .oracleArm) : false
        return Judgment(score: isRight.map { $0 ? 1 : 0 })
      }
    }
  }
}
