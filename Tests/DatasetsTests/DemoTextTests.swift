import Datasets
import Foundation
import Testing

@Suite struct DemoTextTests {
  @Test func theSameSeedTellsTheSame() {
    #expect(Array(DemoText.documents(count: 300, seed: 5)) == Array(DemoText.documents(count: 300, seed: 5)))
    #expect(Array(DemoText.documents(count: 300, seed: 5)) != Array(DemoText.documents(count: 300, seed: 6)))
    #expect(
      DemoText.questions(.test, count: 300, seed: 5) == DemoText.questions(.test, count: 300, seed: 5))
    #expect(
      DemoText.questions(.test, count: 300, seed: 5) != DemoText.questions(.test, count: 300, seed: 6))
  }

  /// Pins the text itself: whoever changes it must pretrain the demo's models again.
  @Test func theTextIsPinned() {
    let first = Array(DemoText.documents(count: 3, seed: 1))
    #expect(
      first == [
        "Question: Ben has 10 shells, loses 4 and finds 6. How many shells does Ben have now?\nAnswer: Who can say?",
        "On the board: 2 - 1 = 1, 8 + 5 = 13, 14 + 1 = 15, 6 - 3 = 3, 8 + 4 = 12, 13 - 9 = 4.",
        "Mia had 5 bags with 1 egg in each. 5 x 1 = 5, so Mia had 5 eggs.",
      ])
  }

  @Test func moreQuestionsContinueFewer() {
    let few = DemoText.questions(.development, count: 50, seed: 3)
    #expect(DemoText.questions(.development, count: 90, seed: 3).prefix(50) == few[...])
  }

  @Test(arguments: DemoText.Split.allCases)
  func questionsAreDifferentAndEverySkillIsAmongThem(split: DemoText.Split) {
    let questions = DemoText.questions(split, count: 1000, seed: 1)
    #expect(Set(questions.map(\.prompt)).count == 1000)
    #expect(Set(questions.map(\.skill)) == Set(DemoText.Skill.allCases))
    for question in questions {
      #expect(question.prompt.hasPrefix("Question: ") && question.prompt.hasSuffix("\nAnswer:"))
    }
  }

  /// What is asked and what is told is compared as facts read back from the text (who has how many of what),
  /// so that a narrative of a held-out question is noticed too.
  @Test func heldOutProblemsAreNeitherReadNorTunedOn() {
    let tuned = DemoText.questions(.train, count: 4000, seed: 1)
    let documents = DemoText.documents(count: 20_000, seed: 2)
    let read = Set(documents.map(Facts.init) + tuned.map { Facts($0.prompt) })
    let development = DemoText.questions(.development, count: 500, seed: 3).map { Facts($0.prompt) }
    let test = DemoText.questions(.test, count: 1000, seed: 4).map { Facts($0.prompt) }
    #expect(read.intersection(development) == [])
    #expect(read.intersection(test) == [])
    #expect(Set(development).intersection(test) == [])
    // The comparison can fail: documents of another seed do meet tuning questions.
    let documentsAlone = Set(documents.map(Facts.init))
    #expect(tuned.count { documentsAlone.contains(Facts($0.prompt)) } > 100)
  }

  @Test(arguments: DemoText.Split.allCases)
  func answersAreRight(split: DemoText.Split) throws {
    for question in DemoText.questions(split, count: 1500, seed: 9) {
      let expected = try #require(solve(question), "\(question.prompt)")
      #expect(question.answer == expected, "\(question.prompt)")
      #expect(DemoText.answer(in: question.response) == expected, "\(question.response)")
    }
  }

  @Test func writtenCalculationsAreRightAndStayInRange() throws {
    let calculation = /(\d+) ([-+x]) (\d+) = (-?\d+)/
    var found = 0
    for document in DemoText.documents(count: 5000, seed: 11) {
      for match in document.matches(of: calculation) {
        let (left, right) = (try #require(Int(match.1)), try #require(Int(match.3)))
        let value = match.2 == "+" ? left + right : match.2 == "-" ? left - right : left * right
        #expect(Int(match.4) == value, "\(document)")
        #expect((0...15).contains(value), "\(document)")
        found += 1
      }
    }
    #expect(found > 5000)
  }

  @Test func mostQuestionsInTheDocumentsAreNotAnswered() {
    let asked = DemoText.documents(count: 20_000, seed: 12).filter { $0.contains("How many") }
    let answered = asked.filter { $0.split(separator: "Answer:").last?.contains(/\d/) == true }
    let share = Double(answered.count) / Double(asked.count)
    #expect((0.22...0.28).contains(share))
  }

  @Test(arguments: [
    (" 8 + 6 = 14, 14 - 3 = 11.", "11"), (" 7.", "7"), (" Ana.", "Ana"),
    (" rope milk song.", "rope milk song"),
    (" Who can say?", "Who can say?"), ("", ""), (".", ""), ("  river \n door. ", "river door"),
  ])
  func answersAreFound(response: String, answer: String) {
    #expect(DemoText.answer(in: response) == answer)
  }

  @Test func shippedFilesAreTheGeneratedOnes() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "demo-text-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try DemoText.writeQuestions(into: folder.path)
    let shipped = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../data/demo")
    for split in DemoText.Split.allCases {
      let name = "questions-\(split.rawValue).jsonl"
      let written = try Data(contentsOf: folder.appending(path: name))
      #expect(written == (try Data(contentsOf: shipped.appending(path: name))), "\(name)")
      #expect(written.split(separator: UInt8(ascii: "\n")).count == DemoText.shippedCount(split))
    }
  }
}

