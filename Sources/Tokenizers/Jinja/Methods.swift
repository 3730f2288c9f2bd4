extension Jinja {
  /// Which methods Python's types have, and which of them templates may call.
  enum Methods {
    enum Availability { case callable, mutating, missing }

    static func availability(of name: String, on value: Value) -> Availability {
      switch value {
      case .string, .markup: strings.contains(name) ? .callable : .missing
      case .mapping: kind(of: name, among: mappings, mutating: mappingMutators)
      case .sequence(let elements):
        switch elements.kind {
        case .list: kind(of: name, among: ["index", "count", "copy"], mutating: listMutators)
        case .tuple, .group, .range: ["index", "count"].contains(name) ? .callable : .missing
        case .keys, .values, .items: .missing
        }
      default: .missing
      }
    }

    private static func kind(of name: String, among callable: Set<String>, mutating: Set<String>)
      -> Availability
    {
      callable.contains(name) ? .callable : mutating.contains(name) ? .mutating : .missing
    }

    private static let mappings: Set = ["get", "items", "keys", "values", "copy", "fromkeys"]
    private static let mappingMutators: Set = ["clear", "pop", "popitem", "setdefault", "update"]
    private static let listMutators: Set = [
      "append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort",
    ]
    /// All of Python's; a call says which of them are not supported here.
    private static let strings: Set = [
      "capitalize", "casefold", "center", "count", "encode", "endswith", "expandtabs", "find", "format",
      "format_map", "index", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier",
      "islower",
      "isnumeric", "isprintable", "isspace", "istitle", "isupper", "join", "ljust", "lower", "lstrip",
      "maketrans", "partition", "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust",
      "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title",
      "translate", "upper", "zfill",
    ]
  }
}

extension Jinja.Evaluator {
  func callMethod(_ name: String, on receiver: Value, _ arguments: Jinja.Arguments) throws(Failure) -> Value {
    switch receiver {
    case .string(let text): return try callStringMethod(name, on: text, arguments)
    case .mapping(let mapping): return try callMethod(name, on: mapping, arguments)
    case .sequence(let elements): return try callMethod(name, on: elements, arguments)
    default: throw .unsupported("methods of text that 'safe' or 'escape' has marked")
    }
  }

  private func callMethod(
    _ name: String, on mapping: Jinja.Mapping, _ arguments: Jinja.Arguments
  ) throws(Failure) -> Value {
    if name == "get" {
      guard arguments.named.isEmpty else { throw .failed("'get' takes no keyword arguments") }
      let bound = try arguments.bound(to: "key", "default", for: name)
      let key = try bound.required("key")
      guard let place = Jinja.Key(key) else { throw .failed("unhashable type: '\(key.typeName)'") }
      return mapping[place] ?? bound["default"] ?? .none
    }
    _ = try arguments.bound(for: name)
    switch name {
    case "items": return .sequence(Jinja.Elements(.items, mapping.pairs))
    case "keys": return .sequence(Jinja.Elements(.keys, mapping.keys))
    case "values": return .sequence(Jinja.Elements(.values, mapping.values))
    case "copy": return .mapping(mapping)
    default: throw .unsupported("the method '\(name)' of a mapping")
    }
  }

  private func callMethod(
    _ name: String, on elements: Jinja.Elements, _ arguments: Jinja.Arguments
  ) throws(Failure) -> Value {
    if name == "copy" { return .sequence(elements) }
    guard arguments.positional.count == 1, arguments.named.isEmpty else {
      throw .unsupported("'\(name)' with other than one argument")
    }
    let places = elements.values.indices.filter {
      Jinja.Comparing.areEqual(elements.values[$0], arguments.positional[0])
    }
    if name == "count" { return .integer(places.count) }
    guard let first = places.first else {
      throw .failed("the value is not in the \(Value.sequence(elements).typeName)")
    }
    return .integer(first)
  }
}
