extension Jinja.Evaluator {
  typealias Value = Jinja.Value
  typealias Failure = Jinja.Failure

  // MARK: - Attributes and items

  /// `value.name`: a method or attribute, else the item of that name.
  func attribute(_ name: String, of value: Value) throws(Failure) -> Value {
    if let found = try ownAttribute(name, of: value) { return found }
    if case .mapping(let mapping) = value, let found = mapping[name] { return found }
    return .undefined("'\(description(of: value))' has no attribute '\(name)'")
  }

  /// `value[key]`: an item, else the attribute of that name.
  func item(_ key: Value, of value: Value) throws(Failure) -> Value {
    if case .undefined(let message) = value { throw .failed(message) }
    if let found = try element(key, of: value) { return found }
    if let name = key.stringValue, let found = try ownAttribute(name, of: value) { return found }
    let name = (try? key.representation()) ?? key.typeName
    return .undefined("'\(description(of: value))' has no element \(name)")
  }

  private func element(_ key: Value, of value: Value) throws(Failure) -> Value? {
    switch value {
    case .mapping(let mapping):
      return Jinja.Key(key).flatMap { mapping[$0] }
    case .sequence(let elements):
      switch elements.kind {
      case .keys, .values, .items: return nil
      case .list, .tuple, .group, .range: break
      }
      guard let index = key.integerValue else { return nil }
      return place(index, count: elements.values.count).map { elements.values[$0] }
    case .string(let text), .markup(let text):
      guard let index = key.integerValue else { return nil }
      try charge(text.utf8.count)
      let scalars = Array(text.unicodeScalars)
      return place(index, count: scalars.count).map { .string(String(scalars[$0])) }
    default:
      return nil
    }
  }

  private func place(_ index: Int, count: Int) -> Int? {
    let place = index < 0 ? index + count : index
    return (0..<count).contains(place) ? place : nil
  }

  /// A method or an attribute proper; nil when the type has none of that name.
  func ownAttribute(_ name: String, of value: Value) throws(Failure) -> Value? {
    if case .undefined(let message) = value { throw .failed(message) }
    if name.hasPrefix("__") {
      return .undefined("access to '\(name)' of '\(description(of: value))' is unsafe")
    }
    if case .object(let index) = value { return try attribute(name, of: object(index), value) }
    if case .sequence(let elements) = value, elements.kind == .group {
      if name == "grouper" { return elements.values[0] }
      if name == "list" { return elements.values[1] }
    }
    switch Jinja.Methods.availability(of: name, on: value) {
    case .callable: return .method(of: value, name: name)
    case .mutating:
      return .undefined(
        "access to '\(name)' of '\(description(of: value))' is unsafe: templates can't change lists and mappings"
      )
    case .missing: return nil
    }
  }

  private func attribute(
    _ name: String, of object: Jinja.Object, _ value: Value
  ) throws(Failure) -> Value? {
    switch object {
    case .namespace(let namespace): return namespace.attributes[name]
    case .loop(let loop): return try attribute(name, of: loop, value)
    case .macro(let macro):
      switch name {
      case "name": return .string(macro.definition.name)
      case "arguments": return .tuple(macro.definition.parameters.map { .string($0.name) })
      default: return nil
      }
    case .cycler(let cycler):
      return name == "current"
        ? cycler.current : ["next", "reset"].contains(name) ? .method(of: value, name: name) : nil
    case .iterator, .joiner: return nil
    }
  }

  private func attribute(_ name: String, of loop: Jinja.Loop, _ value: Value) throws(Failure) -> Value? {
    switch name {
    case "index": return .integer(loop.index0 + 1)
    case "index0": return .integer(loop.index0)
    case "revindex": return .integer(try loop.count() - loop.index0)
    case "revindex0": return .integer(try loop.count() - loop.index0 - 1)
    case "first": return .boolean(loop.index0 == 0)
    case "last": return .boolean(try loop.next() == nil)
    case "length": return .integer(try loop.count())
    case "depth": return .integer(1)
    case "depth0": return .integer(0)
    case "previtem":
      return (loop.index0 == 0 ? nil : loop.previous) ?? .undefined("there is no previous item")
    case "nextitem": return try loop.next() ?? .undefined("there is no next item")
    case "cycle", "changed": return .method(of: value, name: name)
    default: return nil
    }
  }

