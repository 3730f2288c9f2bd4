/// The Jinja that chat templates use: lexer, parser and evaluator, with Python's semantics for expressions.
///
/// It follows Jinja2 3.1 in the environment that transformers renders chat templates in: an immutable sandbox
/// with `trim_blocks`, `lstrip_blocks`, loop controls, `{% generation %}` and a plain `tojson`. What it can't
/// render it refuses, naming the line; it never guesses.
enum Jinja {
  /// Bounds within which a template is parsed and rendered, so that a hostile one can neither hang nor crash.
  enum Limit {
    /// Nested statements or expressions in the source, and levels in a value.
    static let nesting = 100
    /// Statements, expressions and macro calls that are active at one moment; they take less than a megabyte of stack.
    static let activeEvaluations = 300
    /// Characters and elements of one value, those inside it included.
    static let valueSize = 1 << 26
    /// Steps of one rendering; a step handles about sixteen characters or elements.
    static let steps = 5_000_000
    /// Elements of a `range`, as in Jinja's sandbox.
    static let rangeCount = 100_000
  }

  /// Why a template stopped; the evaluator knows the line, the caller the template's name.
  struct Failure: Error {
    enum Kind { case syntax, failed, unsupported, refused, limit }

    var kind: Kind
    var message: String
    /// The line of the template, counted from one, where it is known already.
    var line: Int?

    init(_ kind: Kind, _ message: String, line: Int? = nil) {
      self.kind = kind
      self.message = message
      self.line = line
    }

    /// An operation that Python refuses too.
    static func failed(_ message: String) -> Failure { Failure(.failed, message) }

    /// Something that Jinja2 can do and this engine can't.
    static func unsupported(_ feature: String) -> Failure { Failure(.unsupported, feature) }
  }
}
