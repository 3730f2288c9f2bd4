/// How a dataset lies in its HDF5 file.
///
///     /                       attributes: format, version, kind, source, license, created
///     /train/text/<column>    variable-length UTF-8, one row an example
///     /train/tokens/ids       uint32; the tokens of all examples, end to end
///     /train/tokens/mask      uint8; 1 where the loss counts the token as a target
///     /train/tokens/offsets   int64[n+1]; example i is offsets[i]..<offsets[i+1]
///     /train/tokens/reference/{chosen,rejected[,mismatched]}
///                             float64[n]; of preference pairs, with the attribute fingerprint: whose they are
enum DatasetLayout {
  static let format = "trimtab.dataset"
  static let version = 1
  static let text = "text"
  static let tokens = "tokens"
  static let reference = "reference"
  /// Splits in the order in which people think of them; others follow by name.
  static let splits = ["train", "validation", "test"]
  /// A dataset is a table: a file with more different fields has data for names.
  static let mostColumns = 64

  /// Whether a split can have this name: it is the name of a group and an option's value.
  static func canNameSplit(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 64
      && name.unicodeScalars.allSatisfy {
        $0 == "-" || $0 == "_" || ($0.isASCII && $0.properties.isAlphabetic) || ("0"..."9").contains($0)
      }
  }
}

/// How a split's tokens were made, as its file says.
public struct Tokenization: Sendable, Hashable {
  /// The fingerprint of the tokenizer.
  public var tokenizer: String
  /// The template's name, and what part of the text is trained on.
  public var template: String
  public var trainOn: String
  /// The fingerprint of a model's own template, whose name is every model's; nil for the simple ones.
  public var templateFingerprint: String?
  /// The tokens that end a generation; nil where the file, written by another program, doesn't say.
  public var stopTokens: Set<UInt32>?
  /// The length that examples were cut to.
  public var maximumLength: Int?
  /// Where the tokenizer was loaded from, as a hint.
  public var tokenizerPath: String?

  public init(
    tokenizer: String, template: String, trainOn: String, stopTokens: Set<UInt32>?, maximumLength: Int? = nil,
    tokenizerPath: String? = nil, templateFingerprint: String? = nil
  ) {
    self.tokenizer = tokenizer
    self.template = template
    self.trainOn = trainOn
    self.stopTokens = stopTokens
    self.maximumLength = maximumLength
    self.tokenizerPath = tokenizerPath
    self.templateFingerprint = templateFingerprint
  }
}
