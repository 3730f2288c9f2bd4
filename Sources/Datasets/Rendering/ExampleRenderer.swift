import Formats
import Tokenizers

/// Turns rows into tokens and a mask that tells which of them the loss counts.
///
/// A conversation's responses are found by rendering it up to each of them, with and without the answer:
/// what the whole text has after the prompt that the model would be given is what it has to learn, up to
/// and including the token that ends the turn. Where a template ends nothing, the end of sequence is
/// appended and learned.
public struct ExampleRenderer: Sendable {
  /// The tokenizer of the model to train.
  public let tokenizer: Tokenizer
  /// How conversations become text.
  public let template: PromptTemplate
  /// Which tokens the loss counts.
  public let trainOn: TrainOn
  /// The length that examples are cut to; nil for as long as they are.
  public let maximumLength: Int?

  private let encoder: SegmentEncoder
  private let stopTokens: Set<TokenID>
  private let tokenizerPath: String?

  /// - Parameter tokenizerPath: where the tokenizer was loaded from, to be noted in datasets.
  public init(
    tokenizer: Tokenizer, template: PromptTemplate, trainOn: TrainOn = .responses, maximumLength: Int? = nil,
    tokenizerPath: String? = nil
  ) {
    self.tokenizer = tokenizer
    self.template = template
    self.trainOn = trainOn
    self.maximumLength = maximumLength
    self.tokenizerPath = tokenizerPath
    encoder = SegmentEncoder(tokenizer)
    stopTokens = tokenizer.stopTokens
  }

  /// What datasets note about tokens that this makes.
  public var tokenization: Tokenization {
    Tokenization(
      tokenizer: "\(tokenizer.fingerprint)", template: template.name, trainOn: "\(trainOn)",
      stopTokens: stopTokens, maximumLength: maximumLength, tokenizerPath: tokenizerPath,
      templateFingerprint: template.fingerprint)
  }

  /// The tokens of a row.
  ///
  /// - Precondition: the row is no preference pair, which is two examples.
  public func example(_ row: DatasetRow, kind: DatasetKind) throws(RenderingProblem) -> TokenizedExample {
    switch kind {
    case .text: return document(row["document"] ?? "")
    case .instruction:
      return try conversation(try messages(row["messages"] ?? "[]"), tools: try tools(row))
    case .code, .task:
      let response = row["response"] ?? ""
      var example = try conversation(
        [message("user", row["prompt"] ?? ""), message("assistant", response)], tools: nil)
      // Without a response, in rows that are only to be asked, all there is to learn is to stop at once.
      if learnsResponses, response.allSatisfy(\.isWhitespace) {
        example.mask = Array(repeating: 0, count: example.mask.count)
      }
      return example
    case .preference: preconditionFailure("a preference pair is two examples")
    }
  }

  /// The tokens of both answers of a preference pair, each after the prompt; the loss counts the answers.
  public func pair(
    _ row: DatasetRow
  ) throws(RenderingProblem) -> (chosen: TokenizedExample, rejected: TokenizedExample) {
    let prompt = row["prompt"] ?? ""
    // A prompt that is a conversation is kept as a list of messages.
    let isConversation = prompt.hasPrefix("[{\"role\":")
    let before = isConversation ? try messages(prompt) : [message("user", prompt)]
    return (
      try conversation(before + [message("assistant", row["chosen"] ?? "")], tools: nil, trainOn: .last),
      try conversation(before + [message("assistant", row["rejected"] ?? "")], tools: nil, trainOn: .last)
    )
  }

  /// The tokens of a document: the beginning of sequence where the tokenizer adds one, the text, the end.
  public func document(_ text: String) -> TokenizedExample {
    var ids: [TokenID] = []
    if tokenizer.addsBeginningOfSequence, let beginning = tokenizer.beginningOfSequence {
      ids.append(beginning)
    }
    ids += tokenizer.encode(text, addSpecialTokens: false)
    if let end = tokenizer.endOfSequence, ids.last != end { ids.append(end) }
    return finished(ids, mask: Array(repeating: 1, count: ids.count))
  }

