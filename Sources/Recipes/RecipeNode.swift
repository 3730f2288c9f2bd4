import Diagnostics
import Yams

/// A value of a recipe and where it was written: in a file, or by an override.
struct RecipeNode {
  indirect enum Content {
    case scalar(String)
    case list([RecipeNode])
    case mapping([(key: String, origin: Origin, value: RecipeNode)])
    case null
  }

  /// A place in a file, or an override as it was given.
  enum Origin: Sendable, Hashable {
    case file(path: String, line: Int, column: Int)
    case override(String)

    var location: Diagnostic.Location {
      switch self {
      case .file(let path, let line, let column): .init(path, line: line, column: column)
      case .override(let text): .init("--set \(text)")
      }
    }
  }

  var content: Content
  var origin: Origin

  /// Reads YAML, noting every value's place; duplicate keys and syntax errors are refused.
  init(yaml: String, path: String) throws {
    do {
      guard let node = try Yams.compose(yaml: yaml) else {
        throw RecipeError(
          path: path, "the recipe is empty",
          advice: "trimtab recipe copy begins one with a recipe that ships")
      }
      self.init(node) { mark in
        .file(path: path, line: mark?.line ?? 1, column: mark?.column ?? 1)
      }
    } catch let error as YamlError {
      throw RecipeError(error, path: path)
    }
  }

  private init(_ node: Node, origin: (Mark?) -> Origin) {
    self.origin = origin(node.mark)
    switch node {
    case .scalar(let scalar):
      let isNull = scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
      content = isNull ? .null : .scalar(scalar.string)
    case .sequence(let sequence):
      content = .list(sequence.map { RecipeNode($0, origin: origin) })
    case .mapping(let mapping):
      content = .mapping(
        mapping.map { key, value in
          (key.string ?? "", origin(key.mark), RecipeNode(value, origin: origin))
        })
    case .alias: content = .null
    }
  }

  /// Sets the value at a path such as `training.learning_rate`, making the sections on the way.
  mutating func apply(override text: String) throws {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw RecipeError(override: text, "an override is KEY=VALUE", advice: "such as training.epochs=1")
    }
    let path = text[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let written = String(text[text.index(after: equals)...])
    do {
      var value = RecipeNode(content: .null, origin: .override(text))
      if let node = try Yams.compose(yaml: written) {
        value = RecipeNode(node) { _ in .override(text) }
      }
      set(path[...], to: value)
    } catch let error as YamlError {
      throw RecipeError(override: text, "the value isn't YAML: \(error)")
    }
  }

  private mutating func set(_ path: ArraySlice<String>, to value: RecipeNode) {
    guard let key = path.first else {
      self = value
      return
    }
    var members: [(key: String, origin: Origin, value: RecipeNode)] = []
    if case .mapping(let known) = content { members = known }
    if let index = members.firstIndex(where: { $0.key == key }) {
      members[index].value.set(path.dropFirst(), to: value)
    } else {
      var member = RecipeNode(content: .mapping([]), origin: value.origin)
      member.set(path.dropFirst(), to: value)
      members.append((key, value.origin, member))
    }
    content = .mapping(members)
  }

  private init(content: Content, origin: Origin) {
    self.content = content
    self.origin = origin
  }

  /// What it is, in words for a message.
  var described: String {
    switch content {
    case .scalar(let text): "\"\(text)\""
    case .list: "a list"
    case .mapping: "a section"
    case .null: "nothing"
    }
  }
}
