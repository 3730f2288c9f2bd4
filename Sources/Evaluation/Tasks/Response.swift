import Foundation

/// What a model answered to a row's query.
public enum Response: Sendable, Hashable {
  /// The answers that were drawn.
  case texts([GeneratedText])
  /// How likely each continuation is, or the one document.
  case likelihoods([Likelihood])
  /// Nothing: the prompt, with what is asked about, needs more tokens than the model reads.
  case tooLong(tokens: Int, limit: Int)

  /// Whether the model couldn't be asked.
  public var isTooLong: Bool {
    if case .tooLong = self { true } else { false }
  }

  /// The first answer's text; empty where likelihoods were asked for.
  public var text: String {
    if case .texts(let texts) = self { texts.first?.text ?? "" } else { "" }
  }

  /// The answers' texts; none where likelihoods were asked for.
  public var texts: [String] {
    if case .texts(let texts) = self { texts.map(\.text) } else { [] }
  }

  /// The likelihoods; none where text was asked for.
  public var likelihoods: [Likelihood] {
    if case .likelihoods(let likelihoods) = self { likelihoods } else { [] }
  }

  /// How many tokens were generated or scored.
  public var tokenCount: Int {
    switch self {
    case .texts(let texts): texts.reduce(0) { $0 + $1.tokenCount }
    case .likelihoods(let likelihoods): likelihoods.reduce(0) { $0 + $1.tokenCount }
    case .tooLong: 0
    }
  }
}

/// One answer that was drawn.
public struct GeneratedText: Sendable, Hashable {
  public var text: String
  public var tokenCount: Int
  /// Whether the model ended it, rather than the limit on its length.
  public var isComplete: Bool
  /// Of how many tokens steering changed the likeliest; nil where nothing steers.
  public var changedTokens: Int?

  public init(_ text: String, tokenCount: Int = 0, isComplete: Bool = true, changedTokens: Int? = nil) {
    self.text = text
    self.tokenCount = tokenCount
    self.isComplete = isComplete
    self.changedTokens = changedTokens
  }
}

/// How likely a model finds a text behind its prompt.
public struct Likelihood: Sendable, Hashable {
  /// The sum of log p(token | tokens before it), in nats.
  public var logProbability: Double
  public var tokenCount: Int
  /// The text's length in UTF-8.
  public var byteCount: Int

  public init(logProbability: Double, tokenCount: Int, byteCount: Int) {
    self.logProbability = logProbability
    self.tokenCount = tokenCount
    self.byteCount = byteCount
  }

  /// Bits that each byte of the text takes.
  public var bitsPerByte: Double { byteCount == 0 ? 0 : -logProbability / log(2) / Double(byteCount) }
}

/// A response and the row that it answers.
public struct RowResponse: Sendable, Hashable {
  public var row: Int
  public var response: Response

  public init(row: Int, _ response: Response) {
    self.row = row
    self.response = response
  }
}
