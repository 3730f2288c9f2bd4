import Evaluation
import Formats
import Foundation
import Testing

@testable import Runs

@Suite("The demo")
struct DemoTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// A home whose models, questions and recipes are the project's, but whose runs go elsewhere.
  private func makeHome() throws -> String {
    let home = NSTemporaryDirectory() + "trimtab-demo-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: home + "/checkpoints", withIntermediateDirectories: true)
    for name in ["data", "recipes", "checkpoints/demo"] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(home)/\(name)", withDestinationPath: "\(Self.root)/\(name)")
    }
    return home
  }

  @Test("proxy-tuning beats the base and the expert by more than the intervals, and closes the gap")
  func effect() throws {
    let home = try makeHome()
    defer { try? FileManager.default.removeItem(atPath: home) }
    let run = try #require(try DemoRun(home: home) { _ in }.run())
    let comparison = run.table.comparisons[0]
    #expect(
      comparison.systems.map(\.name) == ["base", "expert", "proxied", "through", "tuned", "auto"])
    let proxied = try #require(comparison["proxied"]?.estimate)
    for name in ["base", "expert"] {
      let other = try #require(comparison[name]?.estimate)
      #expect(proxied.lower > other.upper, "\(name): \(other.text), proxied: \(proxied.text)")
    }
    #expect(proxied.count >= 500)
    #expect(try #require(comparison.gapClosed()) >= 0.8)
    // An expert that was trained for its work beside the base, and a strength that was chosen, do no worse.
    #expect(try #require(comparison["through"]?.estimate.mean) >= proxied.mean)
    #expect(try #require(comparison["auto"]?.estimate.mean) >= proxied.lower)

    // On the base's own text steering hurts, and the choice is the base alone.
    let text = run.table.comparisons[1]
    let (base, steered) = (try #require(text["base"]), try #require(text["proxied"]))
    #expect(steered.estimate.mean > base.estimate.mean)
    #expect(try #require(text["auto"]).scores == base.scores)
    #expect(run.remarks.count == 2 && run.remarks[1].hasSuffix("falling back to the base"))
    #expect(!text.warnings.isEmpty)

    let report = try String(contentsOfFile: run.reportPath, encoding: .utf8)
    #expect(report.contains("</html>") && report.contains("Gap closed"))
    let lines = try Array(JSONLines(path: run.tracePath)).map { try $0.json() }
    #expect(lines.contains { $0["changed"]?.boolValue == true })
    for line in lines {
      for part in ["p_base", "p_expert", "p_antiexpert", "p_proxied"] {
        let probability = try #require(line[part]?.doubleValue)
        #expect(probability >= 0 && probability <= 1)
      }
    }
  }
}
