import Formats
import Foundation

/// How well a judge's choice agrees with the truth, on problems whose answers are known.
public struct JudgeAudit: Sendable, Hashable {
  /// The share of right candidates: pass@1 of sampling.
  public var meanRight: Double
  /// The share of prompts whose most frequent answer is right.
  public var majorityRight: Double
  /// The share of prompts with at least one right candidate.
  public var anyRight: Double
  /// How often the judge scores a right candidate above a wrong one of the same prompt; equals count half.
  public var areaUnderCurve: Double
  /// How many such couples there were.
  public var couples: Int
  /// The share of right ones among chosen and among rejected answers.
  public var chosenRight: Double
  public var rejectedRight: Double
  /// The share of pairs whose chosen answer is right and whose rejected one is wrong.
  public var purity: Double
  public var pairs: Int
  /// The paper's five metrics and what warns of a judge, over all candidates; 1 is right and 0 is wrong.
  public var quality: JudgeQuality

  /// - Parameters:
  ///   - truth: Which candidates are right, by set.
  ///   - pairs: The pairs made from these sets.
  ///   - isRight: Whether an answer to a set's problem is right.
  public init(
    _ sets: [CandidateSet], _ judgments: [[Judgment]], truth: [[Bool]], pairs: [SelectedPair],
    isRight: (String, CandidateSet) -> Bool
  ) {
    meanRight = mean(truth.flatMap { $0.map { $0 ? 1 : 0 } })
    anyRight = mean(truth.map { $0.contains(true) ? 1 : 0 })
    majorityRight = mean(
      zip(sets, truth).map { set, truth in
        AnswerVotes(set.candidates).majority.map { truth[$0] ? 1 : 0 } ?? 0
      })
    var (won, couples) = (0.0, 0)
    for (judgments, truth) in zip(judgments, truth) {
      let scored = zip(judgments, truth).compactMap { judgment, isRight in
        judgment.score.map { (score: $0, isRight: isRight) }
      }
      for right in scored where right.isRight {
        for wrong in scored where !wrong.isRight {
          couples += 1
          won += right.score > wrong.score ? 1 : right.score == wrong.score ? 0.5 : 0
        }
      }
    }
    self.couples = couples
    areaUnderCurve = couples == 0 ? 0.5 : won / Double(couples)
    let verdicts = pairs.map { pair in
      (isRight(pair.chosen.text, sets[pair.set]), isRight(pair.rejected.text, sets[pair.set]))
    }
    self.pairs = pairs.count
    quality = JudgeQuality(
      sets.indices.map { index in
        JudgedAnswers(
          judgments: judgments[index], qualities: truth[index].map { $0 ? 1 : 0 },
          lengths: sets[index].candidates.map(\.text.count))
      }, fullScore: judgments.flatMap { $0.compactMap(\.score) }.max() ?? 0)
    chosenRight = mean(verdicts.map { $0.0 ? 1 : 0 })
    rejectedRight = mean(verdicts.map { $0.1 ? 1 : 0 })
    purity = mean(verdicts.map { $0.0 && !$0.1 ? 1 : 0 })
  }

  /// How much more often chosen answers are right than rejected ones: what a round has to learn from.
  public var selectionGain: Double { chosenRight - rejectedRight }

  public var json: JSON {
    [
      "mean@k": .number(meanRight), "maj@k": .number(majorityRight), "pass@k": .number(anyRight),
      "judge_auc": .number(areaUnderCurve), "couples": .integer(couples),
      "chosen_right": .number(chosenRight), "rejected_right": .number(rejectedRight),
      "selection_gain": .number(selectionGain), "pair_purity": .number(purity), "pairs": .integer(pairs),
      "quality": quality.json,
    ]
  }

  /// As a person reads it, one line.
  public var text: String {
    String(
      format: "mean@k %.1f %%, maj@k %.1f %%, pass@k %.1f %%, judge AUC %.3f, selection gain %.1f points "
        + "(chosen %.1f %%, rejected %.1f %%) in %d pairs", 100 * meanRight, 100 * majorityRight,
      100 * anyRight, areaUnderCurve, 100 * selectionGain, 100 * chosenRight, 100 * rejectedRight, pairs)
  }
}
