extension Jinja {
  /// The evaluated arguments of a call.
  struct Arguments {
    var positional: [Value] = []
    var named: [(name: String, value: Value)] = []

    var size: Int {
      positional.reduce(0) { $0.addingSaturated($1.size) }
        .addingSaturated(named.reduce(0) { $0.addingSaturated($1.value.size) })
    }

    func named(_ name: String) -> Value? { named.last { $0.name == name }?.value }

    /// The arguments by the names of the parameters that they meet, as Python binds them.
    func bound(to parameters: String..., for callee: String) throws(Failure) -> Bound {
      guard positional.count <= parameters.count else {
        throw .failed("'\(callee)' takes at most \(parameters.count) arguments, not \(positional.count)")
      }
      var values = Dictionary(zip(parameters, positional)) { $1 }
      for (name, value) in named {
        guard parameters.contains(name) else { throw .failed("'\(callee)' has no parameter '\(name)'") }
        guard values[name] == nil else { throw .failed("'\(callee)' got several values for '\(name)'") }
        values[name] = value
      }
      return Bound(callee: callee, values: values)
    }

    struct Bound {
      let callee: String
      private let values: [String: Value]

      init(callee: String, values: [String: Value]) {
        self.callee = callee
        self.values = values
      }

      subscript(name: String) -> Value? { values[name] }

      /// The argument, or nil when it is missing or `none`.
      func present(_ name: String) -> Value? {
        if case .some(.none) = values[name] { nil } else { values[name] }
      }

      func required(_ name: String) throws(Failure) -> Value {
        guard let value = values[name] else { throw .failed("'\(callee)' needs '\(name)'") }
        return value
      }

      func flag(_ name: String) -> Bool { values[name].map(Comparing.isTrue) ?? false }

      func integer(_ name: String) throws(Failure) -> Int? {
        guard let value = present(name) else { return nil }
        guard let integer = value.integerValue else {
          throw .failed("'\(name)' of '\(callee)' must be an integer, not \(value.typeName)")
        }
        return integer
      }

      func string(_ name: String) throws(Failure) -> String? {
        guard let value = present(name) else { return nil }
        guard let text = value.stringValue else {
          throw .failed("'\(name)' of '\(callee)' must be a string, not \(value.typeName)")
        }
        return text
      }

      func requiredString(_ name: String) throws(Failure) -> String {
        guard let text = try string(name) else { throw .failed("'\(callee)' needs '\(name)'") }
        return text
      }
    }
  }
}
