/// A self-contained page for light and dark screens: its style in itself, nothing loaded from anywhere.
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
    <meta name="viewport" content="width=device-width">
    <link rel="icon" href="data:,">
    <style>
    \(HTMLPage.style)
    \(style)
    </style>
    <h1>\(HTMLPage.escaped(title))</h1>
    \(body)
    </html>
    """
  }

  /// Colours by name, for both kinds of screens, and what every page is made of.
  private static let style = """
    :root{color-scheme:light dark;--paper:#fff;--text:#222;--soft:#5a5a5a;--line:#ddd;--bar:#4a7fb5;--good:#2e7d32;
    --bad:#b3261e;--alarm:#fdecea;--c0:#1b6ca8;--c1:#2e7d32;--c2:#767676;--c3:#b36b00;--c4:#b3261e;--c5:#6a3d9a}
    @media(prefers-color-scheme:dark){:root{--paper:#17191c;--text:#e4e4e4;--soft:#ababab;--line:#3d4045;
    --bar:#5c92c8;--good:#7cc47f;--bad:#f0978f;--alarm:#45211e;--c0:#6fb3e8;--c1:#7cc47f;--c2:#a8a8a8;--c3:#f0b257;
    --c4:#f0978f;--c5:#c39bee}}
    body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:var(--text);
    background:var(--paper);overflow-wrap:anywhere}a{color:var(--c0)}
    .wide{overflow-x:auto;margin:.8rem 0}table{border-collapse:collapse;overflow-wrap:normal}
    td,th{padding:.2rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
    .n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
    th.n{white-space:normal;vertical-align:bottom}
    .card{border:1px solid var(--line);border-radius:8px;padding:.6rem 1rem;margin:1rem 0}
    pre{border:1px solid var(--line);border-radius:8px;padding:.6rem 1rem;overflow-x:auto}
    .q,.a{white-space:pre-wrap}.q,.l{color:var(--soft)}
    svg{display:block;max-width:100%;height:auto;fill:var(--text)}.grid{stroke:var(--line)}.bar{fill:var(--bar)}
    .interval{stroke:var(--text)}
    """

  /// A paragraph behind what it is: `html` as it stands, with its white space.
  public static func labelled(_ label: String, _ html: String) -> String {
    "<div class=\"a\"><span class=\"l\">\(escaped(label)): </span>\(html)</div>"
  }

  /// Text as it stands between tags.
  public static func escaped(_ text: String) -> String {
    // By scalars, as browsers read: in a character a bracket may be one of several.
    let names: [Unicode.Scalar: String] = ["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;"]
    return text.unicodeScalars.map { names[$0] ?? String($0) }.joined()
  }
}
