import Tokenizers

/// What prompts have in common at their beginning, read once and copied: candidates of one prompt, a judge's rubric.
///
/// The split of a prompt into what is shared and what is its own changes logits only as the split of any prompt
/// into passes does: by the rounding of matrix products.
struct SharedPrefixes {
  /// Fewer tokens aren't worth a copy.
  static let shortest = 32
  /// How many sequences are kept to be copied: those used last.
  private static let mostKnown = 8

  /// The tokens that each request shares with another; of one that shares none, or has a context of its own, none.
  private let prefixes: [ArraySlice<TokenID>]
  /// How many requests are still to come for each.
  private var awaited: [ArraySlice<TokenID>: Int] = [:]
  private var known: [(tokens: ArraySlice<TokenID>, context: any DecodingContext)] = []

  init(_ requests: [GenerationRequest]) {
    self.init(prompts: requests.map { $0.context == nil ? $0.prompt : [] })
  }

  /// - Parameter prompts: Empty ones share nothing.
  init(prompts: [[TokenID]]) {
    var lengths = [Int](repeating: 0, count: prompts.count)
    // In lexical order those that share the most are neighbours.
    let order = prompts.indices.filter { !prompts[$0].isEmpty }.sorted {
      prompts[$0].lexicographicallyPrecedes(prompts[$1])
    }
    for (one, other) in zip(order, order.dropFirst()) {
      let shared = Self.common(prompts[one][...], prompts[other][...])
      for index in [one, other] {
        // One token at least is left, for its logits are what the answer begins with.
        lengths[index] = max(lengths[index], min(shared, prompts[index].count - 1))
      }
    }
    prefixes = zip(prompts, lengths).map { $0.prefix($1 < Self.shortest ? 0 : $1) }
    for prefix in prefixes where !prefix.isEmpty { awaited[prefix, default: 0] += 1 }
  }

  /// A sequence that has seen what this request shares with others; an empty one where that is nothing.
  mutating func context(for index: Int, model: any LanguageModel) throws -> any DecodingContext {
    let prefix = prefixes[index]
    guard !prefix.isEmpty else { return model.makeContext() }
    defer { forget(prefix) }
    let lengths = known.map { Self.common($0.tokens, prefix) }
    let best = lengths.indices.max { lengths[$0] < lengths[$1] }
    let length = best.map { lengths[$0] } ?? 0
    var context = model.makeContext()
    if let best, length >= Self.shortest {
      let entry = known.remove(at: best)
      known.append(entry)
      context = entry.context.copy()
      context.truncate(to: length)
      // The few tokens more that two may share are no reason for a pass.
      if prefix.count - length < Self.shortest { return context }
    }
    let rest = Array(prefix.dropFirst(context.count))
    _ = try model.logits(extending: [SequenceExtension(context, by: rest)], rows: .last)
    known.append((prefix, context.copy()))
    if known.count > Self.mostKnown { known.removeFirst() }
    return context
  }

  /// Lets go of what no request is waiting for any more.
  private mutating func forget(_ prefix: ArraySlice<TokenID>) {
    awaited[prefix, default: 1] -= 1
    if awaited[prefix] == 0 { awaited[prefix] = nil }
    known.removeAll { entry in !awaited.keys.contains { Self.common($0, entry.tokens) >= Self.shortest } }
  }

  private static func common(_ one: ArraySlice<TokenID>, _ other: ArraySlice<TokenID>) -> Int {
    zip(one, other).prefix { $0 == $1 }.count
  }
}
