extension Jinja.Filters {
  static let sequences: [String: Filter] = [
    "length": length,
    "count": length,
    "list": { evaluator, value, arguments throws(Failure) in
      _ = try arguments.bound(for: "list")
      return .list(try evaluator.elements(of: value))
    },
    "join": { evaluator, value, arguments throws(Failure) in
      let bound = try arguments.bound(to: "d", "attribute", for: "join")
      var values = try evaluator.elements(of: value)
      if let attribute = bound.present("attribute") {
        values = try evaluator.keys(of: values, by: attribute, ignoringCase: false)
      }
      let separator = try (bound["d"] ?? .string("")).text()
      return .string(try evaluator.join(values, with: separator, isStrict: false))
    },
    "first": { evaluator, value, arguments throws(Failure) in
      _ = try arguments.bound(for: "first")
      return try evaluator.iterator(over: value)()
        ?? .undefined("there is no first item: the sequence is empty")
    },
    "last": { evaluator, value, arguments throws(Failure) in
      _ = try arguments.bound(for: "last")
      if case .object = value { throw .failed("a generator has no last item") }
      return try evaluator.elements(of: value).last
        ?? .undefined("there is no last item: the sequence is empty")
    },
    "reverse": { evaluator, value, arguments throws(Failure) in
      _ = try arguments.bound(for: "reverse")
      if let text = value.stringValue { return .string(String(scalars: text.unicodeScalars.reversed())) }
      return evaluator.generator(try evaluator.elements(of: value).reversed())
    },
    "items": { evaluator, value, arguments throws(Failure) in
      _ = try arguments.bound(for: "items")
      switch value {
      case .undefined: return evaluator.generator([])
      case .mapping(let mapping): return evaluator.generator(mapping.pairs)
      default: throw .failed("can only get item pairs from a mapping")
      }
    },
    "dictsort": { evaluator, value, arguments throws(Failure) in try dictsort(value, arguments) },
    "sort": { evaluator, value, arguments throws(Failure) in
      let bound = try arguments.bound(to: "reverse", "case_sensitive", "attribute", for: "sort")
      let values = try evaluator.elements(of: value)
      let keys = try sortKeys(of: values, bound, evaluator)
      let order = try Jinja.Comparing.sortedIndices(keys, descending: bound.flag("reverse"))
      return .list(order.map { values[$0] })
    },
    "unique": { evaluator, value, arguments throws(Failure) in
      let bound = try arguments.bound(to: "case_sensitive", "attribute", for: "unique")
      let values = try evaluator.elements(of: value)
      let keys = try evaluator.keys(
        of: values, by: bound.present("attribute"), ignoringCase: !bound.flag("case_sensitive"))
      var seen: Set<Jinja.Key> = []
      var kept: [Value] = []
      for (key, value) in zip(keys, values) {
        guard let place = Jinja.Key(key) else { throw .failed("unhashable type: '\(key.typeName)'") }
        if seen.insert(place).inserted { kept.append(value) }
      }
      return evaluator.generator(kept)
    },
    "min": { evaluator, value, arguments throws(Failure) in
      try extreme(value, arguments, evaluator, isMaximum: false)
    },
    "max": { evaluator, value, arguments throws(Failure) in
      try extreme(value, arguments, evaluator, isMaximum: true)
    },
    "sum": { evaluator, value, arguments throws(Failure) in
      let bound = try arguments.bound(to: "attribute", "start", for: "sum")
      let values = try evaluator.elements(of: value)
      var total = bound["start"] ?? .integer(0)
      if total.stringValue != nil { throw .failed("'sum' can't sum strings") }
      for value in try evaluator.keys(of: values, by: bound.present("attribute"), ignoringCase: false) {
        total = try Jinja.Arithmetic.apply(.add, total, value)
        try evaluator.charge(total.size)
      }
      return total
    },
    "batch": { evaluator, value, arguments throws(Failure) in try batch(value, arguments, evaluator) },
    "slice": { evaluator, value, arguments throws(Failure) in try slice(value, arguments, evaluator) },
    "groupby": { evaluator, value, arguments throws(Failure) in try group(value, arguments, evaluator) },
  ]

  private static let length: Filter = { evaluator, value, arguments throws(Failure) in
    _ = try arguments.bound(for: "length")
    guard let count = try evaluator.count(of: value) else {
      throw .failed("object of type '\(value.typeName)' has no len()")
    }
    return .integer(count)
  }

  private static func dictsort(_ value: Value, _ arguments: Jinja.Arguments) throws(Failure) -> Value {
    let bound = try arguments.bound(to: "case_sensitive", "by", "reverse", for: "dictsort")
    guard case .mapping(let mapping) = value else { throw .failed("'dictsort' needs a mapping") }
    let by = try bound.string("by") ?? "key"
    guard by == "key" || by == "value" else { throw .failed("'dictsort' can only sort by key or value") }
    let sorted = by == "key" ? mapping.keys : mapping.values
    let keys = bound.flag("case_sensitive") ? sorted : sorted.map(foldingCase)
    let order = try Jinja.Comparing.sortedIndices(keys, descending: bound.flag("reverse"))
    let pairs = mapping.pairs
    return .list(order.map { pairs[$0] })
  }

