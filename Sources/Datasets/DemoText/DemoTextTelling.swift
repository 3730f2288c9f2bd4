/// How a problem is told: as a question, or as a narrative in which the answer comes up by itself.
extension DemoTextProblem {
  /// The question in one of its wordings, without "Question:" before it.
  func question(using random: inout DemoTextRandom) -> String {
    random.pick(questions)
  }

  /// A few sentences in the past tense that tell the same and work out the answer.
  func narrative(using random: inout DemoTextRandom) -> String {
    random.pick(narratives)
  }

  private var questions: [String] {
    let quantity = DemoTextWords.quantity
    switch self {
    case .sum(let holder, let giver, let thing, let has, let gains):
      let had = "\(holder) has \(quantity(has, thing))"
      return [
        "\(had) and finds \(gains) more. How many \(thing)s does \(holder) have now?",
        "\(had). Then \(giver) gives \(holder) \(quantity(gains, thing)). How many \(thing)s does \(holder) have?",
      ]
    case .difference(let holder, let taker, let thing, let has, let loses):
      let had = "\(holder) has \(quantity(has, thing))"
      return [
        "\(had) and loses \(loses). How many \(thing)s are left?",
        "\(had). Then \(holder) gives \(taker) \(quantity(loses, thing)). How many \(thing)s does \(holder) have?",
      ]
    case .comparison(let people, let thing, let have, let wanted):
      let both =
        "\(people[0]) has \(quantity(have[0], thing)) and \(people[1]) has \(quantity(have[1], thing))"
      return ["\(both). Who has \(wanted) \(thing)s?"]
    case .gap(let people, let thing, let have):
      let first = "\(people[0]) has \(quantity(have[0], thing))"
      let second = "\(people[1]) has \(quantity(have[1], thing))"
      return [
        "\(first) and \(second). How many more does \(people[0]) have?",
        "\(second) and \(first). How many fewer does \(people[1]) have?",
      ]
    case .steps(let holder, let thing, let has, let changes):
      let story = Self.story(changes, isPast: false)
      return [
        "\(holder) has \(quantity(has, thing)), \(story). How many \(thing)s does \(holder) have now?"
      ]
    case .groups(let holder, let thing, let bags, let each):
      return [
        "\(holder) has \(bags) bags with \(quantity(each, thing)) in each. How many \(thing)s is that?"
      ]
    case .count(let holder, let thing, let row, let colour):
      return ["\(holder) lays a row of \(thing)s: \(row.joined(separator: ", ")). How many are \(colour)?"]
    case .position(let words, let wanted):
      return ["What is the \(wanted) word here: \(words.joined(separator: " "))?"]
    case .repetition(let words):
      return ["Say again: \(words.joined(separator: " "))."]
    case .reversal(let words):
      return ["Say backwards: \(words.joined(separator: " "))."]
    }
  }

  private var narratives: [String] {
    let quantity = DemoTextWords.quantity
    switch self {
    case .sum(let holder, let giver, let thing, let has, let gains):
      let had = "\(holder) had \(quantity(has, thing))"
      let ending = "\(working), so \(holder) had \(answer) \(thing)s."
      return [
        "\(had) and found \(gains) more. \(ending)",
        "\(had). Then \(giver) gave \(holder) \(quantity(gains, thing)). \(ending)",
      ]
    case .difference(let holder, let taker, let thing, let has, let loses):
      let had = "\(holder) had \(quantity(has, thing))"
      return [
        "\(had) and lost \(loses). \(working), so \(quantity(has - loses, thing)) \(Self.were(has - loses)) left.",
        "\(had). Then \(holder) gave \(taker) \(quantity(loses, thing)). "
          + "\(working), so \(holder) had \(quantity(has - loses, thing)).",
      ]
    case .comparison(let people, let thing, let have, let wanted):
      let both =
        "\(people[0]) had \(quantity(have[0], thing)) and \(people[1]) had \(quantity(have[1], thing))"
      return ["\(both). The one with \(wanted) \(thing)s was \(answer)."]
    case .gap(let people, let thing, let have):
      let first = "\(people[0]) had \(quantity(have[0], thing))"
      let second = "\(people[1]) had \(quantity(have[1], thing))"
      return [
        "\(first) and \(second). \(working), so \(people[0]) had \(answer) more.",
        "\(second) and \(first). \(working), so \(people[1]) had \(answer) fewer.",
      ]
    case .steps(let holder, let thing, let has, let changes):
      let story = Self.story(changes, isPast: true)
      let left = quantity(changes.reduce(has, +), thing)
      return ["\(holder) had \(quantity(has, thing)), \(story). \(working), so \(holder) had \(left)."]
    case .groups(let holder, let thing, let bags, let each):
      return [
        "\(holder) had \(bags) bags with \(quantity(each, thing)) in each. "
          + "\(working), so \(holder) had \(answer) \(thing)s."
      ]
    case .count(let holder, let thing, let row, let colour):
      return [
        "\(holder) laid a row of \(thing)s: \(row.joined(separator: ", ")). "
          + "Of them \(answer) \(Self.were(row.count { $0 == colour })) \(colour)."
      ]
    case .position(let words, let wanted):
      return ["The words were: \(words.joined(separator: " ")). The \(wanted) word was \(answer)."]
    case .repetition(let words):
      return ["One said: \(words.joined(separator: " ")). Another said again: \(answer)."]
    case .reversal(let words):
      return ["One said: \(words.joined(separator: " ")). Another said backwards: \(answer)."]
    }
  }

  private static func were(_ count: Int) -> String { count == 1 ? "was" : "were" }

  /// `finds 6, loses 3 and finds 2`, or the same in the past.
  static func story(_ changes: [Int], isPast: Bool) -> String {
    enumerate(
      changes.map { "\($0 > 0 ? (isPast ? "found" : "finds") : (isPast ? "lost" : "loses")) \(abs($0))" })
  }

  /// `a, b and c`.
  private static func enumerate(_ parts: [String]) -> String {
    parts.dropLast().joined(separator: ", ") + " and " + (parts.last ?? "")
  }
}
