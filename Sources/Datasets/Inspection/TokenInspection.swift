import Formats

/// What the tokens of a split come to.
public struct TokenInspection: Sendable, Hashable {
  /// How they were made.
  public let tokenization: Tokenization
  /// The number of examples, of their tokens, and of those that the loss counts.
  public let examples: Int
  public let tokens: Int
  public let lossTokens: Int
  /// The tokens of an example.
  public let lengths: LengthSummary?
  /// Examples that were cut, and examples that the loss counts no token of.
  public let truncated: Int
  public let withoutLoss: Int
  /// Responses that weren't cut off, and how many of them end in a stop token that the loss counts.
  public let responses: Int
  public let stoppedResponses: Int

  init(_ examples: TokenizedExamples, _ tokenization: Tokenization) {
    var report = TokenizationReport()
    var (responses, stopped) = (0, 0)
    // Where more than responses is learned, only the end of an example is the end of a response.
    let learnsResponses = ["responses", "last"].contains(tokenization.trainOn)
    for index in 0..<examples.count {
      let example = tokenization.marked(examples[index])
      report.count(example)
      let ranges = example.trainedRanges
      for range in learnsResponses ? ranges[...] : ranges.suffix(1) {
        if example.isTruncated, range.upperBound == example.ids.count { continue }
        responses += 1
        stopped += tokenization.isStop(example.ids[range.upperBound - 1]) ? 1 : 0
      }
    }
    self.tokenization = tokenization
    self.examples = report.examples
    tokens = report.tokens
    lossTokens = report.lossTokens
    lengths = LengthSummary(examples.lengths)
    truncated = report.truncated
    withoutLoss = report.withoutLoss
    self.responses = responses
    stoppedResponses = stopped
  }

  /// Whether every response that wasn't cut off, one at least, ends in a stop token that the loss counts.
  ///
  /// nil where stop tokens aren't known.
  public var learnsToStop: Bool? {
    tokenization.stopTokens.map { _ in stoppedResponses == responses && (responses > 0 || examples == 0) }
  }

  /// What is said of the tokens for other programs.
  var json: JSONObject {
    [
      "tokens": .integer(tokens), "loss_tokens": .integer(lossTokens), "lengths": lengths?.json ?? .null,
      "truncated": .integer(truncated), "without_loss": .integer(withoutLoss),
      "responses": .integer(responses), "responses_with_stop": .integer(stoppedResponses),
      "stop_token_in_loss": learnsToStop.map { .bool($0) } ?? .null,
      "template": .string(tokenization.template),
      "train_on": .string(tokenization.trainOn), "tokenizer": .string(tokenization.tokenizer),
    ]
  }

  /// What is said of the tokens for people.
  var lines: [String] {
    let share = tokens == 0 ? 0 : Double(lossTokens) / Double(tokens) * 100
    var lines = [
      "tokens: \(tokens), of which \(lossTokens) (\((share * 10).rounded() / 10) %) count in the loss",
      "template \(tokenization.template), trained on \(tokenization.trainOn),"
        + " tokenizer \(tokenization.tokenizer.prefix(12))",
    ]
    if let lengths { lines.insert("lengths: \(lengths.text)", at: 1) }
    if truncated > 0 { lines.append("\(truncated) examples are cut off and have lost their stop token") }
    if withoutLoss > 0 { lines.append("\(withoutLoss) examples have no token that the loss counts") }
    switch learnsToStop {
    case _ where examples == 0: break
    case true?: lines.append("the stop token is in the loss: all \(responses) responses end in one")
    case false? where responses == 0:
      lines.append("the stop token is NOT in the loss: no response is there to its end")
    case false?:
      let missing = responses - stoppedResponses
      lines.append("the stop token is NOT in the loss: \(missing) of \(responses) responses lack it")
    case nil: lines.append("which tokens stop isn't known: name a model's tokenizer with --tokenizer")
    }
    return lines
  }
}
