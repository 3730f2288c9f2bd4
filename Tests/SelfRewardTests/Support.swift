import Datasets
import Decoding
import Foundation
import Tensors
import Tokenizers

@testable import SelfReward

/// A judge or a writer in a few words: for each question, the replies that it may give and how likely each is.
///
/// As a language model it is exact: the probability of a token is that of the replies that go on with it, among those
/// that begin with what was said so far.
final class ReplyModel: LanguageModel {
  let contextLength: Int
  private let tokenizer: Tokenizer
  private let replies: (String) -> [String: Double]
  private var known: [String: [(tokens: [TokenID], probability: Double)]] = [:]
  /// How many tokens it was shown.
  private(set) var tokensRead = 0

  init(_ tokenizer: Tokenizer, contextLength: Int = 4096, _ replies: @escaping (String) -> [String: Double]) {
    self.tokenizer = tokenizer
    self.contextLength = contextLength
    self.replies = replies
  }

  var vocabularySize: Int { tokenizer.vocabularySize }

  func makeContext() -> any DecodingContext { History() }

  func logits(extending sequences: [SequenceExtension], rows: LogitRows) throws -> [Tensor] {
    try sequences.map { sequence in
      guard let history = sequence.context as? History else { preconditionFailure() }
      guard history.count + sequence.tokens.count <= contextLength else {
        throw DecodingError.contextExceeded(
          needed: history.count + sequence.tokens.count, limit: contextLength)
      }
      tokensRead += sequence.tokens.count
      var all: [Float] = []
      for (place, token) in sequence.tokens.enumerated() {
        history.tokens.append(token)
        if rows == .all || place == sequence.tokens.count - 1 { all += row(history.tokens) }
      }
      return Tensor(all, shape: [all.count / vocabularySize, vocabularySize])
    }
  }

  private func row(_ history: [TokenID]) -> [Float] {
    var row = [Float](repeating: -60, count: vocabularySize)
    let (question, said) = split(history)
    let goingOn = distribution(question).filter {
      $0.tokens.count > said.count && $0.tokens.starts(with: said)
    }
    let total = goingOn.reduce(0) { $0 + $1.probability }
    var next: [TokenID: Double] = [:]
    for reply in goingOn { next[reply.tokens[said.count], default: 0] += reply.probability / total }
    for (token, probability) in next { row[Int(token)] = Float(log(probability)) }
    return row
  }

  /// The question, and what was said after the mark of the assistant's turn; outside chats everything was said.
  private func split(_ history: [TokenID]) -> (String, ArraySlice<TokenID>) {
    let mark = tokenizer.encode("<|im_start|>assistant\n", addSpecialTokens: false)
    for start in stride(from: history.count - mark.count, through: 0, by: -1)
    where history[start...].starts(with: mark) {
      let text = tokenizer.decode(history[..<start], skipSpecialTokens: true)
      let question = text.hasPrefix("user\n") ? String(text.dropFirst(5)) : text
      return (question.trimmingCharacters(in: .newlines), history[(start + mark.count)...])
    }
    return ("", history[...])
  }

  private func distribution(_ question: String) -> [(tokens: [TokenID], probability: Double)] {
    if let found = known[question] { return found }
    let end = tokenizer.endOfSequence.map { [$0] } ?? []
    let made = replies(question).sorted { $0.key < $1.key }.map {
      (tokens: tokenizer.encode($0.key, addSpecialTokens: false) + end, probability: $0.value)
    }
    known[question] = made
    return made
  }

  private final class History: DecodingContext {
    var tokens: [TokenID] = []
    var count: Int { tokens.count }
    func truncate(to count: Int) { tokens.removeLast(tokens.count - count) }
    func copy() -> any DecodingContext {
      let copy = History()
      copy.tokens = tokens
      return copy
    }
  }
}

enum Fixture {
  /// A byte-level tokenizer; what the texts repeat becomes tokens.
  static func tokenizer(learning texts: [String] = []) throws -> Tokenizer {
    var configuration = BytePairTrainer.Configuration(
      vocabularySize: 300, specialTokens: ["<|im_start|>", "<|im_end|>"])
    configuration.endOfSequence = "<|im_end|>"
    configuration.minimumFrequency = 2
    var trainer = try BytePairTrainer(configuration)
    for text in texts { trainer.feed(text) }
    return try trainer.train()
  }

  /// A model that replies as the closure says, asked through a template.
  static func policy(
    tokenizer: Tokenizer? = nil, contextLength: Int = 4096, template: String = "chatml",
    _ replies: @escaping (String) -> [String: Double]
  ) throws -> Policy {
    let tokenizer = try tokenizer ?? self.tokenizer()
    return Policy(
      name: "scripted", model: ReplyModel(tokenizer, contextLength: contextLength, replies),
      tokenizer: tokenizer,
      template: try PromptTemplate.named(template, chatTemplate: nil, kind: .instruction),
      fingerprint: "none", concurrency: 4)
  }

  static func set(_ prompt: String, _ texts: [String], id: String = "1") -> CandidateSet {
    CandidateSet(
      id: id, prompt: prompt, candidates: texts.map { Candidate(text: $0, tokens: [], isComplete: true) })
  }

  /// The path of a sample beside the package; nil where it is missing.
  static func shared(_ name: String) -> String? {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let folder =
      ProcessInfo.processInfo.environment["TRIMTAB_SHARED"] ?? root.appending(path: "../shared").path
    let path = "\(folder)/\(name)"
    guard FileManager.default.fileExists(atPath: path) else {
      print("left out: ../shared/\(name) is missing")
      return nil
    }
    return path
  }
}
