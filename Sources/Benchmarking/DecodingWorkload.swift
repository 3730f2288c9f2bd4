import Decoding
import Tokenizers

/// Prompts read and continued by a language model.
struct DecodingWorkload {
  let model: any LanguageModel
  /// What guesses tokens ahead; nil for nothing.
  let drafter: (any Drafter)?
  /// What is continued, one after another; each is one sample.
  let prompts: [[TokenID]]
  var stopTokens: Set<TokenID> = []

  /// Random prompts of one length.
  init(_ model: any LanguageModel, drafter: (any Drafter)? = nil, promptLength: Int, count: Int) {
    self.model = model
    self.drafter = drafter
    prompts = (0..<count).map {
      RandomTokens.make(promptLength, vocabularySize: model.vocabularySize, stream: UInt64($0))
    }
  }

  /// Prompts of somebody's, which end where the model says so.
  init(
    _ model: any LanguageModel, drafter: (any Drafter)? = nil, prompts: [[TokenID]], stopTokens: Set<TokenID>
  ) {
    self.model = model
    self.drafter = drafter
    self.prompts = prompts
    self.stopTokens = stopTokens
  }

  /// Tokens a second of reading each prompt up to the first logits, after one to warm up.
  func prefillRates() throws -> [Double] {
    func rate(_ prompt: [TokenID]) throws -> Double {
      let context = model.makeContext()
      let seconds = try Stopwatch.seconds {
        _ = try model.logits(extending: [SequenceExtension(context, by: prompt)], rows: .last)
      }
      return Double(prompt.count) / seconds
    }
    _ = try prompts.first.map(rate)
    return try prompts.map(rate)
  }

  /// Tokens a second behind each prompt, the likeliest each time; reading the prompt doesn't count.
  ///
  /// - Parameter sequences: how many answers to the prompt are decoded at once; their tokens are added up.
  func decodingRates(tokens: Int, sequences: Int = 1) throws -> [Double] {
    let generator = Generator(model, tokenizer: nil, concurrency: sequences, drafter: drafter)
    func rate(_ prompt: [TokenID]) throws -> Double {
      let request = GenerationRequest(prompt: prompt, maximumTokens: tokens, stopTokens: stopTokens)
      let clock = ContinuousClock()
      var start = clock.now
      var end = start
      var (first, count) = (0, 0)
      _ = try generator.generate(Array(repeating: request, count: sequences)) { _ in
        // The first round of tokens comes out of the prompts.
        end = clock.now
        if first < sequences {
          (first, start) = (first + 1, end)
        } else {
          count += 1
        }
        return true
      }
      return Double(count) / max((end - start) / .seconds(1), 1e-9)
    }
    _ = try prompts.first.map(rate)
    return try prompts.map(rate)
  }
}
