import ArgumentParser
import Benchmarking
import Diagnostics
import Formats
import Foundation
import Tensors

/// `trimtab doctor`: what this machine has, and what Trimtab makes of it.
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "What this machine has, and what Trimtab makes of it.")

  @Flag(help: "Print one JSON value.") var json = false

  func run() throws {
    let findings = try findings()
    if json {
      Console.result(JSON.object(findings).text())
    } else {
      for (name, value) in findings {
        let label = name.replacing("_", with: " ").padded(to: 18)
        Console.result("\(label) \(value.stringValue ?? value.text())")
      }
    }
  }

  private func findings() throws -> JSONObject {
    let (information, processor) = (ProcessInfo.processInfo, Processor.current)
    var findings: JSONObject = [
      "version": .string(Trimtab.configuration.version),
      "system": .string(information.operatingSystemVersionString),
      "processor": .string(processor.name), "processors": .integer(processor.count),
      "instructions": .string(processor.features.joined(separator: " ")),
      "memory": .string(String(format: "%.1f GiB", Double(information.physicalMemory) / 1_073_741_824)),
    ]
    for precision in Precision.allCases { findings[precision.rawValue] = .string(engine(precision)) }
    findings["default_precision"] = .string(try MatrixEngines.make().precision.rawValue)
    return findings
  }

  /// What multiplies matrices in a precision, or why nothing does.
  private func engine(_ precision: Precision) -> String {
    do {
      return "\(type(of: try MatrixEngines.make(precision: precision)))"
    } catch {
      return (error as? any DiagnosticError)?.diagnostics.first?.text ?? "\(error)"
    }
  }
}