  /// The keys to sort by; with several attributes ("a,b") each is a list of them.
  private static func sortKeys(
    of values: [Value], _ bound: Jinja.Arguments.Bound, _ evaluator: Jinja.Evaluator
  ) throws(Failure) -> [Value] {
    let ignoresCase = !bound.flag("case_sensitive")
    guard let attributes = bound.present("attribute")?.stringValue, attributes.contains(",") else {
      return try evaluator.keys(of: values, by: bound.present("attribute"), ignoringCase: ignoresCase)
    }
    var columns: [[Value]] = []
    for attribute in attributes.split(separator: ",") {
      columns.append(
        try evaluator.keys(of: values, by: .string(String(attribute)), ignoringCase: ignoresCase))
    }
    return values.indices.map { row in .list(columns.map { $0[row] }) }
  }

  private static func extreme(
    _ value: Value, _ arguments: Jinja.Arguments, _ evaluator: Jinja.Evaluator, isMaximum: Bool
  ) throws(Failure) -> Value {
    let bound = try arguments.bound(to: "case_sensitive", "attribute", for: isMaximum ? "max" : "min")
    let values = try evaluator.elements(of: value)
    let keys = try evaluator.keys(
      of: values, by: bound.present("attribute"), ignoringCase: !bound.flag("case_sensitive"))
    guard var best = values.indices.first else {
      return .undefined("there is no aggregated item: the sequence is empty")
    }
    for index in values.indices.dropFirst() {
      let isBetter =
        isMaximum
        ? try Jinja.Comparing.isLess(keys[best], keys[index])
        : try Jinja.Comparing.isLess(keys[index], keys[best])
      if isBetter { best = index }
    }
    return values[best]
  }

  private static func batch(
    _ value: Value, _ arguments: Jinja.Arguments, _ evaluator: Jinja.Evaluator
  ) throws(Failure) -> Value {
    let bound = try arguments.bound(to: "linecount", "fill_with", for: "batch")
    guard let count = try bound.integer("linecount"), count > 0 else {
      throw .failed("'batch' needs a count")
    }
    let values = try evaluator.elements(of: value)
    var batches: [Value] = []
    for start in stride(from: 0, to: values.count, by: count) {
      var part = Array(values[start..<min(values.count, start.addingSaturated(count))])
      if let fill = bound.present("fill_with") {
        let missing = count - part.count
        try Jinja.Text.check(size: missing.multipliedSaturated(by: fill.size))
        part += repeatElement(fill, count: missing)
      }
      batches.append(.list(part))
    }
    return evaluator.generator(batches)
  }

  private static func slice(
    _ value: Value, _ arguments: Jinja.Arguments, _ evaluator: Jinja.Evaluator
  ) throws(Failure) -> Value {
    let bound = try arguments.bound(to: "slices", "fill_with", for: "slice")
    guard let count = try bound.integer("slices"), (1...Jinja.Limit.rangeCount).contains(count) else {
      throw .failed("'slice' needs a count")
    }
    let values = try evaluator.elements(of: value)
    let (whole, extra) = values.count.quotientAndRemainder(dividingBy: count)
    var start = 0
    var slices: [Value] = []
    for index in 0..<count {
      let end = start + whole + (index < extra ? 1 : 0)
      var part = Array(values[start..<end])
      if let fill = bound.present("fill_with"), index >= extra { part.append(fill) }
      slices.append(.list(part))
      start = end
    }
    return evaluator.generator(slices)
  }

  private static func group(
    _ value: Value, _ arguments: Jinja.Arguments, _ evaluator: Jinja.Evaluator
  ) throws(Failure) -> Value {
    let bound = try arguments.bound(to: "attribute", "default", "case_sensitive", for: "groupby")
    let attribute = try bound.required("attribute")
    let values = try evaluator.elements(of: value)
    let names = try evaluator.keys(
      of: values, by: attribute, default: bound.present("default"), ignoringCase: false)
    let keys = bound.flag("case_sensitive") ? names : names.map(foldingCase)
    var groups: [(place: Int, members: [Value])] = []
    for index in try Jinja.Comparing.sortedIndices(keys) {
      if let last = groups.last, Jinja.Comparing.areEqual(keys[last.place], keys[index]) {
        groups[groups.count - 1].members.append(values[index])
      } else {
        groups.append((index, [values[index]]))
      }
    }
    return .list(
      groups.map { .sequence(Jinja.Elements(.group, [names[$0.place], .list($0.members)])) })
  }

  static func foldingCase(_ value: Value) -> Value {
    value.stringValue.map { .string(Jinja.Text.lower($0)) } ?? value
  }
}

extension Jinja.Evaluator {
  /// A generator over the values.
  func generator(_ values: [Value]) -> Value { register(.iterator(Jinja.Iterator(values))) }

  /// What an attribute path ("a.b.0"), or the value itself without one, gives for each value.
  func keys(
    of values: [Value], by attribute: Value?, default fallback: Value? = nil, ignoringCase: Bool
  ) throws(Failure) -> [Value] {
    var path: [Value] = []
    switch attribute {
    case nil: break
    case .some(let attribute):
      if let text = attribute.stringValue {
        path = text.split(separator: ".", omittingEmptySubsequences: false).map { part in
          part.allSatisfy(\.isNumber)
            ? Int(part).map(Value.integer) ?? .string(String(part)) : .string(String(part))
        }
      } else {
        path = [attribute]
      }
    }
    var keys: [Value] = []
    for value in values {
      try charge()
      var key = value
      for part in path {
        key = try item(part, of: key)
        if let fallback, key.isUndefined { key = fallback }
      }
      keys.append(ignoringCase ? Jinja.Filters.foldingCase(key) : key)
    }
    return keys
  }
}
