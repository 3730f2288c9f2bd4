import ArgumentParser
import Diagnostics
import Evaluation
import Formats
import Foundation
import Recipes
import Runs
import Training

/// `trimtab demo`: the whole story on the models that ship.
struct Demo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The whole story on the models that ship, in a few minutes.")

  @Flag(help: "Print one JSON value.") var json = false

  func run() throws {
    guard let home = RecipeLibrary.home else {
      throw UsageError("the project's folder isn't found", advice: "run this in it, or set TRIMTAB_HOME")
    }
    let started = ContinuousClock.now
    let signal = StopSignal()
    let demo = DemoRun(home: home) { Console.note($0) }
    guard let result = try demo.run(consumers: { [ProgressBar()] }, stop: signal) else {
      throw ExitCode(ExitStatus.interrupted.rawValue)
    }
    guard !json else { return Console.result(result.json.text()) }
    Console.result(([result.table.text] + result.remarks).joined(separator: "\n"))
    let took = started.duration(to: .now).components.seconds
    Console.result("report: \(result.reportPath)\ntrace:  \(result.tracePath)\n\(took) seconds in all")
  }
}
