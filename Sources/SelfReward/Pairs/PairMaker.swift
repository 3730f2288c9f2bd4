import Tensors

/// Makes preference pairs from judged candidates: best against worst, ties dropped, lengths levelled.
public struct PairMaker: Sendable {
  /// Judged candidates of the same prompts from which the rejected answers come (anchored rejection).
  public struct Anchors: Sendable {
    public var sets: [CandidateSet]
    public var judgments: [[Judgment]]

    public init(sets: [CandidateSet], judgments: [[Judgment]]) {
      self.sets = sets
      self.judgments = judgments
    }
  }

  /// A candidate that may be in a pair.
  struct Entry {
    var candidate: Candidate
    var score: Double
    var judgment: Judgment
    var index: Int
    /// Whether it is an anchor, which has no place among the votes of the set's own candidates.
    var isAnchor: Bool
    var length: Double { Double(candidate.tokens.count) }

    /// The score less `penalty` a token.
    func levelled(_ penalty: Double) -> Double { score - penalty * length }
  }

  private let options: PairOptions

  public init(_ options: PairOptions) { self.options = options }

  /// At most one pair a set; a pure function of its arguments.
  ///
  /// - Parameters:
  ///   - judgments: One a candidate; those without a score are left out, as cut candidates are.
  ///   - seed: What the controls draw from.
  public func pairs(
    _ sets: [CandidateSet], _ judgments: [[Judgment]], anchors: Anchors? = nil, seed: UInt64
  ) -> (pairs: [SelectedPair], counts: PairCounts) {
    precondition(sets.count == judgments.count, "judgments for every set")
    var counts = PairCounts()
    counts.prompts = sets.count
    var pools = sets.indices.map { entries(sets[$0], judgments[$0], isAnchor: false, &counts) }
    if options.selection == .shuffled {
      for index in pools.indices { pools[index] = shuffled(pools[index], random(seed, index)) }
    }
    var losers = pools
    if let anchors, options.isAnchored {
      losers = sets.indices.map { entries(anchors.sets[$0], anchors.judgments[$0], isAnchor: true, &counts) }
      if options.selection == .shuffled {
        for index in losers.indices { losers[index] = shuffled(losers[index], anchorRandom(seed, index)) }
      }
    }
    if options.lengthControl == .zeroGap {
      counts.lengthPenalty = LengthLevelling.penalty(zip(pools, losers).filter { Self.canPair($0, $1) })
    }
    var pairs: [SelectedPair] = []
    for index in sets.indices {
      guard Self.canPair(pools[index], losers[index]) else {
        counts.tooFew += 1
        continue
      }
      let votes = AnswerVotes(sets[index].candidates)
      let two = select(pools[index], losers[index], votes, penalty: counts.lengthPenalty, seed, index)
      if let pair = checked(index, two.chosen, two.rejected, votes, &counts) { pairs.append(pair) }
    }
    counts.kept = pairs.count
    return (pairs, counts)
  }

  /// Whether there are two of the same candidates, or one and an anchor.
  private static func canPair(_ winners: [Entry], _ losers: [Entry]) -> Bool {
    guard let loser = losers.first, !winners.isEmpty else { return false }
    return loser.isAnchor || winners.count > 1
  }

  /// What the controls draw from for a set, and for its anchors.
  private func random(_ seed: UInt64, _ set: Int) -> CounterRandom {
    CounterRandom(seed: seed, stream: UInt64(set))
  }

  private func anchorRandom(_ seed: UInt64, _ set: Int) -> CounterRandom { random(seed, set).substream(0) }

  private func entries(
    _ set: CandidateSet, _ judgments: [Judgment], isAnchor: Bool, _ counts: inout PairCounts
  ) -> [Entry] {
    precondition(set.candidates.count == judgments.count, "a judgment for every candidate")
    var entries: [Entry] = []
    for (index, candidate) in set.candidates.enumerated() {
      // No file of pairs can hold a NUL.
      guard candidate.isComplete, !candidate.text.utf8.contains(0) else {
        counts.truncated += 1
        continue
      }
      // The random control needs no judge.
      guard let score = options.selection == .random ? 0 : judgments[index].score, score.isFinite else {
        counts.missing += 1
        continue
      }
      entries.append(
        Entry(
          candidate: candidate, score: score, judgment: judgments[index], index: index, isAnchor: isAnchor))
    }
    return entries
  }

