/// A self-contained page: its style in itself, nothing loaded from anywhere.
public struct HTMLPage: Sendable {
  public var title: String
  /// Rules beside those that every page has.
  public var style: String
  public var body: String

  public init(title: String, style: String = "", body: String) {
    self.title = title
    self.style = style
    self.body = body
  }

  /// The page's text.
  public var text: String {
    """
    <!doctype html><html lang="en"><meta charset="utf-8"><title>\(HTMLPage.escaped(title))</title>
    <link rel="icon" href="data:,">
    <style>
    body{font:15px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#222}
    table{border-collapse:collapse}td,th{padding:.2rem .8rem;text-align:left}
    .q{color:#555;white-space:pre-wrap}.card{border:1px solid #ddd;border-radius:8px;padding:.6rem 1rem;margin:1rem 0}
    \(style)
    </style>
    <h1>\(HTMLPage.escaped(title))</h1>
    \(body)
    </html>
    """
  }

  /// Text as it stands between tags.
  public static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}
