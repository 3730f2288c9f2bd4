/// One problem of the demo's text, apart from the words that it is told in.
///
/// The same problem can be told as a question or as a narrative. Numbers lie between 0 and 15.
enum DemoTextProblem: Sendable, Hashable {
  case sum(holder: String, giver: String, thing: String, has: Int, gains: Int)
  case difference(holder: String, taker: String, thing: String, has: Int, loses: Int)
  case comparison(people: [String], thing: String, have: [Int], wanted: Comparison)
  case gap(people: [String], thing: String, have: [Int])
  case steps(holder: String, thing: String, has: Int, changes: [Int])
  case groups(holder: String, thing: String, bags: Int, each: Int)
  case count(holder: String, thing: String, row: [String], colour: String)
  case position(words: [String], wanted: Position)
  case repetition(words: [String])
  case reversal(words: [String])

  enum Comparison: String, Sendable, CaseIterable { case more, fewer }
  enum Position: String, Sendable, CaseIterable { case first, last }

  static let largestNumber = 15

  var skill: DemoText.Skill {
    switch self {
    case .sum: .sum
    case .difference: .difference
    case .comparison: .comparison
    case .gap: .gap
    case .steps: .steps
    case .groups: .groups
    case .count: .count
    case .position: .position
    case .repetition: .repetition
    case .reversal: .reversal
    }
  }
}

// MARK: - Drawing

extension DemoTextProblem {
  /// Draws a problem of a skill.
  init(_ skill: DemoText.Skill, using random: inout DemoTextRandom) {
    typealias Words = DemoTextWords
    let largest = Self.largestNumber
    let people = random.pick(2, of: Words.people)
    let thing = random.pick(Words.things)
    switch skill {
    case .sum:
      let has = random.integer(in: 1...largest - 1)
      let gains = random.integer(in: 1...largest - has)
      self = .sum(holder: people[0], giver: people[1], thing: thing, has: has, gains: gains)
    case .difference:
      let has = random.integer(in: 2...largest)
      let loses = random.integer(in: 1...has)
      self = .difference(holder: people[0], taker: people[1], thing: thing, has: has, loses: loses)
    case .comparison:
      let wanted = random.pick(Comparison.allCases)
      self = .comparison(
        people: people, thing: thing, have: random.pick(2, of: Array(1...largest)), wanted: wanted)
    case .gap:
      let have = random.pick(2, of: Array(1...largest)).sorted(by: >)
      self = .gap(people: people, thing: thing, have: have)
    case .steps:
      let has = random.integer(in: 1...largest)
      self = .steps(
        holder: people[0], thing: thing, has: has,
        changes: Self.changes(from: has, count: random.pick([2, 2, 3]), using: &random))
    case .groups:
      let bags = random.integer(in: 2...5)
      let each = random.integer(in: 1...largest / bags)
      self = .groups(holder: people[0], thing: thing, bags: bags, each: each)
    case .count:
      let colours = random.pick(3, of: Words.colours)
      let row = (0..<random.integer(in: 4...6)).map { _ in random.pick(colours) }
      self = .count(holder: people[0], thing: thing, row: row, colour: random.pick(row))
    case .position:
      let words = random.pick(random.integer(in: 3...4), of: Words.nouns)
      self = .position(words: words, wanted: random.pick(Position.allCases))
    case .repetition:
      self = .repetition(words: random.pick(random.integer(in: 2...3), of: Words.nouns))
    case .reversal:
      self = .reversal(words: random.pick(random.integer(in: 2...3), of: Words.nouns))
    }
  }

  /// Gains and losses that keep what is held between 1 and the largest number.
  static func changes(
    from start: Int, count: Int, upTo largest: Int = largestNumber, using random: inout DemoTextRandom
  ) -> [Int] {
    var held = start
    return (0..<count).map { _ in
      let rises = held == 1 || (held < largest && random.happens(percent: 50))
      let change = rises ? random.integer(in: 1...largest - held) : -random.integer(in: 1...held - 1)
      held += change
      return change
    }
  }
}

// MARK: - Solving

extension DemoTextProblem {
  /// The answer alone: a number, a name or words.
  var answer: String {
    switch self {
    case .sum(_, _, _, let has, let gains): "\(has + gains)"
    case .difference(_, _, _, let has, let loses): "\(has - loses)"
    case .comparison(let people, _, let have, let wanted):
      (have[0] > have[1]) == (wanted == .more) ? people[0] : people[1]
    case .gap(_, _, let have): "\(have[0] - have[1])"
    case .steps(_, _, let has, let changes): "\(changes.reduce(has, +))"
    case .groups(_, _, let bags, let each): "\(bags * each)"
    case .count(_, _, let row, let colour): "\(row.count { $0 == colour })"
    case .position(let words, let wanted): wanted == .first ? words[0] : words[words.count - 1]
    case .repetition(let words): words.joined(separator: " ")
    case .reversal(let words): words.reversed().joined(separator: " ")
    }
  }

  /// The written way to the answer, which ends with it: `8 + 6 = 14, 14 - 3 = 11`; where there is nothing to
  /// work out, the answer.
  var working: String {
    switch self {
    case .sum(_, _, _, let has, let gains): return "\(has) + \(gains) = \(answer)"
    case .difference(_, _, _, let has, let loses): return "\(has) - \(loses) = \(answer)"
    case .gap(_, _, let have): return "\(have[0]) - \(have[1]) = \(answer)"
    case .groups(_, _, let bags, let each): return "\(bags) x \(each) = \(answer)"
    case .steps(_, _, let has, let changes):
      return Self.working(from: has, changes).joined(separator: ", ")
    case .comparison, .count, .position, .repetition, .reversal: return answer
    }
  }
}

extension DemoTextProblem {
  /// A line of working for each change of what is held.
  static func working(from start: Int, _ changes: [Int]) -> [String] {
    var held = start
    return changes.map { change in
      defer { held += change }
      return "\(held) \(change > 0 ? "+" : "-") \(abs(change)) = \(held + change)"
    }
  }
}

// MARK: - Splits

extension DemoTextProblem {
  /// The split that the problem belongs to, however it is told.
  ///
  /// It follows from the content alone, so text of different splits shares no problem whatever its seed. Of a
  /// problem with several steps the numbers alone decide; otherwise what is given, and not what is asked: the
  /// same numbers in another story, or another question about the same row, stay on their side.
  var split: DemoText.Split { Self.split(ofContent: content) }

  static func split(ofContent content: String) -> DemoText.Split {
    // FNV-1a, then SplitMix64's finisher, because neighbouring texts must scatter.
    let hash = content.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    var scattered = DemoTextRandom(seed: hash)
    switch scattered.integer(in: 1...100) {
    case 1...5: return .test
    case 6...10: return .development
    default: return .train
    }
  }

  private var content: String {
    switch self {
    case .sum(let holder, _, let thing, let has, let gains): "sum \(holder) \(thing) \(has) \(gains)"
    case .difference(let holder, _, let thing, let has, let loses):
      "difference \(holder) \(thing) \(has) \(loses)"
    case .comparison(let people, let thing, let have, _), .gap(let people, let thing, let have):
      "two \(thing) \(zip(people, have).map { "\($0) \($1)" }.sorted())"
    case .steps(_, _, let has, let changes): "steps \(has) \(changes)"
    case .groups(let holder, let thing, let bags, let each): "groups \(holder) \(thing) \(bags) \(each)"
    case .count(_, _, let row, _): "row \(row)"
    case .position(let words, _), .repetition(let words), .reversal(let words): "words \(words)"
    }
  }
}