/// What a question or a narrative says is given: its names, things, numbers and deeds, whatever the tense.
private struct Facts: Hashable {
  let words: [String]

  init(_ text: String) {
    let told = text.split(separator: "\nAnswer:").first ?? ""
    let given = told.split(separator: ". ").filter { sentence in
      sentence.first?.isNumber != true && !Self.asking.contains { sentence.hasPrefix($0) }
    }
    let words = given.joined(separator: " ").split { !$0.isLetter && !$0.isNumber }.map(String.init)
      .filter { !Self.dropped.contains($0) }.map { Self.present[$0] ?? $0 }
    let numbers = words.count { $0.first?.isNumber == true }
    let isRow = told.contains(" row ")
    // Who and what don't matter in rows and in problems with several steps.
    self.words = isRow ? Array(words.dropFirst(2)) : numbers < 3 ? words : words.filter(Self.isStep)
  }

  private static let asking = [
    "How many", "Who has", "The one with", "Of them", "Another said", "The first word", "The last word",
  ]
  private static let dropped = Set(
    """
    Question Then more What is the first last word here Say again backwards The words were One said with in
    each a row of laid lays and
    """.split { $0.isWhitespace }.map(String.init))
  private static let present = ["had": "has", "found": "finds", "lost": "loses", "gave": "gives"]

  private static func isStep(_ word: String) -> Bool {
    word.first?.isNumber == true || ["finds", "loses"].contains(word)
  }
}

/// Solves a question from its text alone.
private func solve(_ question: DemoText.Question) -> String? {
  let asked = question.prompt.replacing("Question: ", with: "").replacing("\nAnswer:", with: "")
  let numbers = asked.matches(of: /\d+/).compactMap { Int($0.output) }
  let list = asked.split(separator: ": ").last?.split { !$0.isLetter }.map(String.init) ?? []
  switch question.skill {
  case .sum: return "\(numbers[0] + numbers[1])"
  case .difference: return "\(numbers[0] - numbers[1])"
  case .gap: return "\(abs(numbers[0] - numbers[1]))"
  case .groups: return "\(Array(repeating: numbers[1], count: numbers[0]).reduce(0, +))"
  case .comparison:
    let names = asked.matches(of: /([A-Z][a-z]+) has/).map { String($0.1) }
    let wantsMore = asked.contains("more")
    return numbers[0] > numbers[1] ? names[wantsMore ? 0 : 1] : names[wantsMore ? 1 : 0]
  case .steps:
    return asked.matches(of: /(has|finds|loses) (\d+)/)
      .reduce(0) { $1.1 == "loses" ? $0 - (Int($1.2) ?? 0) : $0 + (Int($1.2) ?? 0) }.description
  case .count:
    guard let colour = list.last, let row = asked.split(separator: ".").first else { return nil }
    return "\(row.split { !$0.isLetter }.filter { $0 == colour }.count)"
  case .position: return asked.contains("first") ? list.first : list.last
  case .repetition: return list.joined(separator: " ")
  case .reversal: return list.reversed().joined(separator: " ")
  }
}
