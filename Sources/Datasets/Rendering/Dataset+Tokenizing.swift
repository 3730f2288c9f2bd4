import Tensors

extension Dataset {
  /// The tokens of a split: those in the file when this renderer would make them, otherwise made from the
  /// texts.
  ///
  /// - Parameters:
  ///   - pool: what tokens are made on; they are the same for any number of threads.
  ///   - progress: is told now and then how many rows are done.
  public func tokens(
    split: String, renderer: ExampleRenderer, pool: ThreadPool = ThreadPool(),
    progress: (Int) -> Void = { _ in }
  ) throws -> (examples: TokenizedExamples, report: TokenizationReport) {
    guard kind != .preference else { throw DatasetError.pairsAreNotTokenized }
    var report = TokenizationReport()
    if let stored = try tokenization(split: split), stored.isSame(as: renderer.tokenization) {
      let examples = try tokens(split: split)
      for index in 0..<examples.count { report.count(stored.marked(examples[index])) }
      return (examples, report)
    }
    var examples = TokenizedExamples()
    try forEachStretch(split: split) { start, rows in
      let made = pool.map(rows) { row in
        Result { () throws(RenderingProblem) in try renderer.example(row, kind: kind) }
      }
      for (index, result) in made.enumerated() {
        do throws(RenderingProblem) {
          let example = try result.get()
          report.count(example)
          examples.append(example)
        } catch {
          throw DatasetError.unrenderable(path: path, row: start + index, error)
        }
      }
      progress(start + rows.count)
    }
    return (examples, report)
  }
}

extension Tokenization {
  /// Whether the same rows have the same tokens; where the tokenizer lies doesn't count.
  ///
  /// A file that keeps no fingerprint of a model's template may be of another one: its tokens are made anew.
  func isSame(as other: Tokenization) -> Bool {
    tokenizer == other.tokenizer && template == other.template
      && templateFingerprint == other.templateFingerprint && trainOn == other.trainOn
      && maximumLength == other.maximumLength && stopTokens == other.stopTokens
  }

  /// An example as it was when it was made: one of the greatest length has been cut.
  func marked(_ example: TokenizedExample) -> TokenizedExample {
    var example = example
    let stopsAtEnd = example.ids.last.map(isStop) ?? false
    example.isTruncated = example.ids.count == maximumLength && !stopsAtEnd
    return example
  }

  /// Whether a token is known to end a generation.
  func isStop(_ token: UInt32) -> Bool { stopTokens?.contains(token) ?? false }
}
