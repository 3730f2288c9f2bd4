import Formats

/// The seeds of a run's stages, so that everything random is a pure function of (seed, round, stage).
///
/// The arm isn't among them: arms differ in what they are rewarded with, and in nothing that is drawn.
struct StageSeed {
  let seed: UInt64
  let round: Int

  func callAsFunction(_ stage: String) -> UInt64 {
    Fingerprint(of: "\(seed) \(round) \(stage)").bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
