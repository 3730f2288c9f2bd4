import Foundation

/// A calculation that a text writes down: `3 + 4 x 2 = 11`.
struct WrittenEquation: Sendable, Hashable {
  /// As it stands in the text.
  var text: String
  var isRight: Bool
}

/// Finds calculations in text: numbers joined by + - x * × · ÷ /, an equals sign, and a number.
///
/// In a chain (`8 + 6 = 14 - 3 = 11`, or `3 + 4 = 5 + 2`) each equals sign is held against the whole of what stands
/// behind it, or its first number: learners write on from an interim result. A result with a fraction may be
/// rounded to the digits that it shows; a whole one must be exact. What is only a part of a calculation (with brackets,
/// letters or percentages around it) is let alone.
enum WrittenEquations {
  static func find(in text: String) -> [WrittenEquation] {
    var scanner = ExpressionScanner(text)
    var equations: [WrittenEquation] = []
    while scanner.moveToNumber() {
      guard var left = scanner.readExpression() else { break }
      while scanner.readEquals(), let right = scanner.readExpression() {
        if left.numbers.count > 1, left.isWhole {
          equations.append(
            WrittenEquation(
              text: scanner.text(from: left.start, to: right.end), isRight: left.equals(right)))
        }
        left = right
      }
    }
    return equations
  }
}

/// Numbers with operators between them.
private struct Expression {
  struct Number {
    var value: Double
    /// Digits behind the point.
    var fractionDigits: Int
  }

  var numbers: [Number]
  var operators: [Character]
  /// Where it begins and ends in the text.
  var start: Int
  var end: Int
  /// Whether no operator joins it to something before it that couldn't be read.
  var isWhole: Bool

  /// Worked out with × and ÷ first; nil for a division by zero.
  var value: Double? {
    var terms = [numbers[0].value]
    for (sign, number) in zip(operators, numbers.dropFirst()) {
      switch sign {
      case "+": terms.append(number.value)
      case "-": terms.append(-number.value)
      case "×": terms[terms.count - 1] *= number.value
      default:
        guard number.value != 0 else { return nil }
        terms[terms.count - 1] /= number.value
      }
    }
    return terms.reduce(0, +)
  }

  func equals(_ result: Expression) -> Bool {
    guard let value else { return false }
    let first = result.numbers[0]
    let rounding = first.fractionDigits == 0 ? 0 : 0.5 * pow(10, -Double(first.fractionDigits))
    func isNear(_ other: Double, _ tolerance: Double) -> Bool {
      abs(value - other) <= tolerance + 1e-9 * max(1, abs(value))
    }
    return isNear(first.value, rounding) || (result.value.map { isNear($0, 0) } ?? false)
  }
}

/// Reads numbers and signs from a text, from left to right.
private struct ExpressionScanner {
  private let characters: [Character]
  private(set) var place = 0

  init(_ text: String) { characters = Array(text) }

  func text(from start: Int, to end: Int) -> String { String(characters[start..<end]) }

  /// Goes to where the next number begins; false at the end.
  mutating func moveToNumber() -> Bool {
    while place < characters.count, !isDigit(place) { place += 1 }
    return place < characters.count
  }

  /// Reads a number and what is joined to it; leaves the place alone where there is none.
  mutating func readExpression() -> Expression? {
    let start = place
    skipSpaces()
    var before = place - 1
    var isNegative = false
    if place < characters.count, "-−".contains(characters[place]) {
      isNegative = true
      place += 1
    } else if before >= 0, "-−".contains(characters[before]), isSign(at: before) {
      isNegative = true
      before -= 1
    }
    guard var number = readNumber() else {
      place = start
      return nil
    }
    if isNegative { number.value.negate() }
    var expression = Expression(
      numbers: [number], operators: [], start: start, end: place, isWhole: !isJoined(to: before))
    while let (sign, next) = readStep() {
      expression.operators.append(sign)
      expression.numbers.append(next)
      expression.end = place
    }
    return expression
  }

  /// Reads an equals sign, and what a currency or a marker puts behind it.
  mutating func readEquals() -> Bool {
    let start = place
    skipSpaces()
    guard place < characters.count, characters[place] == "=" else {
      place = start
      return false
    }
    place += 1
    skipSpaces()
    return true
  }

  /// Reads an operator and the number behind it.
  private mutating func readStep() -> (Character, Expression.Number)? {
    let start = place
    skipSpaces()
    if place < characters.count, let sign = Self.sign(characters[place]) {
      let isSpaced = place > start
      place += 1
      skipSpaces()
      let isNegative = place < characters.count && "-−".contains(characters[place]) && isSpaced
      if isNegative { place += 1 }
      if var number = readNumber() {
        if isNegative { number.value.negate() }
        return (sign, number)
      }
    }
    place = start
    return nil
  }

  private mutating func readNumber() -> Expression.Number? {
    if place < characters.count, "$€£".contains(characters[place]) { place += 1 }
    guard place < characters.count, isDigit(place) else { return nil }
    var digits = ""
    var fractionDigits = 0
    while place < characters.count {
      if isDigit(place) {
        digits.append(characters[place])
      } else if characters[place] != "," || !isThousandsComma {
        break
      }
      place += 1
    }
    if place + 1 < characters.count, characters[place] == ".", isDigit(place + 1) {
      digits.append(".")
      place += 1
      while place < characters.count, isDigit(place) {
        digits.append(characters[place])
        fractionDigits += 1
        place += 1
      }
    }
    return Double(digits).map { Expression.Number(value: $0, fractionDigits: fractionDigits) }
  }

  /// A comma with exactly three digits behind it.
  private var isThousandsComma: Bool {
    place + 3 < characters.count && (place + 1...place + 3).allSatisfy(isDigit)
      && !(place + 4 < characters.count && isDigit(place + 4))
  }

  /// Whether a dash there is a sign: nothing that it could be subtracted from stands before it.
  private func isSign(at dash: Int) -> Bool {
    guard dash > 0 else { return true }
    let before = characters[dash - 1]
    return !before.isLetter && !before.isNumber && before != ")" && before != "%"
  }

  /// Whether what stands up to there is joined to what follows: it ends in an operator or a bracket.
  private func isJoined(to last: Int) -> Bool {
    var place = last
    while place >= 0, characters[place] == " " { place -= 1 }
    guard place >= 0, ")^".contains(characters[place]) || Self.sign(characters[place]) != nil else {
      return false
    }
    let lineStart = (characters[..<place].lastIndex { $0.isNewline } ?? -1) + 1
    // A sign that begins a line is a bullet; an "x" that ends a word is a letter.
    let isBullet = characters[lineStart..<place].allSatisfy(\.isWhitespace)
    return !isBullet && !(characters[place].isLetter && characters[place - 1].isLetter)
  }

  private mutating func skipSpaces() {
    while place < characters.count, characters[place] == " " || characters[place] == "\u{00A0}" { place += 1 }
  }

  private func isDigit(_ index: Int) -> Bool {
    characters[index].asciiValue.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
  }

  private static func sign(_ character: Character) -> Character? {
    switch character {
    case "+": "+"
    case "-", "−", "–": "-"
    case "x", "X", "*", "×", "·": "×"
    case "/", "÷": "÷"
    default: nil
    }
  }
}
