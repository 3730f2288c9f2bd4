import Datasets
import Evaluation
import Testing

@testable import SelfReward

@Suite("Generated arithmetic")
struct ArithmeticTaskTests {
  private func task(_ form: ArithmeticTask.Form, bags: Int = 0) -> ArithmeticTask {
    ArithmeticTask(
      difficulty: .init(steps: 3...4, bagsPercent: bags), startDifficulty: .init(steps: 2...3), form: form)
  }

  /// What is given in a question, without who holds which things.
  private func numbers(_ problem: Problem) -> String {
    problem.prompt.split { !$0.isNumber && $0 != "f" && $0 != "l" && $0 != "b" }.joined(separator: " ")
  }

  @Test("problems follow from their numbers and no portion shares one with another")
  func portions() {
    let task = task(.narrative)
    var seen: [String: Portion] = [:]
    for portion in [Portion.prompts, .validation, .audit, .test] {
      let problems = task.problems(portion, count: 120, seed: 3, round: 1)
      #expect(problems.count == 120)
      #expect(problems == task.problems(portion, count: 120, seed: 3, round: 1))
      #expect(problems != task.problems(portion, count: 120, seed: 4, round: 1))
      for problem in problems {
        #expect(seen[numbers(problem), default: portion] == portion)
        seen[numbers(problem)] = portion
      }
    }
  }

  @Test("solutions are right, hold no larger numbers, and stand in no problem", arguments: [0, 100])
  func solutions(bags: Int) throws {
    for solution in task(.steps, bags: bags).solutions(.test, count: 60, seed: 1, round: 0) {
      let judgment = try CalculatorReward().judge(
        [
          CandidateSet(
            id: "", prompt: "", candidates: [Candidate(text: solution.response, tokens: [], isComplete: true)]
          )
        ], seed: 0)[0][0]
      #expect(judgment.score == 1)
      #expect(AnswerRule.lastNumber.score(solution.response, answer: solution.answer) == 1)
      #expect(solution.response.split { !$0.isNumber }.allSatisfy { Int($0).map { $0 <= 15 } ?? false })
      #expect(solution.problem.prompt.hasPrefix("Question: ") && solution.problem.prompt.hasSuffix("Answer:"))
      // Each part of the statement takes a step of the working.
      let parts = try #require(solution.problem.statement)
      let filled = try #require(parts.filled(solution.response))
      #expect(filled.count == solution.response.count { $0 == "=" })
      #expect(!parts.parts.contains { $0.contains("=") })
    }
  }

  @Test("a statement judges each step after what the answer itself has come to")
  func statement() {
    let statement = Statement([
      "Tom had 8 apples and lost 7.{answer}", "Tom had {before:apple} and found 4 more.{answer}",
    ])
    #expect(
      statement.filled(" 8 - 7 = 1, 1 + 4 = 5.") == [
        .init(given: "Tom had 8 apples and lost 7.", said: " 8 - 7 = 1"),
        .init(given: "Tom had 1 apple and found 4 more.", said: " 1 + 4 = 5"),
      ])
    #expect(statement.filled(" 8 - 7 = 2, 2 + 4 = 6.")?[1].given == "Tom had 2 apples and found 4 more.")
    #expect(statement.filled(" 8 - 7 = 1.") == nil)
    #expect(statement.filled("Who can say?") == nil)
    #expect(Statement(["It is{answer}"]).filled(" 1, 2.") == [.init(given: "It is", said: " 1, 2")])
  }
}
