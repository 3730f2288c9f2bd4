import Formats
import Tokenizers

extension Dataset {
  /// The first examples of the first split, as text.
  ///
  /// Tokens with the part that the loss counts marked, where a tokenizer is at hand: the renderer's, or the
  /// one that made those in the file, if it still lies where it lay. Else each row's columns.
  public func sample(
    _ count: Int, renderer: ExampleRenderer? = nil, marks: ExamplePrinter.Marks
  ) throws -> [String] {
    guard count > 0, let split = splits.first else { return [] }
    let stored = try tokenization(split: split)
    guard let tokenizer = renderer?.tokenizer ?? stored?.loadTokenizer() else {
      return try rows(0..<min(count, rowCount(split: split)), split: split).map { row in
        row.columnNames.map { "\($0): \(row[$0] ?? "")" }.joined(separator: "\n")
      }
    }
    let examples =
      try renderer.map { try tokens(split: split, renderer: $0).examples } ?? tokens(split: split)
    return ExamplePrinter(tokenizer: tokenizer, marks: marks).texts(examples, split: split, first: count)
  }
}

extension Tokenization {
  /// The tokenizer that the tokens were made with; nil where it is gone, or another one lies in its place.
  fileprivate func loadTokenizer() -> Tokenizer? {
    guard let path = tokenizerPath, let loaded = try? Tokenizer.load(path: path),
      "\(loaded.fingerprint)" == tokenizer
    else { return nil }
    return loaded
  }
}
