import Tokenizers

/// One answer that a model gave.
public struct Candidate: Sendable, Hashable {
  public var text: String
  /// Its tokens in the generator's vocabulary, without the one that ended it.
  public var tokens: [TokenID]
  /// Whether it ended by itself, in a stop token or a stop string; otherwise it was cut.
  public var isComplete: Bool

  public init(text: String, tokens: [TokenID], isComplete: Bool) {
    self.text = text
    self.tokens = tokens
    self.isComplete = isComplete
  }
}

/// A prompt with the answers that are to be judged against each other.
public struct CandidateSet: Sendable, Hashable {
  public var id: String
  /// The user's words, in no template.
  public var prompt: String
  /// The same as a statement with holes for an answer, where the task has one.
  public var statement: Statement?
  public var candidates: [Candidate]

  public init(id: String, prompt: String, statement: Statement? = nil, candidates: [Candidate]) {
    self.id = id
    self.prompt = prompt
    self.statement = statement
    self.candidates = candidates
  }
}

/// How candidates are drawn; the defaults are the paper's (Yuan and others 2024, section 3.1.3).
public struct CandidateOptions: Sendable, Hashable {
  /// How many for each prompt: N.
  public var count = 4
  public var temperature: Float = 0.7
  public var topP: Float = 0.9
  public var maximumTokens = 256
  /// Texts that end an answer, besides the model's own stop tokens.
  public var stopStrings: [String] = []

  public init() {}
}
