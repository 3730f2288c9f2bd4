import Formats
import Foundation

/// Changes a text before it is cut into pieces.
struct Normalizer: Sendable {
  private enum Step {
    case unicode(NormalizationForm)
    case lowercase
    case stripAccents
    case strip(left: Bool, right: Bool)
    case prepend([UInt8])
    case replace(SplitPattern, by: [UInt8])
  }

  /// Unicode's four normalization forms (UAX #15).
  private enum NormalizationForm: String {
    case composed = "NFC"
    case decomposed = "NFD"
    case compatibilityComposed = "NFKC"
    case compatibilityDecomposed = "NFKD"

    func apply(to text: String) -> String {
      switch self {
      case .composed: text.precomposedStringWithCanonicalMapping
      case .decomposed: text.decomposedStringWithCanonicalMapping
      case .compatibilityComposed: text.precomposedStringWithCompatibilityMapping
      case .compatibilityDecomposed: text.decomposedStringWithCompatibilityMapping
      }
    }
  }

  private let steps: [Step]

  /// Reads the `normalizer` of a tokenizer.json; null changes nothing.
  init(_ json: JSON, source: String) throws {
    steps = json.isNull ? [] : try Self.steps(of: Component(json, part: "normalizer", source: source))
  }

  private static func steps(of component: Component) throws -> [Step] {
    if let form = NormalizationForm(rawValue: component.type) { return [.unicode(form)] }
    switch component.type {
    case "Sequence":
      return try component.components("normalizers").flatMap { try steps(of: $0) }
    case "Lowercase":
      return [.lowercase]
    case "StripAccents":
      return [.stripAccents]
    case "Strip":
      return [
        .strip(
          left: try component.optional("strip_left", \.boolValue) ?? true,
          right: try component.optional("strip_right", \.boolValue) ?? true)
      ]
    case "Prepend":
      return [.prepend(Array(try component.required("prepend", \.stringValue).utf8))]
    case "Replace":
      let content = try component.required("content", \.stringValue)
      return [.replace(try component.pattern(), by: Array(content.utf8))]
    default:
      throw component.unsupported(among: [
        "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "Prepend", "Replace", "Sequence", "Strip", "StripAccents",
      ])
    }
  }

  /// The normalised text.
  func normalize(_ text: [UInt8], using matcher: RegularExpressionMatcher) -> [UInt8] {
    steps.reduce(text) { text, step in Self.apply(step, to: text, using: matcher) }
  }

  private static func apply(
    _ step: Step, to text: [UInt8], using matcher: RegularExpressionMatcher
  ) -> [UInt8] {
    switch step {
    case .unicode(let form):
      // ASCII is in every form already.
      return text.allSatisfy { $0 < 0x80 } ? text : Array(form.apply(to: text.string).utf8)
    case .lowercase:
      return text.string.unicodeScalars.flatMap { Array($0.properties.lowercaseMapping.utf8) }
    case .stripAccents:
      return text.string.unicodeScalars.lazy.filter { !$0.isMark }.flatMap {
        Array(UTF8.encode($0) ?? .init())
      }
    case .strip(let left, let right):
      var scalars = Substring(text.string).unicodeScalars
      if left { scalars = scalars.drop { $0.properties.isWhitespace } }
      while right, scalars.last?.properties.isWhitespace == true { scalars.removeLast() }
      return Array(String(scalars).utf8)
    case .prepend(let prefix):
      return text.isEmpty ? text : prefix + text
    case .replace(let pattern, let content):
      return text.replacing(pattern, by: content, using: matcher)
    }
  }
}

extension [UInt8] {
  /// The bytes as UTF-8 text; what isn't valid becomes U+FFFD.
  var string: String { String(decoding: self, as: UTF8.self) }
}

extension Unicode.Scalar {
  /// Whether this is a mark: an accent or another sign that belongs to the character before it.
  var isMark: Bool {
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: true
    default: false
    }
  }

  /// Whether words consist of characters like this one.
  var isWordCharacter: Bool {
    if isMark || properties.isAlphabetic || properties.isJoinControl { return true }
    return switch properties.generalCategory {
    case .decimalNumber, .connectorPunctuation: true
    default: false
    }
  }
}
