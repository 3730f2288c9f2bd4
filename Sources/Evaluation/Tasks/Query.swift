import Decoding

/// What a row of a task asks of a model.
public enum Query: Sendable, Hashable {
  /// Text that goes on from a prompt.
  case generation(GenerationQuery)
  /// How likely each of several continuations of a prompt is.
  case likelihood(prompt: String, continuations: [String])
  /// How likely a whole text is.
  case document(String)

  /// What the model reads before it answers.
  public var prompt: String {
    switch self {
    case .generation(let query): query.prompt
    case .likelihood(let prompt, _): prompt
    case .document: ""
    }
  }
}

/// A prompt, and how it is to be gone on from.
public struct GenerationQuery: Sendable, Hashable {
  public var prompt: String
  /// Texts that end an answer, each row's own; they aren't part of it.
  public var stops: [String]
  public var maximumTokens: Int
  /// Greedy unless the task says otherwise; draws depend on its seed, the row and the sample.
  public var sampling: SamplingOptions
  /// How many answers are drawn.
  public var samples: Int
  /// Texts whose tokens are never chosen.
  public var forbidden: [String]
  /// Texts whose tokens an answer doesn't begin with.
  public var forbiddenFirst: [String]
  /// Whether a space that an answer begins with counts, as in code.
  public var continuesText = false

  public init(
    prompt: String, stops: [String] = [], maximumTokens: Int, sampling: SamplingOptions = SamplingOptions(),
    samples: Int = 1, forbidden: [String] = [], forbiddenFirst: [String] = []
  ) {
    self.prompt = prompt
    self.stops = stops
    self.maximumTokens = maximumTokens
    self.sampling = sampling
    self.samples = samples
    self.forbidden = forbidden
    self.forbiddenFirst = forbiddenFirst
  }
}

extension Query: CustomStringConvertible {
  /// Everything that it asks, for fingerprints.
  public var description: String {
    switch self {
    case .generation(let query):
      """
      generation \(query.prompt.debugDescription) stops \(query.stops) tokens \(query.maximumTokens) \
      samples \(query.samples) forbidden \(query.forbidden) temperature \(query.sampling.temperature) \
      top-k \(query.sampling.topK ?? 0) top-p \(query.sampling.topP) min-p \(query.sampling.minP) \
      penalty \(query.sampling.repetitionPenalty) seed \(query.sampling.seed)\
      \(query.forbiddenFirst.isEmpty ? "" : " not first \(query.forbiddenFirst)")\
      \(query.continuesText ? " continuing" : "")
      """
    case .likelihood(let prompt, let continuations):
      "likelihood \(prompt.debugDescription) of \(continuations)"
    case .document(let text): "document \(text.debugDescription)"
    }
  }
}
