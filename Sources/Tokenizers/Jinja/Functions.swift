extension Jinja.Evaluator {
  /// Calls whatever can be called: functions, methods, macros, joiners.
  func call(_ callee: Value, _ arguments: Jinja.Arguments) throws(Failure) -> Value {
    try charge(callee.size.addingSaturated(arguments.size))
    switch callee {
    case .function(let function): return try call(function, arguments)
    case .method(.object(let index), let name): return try call(name, on: object(index), arguments)
    case .method(let receiver, let name): return try callMethod(name, on: receiver, arguments)
    case .object(let index):
      switch object(index) {
      case .macro(let macro): return try call(macro, arguments)
      case .joiner(let joiner): return joiner.next()
      case .loop: throw .unsupported("recursive loops")
      default: break
      }
    case .undefined(let message): throw .failed(message)
    default: break
    }
    throw .failed("'\(callee.typeName)' object is not callable")
  }

  func isCallable(_ value: Value) -> Bool {
    switch value {
    case .function, .method: true
    case .object(let index):
      switch object(index) {
      case .macro, .joiner, .loop: true
      case .namespace, .iterator, .cycler: false
      }
    default: false
    }
  }

  private func call(_ function: Value.Function, _ arguments: Jinja.Arguments) throws(Failure) -> Value {
    switch function {
    case .range: return try range(arguments)
    case .dict: return .mapping(try mapping(from: arguments, for: "dict"))
    case .namespace:
      return register(.namespace(try Jinja.Namespace(try mapping(from: arguments, for: "namespace"))))
    case .cycler:
      guard !arguments.positional.isEmpty else { throw .failed("'cycler' needs at least one item") }
      return register(.cycler(Jinja.Cycler(arguments.positional)))
    case .joiner:
      let bound = try arguments.bound(to: "sep", for: "joiner")
      return register(.joiner(Jinja.Joiner(bound["sep"] ?? .string(", "))))
    case .raiseException:
      let message = try arguments.bound(to: "message", for: function.rawValue).required("message")
      throw Failure(.refused, try message.text())
    case .strftimeNow:
      let bound = try arguments.bound(to: "format", for: function.rawValue)
      return .string(try clock.text(try bound.requiredString("format")))
    }
  }

  private func range(_ arguments: Jinja.Arguments) throws(Failure) -> Value {
    var bounds: [Int] = []
    for value in arguments.positional {
      guard let bound = value.integerValue else {
        throw .failed("'range' needs integers, not \(value.typeName)")
      }
      bounds.append(bound)
    }
    guard (1...3).contains(bounds.count), arguments.named.isEmpty else {
      throw .failed("'range' takes one to three integers")
    }
    let start = bounds.count > 1 ? bounds[0] : 0
    let stop = bounds.count > 1 ? bounds[1] : bounds[0]
    let step = bounds.count > 2 ? bounds[2] : 1
    guard step != 0 else { throw .failed("the step of 'range' must not be zero") }
    let distance = stop.subtractingReportingOverflow(start)
    let isCounted = !distance.overflow && step != .min && distance.partialValue != .min
    // Towards zero only: the greatest distance has no room for one more.
    let direction = step.signum()
    let isEmpty = distance.partialValue.signum() != direction
    guard isCounted, isEmpty || (distance.partialValue - direction) / step < Jinja.Limit.rangeCount else {
      throw Failure(.limit, "a range of more than \(Jinja.Limit.rangeCount) elements")
    }
    let values = stride(from: start, to: stop, by: step).map(Value.integer)
    try charge(values.count)
    return .sequence(Jinja.Elements(.range(start: start, stop: stop, step: step), values))
  }

  /// `dict(mapping or pairs, name=value …)`.
  private func mapping(from arguments: Jinja.Arguments, for callee: String) throws(Failure) -> Jinja.Mapping {
    var result = Jinja.Mapping()
    guard arguments.positional.count <= 1 else {
      throw .failed("'\(callee)' takes at most one positional argument")
    }
    if let first = arguments.positional.first {
      if case .mapping(let mapping) = first {
        result = mapping
      } else {
        for pair in try elements(of: first) {
          let parts = try elements(of: pair)
          guard parts.count == 2 else { throw .failed("'\(callee)' needs pairs of a key and a value") }
          try result.set(parts[0], to: parts[1])
        }
      }
    }
    for (name, value) in arguments.named { try result.set(name, to: value) }
    return result
  }

  private func call(
    _ method: String, on object: Jinja.Object, _ arguments: Jinja.Arguments
  ) throws(Failure) -> Value {
    switch (object, method) {
    case (.loop(let loop), "changed"): return .boolean(loop.changed(arguments.positional))
    case (.loop(let loop), _):
      guard !arguments.positional.isEmpty else { throw .failed("no items for cycling given") }
      return arguments.positional[loop.index0 % arguments.positional.count]
    case (.cycler(let cycler), "next"): return cycler.next()
    case (.cycler(let cycler), _):
      cycler.reset()
      return .none
    default: throw .failed("'\(method)' is not callable")
    }
  }
}
