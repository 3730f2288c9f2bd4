extension Jinja {
  /// The names that a statement sees: its own, then those around it.
  final class Scope {
    var variables: [String: Value]
    let parent: Scope?
    /// The text of the block that a filter is applied to.
    var capturedBody: String?

    init(parent: Scope?, variables: [String: Value] = [:]) {
      self.parent = parent
      self.variables = variables
    }
  }

  /// What has an identity and changes; values refer to it by its place in the evaluator's table.
  enum Object {
    case namespace(Namespace)
    case loop(Loop)
    case macro(Macro)
    case iterator(Iterator)
    case cycler(Cycler)
    case joiner(Joiner)
  }

  struct Macro {
    let definition: MacroDefinition
    let scope: Scope
  }

  /// The only value that a template can change.
  final class Namespace {
    private(set) var attributes: Mapping

    init(_ attributes: Mapping) throws(Failure) {
      self.attributes = Mapping()
      for (name, value) in zip(attributes.keys, attributes.values) {
        try set(try name.text(), to: value)
      }
    }

    /// Names with a leading underscore are refused, as transformers does.
    func set(_ name: String, to value: Value) throws(Failure) {
      guard !name.hasPrefix("_") else {
        throw .failed("a namespace can't hold '\(name)': names must not begin with an underscore")
      }
      try attributes.set(name, to: value)
    }
  }

  /// A generator: its values can be taken once.
  final class Iterator {
    private let values: [Value]
    private var position = 0

    init(_ values: [Value]) { self.values = values }

    func next() -> Value? {
      guard position < values.count else { return nil }
      defer { position += 1 }
      return values[position]
    }
  }

  /// The `loop` variable.
  ///
  /// Items are pulled as late as Jinja pulls them, so a filter or a generator sees what the
  /// body has done before.
  final class Loop {
    private let pull: () throws(Failure) -> Value?
    private var lookahead: [Value] = []
    private var knownCount: Int?
    private(set) var index0 = -1
    private(set) var current: Value?
    private(set) var previous: Value?
    private var lastChanged: [Value]?

    init(count: Int?, pull: @escaping () throws(Failure) -> Value?) {
      knownCount = count
      self.pull = pull
    }

    func advance() throws(Failure) -> Value? {
      let value = lookahead.isEmpty ? try pull() : lookahead.removeFirst()
      previous = current
      current = value
      index0 += 1
      return value
    }

    func next() throws(Failure) -> Value? {
      if lookahead.isEmpty, let value = try pull() { lookahead.append(value) }
      return lookahead.first
    }

    func count() throws(Failure) -> Int {
      if let knownCount { return knownCount }
      while let value = try pull() { lookahead.append(value) }
      let count = index0 + 1 + lookahead.count
      knownCount = count
      return count
    }

    /// Whether the values differ from those of the last call.
    func changed(_ values: [Value]) -> Bool {
      defer { lastChanged = values }
      guard let lastChanged else { return true }
      return !Comparing.areEqual(.tuple(lastChanged), .tuple(values))
    }
  }

  final class Cycler {
    let items: [Value]
    private(set) var position = 0

    init(_ items: [Value]) { self.items = items }

    var current: Value { items[position] }

    func next() -> Value {
      defer { position = (position + 1) % items.count }
      return items[position]
    }

    func reset() { position = 0 }
  }

  /// Empty the first time, the separator afterwards.
  final class Joiner {
    private let separator: Value
    private var isUsed = false

    init(_ separator: Value) { self.separator = separator }

    func next() -> Value {
      defer { isUsed = true }
      return isUsed ? separator : .string("")
    }
  }
}
