import Tokenizers

extension Dataset {
  /// The first examples of the first split, as text.
  ///
  /// Tokens with the part that the loss counts marked, where a tokenizer is at hand: the renderer's, or the one that made
  /// those in the file. Else each row's columns.
  public func sample(
    _ count: Int, renderer: ExampleRenderer? = nil, marks: ExamplePrinter.Marks
  ) throws -> [String] {
    guard count > 0, let split = splits.first else { return [] }
    let path = try tokenization(split: split)?.tokenizerPath
    guard let tokenizer = try renderer?.tokenizer ?? path.map({ try Tokenizer.load(path: $0) }) else {
      return try rows(0..<min(count, rowCount(split: split)), split: split).map { row in
        row.columnNames.map { "\($0): \(row[$0] ?? "")" }.joined(separator: "\n")
      }
    }
    let examples =
      try renderer.map { try tokens(split: split, renderer: $0).examples } ?? tokens(split: split)
    return ExamplePrinter(tokenizer: tokenizer, marks: marks).texts(examples, split: split, first: count)
  }
}
