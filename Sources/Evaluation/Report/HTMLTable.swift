/// A table of a page; where it is wider than the page it scrolls, and the page doesn't.
public struct HTMLTable: Sendable {
  public var head: [String]
  /// Texts, row by row; those that begin as numbers do stand at the right.
  public var rows: [[String]]

  public init(_ head: [String], _ rows: [[String]]) {
    self.head = head
    self.rows = rows
  }

  /// The table's text.
  public var html: String {
    let body = rows.map { row in "<tr>\(row.map { cell("td", $0, isNumber: isNumber($0)) }.joined())</tr>" }
    let first = head.enumerated().map { column, text in
      // A column's name stands where its numbers do.
      cell("th", text, isNumber: rows.contains { column < $0.count && isNumber($0[column]) })
    }
    return
      "<div class=\"wide\"><table><tr>\(first.joined())</tr>\n\(body.joined(separator: "\n"))</table></div>"
  }

  private func cell(_ tag: String, _ text: String, isNumber: Bool) -> String {
    "<\(tag)\(isNumber ? " class=\"n\"" : "")>\(HTMLPage.escaped(text))"
  }

  private func isNumber(_ text: String) -> Bool {
    guard let first = text.first(where: { $0 != "-" && $0 != "−" && $0 != " " }) else { return !text.isEmpty }
    return first.isNumber || text == "–"
  }
}
