/// A text with places such as `{prompt}` to be filled in.
///
/// It is filled in one go: braces in what is filled in, or of other names, stay as they are.
public struct TextTemplate: Sendable, Hashable {
  public let text: String

  public init(_ text: String) { self.text = text }

  /// The text with every place of these names filled in.
  public func filled(_ values: [String: String]) -> String {
    var result = ""
    var rest = text[...]
    while let open = rest.firstIndex(of: "{") {
      result += rest[..<open]
      rest = rest[open...]
      if let close = rest.firstIndex(of: "}"),
        let value = values[String(rest[rest.index(after: open)..<close])]
      {
        result += value
        rest = rest[rest.index(after: close)...]
      } else {
        result += "{"
        rest = rest.dropFirst()
      }
    }
    return result + rest
  }

  /// Whether it has a place of that name.
  public func mentions(_ name: String) -> Bool { text.contains("{\(name)}") }
}
