import Formats
import Foundation
import TestSupport
import Testing

@testable import Evaluation
@testable import SelfReward

@Suite("Judges outside this process")
struct ExternalRewardTests {
  /// Replies from a script, then fails for good.
  private final class ScriptedTransport: JudgeTransport {
    enum Step {
      case score(Double?)
      case raw(JSON)
      case failure(TransportFailure)
    }

    private var steps: [Step]
    private(set) var requests: [JSON] = []

    init(_ steps: [Step]) { self.steps = steps }

    func exchange(_ request: JSON) throws(TransportFailure) -> JSON {
      requests.append(request)
      guard !steps.isEmpty else { throw .failed("gone") }
      switch steps.removeFirst() {
      case .score(let score):
        return ["id": request["id"] ?? .null, "score": score.map { .number($0) } ?? .null, "text": "because"]
      case .raw(let reply): return reply
      case .failure(let failure): throw failure
      }
    }
  }

  private func texts(_ count: Int) -> [CandidateSet] { [Fixture.set("Why?", (0..<count).map { "a\($0)" })] }

  @Test("what times out, fails or returns garbage is asked again; nothing is lost and everything counted")
  func retries() throws {
    let transport = ScriptedTransport([
      .score(4), .failure(.timedOut), .score(2), .failure(.failed("reset")), .raw("garbage"), .score(1),
      .raw(["id": "1/2", "score": 5]), .raw(["score": "high"]), .raw(["verdict": 1]), .score(nil), .score(3),
    ])
    var waits: [Double] = []
    let reward = try ExternalReward(name: "test", transport: transport) { waits.append($0) }
    let judgments = try reward.judge(texts(6), seed: 0)[0]
    // The fourth candidate got three replies that are none (one of them to the candidate before).
    #expect(judgments.map(\.score) == [4, 2, 1, nil, nil, 3])
    #expect(judgments[0].texts == ["because"] && judgments[3].texts.isEmpty)
    let counts = reward.counts
    #expect(counts["answered"] == 4 && counts["declined"] == 1 && counts["unanswered"] == 1)
    #expect(counts["timeouts"] == 1 && counts["failures"] == 1 && counts["garbage"] == 4)
    #expect(counts["retries"] == 5 && counts["not_asked"] == 0)
    #expect(waits == [0.5, 0.5, 1, 0.5, 1])
    #expect(transport.requests[0]["response"] == "a0" && transport.requests[0]["prompt"] == "Why?")
  }

  @Test("a number too large to reckon with is no score")
  func tooLarge() throws {
    var options = RetryOptions()
    options.attempts = 1
    let transport = ScriptedTransport([.score(1e308), .score(-1e308), .score(-1e100)])
    let reward = try ExternalReward(name: "test", transport: transport, options: options) { _ in }
    let judgments = try reward.judge(texts(3), seed: 0)
    #expect(judgments[0].map(\.score) == [nil, nil, -1e100] && reward.counts["garbage"] == 2)
    #expect(ScoreStatistics(judgments).missing == 2)
  }

  @Test("a judge that is gone isn't waited for to the end")
  func patience() throws {
    var options = RetryOptions()
    options.attempts = 2
    options.patience = 3
    let transport = ScriptedTransport([.score(1)])
    let reward = try ExternalReward(name: "test", transport: transport, options: options) { _ in }
    let judgments = try reward.judge(texts(10), seed: 0)[0]
    #expect(judgments.map(\.score) == [1] + Array(repeating: nil, count: 9))
    #expect(transport.requests.count == 1 + 3 * 2)
    #expect(reward.counts["unanswered"] == 3 && reward.counts["not_asked"] == 6)
  }

