import Formats

extension Jinja {
  /// A value of the template language, with Python's types and meanings.
  enum Value: Sendable {
    /// What a missing name or attribute gives; the text says why, should anything but printing be tried.
    case undefined(String)
    case none
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    /// Text marked by `safe` or `escape`; Python escapes whatever is added to it.
    case markup(String)
    case sequence(Elements)
    indirect case mapping(Mapping)
    /// A namespace, loop, macro, iterator, cycler or joiner, by its place in the evaluator's table: values
    /// never own them, so they can't form cycles.
    case object(Int)
    case function(Function)
    indirect case method(of: Value, name: String)

    /// The functions that every template can call.
    enum Function: String, Sendable {
      case range, dict, namespace, cycler, joiner
      case raiseException = "raise_exception"
      case strftimeNow = "strftime_now"
    }
  }

  /// A list, or another of Python's ordered collections that can be walked again and again.
  final class Elements: Sendable {
    enum Kind: Sendable, Equatable {
      case list, tuple
      /// A tuple of a group's key and its elements, which also have names.
      case group
      /// What a dictionary's `keys`, `values` and `items` return.
      case keys, values, items
      case range(start: Int, stop: Int, step: Int)
    }

    let kind: Kind
    let values: [Value]
    let size: Int
    let depth: Int

    init(_ kind: Kind, _ values: [Value]) {
      self.kind = kind
      self.values = values
      size = values.reduce(1) { $0.addingSaturated($1.size) }
      depth = 1 + (values.lazy.map(\.depth).max() ?? 0)
    }

    /// Tuples, groups among them, compare and print alike.
    var isTuple: Bool { kind == .tuple || kind == .group }
  }

  /// A dictionary in insertion order.
  struct Mapping: Sendable {
    private(set) var keys: [Value] = []
    private(set) var values: [Value] = []
    private var places: [Key: Int] = [:]
    private(set) var size = 1
    private(set) var depth = 1

    var count: Int { keys.count }

    subscript(key: Key) -> Value? { places[key].map { values[$0] } }
    subscript(name: String) -> Value? { self[.string(ExactString(name))] }

    /// Python keeps the first of two equal keys and the last of their values.
    mutating func set(_ key: Value, to value: Value) throws(Failure) {
      guard let place = Key(key) else { throw .failed("unhashable type: '\(key.typeName)'") }
      if let index = places[place] {
        values[index] = value
      } else {
        places[place] = keys.count
        keys.append(key)
        values.append(value)
        size = size.addingSaturated(key.size)
      }
      size = size.addingSaturated(value.size)
      depth = max(depth, 1 + value.depth)
    }

    mutating func set(_ name: String, to value: Value) throws(Failure) { try set(.string(name), to: value) }

    var pairs: [Value] { zip(keys, values).map { .tuple([$0, $1]) } }
  }

  /// A dictionary's key: equal numbers of any type are one key, and text compares by code points.
  enum Key: Hashable, Sendable {
    case undefined, none
    case integer(Int)
    case number(Double)
    case string(ExactString)
    case tuple([Key])
    case object(Int)

    /// Nil for what Python can't hash.
    init?(_ value: Value) {
      switch value {
      case .undefined: self = .undefined
      case .none: self = .none
      case .boolean(let flag): self = .integer(flag ? 1 : 0)
      case .integer(let integer): self = .integer(integer)
      case .number(let number): self = Int(exactly: number).map(Key.integer) ?? .number(number)
      case .string(let text), .markup(let text): self = .string(ExactString(text))
      case .object(let index): self = .object(index)
      case .sequence(let elements) where elements.isTuple:
        let keys = elements.values.compactMap(Key.init)
        guard keys.count == elements.values.count else { return nil }
        self = .tuple(keys)
      case .sequence, .mapping, .function, .method: return nil
      }
    }
  }
}

extension Jinja.Value {
  static func list(_ values: [Jinja.Value]) -> Jinja.Value { .sequence(Jinja.Elements(.list, values)) }
  static func tuple(_ values: [Jinja.Value]) -> Jinja.Value { .sequence(Jinja.Elements(.tuple, values)) }

  /// Characters and elements in the value, those inside its elements included.
  var size: Int {
    switch self {
    case .string(let text), .markup(let text): 1 + text.utf8.count
    case .sequence(let elements): elements.size
    case .mapping(let mapping): mapping.size
    case .method(let receiver, _): 1 + receiver.size
    case .undefined, .none, .boolean, .integer, .number, .object, .function: 1
    }
  }

  var depth: Int {
    switch self {
    case .sequence(let elements): elements.depth
    case .mapping(let mapping): mapping.depth
    case .method(let receiver, _): 1 + receiver.depth
    default: 0
    }
  }

  var isUndefined: Bool {
    if case .undefined = self { true } else { false }
  }

  /// The text of a string, marked or not.
  var stringValue: String? {
    switch self {
    case .string(let text), .markup(let text): text
    default: nil
    }
  }

  /// The value of an integer or a boolean, as Python counts them.
  var integerValue: Int? {
    switch self {
    case .integer(let value): value
    case .boolean(let flag): flag ? 1 : 0
    default: nil
    }
  }

  /// Python's name of the type.
  var typeName: String {
    switch self {
    case .undefined: "Undefined"
    case .none: "NoneType"
    case .boolean: "bool"
    case .integer: "int"
    case .number: "float"
    case .string: "str"
    case .markup: "Markup"
    case .sequence(let elements):
      switch elements.kind {
      case .list: "list"
      case .tuple, .group: "tuple"
      case .keys: "dict_keys"
      case .values: "dict_values"
      case .items: "dict_items"
      case .range: "range"
      }
    case .mapping: "dict"
    case .object: "object"
    case .function, .method: "function"
    }
  }

  init(_ json: JSON) throws {
    switch json {
    case .null: self = .none
    case .bool(let flag): self = .boolean(flag)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .number(value)
    case .string(let text): self = .string(text)
    case .array(let elements): self = .list(try elements.map(Jinja.Value.init))
    case .object(let members):
      var mapping = Jinja.Mapping()
      for (key, value) in members { try mapping.set(key, to: try Jinja.Value(value)) }
      self = .mapping(mapping)
    }
  }
}

extension Int {
  /// The sum, or the greatest integer where it would overflow.
  func addingSaturated(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
