extension Unicode.Scalar {
  var isASCIIDigit: Bool { ("0"..."9").contains(self) }
  var isOctalDigit: Bool { ("0"..."7").contains(self) }

  /// What Python's `str.isspace` accepts: Unicode's white space and the four ASCII separators.
  var isPythonSpace: Bool {
    properties.isWhitespace || (0x1C...0x1F).contains(value)
  }

  /// Where Python's `str.splitlines` cuts.
  var isLineBreak: Bool {
    switch value {
    case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }

  /// A letter, digit or underscore of a name.
  var isIdentifierPart: Bool {
    self == "_" || isASCIIDigit || properties.isXIDContinue
  }

  var isCased: Bool { properties.isLowercase || properties.isUppercase || isTitlecase }

  var isTitlecase: Bool { properties.generalCategory == .titlecaseLetter }

  var isLetter: Bool {
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  /// A digit in the sense of Python's `str.isdigit`.
  var isDigit: Bool {
    properties.numericType == .decimal || properties.numericType == .digit
  }

  /// What Python's `repr` prints as it is.
  var isPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    case .spaceSeparator: self == " "
    default: true
    }
  }
}

extension String {
  init(scalars: some Sequence<Unicode.Scalar>) {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    self = String(view)
  }

  /// Whether this text sorts before the other by code points; UTF-8 keeps their order.
  func precedes(_ other: String) -> Bool {
    utf8.lexicographicallyPrecedes(other.utf8)
  }
}
