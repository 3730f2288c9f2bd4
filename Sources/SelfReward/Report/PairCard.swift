import Evaluation
import Foundation

extension PairSample {
  /// The pair on a page, under a title of its own.
  func card(_ title: String) -> String {
    func answer(_ name: String, _ text: String, _ score: Double) -> String {
      HTMLPage.labelled("\(name) (\(String(format: "%.3g", score)))", HTMLPage.escaped(text))
    }
    return """
      <div class="card"><div class="q">\(HTMLPage.escaped(title))</div>
      \(answer("chosen", pair.chosen.text, pair.chosenScore))
      \(answer("rejected", pair.rejected.text, pair.rejectedScore))</div>
      """
  }
}