  // MARK: - Conversations

  /// The tokens of a conversation.
  ///
  /// - Parameters:
  ///   - messages: objects with `role` and `content`; a message of the assistant with `train: false` isn't
  ///     learned.
  ///   - tools: what the model may call, as its chat template takes it.
  public func conversation(_ messages: [JSON], tools: JSON?) throws(RenderingProblem) -> TokenizedExample {
    try conversation(messages, tools: tools, trainOn: trainOn)
  }

  private func conversation(
    _ messages: [JSON], tools: JSON?, trainOn: TrainOn
  ) throws(RenderingProblem) -> TokenizedExample {
    let whole = Array(try template.render(messages, tools: tools, tokenizer: tokenizer).utf8)
    var spans: [Range<Int>] = []
    var lastLearned: Int?
    for place in Self.learned(messages, trainOn) {
      guard let range = try span(of: place, in: messages, whole, tools) else { continue }
      spans.append(range)
      lastLearned = place
    }
    let parts = encoder.encode(whole, cuts: spans.flatMap { [$0.lowerBound, $0.upperBound] })
    var ids: [TokenID] = []
    var mask: [UInt8] = []
    for (index, part) in parts.enumerated() {
      // Parts alternate: not learned, learned, not learned, …
      let learnedCount = index % 2 == 1 ? learnedPrefix(of: part) : trainOn == .everything ? part.count : 0
      ids += part
      mask += repeatElement(1, count: learnedCount)
      mask += repeatElement(0, count: part.count - learnedCount)
    }
    if trainOn == .everything { leaveOutTail(of: ids, in: &mask) }
    let endsUnlearned = trainOn != .everything && lastLearned != messages.indices.last
    if !endsUnlearned, let end = tokenizer.endOfSequence, !endsTurn(ids) {
      ids.append(end)
      mask.append(1)
    }
    return finished(ids, mask: mask)
  }

  /// Whether the loss counts the assistant's messages.
  private var learnsResponses: Bool {
    guard case .roles(let roles) = trainOn else { return true }
    return roles.contains("assistant")
  }

  /// The places of the messages that are learned each on its own.
  private static func learned(_ messages: [JSON], _ trainOn: TrainOn) -> [Int] {
    func isBy(_ place: Int, _ roles: Set<String>) -> Bool {
      roles.contains(messages[place]["role"]?.stringValue ?? "")
        && messages[place]["train"]?.boolValue != false
    }
    switch trainOn {
    case .responses: return messages.indices.filter { isBy($0, ["assistant"]) }
    case .last: return messages.indices.last { isBy($0, ["assistant"]) }.map { [$0] } ?? []
    case .roles(let roles): return messages.indices.filter { isBy($0, roles) }
    case .everything: return []
    }
  }

  /// Where, in the bytes of the whole conversation, the message at `place` stands with what ends it.
  ///
  /// Nothing comes before the first message, and most templates can't show that nothing: an answer that
  /// begins a conversation isn't learned then (nil).
  private func span(
    of place: Int, in messages: [JSON], _ whole: [UInt8], _ tools: JSON?
  ) throws(RenderingProblem) -> Range<Int>? {
    guard place == 0 else { return try spanAfterPrompt(of: place, in: messages, whole, tools) }
    do throws(RenderingProblem) {
      return try spanAfterPrompt(of: place, in: messages, whole, tools)
    } catch {
      guard messages[place]["role"] != "assistant" else { return nil }
      return try firstSpan(in: messages, whole, tools)
    }
  }

  /// Where the first message stands: from where the text would differ if it said something else.
  private func firstSpan(
    in messages: [JSON], _ whole: [UInt8], _ tools: JSON?
  ) throws(RenderingProblem) -> Range<Int> {
    let end = try ending(of: 0, in: messages, whole, tools)
    let content = messages[0]["content"]?.stringValue ?? ""
    // Another first letter, also where the template drops the white space before it.
    let startsAlike = content.drop(while: \.isWhitespace).hasPrefix("x")
    var other = messages[0].objectValue ?? [:]
    other["content"] = .string(startsAlike ? "y" : "x")
    let others = [JSON.object(other)] + Array(messages[1...])
    let text = try template.render(others, tools: tools, tokenizer: tokenizer)
    let start = zip(whole, text.utf8).prefix { $0 == $1 }.count
    return min(start, end)..<end
  }

