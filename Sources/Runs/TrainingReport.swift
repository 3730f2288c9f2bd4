import Evaluation
import Formats
import Foundation
import Training

/// `report.html`: a training run's curves and its recipe, written when the run ends.
///
/// It reads the run's `metrics.jsonl`, so that the page of a resumed run shows all of it. It holds no times: equal runs
/// write equal pages.
final class TrainingReport: TrainingConsumer {
  private let folder: String
  private let recipe: String

  /// - Parameters:
  ///   - folder: The run's folder.
  ///   - recipe: The resolved recipe, as YAML.
  init(folder: String, recipe: String) {
    self.folder = folder
    self.recipe = recipe
  }

  func receive(_ event: TrainingEvent) throws -> Continuation {
    if case .stopped(let stop) = event {
      let metrics = try TrainingMetrics(log: folder + "/metrics.jsonl")
      try AtomicFile.write(html(metrics, stop), to: folder + "/report.html")
    }
    return .more
  }

  private func html(_ metrics: TrainingMetrics, _ stop: TrainingStop) -> String {
    let facts = [
      Self.sentence(stop),
      "\(metrics.tokens) tokens went through the model, \(metrics.lossTokens) of them counted in the loss.",
      metrics.skippedSteps > 0 ? "\(metrics.skippedSteps) steps were skipped." : nil,
      metrics.bestValidation.map {
        String(format: "The best validation loss is %.4f, after step %.0f.", $0.y, $0.x)
      },
    ]
    return HTMLPage(
      title: "Training: \((folder as NSString).lastPathComponent)",
      body: """
        \(facts.compactMap { $0 }.map { "<p>\($0)</p>" }.joined(separator: "\n"))
        \(metrics.charts.map { "<h2>\(HTMLPage.escaped($0.title))</h2>\n\($0.chart.svg)" }.joined(separator: "\n"))
        <h2>Recipe</h2>
        <pre>\(HTMLPage.escaped(recipe))</pre>
        """
    ).text
  }

  private static func sentence(_ stop: TrainingStop) -> String {
    switch stop.reason {
    case .finished: "Finished after \(stop.step) steps."
    case .requested(let reason): "Stopped after \(stop.step) steps: \(HTMLPage.escaped(reason))."
    case .interrupted: "Interrupted after \(stop.step) steps; --resume goes on."
    }
  }
}
