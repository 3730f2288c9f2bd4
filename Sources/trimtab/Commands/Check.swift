import ArgumentParser
import Formats
import Foundation
import Proxy

/// `trimtab check`: will these models fit together, and why not.
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Whether a base, an expert and an antiexpert fit together, and why not.")

  @OptionGroup var modelOptions: ModelOptions
  @Flag(help: "Print one JSON value.") var json = false

  func run() throws {
    guard !modelOptions.expert.isEmpty else {
      throw UsageError("nothing to check", advice: "name an expert with --expert")
    }
    let assembled = try AssembledModel(
      modelOptions.selection, compute: try modelOptions.computeOptions.makeCompute(), refusing: false)
    let refused = assembled.findings.contains { $0.level == .refused }
    if json {
      let value: JSON = .object([
        "fits": .bool(!refused), "findings": .array(assembled.findings.map(\.json)),
      ])
      Console.result(value.text())
    } else {
      for finding in assembled.findings {
        let level = finding.level.rawValue.padded(to: 8)
        let subject = finding.subject.padded(to: 16)
        Console.result("\(level) \(subject) \(finding.text)")
      }
      Console.result(refused ? "These models don't fit together." : "These models fit together.")
    }
    if refused { throw ExitCode(65) }
  }
}