  private func description(of value: Value) -> String {
    switch value {
    case .none: "None"
    case .object(let index):
      switch object(index) {
      case .namespace: "namespace object"
      case .loop: "loop"
      case .macro: "macro"
      case .iterator: "generator"
      case .cycler: "cycler"
      case .joiner: "joiner"
      }
    default: "\(value.typeName) object"
    }
  }

  // MARK: - Slices

  func slice(_ value: Value, _ start: Value?, _ stop: Value?, _ step: Value?) throws(Failure) -> Value {
    try charge(value.size)
    let step = try bound(step) ?? 1
    guard step != 0 else { throw .failed("slice step cannot be zero") }
    switch value {
    case .string(let text), .markup(let text):
      let scalars = Array(text.unicodeScalars)
      let places = Self.places(try bound(start), try bound(stop), step, count: scalars.count)
      return .string(String(scalars: places.map { scalars[$0] }))
    case .sequence(let elements):
      let places = Self.places(try bound(start), try bound(stop), step, count: elements.values.count)
      let values = places.map { elements.values[$0] }
      switch elements.kind {
      case .list: return .list(values)
      case .tuple, .group: return .tuple(values)
      case .range: throw .unsupported("slices of a range")
      case .keys, .values, .items: throw .failed("'\(value.typeName)' object is not subscriptable")
      }
    case .undefined(let message): throw .failed(message)
    default: throw .failed("'\(value.typeName)' object is not subscriptable")
    }
  }

  private func bound(_ value: Value?) throws(Failure) -> Int? {
    switch value {
    case nil, .some(.none): return nil
    case .some(let value):
      guard let integer = value.integerValue else { throw .failed("slice indices must be integers or None") }
      return integer
    }
  }

  /// The indices that a Python slice selects among `count` elements.
  private static func places(_ start: Int?, _ stop: Int?, _ step: Int, count: Int) -> [Int] {
    let lowest = step > 0 ? 0 : -1
    let highest = step > 0 ? count : count - 1
    func clamped(_ bound: Int?, _ fallback: Int) -> Int {
      guard let bound else { return fallback }
      return min(max(bound < 0 ? bound.addingSaturated(count) : bound, lowest), highest)
    }
    let first = clamped(start, step > 0 ? lowest : highest)
    let end = clamped(stop, step > 0 ? highest : lowest)
    let isWholeStride = step.magnitude > UInt(count)
    if isWholeStride { return (step > 0 ? first < end : first > end) ? [first] : [] }
    return Array(stride(from: first, to: end, by: step))
  }

  // MARK: - Iteration

  /// Takes the value's elements one by one, in Python's order.
  func iterator(over value: Value) throws(Failure) -> () throws(Failure) -> Value? {
    if case .object(let index) = value, case .iterator(let iterator) = object(index) {
      return { () throws(Failure) in iterator.next() }
    }
    let iterator = Jinja.Iterator(try elements(of: value))
    return { () throws(Failure) in iterator.next() }
  }

  /// All elements; a generator is used up.
  func elements(of value: Value) throws(Failure) -> [Value] {
    switch value {
    case .undefined: return []
    case .sequence(let elements): return elements.values
    case .mapping(let mapping): return mapping.keys
    case .string(let text), .markup(let text):
      try charge(text.utf8.count)
      return text.unicodeScalars.map { .string(String($0)) }
    case .object(let index):
      guard case .iterator(let iterator) = object(index) else { break }
      var values: [Value] = []
      while let value = iterator.next() { values.append(value) }
      return values
    default: break
    }
    throw .failed("'\(value.typeName)' object is not iterable")
  }

  /// Python's `len`, or nil for what has none.
  func count(of value: Value) throws(Failure) -> Int? {
    switch value {
    case .undefined: 0
    case .sequence(let elements): elements.values.count
    case .mapping(let mapping): mapping.count
    case .string(let text), .markup(let text): text.unicodeScalars.count
    case .object(let index): if case .loop(let loop) = object(index) { try loop.count() } else { nil }
    default: nil
    }
  }

  func isIterable(_ value: Value) -> Bool {
    switch value {
    case .undefined, .sequence, .mapping, .string, .markup: true
    case .object(let index): if case .iterator = object(index) { true } else { false }
    default: false
    }
  }

  /// Python's `in`; a generator is used up to the element that is found.
  func contains(_ container: Value, _ element: Value) throws(Failure) -> Bool {
    guard case .object(let index) = container, case .iterator(let iterator) = object(index) else {
      return try Jinja.Comparing.contains(container, element)
    }
    while let value = iterator.next() {
      if Jinja.Comparing.areEqual(value, element) { return true }
    }
    return false
  }
}
