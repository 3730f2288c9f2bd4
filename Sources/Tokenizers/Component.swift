import Formats

/// One object with a `type` out of tokenizer.json (a normalizer, a pre-tokenizer, …), read with errors that say where.
struct Component {
  /// The part of tokenizer.json that this is, for messages.
  let part: String
  /// The value of `type`.
  let type: String
  private let members: JSON
  private let source: String

  /// Reads the type.
  ///
  /// - Throws: `TokenizerError.malformed` when there is none.
  init(_ json: JSON, part: String, source: String) throws {
    guard let type = json["type"]?.stringValue else {
      throw TokenizerError.malformed(problem: "\(part) has no type", source: source)
    }
    self.part = part
    self.type = type
    members = json
    self.source = source
  }

  /// A member that must be there and be of the kind that `read` takes.
  func required<Value>(_ key: String, _ read: (JSON) -> Value?) throws -> Value {
    guard let value = try optional(key, read) else { throw malformed("lacks '\(key)'") }
    return value
  }

  /// A member that may be absent or null, but not of another kind.
  func optional<Value>(_ key: String, _ read: (JSON) -> Value?) throws -> Value? {
    guard let member = members[key], !member.isNull else { return nil }
    guard let value = read(member) else { throw malformed("has a '\(key)' of the wrong kind") }
    return value
  }

  /// The components listed under a key: the parts of a `Sequence`.
  func components(_ key: String) throws -> [Component] {
    try required(key, \.arrayValue).map { try Component($0, part: part, source: source) }
  }

  /// The member `pattern`: `{"String": …}` or `{"Regex": …}`.
  func pattern() throws -> SplitPattern {
    let pattern = try required("pattern", \.objectValue)
    if let literal = pattern["String"]?.stringValue { return .literal(Array(literal.utf8)) }
    guard let expression = pattern["Regex"]?.stringValue else {
      throw malformed("has a pattern that is neither a String nor a Regex")
    }
    return .expression(try regularExpression(expression))
  }

  /// The member `behavior`.
  func behavior() throws -> SplitBehavior {
    let name = try optional("behavior", \.stringValue) ?? SplitBehavior.isolated.rawValue
    guard let behavior = SplitBehavior(rawValue: name) else {
      throw TokenizerError.unsupported(
        part: "the behavior of \(part) \(type)", found: name,
        supported: SplitBehavior.allCases.map(\.rawValue), source: source)
    }
    return behavior
  }

  /// Compiles an expression of this component.
  func regularExpression(_ pattern: String) throws -> RegularExpression {
    do throws(RegularExpression.Failure) {
      return try RegularExpression(pattern)
    } catch {
      throw TokenizerError.pattern(error.pattern, problem: error.problem, source: source)
    }
  }

  /// The error for a type that isn't implemented.
  func unsupported(among supported: [String]) -> TokenizerError {
    .unsupported(part: part, found: type, supported: supported, source: source)
  }

  /// The error for a component that isn't what it should be.
  func malformed(_ problem: String) -> TokenizerError {
    .malformed(problem: "\(part) \(type) \(problem)", source: source)
  }
}
