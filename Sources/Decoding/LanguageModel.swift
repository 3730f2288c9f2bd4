import Tensors
import Tokenizers

/// What one sequence has been told so far: a model's caches for it.
public protocol DecodingContext: AnyObject {
  /// How many tokens the model has seen in it.
  var count: Int { get }
  /// Forgets every token from that place on.
  func truncate(to count: Int)
  /// Another sequence with the same past.
  func copy() -> any DecodingContext
}

/// Of which of the new tokens the logits are wanted.
public enum LogitRows: Sendable {
  case last, all
}

/// Tokens that a sequence is extended by.
public struct SequenceExtension {
  public let context: any DecodingContext
  public let tokens: [TokenID]

  public init(_ context: any DecodingContext, by tokens: [TokenID]) {
    self.context = context
    self.tokens = tokens
  }
}

/// Anything that gives a distribution over the next token: a model, or several that act as one.
///
/// Sequences are extended together, each by as many tokens as it has to say; that is the only way in, so
/// scoring, sampling, batching and serving are written once.
public protocol LanguageModel: AnyObject {
  /// The width of its logits.
  var vocabularySize: Int { get }
  /// The most tokens that one sequence can have.
  var contextLength: Int { get }
  /// What it computes with: models that share it extend all their sequences in one call to any of them.
  var runner: ObjectIdentifier { get }
  /// An empty sequence.
  func makeContext() -> any DecodingContext
  /// Extends sequences and returns their logits: of each, float32 [1 or tokens, vocabulary].
  ///
  /// - Throws: `DecodingError.contextExceeded`; what a remote model's transport throws.
  func logits(extending sequences: [SequenceExtension], rows: LogitRows) throws -> [Tensor]
}

extension LanguageModel {
  /// Most models share with none.
  public var runner: ObjectIdentifier { ObjectIdentifier(self) }
}