  private func shuffled(_ entries: [Entry], _ random: CounterRandom) -> [Entry] {
    let order = random.permutation(of: entries.count)
    return entries.indices.map { place in
      var entry = entries[place]
      entry.score = entries[order[place]].score
      entry.judgment = entries[order[place]].judgment
      return entry
    }
  }

  private func select(
    _ winners: [Entry], _ losers: [Entry], _ votes: AnswerVotes, penalty: Double, _ seed: UInt64, _ set: Int
  ) -> (chosen: Entry, rejected: Entry) {
    if options.selection == .random {
      let order = random(seed, set).permutation(of: winners.count)
      let chosen = winners[order[0]]
      var others = order.dropFirst().map { winners[$0] }
      if losers[0].isAnchor {
        others = anchorRandom(seed, set).permutation(of: losers.count).map { losers[$0] }
      }
      return (chosen, others.first { differ(chosen, $0, votes) } ?? chosen)
    }
    if case .band(let share) = options.lengthControl {
      return LengthLevelling.band(winners, losers, share: share)
    }
    return LengthLevelling.extremes(winners, losers, penalty: penalty)
  }

  /// Whether a model can learn from one being better than the other.
  private func differ(_ one: Entry, _ other: Entry, _ votes: AnswerVotes) -> Bool {
    one.candidate.text != other.candidate.text
      && !(options.requiresDifferentAnswers && !other.isAnchor
        && votes.answers[one.index] == votes.answers[other.index])
  }

  /// The pair, or nil and why not.
  private func checked(
    _ set: Int, _ chosen: Entry, _ rejected: Entry, _ votes: AnswerVotes, _ counts: inout PairCounts
  ) -> SelectedPair? {
    // Without α these are the scores themselves; with it a pair that it turned round is meant that way.
    let gap = chosen.levelled(counts.lengthPenalty) - rejected.levelled(counts.lengthPenalty)
    guard chosen.candidate.text != rejected.candidate.text, options.selection == .random || gap > 0 else {
      counts.ties += 1
      return nil
    }
    var weight = 1.0
    if options.selection != .random {
      if let problem = objection(chosen, rejected, gap: gap, votes) {
        counts[keyPath: problem] += 1
        return nil
      }
      weight = self.weight(chosen, rejected, votes)
      guard weight > 0 else {
        counts.sameAnswer += 1
        return nil
      }
    } else if !differ(chosen, rejected, votes) {
      counts.sameAnswer += 1
      return nil
    }
    return SelectedPair(
      set: set, chosen: chosen.candidate, rejected: rejected.candidate, chosenScore: chosen.score,
      rejectedScore: rejected.score, weight: weight)
  }

  /// Why a pair isn't wanted, as what is counted; nil when it is.
  private func objection(
    _ chosen: Entry, _ rejected: Entry, gap: Double, _ votes: AnswerVotes
  ) -> WritableKeyPath<PairCounts, Int>? {
    if gap < options.margin { return \.belowMargin }
    if let floor = options.floor, chosen.score < floor { return \.belowFloor }
    if let least = options.minimumVotes,
      Double(votes.counts[chosen.index]) < least * Double(votes.counts.count)
    {
      return \.belowVotes
    }
    if options.requiresAgreement, !PairAgreement(chosen.judgment, over: rejected.judgment).isUnanimous {
      return \.disagreements
    }
    return differ(chosen, rejected, votes) ? nil : \.sameAnswer
  }

  private func weight(_ chosen: Entry, _ rejected: Entry, _ votes: AnswerVotes) -> Double {
    switch options.weighting {
    case .none: 1
    case .votes: votes.weight(chosen: chosen.index, rejected: rejected.index)
    case .agreement: max(0, PairAgreement(chosen.judgment, over: rejected.judgment).weight)
    }
  }
}
