extension Jinja {
  /// A piece of template source.
  struct Token {
    enum Kind: Equatable {
      case data(String)
      case variableBegin, variableEnd
      case blockBegin, blockEnd
      case name(String)
      case string(String)
      case integer(Int)
      case number(Double)
      case symbol(String)
      case end
    }

    var kind: Kind
    /// Counted from one.
    var line: Int

    /// The token as error messages name it.
    var description: String {
      switch kind {
      case .data: "text"
      case .variableBegin: "'{{'"
      case .variableEnd: "'}}'"
      case .blockBegin: "'{%'"
      case .blockEnd: "'%}'"
      case .name(let text), .symbol(let text): "'\(text)'"
      case .string: "a string"
      case .integer, .number: "a number"
      case .end: "the end of the template"
      }
    }
  }
}
