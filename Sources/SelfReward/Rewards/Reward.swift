import Formats

/// What a judge made of one candidate.
public struct Judgment: Sendable, Hashable {
  /// nil: missing, because nothing that was said could be read; counted, never taken for a score.
  public var score: Double?
  /// The single judgments that the score is made of, the missing ones among them.
  public var samples: [Double?]
  /// What a judge that speaks said, a text for each sample.
  public var texts: [String]

  public init(score: Double?, samples: [Double?] = [], texts: [String] = []) {
    self.score = score
    self.samples = samples
    self.texts = texts
  }

  /// The mean of the samples that could be read.
  public init(averaging samples: [Double?], texts: [String] = []) {
    let known = samples.compactMap { $0 }
    self.init(
      score: known.isEmpty ? nil : known.reduce(0, +) / Double(known.count), samples: samples, texts: texts)
  }

  /// No judgment at all.
  public static let missing = Judgment(score: nil)
}

/// Something that tells better answers from worse: higher is better, and only within one reward is a score
/// comparable.
public protocol Reward {
  var name: String { get }
  /// What it has counted beside its scores since it was made, such as retries or changed minds.
  var counts: JSONObject { get }
  /// Judges every candidate of every set: [set][candidate].
  ///
  /// What is drawn by chance depends on the seed and the sets alone.
  func judge(_ sets: [CandidateSet], seed: UInt64) throws -> [[Judgment]]
}

extension Reward {
  /// Most count nothing.
  public var counts: JSONObject { JSONObject() }
}

extension [CandidateSet] {
  /// Puts what was found for all candidates, set after set, back into the sets.
  func grouped<Found>(_ found: [Found]) -> [[Found]] {
    var start = 0
    return map { set in
      defer { start += set.candidates.count }
      return [Found](found[start..<start + set.candidates.count])
    }
  }
}