  /// Where the message at `place` stands after what the model is given to answer, or what comes before it.
  private func spanAfterPrompt(
    of place: Int, in messages: [JSON], _ whole: [UInt8], _ tools: JSON?
  ) throws(RenderingProblem) -> Range<Int> {
    let isResponse = messages[place]["role"] == "assistant"
    let prompt = try template.render(
      messages[..<place], tools: tools, addGenerationPrompt: isResponse, tokenizer: tokenizer)
    let end = try ending(of: place, in: messages, whole, tools)
    guard whole.starts(with: prompt.utf8), prompt.utf8.count <= end else {
      let isLast = place == messages.count - 1
      throw isLast ? .answerDoesNotFollowPrompt(message: place) : .rewritesHistory(message: place)
    }
    return prompt.utf8.count..<end
  }

  /// Where the message at `place` and what ends it are over.
  private func ending(
    of place: Int, in messages: [JSON], _ whole: [UInt8], _ tools: JSON?
  ) throws(RenderingProblem) -> Int {
    guard place < messages.count - 1 else { return whole.count }
    let answered = try template.render(messages[...place], tools: tools, tokenizer: tokenizer)
    guard whole.starts(with: answered.utf8) else { throw .rewritesHistory(message: place) }
    return answered.utf8.count
  }

  // MARK: - Stop tokens

  /// How many tokens of a learned message are learned: all up to the token that ends the turn.
  ///
  /// What a template puts after that token, a line break say, is never generated.
  private func learnedPrefix(of part: [TokenID]) -> Int {
    let last =
      part.lastIndex { stopTokens.contains($0) } ?? part.lastIndex(where: tokenizer.specialTokens.contains)
    return last.map { $0 + 1 } ?? part.count
  }

  /// Takes white space after the last stop token out of the loss: it is never generated.
  private func leaveOutTail(of ids: [TokenID], in mask: inout [UInt8]) {
    guard let last = ids.lastIndex(where: stopTokens.contains) else { return }
    let tail = (last + 1)..<ids.count
    guard ids[tail].allSatisfy(isBlank) else { return }
    for place in tail { mask[place] = 0 }
  }

  /// Whether a token is white space.
  private func isBlank(_ id: TokenID) -> Bool {
    tokenizer.bytes(of: id).allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
  }

  /// Whether the last turn ends in a stop token or another special one, but for white space.
  private func endsTurn(_ ids: [TokenID]) -> Bool {
    let last = ids.last { !isBlank($0) }
    return last.map { stopTokens.contains($0) || tokenizer.specialTokens.contains($0) } ?? false
  }

  private func finished(_ ids: [TokenID], mask: [UInt8]) -> TokenizedExample {
    var example = TokenizedExample(ids: ids, mask: mask)
    // Nothing predicts the first token.
    if !ids.isEmpty { example.mask[0] = 0 }
    if let maximumLength { example.truncate(to: maximumLength) }
    return example
  }

  // MARK: - Columns

  private func message(_ role: String, _ content: String) -> JSON {
    ["role": .string(role), "content": .string(content)]
  }

  private func messages(_ text: String) throws(RenderingProblem) -> [JSON] {
    do {
      guard let list = try JSON.parse(text, source: "messages").arrayValue else {
        throw RenderingProblem.invalidMessages("they are no list")
      }
      return list
    } catch let problem as RenderingProblem {
      throw problem
    } catch {
      throw .invalidMessages("\(error)")
    }
  }

  private func tools(_ row: DatasetRow) throws(RenderingProblem) -> JSON? {
    guard let text = row["tools"], !text.isEmpty else { return nil }
    guard let tools = try? JSON.parse(text, source: "tools") else {
      throw .invalidMessages("the tools are no JSON")
    }
    return tools
  }
}
