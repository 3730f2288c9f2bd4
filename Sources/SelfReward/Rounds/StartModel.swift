import Datasets

/// The model that round 1 begins with, and what it was taught.
public struct StartModel: Sendable {
  /// Its folder.
  public var path: String
  public var fingerprint: String
  /// What it was tuned on, for replay; none where nothing is replayed.
  public var examples: TokenizedExamples

  public init(path: String, fingerprint: String, examples: TokenizedExamples) {
    self.path = path
    self.fingerprint = fingerprint
    self.examples = examples
  }
}
