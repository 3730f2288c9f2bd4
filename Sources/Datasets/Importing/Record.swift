import Formats

/// One object of an input file, read field by field under the names that a format uses.
///
/// It remembers which fields were read, so that the others can be kept as they are.
struct Record {
  private let object: JSONObject
  private let mapping: [String: String]
  private var readFields: Set<String> = []

  /// - Parameter mapping: for a name of the format, the field that holds it in this file.
  init(_ object: JSONObject, mapping: [String: String] = [:]) {
    self.object = object
    self.mapping = mapping
  }

  /// The value of the first of `names` that the record has; nil when none is there or it is null.
  ///
  /// A mapped name is looked up in the field that it is mapped to, which may lie deeper (`answer.text`).
  mutating func value(_ names: String...) -> JSON? { value(among: names) }

  /// The text of the first of `names` that the record has; numbers and truth values are written out.
  mutating func text(_ names: String...) throws(RecordProblem) -> String? { try text(among: names) }

  /// The text of the first of `names` that the record has, which must say something.
  mutating func requiredText(_ names: String...) throws(RecordProblem) -> String {
    guard let text = try text(among: names) else {
      let isNull = names.contains { object[mapping[$0] ?? $0] != nil }
      throw isNull ? RecordProblem("the field \(quoted(field(names))) is null") : missing(names)
    }
    guard text.contains(where: { !$0.isWhitespace }) else {
      throw RecordProblem("the field \(quoted(field(names))) is empty")
    }
    return text
  }

  /// An instruction, and below it the record's `input` where it has one, as Alpaca puts them together.
  mutating func withInput(_ instruction: String) throws(RecordProblem) -> String {
    guard let input = try text("input"), !input.isEmpty else { return instruction }
    return instruction + "\n\n" + input
  }

  /// Whether the record has a field of this very name, whatever is mapped.
  func hasField(_ name: String) -> Bool { object[name] != nil }

  /// The problem of a record that has none of `names`.
  func missing(_ names: [String]) -> RecordProblem {
    let wanted = names.map { mapping[$0] ?? $0 }
    let found = object.keys.prefix(12).map(quoted).joined(separator: ", ")
    return RecordProblem(
      "there is no field \(wanted.map(quoted).joined(separator: " or "))",
      advice: "its fields are \(found); name the right one with --map \(names[0])=FIELD")
  }

  /// The fields that nothing has read, as texts: strings as they are, the rest as JSON.
  var remainder: [(name: String, text: String)] {
    object.compactMap { key, value in
      guard !readFields.contains(key), !value.isNull else { return nil }
      return (key, value.stringValue ?? value.text())
    }
  }

  // MARK: - Looking up

  private mutating func value(among names: [String]) -> JSON? {
    for name in names {
      guard let value = lookUp(mapping[name] ?? name) else { continue }
      return value.isNull ? Optional.none : value
    }
    return nil
  }

  private mutating func text(among names: [String]) throws(RecordProblem) -> String? {
    guard let value = value(among: names) else { return nil }
    switch value {
    case .string(let text): return text
    case .integer, .number, .bool: return value.text()
    default:
      throw RecordProblem("the field \(quoted(field(names))) is \(value.kindName), and a text is needed")
    }
  }

  /// The value of a field, or of one inside an object when its name has dots.
  private mutating func lookUp(_ field: String) -> JSON? {
    if let value = object[field] {
      readFields.insert(field)
      return value
    }
    let path = field.split(separator: ".").map(String.init)
    guard path.count > 1, var value = object[path[0]] else { return nil }
    for name in path.dropFirst() {
      guard let inner = value[name] ?? Int(name).flatMap({ value[$0] }) else { return nil }
      value = inner
    }
    readFields.insert(path[0])
    return value
  }

  /// The name, in the file, of the first of `names` that is there.
  private func field(_ names: [String]) -> String {
    let fields = names.map { mapping[$0] ?? $0 }
    return fields.first { object[$0] != nil } ?? fields[0]
  }

  private func quoted(_ text: String) -> String { "\"\(text)\"" }
}

extension JSON {
  /// What kind of value this is, for messages.
  var kindName: String {
    switch self {
    case .null: "null"
    case .bool: "a truth value"
    case .integer, .number: "a number"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}
