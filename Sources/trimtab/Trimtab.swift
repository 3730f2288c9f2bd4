import ArgumentParser
import Diagnostics
import Formats
import Foundation

/// The command line: it parses, calls one library, prints.
struct Trimtab: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trimtab",
    abstract: "Fine-tune a small language model and steer a large one with it.",
    discussion: """
      Proxy-tuning adds what tuning changed in a small model to a large one while it decodes: \
      z = z_base + alpha * (z_expert - z_antiexpert). Every command that takes --model also takes --expert, \
      --antiexpert and --alpha, so a proxy-tuned model goes wherever a model goes.
      """,
    version: "0.1.0",
    subcommands: [
      Demo.self, DataCommand.self, Finetune.self, SelfRewardCommand.self, Generate.self, ScoreCommand.self,
      Evaluate.self, Judge.self, Check.self, Tokenize.self, Inspect.self, Convert.self, RecipeCommand.self,
      Doctor.self, Bench.self,
      CacheLogits.self,
    ])
}

@main
enum Main {
  static func main() {
    // A file that grows beyond its limit is then an error of the write, as a full disk is.
    signal(SIGXFSZ, SIG_IGN)
    do {
      try refuseUnknownSubcommand(CommandLine.arguments.dropFirst())
      var command = try Trimtab.parseAsRoot()
      try command.run()
    } catch let error as any DiagnosticError {
      for diagnostic in error.diagnostics { Console.error(diagnostic.text) }
      Foundation.exit(error.diagnostics.first?.exitCode.rawValue ?? ExitStatus.internalError.rawValue)
    } catch {
      Trimtab.exit(withError: error)
    }
  }

  /// Says what a mistyped subcommand was meant to be; the parser itself knows that of options only.
  private static func refuseUnknownSubcommand(_ arguments: some Sequence<String>) throws {
    var command: any ParsableCommand.Type = Trimtab.self
    for name in arguments {
      let subcommands = command.configuration.subcommands
      guard !subcommands.isEmpty, !name.hasPrefix("-"), name != "help" else { return }
      guard let next = subcommands.first(where: { $0._commandName == name }) else {
        let names = subcommands.map { $0._commandName }
        throw UsageError(
          "there is no command \"\(name)\"",
          advice: nearest(to: name, among: names).map { "did you mean \"\($0)\"?" }
            ?? "there are \(names.joined(separator: ", "))")
      }
      command = next
    }
  }
}

/// Where words go: everything for people to stderr, results to stdout.
enum Console {
  static func error(_ text: String) { note("trimtab: \(text)") }

  static func note(_ text: String) {
    // There is nobody left to tell when even this can't be written.
    try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
  }

  /// Prints a result; when that can't be written (a full disk), the process ends with 74.
  static func result(_ text: String, terminator: String = "\n") {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data((text + terminator).utf8))
    } catch {
      Self.error("standard output: cannot write: \(error.localizedDescription)")
      Foundation.exit(ExitStatus.inputOutput.rawValue)
    }
  }
}

extension Console {
  /// Prints where a result lies.
  static func written(_ path: String, json: Bool) {
    result(json ? JSON.object(["output": .string(path)]).text() : path)
  }
}

extension Int {
  /// So many of something.
  func counted(_ noun: String) -> String { "\(self) \(noun)\(self == 1 ? "" : "s")" }
}

extension String {
  /// Filled up with spaces, for columns.
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

/// A problem with the command line itself.
struct UsageError: DiagnosticError {
  let diagnostics: [Diagnostic]

  init(_ problem: String, advice: String? = nil) {
    diagnostics = [Diagnostic(problem, advice: advice, exitCode: .usage)]
  }

  /// Refuses an output that is one of the inputs, which it would replace.
  static func check(output: String?, inputs: [String]) throws {
    guard let output, inputs.contains(where: { Folder.isSame($0, output) }) else { return }
    throw UsageError("\(output) is read and would be written", advice: "name another file to write")
  }

  /// Refuses a `--limit` that leaves nothing.
  static func check(limit: Int?) throws {
    if let limit, limit < 1 { throw UsageError("--limit is \(limit), expected 1 or more") }
  }
}
