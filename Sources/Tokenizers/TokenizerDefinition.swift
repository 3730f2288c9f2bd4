import Formats

/// Everything that makes a tokenizer, whatever file it comes from, in the terms of tokenizer.json.
///
/// A GGUF vocabulary is translated into these terms when it is read, so there is one way to encode and one to save.
struct TokenizerDefinition: Sendable {
  /// The file, for messages.
  var source: String
  var vocabulary: Vocabulary
  var merges: [Merge]
  var options = BytePairModel.Options()
  var addedTokens: [AddedToken] = []
  /// The components as tokenizer.json describes them; null where there is none.
  var normalizer: JSON = .null
  var preTokenizer: JSON = .null
  var postProcessor: JSON = .null
  var decoder: JSON = .null
  var roles = TokenRoles()
  /// The sources of chat templates by name; the usual one is `default`.
  var chatTemplates: [(name: String, source: String)] = []
  /// What tokenizer_config.json held besides, kept for saving.
  var configuration = JSONObject()
}

/// The tokens that have a part to play.
struct TokenRoles: Sendable {
  var beginningOfSequence: TokenID?
  var endOfSequence: TokenID?
  var unknown: TokenID?
  var padding: TokenID?
  /// Tokens that end a generation, besides `endOfSequence`.
  var stops: Set<TokenID> = []

  /// Tokens that end a turn or a message in the models of which this is known; they stop a generation, too.
  static let endsOfTurn = [
    "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|eom_id|>", "<EOT>",
    "<|end_of_text|>", "<end_of_utterance>", "<|return|>", "<|call|>",
    "<\u{FF5C}end\u{2581}of\u{2581}sentence\u{FF5C}>",
  ]
}
