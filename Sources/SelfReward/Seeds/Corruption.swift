import Foundation
import Tensors

/// A known way of making a good answer worse.
public enum Corruption: String, Sendable, Hashable, CaseIterable {
  /// One digit becomes another.
  case digit
  /// A sentence, a line or a step is left out.
  case step
  /// Two names or numbers change places.
  case entities
  /// It is the answer to another question.
  case otherAnswer = "other-answer"

  /// A worse answer; nil where this one offers nothing to corrupt.
  ///
  /// - Parameters:
  ///   - others: Good answers to other questions.
  ///   - random: What it depends on beside the answer.
  public func corrupted(_ answer: String, others: [String], random: CounterRandom) -> String? {
    let changed: String? =
      switch self {
      case .digit: Self.flippingDigit(answer, random)
      case .step: Self.droppingStep(answer, random)
      case .entities: Self.swappingEntities(answer, random)
      case .otherAnswer: Self.pick(others.filter { $0 != answer }, random, 0)
      }
    return changed == answer ? nil : changed
  }

  private static func pick<Element>(_ elements: [Element], _ random: CounterRandom, _ index: UInt64)
    -> Element?
  {
    elements.isEmpty
      ? nil
      : elements[min(elements.count - 1, Int(random.preciseUniform(at: index) * Double(elements.count)))]
  }

  private static func isDigit(_ character: Character) -> Bool {
    character.isASCII && character.isNumber
  }

  private static func flippingDigit(_ answer: String, _ random: CounterRandom) -> String? {
    var characters = Array(answer)
    guard let place = pick(characters.indices.filter { isDigit(characters[$0]) }, random, 0),
      let digit = characters[place].wholeNumberValue
    else { return nil }
    let isLeading = place == 0 || !isDigit(characters[place - 1])
    let hasMore = place + 1 < characters.count && isDigit(characters[place + 1])
    // No number begins with 0 because of us.
    let choices = (isLeading && hasMore ? 1...9 : 0...9).filter { $0 != digit }
    guard let flipped = pick(choices, random, 1) else { return nil }
    characters[place] = Character("\(flipped)")
    return String(characters)
  }

  /// Cuts behind `.`, `!`, `?`, `,` and `;` followed by a space, and at line ends.
  private static func steps(_ answer: String) -> [Substring] {
    var steps: [Substring] = []
    var start = answer.startIndex
    for (place, next) in zip(answer.indices, answer.indices.dropFirst())
    where answer[place].isNewline || (".!?,;".contains(answer[place]) && answer[next].isWhitespace) {
      steps.append(answer[start..<next])
      start = next
    }
    return (steps + [answer[start...]]).filter { !$0.allSatisfy(\.isWhitespace) }
  }

  private static func droppingStep(_ answer: String, _ random: CounterRandom) -> String? {
    let steps = Self.steps(answer)
    guard steps.count > 1, let dropped = pick(Array(steps.indices), random, 0) else { return nil }
    let left = steps.indices.filter { $0 != dropped }.map { String(steps[$0]) }.joined()
    return left.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static func swappingEntities(_ answer: String, _ random: CounterRandom) -> String? {
    let entities = self.entities(answer)
    let numbers = entities.filter { answer[$0].allSatisfy(isDigit) }
    let names = entities.filter { !answer[$0].allSatisfy(isDigit) }
    // Numbers change places with numbers and names with names, else the fault would be one of grammar.
    let pairs = [numbers, names].flatMap { kind in
      kind.indices.flatMap { one in
        kind.indices.filter { $0 > one && answer[kind[one]] != answer[kind[$0]] }.map {
          (kind[one], kind[$0])
        }
      }
    }
    guard let (first, second) = pick(pairs, random, 0) else { return nil }
    let (before, between) = (answer[..<first.lowerBound], answer[first.upperBound..<second.lowerBound])
    return "\(before)\(answer[second])\(between)\(answer[first])\(answer[second.upperBound...])"
  }

  /// Numbers, and words with a capital letter that don't begin a sentence.
  private static func entities(_ answer: String) -> [Range<String.Index>] {
    var found: [Range<String.Index>] = []
    var (place, beginsSentence) = (answer.startIndex, true)
    while place < answer.endIndex {
      let character = answer[place]
      let isDigits = isDigit(character)
      guard isDigits || character.isLetter else {
        if ".!?\n".contains(character) { beginsSentence = true }
        place = answer.index(after: place)
        continue
      }
      let rest = answer[place...]
      let end =
        (isDigits ? rest.firstIndex { !isDigit($0) } : rest.firstIndex { !$0.isLetter }) ?? answer.endIndex
      if isDigits || (character.isUppercase && !beginsSentence) { found.append(place..<end) }
      beginsSentence = false
      place = end
    }
    return found
  }
}
