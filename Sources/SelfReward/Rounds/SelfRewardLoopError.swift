import Diagnostics

/// What can stop a self-rewarding run.
public enum SelfRewardLoopError: DiagnosticError, Hashable {
  /// A stage's file follows from other seeds, models or options.
  case otherRun(path: String)
  /// The output folder holds a run, and nobody asked to go on with it.
  case folderInUse(path: String)
  /// The run to go on with follows another recipe.
  case otherRecipe(path: String)
  /// The output folder holds stages and no recipe that they follow from.
  case noRecipe(path: String)
  /// A stop was asked for; what is finished stays.
  case interrupted
  case unwritable(path: String, reason: String)
  /// A stage's row isn't what the stage writes.
  case damaged(path: String, row: Int, what: String)
  /// The audit found nothing to learn from.
  case gateClosed([GateFinding])
  /// A round made no pair.
  case noPairs(round: Int, counts: PairCounts)

  /// Why rounds end with the one before, as by a rule; nil where the run can't go on at all.
  ///
  /// What earlier rounds made is a result, also where the next has nothing to learn from.
  var stopReason: String? {
    guard case .noPairs(let round, _) = self, round > 1 else { return nil }
    return diagnostics.first?.text
  }

  public var diagnostics: [Diagnostic] {
    switch self {
    case .otherRun(let path):
      [
        Diagnostic(
          "the file is another run's: its seeds, models or options differ", at: .init(path),
          advice: "give another output folder, or remove this one to begin again")
      ]
    case .folderInUse(let path):
      [
        Diagnostic(
          "a run lies here", at: .init(path),
          advice: "go on with it (--resume), or give another folder: --set output=FOLDER", exitCode: .usage)
      ]
    case .otherRecipe(let path):
      [
        Diagnostic(
          "the run that lies here follows another recipe", at: .init(path),
          advice:
            "resume with the recipe and the --set that began it, or give another folder: --set output=FOLDER",
          exitCode: .usage)
      ]
    case .noRecipe(let path):
      [
        Diagnostic(
          "stages of a run lie here without its recipe.yaml, so nobody knows what they follow from",
          at: .init(path), advice: "give another folder: --set output=FOLDER", exitCode: .usage)
      ]
    case .interrupted:
      [Diagnostic("interrupted", advice: "go on with --resume", exitCode: .interrupted)]
    case .unwritable(let path, let reason):
      [Diagnostic("it can't be written: \(reason)", at: .init(path), exitCode: .inputOutput)]
    case .damaged(let path, let row, let what):
      [
        Diagnostic(
          "row \(row) has no \(what)", at: .init(path), advice: "remove the file, and it is made again")
      ]
    case .gateClosed(let findings):
      findings.map { finding in
        Diagnostic(
          finding.text,
          advice: "choose another reward or difficulty, lower \(finding.key), or go on all the same with "
            + "--resume --set gate.enforce=false")
      }
    case .noPairs(let round, let counts):
      [
        Diagnostic(
          "round \(round) made \(counts.kept) pairs of \(counts.prompts) prompts (\(counts.ties) ties, "
            + "\(counts.belowMargin) below the margin, \(counts.belowFloor) below the floor, "
            + "\(counts.belowVotes) below the votes, \(counts.disagreements) without agreement, "
            + "\(counts.sameAnswer) with the same answer, \(counts.tooFew) with too few judged answers; "
            + "\(counts.truncated) answers cut off, \(counts.missing) judgments missing)",
          advice: counts.adviceWithoutPairs)
      ]
    }
  }
}

extension PairCounts {
  /// What to do where no pair was made.
  fileprivate var adviceWithoutPairs: String {
    if prompts == 0 {
      return "see prompts.jsonl for what became of the proposed ones, and ask less of them: writer.filter"
    }
    if missing > ties {
      return "see judgments.jsonl for what the judge said; without that file --resume asks it again"
    }
    return "ask less of pairs, raise candidates.max_tokens, or sample at a higher temperature"
  }
}
