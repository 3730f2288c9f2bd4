import Foundation

/// Finding the answer in what a model said.
public enum AnswerExtraction {
  /// Whether a text is a number and nothing else.
  static func isNumber(_ text: String) -> Bool {
    let characters = text.unicodeScalars.filter { !$0.properties.isWhitespace }
    return characters.allSatisfy { isDigit($0) || "+-−.,".unicodeScalars.contains($0) }
      && numbers(in: text).count == 1
  }

  /// The last number in a text: an optional sign, digits with commas between thousands, an optional fraction.
  ///
  /// A minus counts as a sign only where it can't be a hyphen or a subtraction: not behind a digit or a letter.
  public static func lastNumber(in text: String) -> Decimal? { numbers(in: text).last ?? nil }

  /// All numbers in a text; nil for digits that are more than one can hold.
  private static func numbers(in text: String) -> [Decimal?] {
    let characters = Array(text.unicodeScalars)
    var numbers: [Decimal?] = []
    var index = 0
    while index < characters.count {
      guard isDigit(characters[index]) else {
        index += 1
        continue
      }
      var (start, digits) = (index, "")
      while index < characters.count {
        if isDigit(characters[index]) {
          digits.unicodeScalars.append(characters[index])
        } else if !isThousandsComma(characters, index) {
          break
        }
        index += 1
      }
      if index + 1 < characters.count, characters[index] == ".", isDigit(characters[index + 1]) {
        digits += "."
        index += 1
        while index < characters.count, isDigit(characters[index]) {
          digits.unicodeScalars.append(characters[index])
          index += 1
        }
      }
      if isBareFraction(characters, start), !digits.contains(".") {
        digits = "0." + digits
        start -= 1
      }
      if start > 0, characters[start - 1] == "$" { start -= 1 }
      if start > 0, characters[start - 1] == "-" || characters[start - 1] == "−" {
        let before = start > 1 ? characters[start - 2] : " "
        if !isDigit(before), !before.properties.isAlphabetic { digits = "-" + digits }
      }
      numbers.append(Decimal(string: digits, locale: Locale(identifier: "en_US_POSIX")))
    }
    return numbers
  }

  /// Whether the digits from `start` on stand behind a point alone, as in `.5`.
  private static func isBareFraction(_ text: [Unicode.Scalar], _ start: Int) -> Bool {
    guard start > 0, text[start - 1] == "." else { return false }
    let before = start > 1 ? text[start - 2] : " "
    return !isDigit(before) && !before.properties.isAlphabetic && before != "."
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

  /// A comma with three digits behind it, and no fourth.
  private static func isThousandsComma(_ text: [Unicode.Scalar], _ index: Int) -> Bool {
    guard text[index] == ",", index + 3 < text.count, text[index + 1...index + 3].allSatisfy(isDigit)
    else { return false }
    return index + 4 >= text.count || !isDigit(text[index + 4])
  }
}
