import ArgumentParser
import Diagnostics
import Evaluation
import Formats
import Runs
import Training

/// `trimtab data verify`: only the programs that pass.
struct VerifyData: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Keep of a data set of programs those that pass their own tests.",
    discussion: "Each response runs with its row's tests in the sandbox. Rows without a response stay.")

  @Argument(help: "A data set of programs.") var dataset: String
  @Option(help: "The task whose tests they are: humaneval, mbpp, ds1000 or swift-code.") var task: String
  @Option(help: "The data set to write.") var output: String
  @Option(help: "What runs or compiles the programs (default: the system's own).") var interpreter: String?
  @Option(help: "none: run them without a sandbox, on a machine that may be lost.")
  var unsafeSandbox: Sandbox.Isolation?
  @Flag(help: "Print one JSON value.") var json = false

  func run() throws {
    try UsageError.check(output: output, inputs: [dataset])
    var options = TaskOptions()
    options.interpreter = interpreter
    options.isolation = unsafeSandbox ?? .namespaces
    let signal = StopSignal()
    let verification = try DatasetVerification(dataset: dataset, task: task, options: options)
    let counts = try verification.run(to: output, shouldStop: { signal.isRequested }) {
      Console.note("\($0): \($1) of \($2.counted("program"))")
    }
    guard let counts else {
      Console.note("interrupted; nothing was written")
      throw ExitCode(ExitStatus.interrupted.rawValue)
    }
    guard !json else {
      let splits = counts.map { count -> (String, JSON) in
        (count.split, ["programs": .integer(count.programs), "passed": .integer(count.passed)])
      }
      return Console.result(
        JSON.object(["output": .string(output), "splits": .object(JSONObject(splits))]).text())
    }
    let tested = counts.filter { $0.programs > 0 }
    let text = tested.map { "\($0.passed) of \($0.programs) \($0.split)" }.joined(separator: ", ")
    Console.result("\(output): \(text.isEmpty ? "no programs" : text + " pass")")
  }
}
