/// A text with places to fill in: `Question: {question}`.
public struct TextForm: Sendable, Hashable {
  public let text: String

  public init(_ text: String) { self.text = text }

  /// The names of its places, in their order.
  public var names: [String] {
    var names: [String] = []
    _ = filled { name in
      names.append(name)
      return ""
    }
    return names
  }

  /// Filled in; braces around a name that has no value stay, and what stands in a value is never read as a place.
  public func filled(_ values: [String: String]) -> String { filled { values[$0] } }

  private func filled(_ value: (String) -> String?) -> String {
    var (result, rest) = ("", text[...])
    while let open = rest.firstIndex(of: "{") {
      result += rest[..<open]
      rest = rest[open...].dropFirst()
      let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
      guard !name.isEmpty, rest.dropFirst(name.count).first == "}", let text = value(String(name)) else {
        result.append("{")
        continue
      }
      result += text
      rest = rest.dropFirst(name.count + 1)
    }
    return result + rest
  }
}
