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
    let comparison = run.comparison
    let proxied = try #require(comparison["proxied"]?.estimate)
    for name in ["base", "expert"] {
      let other = try #require(comparison[name]?.estimate)
      #expect(proxied.lower > other.upper, "\(name): \(other.text), proxied: \(proxied.text)")
    }
    #expect(proxied.count >= 500)
    #expect(try #require(comparison.gapClosed()) >= 0.8)

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
