import Diagnostics
import Foundation

/// Collects problems, so that a recipe's all show at once.
final class Problems {
  private(set) var diagnostics: [Diagnostic] = []

  func report(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

  func report(_ problem: String, at origin: RecipeNode.Origin, advice: String? = nil) {
    diagnostics.append(Diagnostic(problem, at: origin.location, advice: advice))
  }
}

/// One section of a recipe under typed eyes: asking for a key makes it known; keys nobody asked for are unknown.
final class Section {
  let name: String
  let origin: RecipeNode.Origin
  private let problems: Problems
  private let members: [(key: String, origin: RecipeNode.Origin, value: RecipeNode)]
  private var known: [String] = []

  init(_ node: RecipeNode?, name: String, parent: RecipeNode.Origin, problems: Problems) {
    self.name = name
    self.problems = problems
    origin = node?.origin ?? parent
    switch node?.content {
    case .mapping(let members): self.members = members
    case nil, .null: members = []
    default:
      members = []
      let subject = name.isEmpty ? "the recipe" : name
      problems.report("\(subject) is \(node?.described ?? ""), expected a section of keys", at: origin)
    }
  }

  /// The value of a key, unless it is missing or null.
  private func value(_ key: String) -> RecipeNode? {
    known.append(key)
    guard let value = members.first(where: { $0.key == key })?.value else { return nil }
    if case .null = value.content { return nil }
    return value
  }

  /// Whether a key was written, even as null.
  func isWritten(_ key: String) -> Bool { members.contains { $0.key == key } }

  /// Whether a key was written and has a value; an override may take one away with null.
  func hasValue(_ key: String) -> Bool { value(key) != nil }

  /// Whether a key's value has keys of its own.
  func isSection(_ key: String) -> Bool {
    if case .mapping = value(key)?.content { true } else { false }
  }

  private func path(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }

  private func mismatch(_ key: String, _ node: RecipeNode, expected: String) {
    problems.report("\(path(key)) is \(node.described), expected \(expected)", at: node.origin)
  }

  func problem(_ text: String, key: String? = nil, advice: String? = nil) {
    let place = key.flatMap { key in members.first { $0.key == key }?.origin } ?? origin
    problems.report(text, at: place, advice: advice)
  }

  func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
    guard let node = value(key) else { return nil }
    let expected =
      range.upperBound == Int.max
      ? "a whole number from \(range.lowerBound) up"
      : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    guard case .scalar(let text) = node.content,
      let integer = Int(text.replacing("_", with: "")), range.contains(integer)
    else {
      mismatch(key, node, expected: expected)
      return nil
    }
    return integer
  }

  func number(_ key: String, in range: ClosedRange<Double>, excludingLower: Bool = false) -> Double? {
    guard let node = value(key) else { return nil }
    guard case .scalar(let text) = node.content, let number = Double(text), number.isFinite,
      range.contains(number), !(excludingLower && number == range.lowerBound)
    else {
      let from = "\(excludingLower ? "over" : "from") \(range.lowerBound.recipeText)"
      let to =
        range.upperBound >= 1e300 ? (excludingLower ? "" : " up") : " to \(range.upperBound.recipeText)"
      mismatch(key, node, expected: "a number \(from)\(to)")
      return nil
    }
    return number
  }

  func boolean(_ key: String) -> Bool? {
    guard let node = value(key) else { return nil }
    guard case .scalar(let text) = node.content, text == "true" || text == "false" else {
      mismatch(key, node, expected: "true or false")
      return nil
    }
    return text == "true"
  }

  func string(_ key: String) -> String? {
    guard let node = value(key) else { return nil }
    guard case .scalar(let text) = node.content, !text.isEmpty else {
      mismatch(key, node, expected: "text")
      return nil
    }
    return text
  }

  /// A list of texts; a single one counts as a list of one.
  func strings(_ key: String) -> [String]? {
    guard let node = value(key) else { return nil }
    switch node.content {
    case .scalar(let text): return [text]
    case .list(let items):
      var texts: [String] = []
      for item in items {
        guard case .scalar(let text) = item.content else {
          mismatch(key, item, expected: "text")
          continue
        }
        texts.append(text)
      }
      return texts
    default:
      mismatch(key, node, expected: "a list of texts")
      return nil
    }
  }

  /// One of an enumeration's words.
  func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String, _: Choice.Type) -> Choice? {
    guard let node = value(key) else { return nil }
    let words = Choice.allCases.map(\.rawValue)
    guard case .scalar(let text) = node.content, let choice = Choice(rawValue: text) else {
      var advice: String?
      if case .scalar(let text) = node.content {
        advice = nearest(to: text, among: words).map { "did you mean \"\($0)\"?" }
      }
      problems.report(
        "\(path(key)) is \(node.described), expected \(words.joined(separator: ", "))", at: node.origin,
        advice: advice)
      return nil
    }
    return choice
  }

  func section(_ key: String) -> Section {
    Section(value(key), name: path(key), parent: origin, problems: problems)
  }

  /// A section of texts under names of the user's own, in their order; nil when the key is missing.
  func texts(_ key: String) -> [(key: String, value: String)]? {
    guard let node = value(key) else { return nil }
    guard case .mapping(let members) = node.content else {
      mismatch(key, node, expected: "a section of texts")
      return nil
    }
    return members.compactMap { member in
      guard case .scalar(let text) = member.value.content else {
        mismatch("\(key).\(member.key)", member.value, expected: "text")
        return nil
      }
      return (member.key, text)
    }
  }

  /// The section that another file is, whose problems are reported with this one's.
  func included(_ path: String, key: String) -> Section? {
    guard let data = FileManager.default.contents(atPath: path) else {
      problem("there is no file \(path)", key: key)
      return nil
    }
    do {
      let node = try RecipeNode(yaml: String(decoding: data, as: UTF8.self), path: path)
      return Section(node, name: "", parent: node.origin, problems: problems)
    } catch {
      for diagnostic in (error as? RecipeError)?.diagnostics ?? [] { problems.report(diagnostic) }
      return nil
    }
  }

  /// The sections of a list; nil when the key is missing.
  func sections(_ key: String) -> [Section]? {
    guard let node = value(key) else { return nil }
    guard case .list(let items) = node.content else {
      mismatch(key, node, expected: "a list of sections")
      return nil
    }
    return items.enumerated().map {
      Section($1, name: "\(path(key))[\($0)]", parent: node.origin, problems: problems)
    }
  }

  /// Reports every key that nobody asked for.
  func finish() {
    for member in members where !known.contains(member.key) {
      let advice =
        nearest(to: member.key, among: known).map { "did you mean \"\($0)\"?" }
        ?? "known are \(Set(known).sorted().joined(separator: ", "))"
      problems.report("unknown key \"\(path(member.key))\"", at: member.origin, advice: advice)
    }
  }
}

extension Double {
  /// The shortest text that reads back as the same number.
  var recipeText: String {
    self == rounded() && abs(self) < 1e15 ? "\(Int(self))" : "\(self)"
  }
}
