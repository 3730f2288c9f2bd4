extension Jinja.Filters {
  static let selections: [String: Filter] = [
    "map": { evaluator, value, arguments throws(Failure) in
      evaluator.generator(try map(value, arguments, evaluator))
    },
    "select": { evaluator, value, arguments throws(Failure) in
      try select(value, arguments, evaluator, keeps: true, byAttribute: false)
    },
    "reject": { evaluator, value, arguments throws(Failure) in
      try select(value, arguments, evaluator, keeps: false, byAttribute: false)
    },
    "selectattr": { evaluator, value, arguments throws(Failure) in
      try select(value, arguments, evaluator, keeps: true, byAttribute: true)
    },
    "rejectattr": { evaluator, value, arguments throws(Failure) in
      try select(value, arguments, evaluator, keeps: false, byAttribute: true)
    },
  ]

  /// Python tests the whole value first, so `none` and the like give nothing instead of an error.
  private static func elements(_ value: Value, _ evaluator: Jinja.Evaluator) throws(Failure) -> [Value] {
    Jinja.Comparing.isTrue(value) ? try evaluator.elements(of: value) : []
  }

  private static func map(
    _ value: Value, _ arguments: Jinja.Arguments, _ evaluator: Jinja.Evaluator
  ) throws(Failure) -> [Value] {
    let values = try elements(value, evaluator)
    if arguments.positional.isEmpty, arguments.named("attribute") != nil {
      let bound = try Jinja.Arguments(named: arguments.named).bound(to: "attribute", "default", for: "map")
      return try evaluator.keys(
        of: values, by: bound["attribute"], default: bound.present("default"), ignoringCase: false)
    }
    guard let name = arguments.positional.first?.stringValue else {
      throw .failed("'map' needs a filter's name")
    }
    let rest = Jinja.Arguments(positional: Array(arguments.positional.dropFirst()), named: arguments.named)
    var mapped: [Value] = []
    for value in values { mapped.append(try evaluator.filter(value, name, rest)) }
    return mapped
  }

  private static func select(
    _ value: Value, _ arguments: Jinja.Arguments, _ evaluator: Jinja.Evaluator, keeps: Bool, byAttribute: Bool
  ) throws(Failure) -> Value {
    let values = try elements(value, evaluator)
    var rest = arguments
    var tested = values
    if byAttribute {
      guard let attribute = rest.positional.first else { throw .failed("the attribute's name is missing") }
      rest.positional.removeFirst()
      tested = try evaluator.keys(of: values, by: attribute, ignoringCase: false)
    }
    var test: String?
    if !rest.positional.isEmpty {
      test = rest.positional.removeFirst().stringValue
      if test == nil { throw .failed("a test's name must be a string") }
    }
    var kept: [Value] = []
    for (value, tested) in zip(values, tested) {
      let passes =
        try test.map { name throws(Failure) in try evaluator.test(tested, name, rest) }
        ?? Jinja.Comparing.isTrue(tested)
      if passes == keeps { kept.append(value) }
    }
    return evaluator.generator(kept)
  }
}
