extension DemoText {
  /// `count` pretraining documents, made one by one while they are read.
  ///
  /// A tenth are lines of plain calculations, nearly half narratives, the rest questions with their habit.
  public static func documents(count: Int, seed: UInt64) -> Documents {
    Documents(count: count, seed: seed)
  }

  /// Documents as a sequence; each pass over it gives the same ones.
  public struct Documents: Sequence, Sendable {
    let count: Int
    let seed: UInt64

    public func makeIterator() -> Iterator { Iterator(left: count, random: DemoTextRandom(seed: seed)) }

    public struct Iterator: IteratorProtocol {
      var left: Int
      var random: DemoTextRandom

      public mutating func next() -> String? {
        guard left > 0 else { return nil }
        left -= 1
        return DemoText.document(using: &random)
      }
    }
  }

  private static func document(using random: inout DemoTextRandom) -> String {
    if random.happens(percent: 10) { return calculations(using: &random) }
    let problem = problem(of: .train, using: &random)
    if random.happens(percent: 45) { return problem.narrative(using: &random) }
    let question = question(problem, using: &random)
    if random.happens(percent: problem.skill.answered) { return question.prompt + question.response }
    return "\(question.prompt) \(random.pick(weighted: DemoTextWords.hedges))"
  }

  private static func calculations(using random: inout DemoTextRandom) -> String {
    let largest = DemoTextProblem.largestNumber
    let lines = (0..<6).map { _ in
      switch random.integer(in: 1...5) {
      case 1...2:
        let first = random.integer(in: 1...largest - 1)
        let second = random.integer(in: 1...largest - first)
        return "\(first) + \(second) = \(first + second)"
      case 3...4:
        let first = random.integer(in: 1...largest)
        let second = random.integer(in: 1...first)
        return "\(first) - \(second) = \(first - second)"
      default:
        let first = random.integer(in: 2...5)
        let second = random.integer(in: 1...largest / first)
        return "\(first) x \(second) = \(first * second)"
      }
    }
    return "On the board: \(lines.joined(separator: ", "))."
  }
}
