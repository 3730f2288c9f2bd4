import ArgumentParser
import Diagnostics
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
      Demo.self, DataCommand.self, Finetune.self, Generate.self, ScoreCommand.self, Evaluate.self, Check.self,
      Tokenize.self,
      Inspect.self, RecipeCommand.self, Doctor.self,
    ])
}

@main
enum Main {
  static func main() {
    do {
      var command = try Trimtab.parseAsRoot()
      try command.run()
    } catch let error as any DiagnosticError {
      for diagnostic in error.diagnostics { Console.error(diagnostic.text) }
      Foundation.exit(error.diagnostics.first?.exitCode.rawValue ?? ExitStatus.internalError.rawValue)
    } catch {
      Trimtab.exit(withError: error)
    }
  }
}

/// Where words go: everything for people to stderr, results to stdout.
enum Console {
  static func error(_ text: String) { note("trimtab: \(text)") }

  static func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

  static func result(_ text: String, terminator: String = "\n") {
    FileHandle.standardOutput.write(Data((text + terminator).utf8))
  }
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
}
