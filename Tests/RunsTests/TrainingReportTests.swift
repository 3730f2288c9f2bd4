import Evaluation
import Formats
import Foundation
import Testing
import Training

@testable import Runs

@Suite("A training run's report")
struct TrainingReportTests {
  private let folder = NSTemporaryDirectory() + "trimtab-report-\(UUID().uuidString)/expert"

  private func write(_ lines: [String]) throws {
    try Folder.create(folder)
    try AtomicFile.write(lines.map { $0 + "\n" }.joined(), to: folder + "/metrics.jsonl")
  }

  private func report(_ reason: TrainingStop.Reason, step: Int) throws -> String {
    defer { try? FileManager.default.removeItem(atPath: (folder as NSString).deletingLastPathComponent) }
    let report = TrainingReport(folder: folder, recipe: "output: \"a<b\"\n")
    #expect(try report.receive(.saved(step: step, path: "")) == .more)
    #expect(!FileManager.default.fileExists(atPath: folder + "/report.html"))
    #expect(try report.receive(.stopped(TrainingStop(reason: reason, step: step))) == .more)
    return try String(contentsOfFile: folder + "/report.html", encoding: .utf8)
  }

  @Test("curves, the best validation and the recipe")
  func page() throws {
    try write([
      #"{"event":"step","step":1,"epoch":0.5,"loss":2.5,"learning_rate":0.1,"tokens":9,"loss_tokens":4,"seconds":1}"#,
      #"{"event":"skipped","step":2,"reason":"notFinite","loss":null,"gradient_norm":null}"#,
      #"{"event":"validation","step":2,"loss":1.25,"perplexity":3.49}"#,
      #"{"event":"step","step":3,"epoch":1,"loss":null,"learning_rate":0.1,"tokens":8,"loss_tokens":4,"seconds":1}"#,
      #"{"event":"validation","step":3,"loss":1.5,"perplexity":4.48}"#,
    ])
    let html = try report(.finished, step: 3)
    for part in [
      "<h1>Training: expert</h1>", "Finished after 3 steps.", "17 tokens went through the model, 8 of them",
      "1 steps were skipped.", "best validation loss is 1.2500, after step 2", "<h2>loss</h2>",
      "<h2>learning rate</h2>", ">validation</text>", "a&lt;b",
    ] {
      #expect(html.contains(part), "\(part)")
    }
    #expect(!html.contains("<h2>seconds</h2>") && !html.contains("<h2>tokens</h2>"))
  }

  @Test("a run that was interrupted at its first step")
  func empty() throws {
    try write([])
    #expect(try report(.interrupted, step: 0).contains("Interrupted after 0 steps; --resume goes on."))
  }

  @Test("many steps become means of stretches")
  func thinned() throws {
    try write((1...1000).map { "{\"event\":\"step\",\"step\":\($0),\"loss\":\($0)}" })
    defer { try? FileManager.default.removeItem(atPath: (folder as NSString).deletingLastPathComponent) }
    let chart = try #require(try TrainingMetrics(log: folder + "/metrics.jsonl").charts.first)
    let points = chart.chart.series[0].points
    #expect(points.count == 200 && points[0].x == 3 && points[0].value == 3 && points[199].x == 998)
  }
}
