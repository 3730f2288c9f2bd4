import Formats

/// A token that is found in a text before everything else, such as `<|im_start|>`.
public struct AddedToken: Sendable {
  /// Its number in the vocabulary.
  public var id: TokenID
  /// Its text.
  public var content: String
  /// Whether it steers the model and isn't part of the text; left out when decoding.
  public var isSpecial: Bool
  /// Whether it is found only between characters that don't belong to words.
  public var isSingleWord = false
  /// Whether it takes the white space before it along.
  public var stripsLeft = false
  /// Whether it takes the white space behind it along.
  public var stripsRight = false
  /// Whether it is looked for in the normalised text and not in the original.
  public var isNormalized = false

  /// A token that is found wherever its text stands.
  public init(id: TokenID, content: String, isSpecial: Bool = true) {
    self.id = id
    self.content = content
    self.isSpecial = isSpecial
  }
}

extension AddedToken {
  /// Reads an element of `added_tokens` in a tokenizer.json.
  init(_ json: JSON, source: String) throws {
    guard let content = json["content"]?.stringValue, let number = json["id"]?.intValue,
      let id = TokenID(exactly: number)
    else {
      throw TokenizerError.malformed(problem: "an added token lacks its content or id", source: source)
    }
    self.init(id: id, content: content, isSpecial: json["special"]?.boolValue ?? false)
    isSingleWord = json["single_word"]?.boolValue ?? false
    stripsLeft = json["lstrip"]?.boolValue ?? false
    stripsRight = json["rstrip"]?.boolValue ?? false
    isNormalized = json["normalized"]?.boolValue ?? !isSpecial
  }

  /// The element of `added_tokens` in a tokenizer.json.
  var json: JSON {
    [
      "id": .integer(Int(id)), "content": .string(content), "single_word": .bool(isSingleWord),
      "lstrip": .bool(stripsLeft), "rstrip": .bool(stripsRight), "normalized": .bool(isNormalized),
      "special": .bool(isSpecial),
    ]
  }
}