  @Test("delays grow up to the longest")
  func delays() throws {
    var options = RetryOptions()
    options.longestDelay = 3
    #expect((0...5).map(options.delay) == [0, 0.5, 1, 2, 3, 3])
    for change: (inout RetryOptions) -> Void in [
      { $0.attempts = 0 }, { $0.timeout = 0 }, { $0.firstDelay = -1 }, { $0.delayFactor = 0.5 },
      { $0.longestDelay = .infinity }, { $0.patience = 0 },
    ] {
      var wrong = RetryOptions()
      change(&wrong)
      #expect(throws: EvaluationError.self) { try wrong.validate() }
    }
  }

  // MARK: - Commands

  /// Scores the length of a response, but dies, hangs and babbles on demand, once each.
  private let script = #"""
    while IFS= read -r line; do
      case "$line" in
        *die*) if [ ! -e "$0.died" ]; then : > "$0.died"; exit 3; fi ;;
        *hang*) if [ ! -e "$0.hung" ]; then : > "$0.hung"; sleep 60; fi ;;
        *babble*) if [ ! -e "$0.babbled" ]; then : > "$0.babbled"; echo "no json"; continue; fi ;;
      esac
      id=$(printf %s "$line" | sed 's/.*"id":"\([^"]*\)".*/\1/')
      echo "{\"id\":\"$id\",\"score\":${#line}}"
    done
    """#

  @Test("a command is started again when it dies, hangs or babbles")
  func command() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "judge-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "judge.sh").path
    try AtomicFile.write(script, to: path)
    var options = RetryOptions()
    options.timeout = 4
    let transport = try CommandTransport(["sh", path], timeout: options.timeout)
    let reward = try ExternalReward(name: "command", transport: transport, options: options) { _ in }
    let set = [Fixture.set("?", ["one", "die", "hang", "babble", String(repeating: "long ", count: 40_000)])]
    let scores = try reward.judge(set, seed: 0)[0].map { $0.score ?? 0 }
    #expect(
      scores[0] > 0 && scores[0] == scores[1] && scores[2] == scores[0] + 1 && scores[3] == scores[0] + 3)
    #expect(scores[4] > 200_000)
    let counts = reward.counts
    #expect(
      counts["failures"] == 1 && counts["timeouts"] == 1 && counts["garbage"] == 1 && counts["answered"] == 5)
  }

  @Test("a command that isn't there leaves its candidates missing and counted")
  func noCommand() throws {
    let transport = try CommandTransport(["no-such-judge-anywhere"], timeout: 5)
    let reward = try ExternalReward(name: "command", transport: transport) { _ in }
    #expect(try reward.judge(texts(2), seed: 0)[0].map(\.score) == [nil, nil])
    #expect(reward.counts["unanswered"] == 2 && reward.counts["failures"] == 6)
  }

  // MARK: - HTTP

  @Test("an endpoint that errors, hangs and returns garbage is asked again")
  func endpoint() throws {
    let server = try ScriptedServer([
      .reply(status: 200, body: #"{"score": 4}"#), .reply(status: 503, body: "busy"),
      .reply(status: 200, body: "<html>"), .reply(status: 200, body: #"{"score": 2.5, "text": "so so"}"#),
      .silence,
      .reply(status: 200, body: #"{"score": 1}"#), .close, .reply(status: 200, body: #"{"score": null}"#),
    ])
    var options = RetryOptions()
    options.timeout = 3
    let transport = try HTTPTransport("http://127.0.0.1:\(server.port)/judge", timeout: options.timeout)
    let reward = try ExternalReward(name: "http", transport: transport, options: options) { _ in }
    let judgments = try reward.judge(texts(4), seed: 0)[0]
    #expect(judgments.map(\.score) == [4, 2.5, 1, nil])
    #expect(judgments[1].texts == ["so so"])
    let counts = reward.counts
    #expect(counts["answered"] == 3 && counts["declined"] == 1 && counts["garbage"] == 1)
    #expect(counts["timeouts"] == 1 && counts["failures"] == 2)
    let body = try #require(server.bodies.first)
    #expect(body.contains(#""response":"a0""#))
  }
}
