import Tensors
import Tokenizers

/// A request on its way: its sequence, its answer so far, and where its text may be cut.
final class ActiveSequence {
  let index: Int
  let context: any DecodingContext
  /// What the model hasn't seen yet.
  private(set) var pending: [TokenID]
  private(set) var latest: TokenID = 0
  private(set) var finished: Generation?

  private let request: GenerationRequest
  private let sampler: Sampler
  private var tokens: [TokenID] = []
  private var decoder: StreamingDecoder?
  private var text = StopStringFilter()

  init(index: Int, request: GenerationRequest, context: any DecodingContext, tokenizer: Tokenizer?) {
    self.index = index
    self.request = request
    self.context = context
    pending = request.prompt
    sampler = Sampler(request.sampling)
    decoder = tokenizer?.makeStreamingDecoder()
    text = StopStringFilter(stops: request.stopStrings)
    if request.maximumTokens <= 0 { finished = Generation(tokens: [], text: "", finishReason: .length) }
  }

  /// Draws the next token and returns the text that it makes certain.
  func step(_ logits: Tensor, contextLength: Int) -> String {
    guard finished == nil else { return "" }
    latest = sampler.sample(logits, after: request.prompt + tokens, sequence: index, step: tokens.count)
    if request.stopTokens.contains(latest) {
      let rest = text.append(decoder?.flush() ?? "") + text.flush()
      finished = Generation(tokens: tokens, text: text.released, finishReason: .stop)
      return rest
    }
    tokens.append(latest)
    pending = [latest]
    var certain = text.append(decoder?.append(latest) ?? "")
    if text.isStopped {
      finished = Generation(tokens: tokens, text: text.released, finishReason: .stop)
    } else if tokens.count >= request.maximumTokens || context.count + 1 >= contextLength {
      certain += text.append(decoder?.flush() ?? "") + text.flush()
      finished = Generation(
        tokens: tokens, text: text.released, finishReason: text.isStopped ? .stop : .length)
    }
    return certain
  }

  /// What there is when everything is ended from outside.
  func cutShort() -> Generation {
    _ = text.append(decoder?.flush() ?? "")
    _ = text.flush()
    return Generation(tokens: tokens, text: text.released, finishReason: .length)
  }
}

/// Lets text through, but holds back whatever may be the beginning of a stop string.
struct StopStringFilter {
  private let stops: [[UInt8]]
  private var held: [UInt8] = []
  /// Everything let through so far.
  private(set) var released = ""
  /// Whether a stop string came; nothing is let through from then on.
  private(set) var isStopped = false

  init(stops: [String] = []) { self.stops = stops.filter { !$0.isEmpty }.map { Array($0.utf8) } }

  /// Adds text and returns what is certain now.
  mutating func append(_ text: String) -> String {
    guard !isStopped else { return "" }
    guard !stops.isEmpty else {
      released += text
      return text
    }
    held += Array(text.utf8)
    var cut = held.count
    scan: for start in held.indices {
      for stop in stops where held[start...].starts(with: stop) {
        isStopped = true
        cut = start
        break scan
      }
      for stop in stops where stop.starts(with: held[start...]) {
        cut = start
        break scan
      }
    }
    return release(cut)
  }

  /// Lets through what was held back: no stop string can come any more.
  mutating func flush() -> String { isStopped ? "" : release(held.count) }

  private mutating func release(_ count: Int) -> String {
    // A stop string's first byte starts a character, so the cut never splits one.
    let text = String(decoding: held[..<count], as: UTF8.self)
    held.removeFirst(count)
    released += text
    return text
  }
}
