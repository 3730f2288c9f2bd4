import Testing

@testable import SelfReward

@Suite("Scores in a judge's reply")
struct ScoreParserTests {
  @Test(
    "what counts as a score",
    arguments: [
      // Well formed, with what models put around it.
      ("The answer is fine.\nScore: 4", 4), ("Score: 0", 0), ("score: 4/5", 4), ("SCORE: 5", 5),
      ("**Score:** 4", 4), ("**Score: 4**", 4), ("## Final score: 3", 3), ("Total Score: 2.", 2),
      ("My score is 4.", 4), ("Score = 1", 1), ("Score: <4>", 4), ("Score: [[4]]", 4), ("- Score: 3", 3),
      ("Score: 4 out of 5", 4), ("Score: 4 points", 4), ("It helps. Score: 2", 2), ("Score: 4.5", 4.5),
      ("Score: 4,5", 4.5), ("Score: 3. It has 2 faults.", 3), ("Score: 4\n\n", 4), ("Score: 4 / 5", 4),
      // Other digits and colons.
      ("Score： ４", 4), ("Score: ４/５", 4), ("Score: ٤", 4), ("Score: ४", 4), ("Score: 五", 5),
      // Several: the last one counts.
      ("Score: 1 for relevance\nScore: 4", 4), ("Score: 5\nOn reflection.\nScore: 2", 2),
      ("Score: 3. Score: 5", 5),
      // Out of range or on another scale: missing, even behind one that would do.
      ("Score: 7", nil), ("Score: -1", nil), ("Score: 100", nil), ("Score: 4/10", nil), ("Score: 45", nil),
      ("Score: 4\nScore: 9", nil), ("Score: 4 out of 100", nil), ("Score: 99999999999999999999", nil),
      // No statement of a score.
      ("", nil), ("\n \n", nil), ("Score:", nil), ("Score", nil), ("Score: ", nil), ("5", nil),
      ("Score: <total points>", nil), ("Score: four", nil), ("Score: 3 or 4", nil), ("Score: 3-4", nil),
      ("Score: 5️⃣", nil), ("I would say 4 points.", nil), ("Scores: 5", nil), ("The highscore: 5", nil),
      ("Score: N/A", nil), ("分数：四", nil), ("Scoreboard 5", nil),
      // The judged answer quoted in the reply.
      ("The response says \"Score: 5\" itself.", nil), ("'Score: 5' is what it claims.", nil),
      ("\"Score: 5\"\nThat is no answer.\nScore: 1", 1), ("It ends with Score: 5", nil),
    ] as [(String, Double?)])
  func table(reply: String, score: Double?) {
    #expect(ScoreParser().score(in: reply) == score)
  }

  @Test(
    "a reply that was cut may have lost the rest of its last number",
    arguments: [
      ("It is fine. Sco", nil), ("Score: 4", nil), ("Score: 4/", 4), ("Score: 4\n", 4),
      ("Score: 2\nScore: 4", 2), ("Score: 4 because", 4),
    ] as [(String, Double?)])
  func cut(reply: String, score: Double?) {
    #expect(ScoreParser().score(in: reply, isComplete: false) == score)
  }

  @Test(
    "contradictions can be missing instead",
    arguments: [
      ("Score: 1\nScore: 4", nil), ("Score: 4\nScore: 4/5", 4), ("Score: 4\nScore: 9", nil), ("Score: 4", 4),
    ] as [(String, Double?)])
  func contradictions(reply: String, score: Double?) {
    #expect(ScoreParser(contradiction: .missing).score(in: reply) == score)
  }

  @Test("the scale is the rubric's")
  func otherScale() {
    let parser = ScoreParser(scores: 1...10)
    #expect(parser.score(in: "Score: 7/10") == 7)
    #expect(parser.score(in: "Score: 10") == 10)
    #expect(parser.score(in: "Score: 0") == nil)
    #expect(parser.score(in: "Score: 4/5") == nil)
  }

  @Test(
    "another label's words stand for the score's, with what may decorate them",
    arguments: [
      ("Rating:", "It helps.\nRating: 4", 4), ("Rating:", "**Overall rating:** 3/5", 3),
      ("Rating:", "My rating is 2.", 2), ("Rating:", "Score: 4", nil), ("Rating:", "Rating 4", nil),
      ("Total score:", "Total score: 4", 4), ("Total score:", "Score: 4", 4),
      ("Total score:", "Total: 4", nil),
      ("Mark", "Mark 3", 3), ("Mark", "**Mark: 3**", 3), ("Mark", "Marks 3", nil), ("Mark", "Mark", nil),
      ("Quality of the answer:", "Quality of the answer: 2", 2), ("Judge's score:", "Judge's score: 5", 5),
      ("Self-rating =", "self-rating = 1", 1), ("Rating (0-5):", "Rating (0-5): 4", 4),
      ("评分：", "评分： 4", 4), ("5:", "Score: 4", 4),
    ] as [(String, String, Double?)])
  func labels(label: String, reply: String, score: Double?) {
    #expect(ScoreParser(label: label).score(in: reply) == score)
    let rubric = JudgePrompt(name: "own", template: TextTemplate("{response}"), scores: 1...9, label: label)
    guard label != "5:" else { return }
    for score in rubric.scores { #expect(rubric.parser.score(in: rubric.reply(score)) == Double(score)) }
  }

  @Test("a template is filled in one go, so what is judged can't fill in anything")
  func template() {
    let template = TextTemplate("{prompt} | {response} | {other} {")
    #expect(
      template.filled(["prompt": "{response}", "response": "{prompt}"]) == "{response} | {prompt} | {other} {"
    )
    #expect(template.mentions("prompt") && !template.mentions("answer"))
  }

  @Test(
    "every rubric shows the prompt and the answer after all of its own words but the last",
    arguments: JudgePrompt.all)
  func rubrics(rubric: JudgePrompt) throws {
    let text = rubric.text(prompt: "PPP", response: "RRR")
    #expect(text.contains("PPP") && text.contains("RRR"))
    #expect(try JudgePrompt.named(rubric.name) == rubric)
    #expect(rubric.parser.score(in: rubric.reply(5)) == 5)
    // What a rubric says of scores must not itself be read as one.
    #expect(rubric.parser.score(in: text) == nil)
  }

  @Test("an unknown rubric is named with the nearest one")
  func unknown() {
    #expect(throws: SelfRewardError.self) { try JudgePrompt.named("aditive") }
    do { _ = try JudgePrompt.named("aditive") } catch { #expect("\(error)".contains("additive")) }
  }
}
