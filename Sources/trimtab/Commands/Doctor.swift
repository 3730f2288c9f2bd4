import ArgumentParser
import Foundation
import Tensors

/// `trimtab doctor`: what this machine has, and what Trimtab makes of it.
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "What this machine has, and what Trimtab makes of it.")

  func run() throws {
    let information = ProcessInfo.processInfo
    line("version", Trimtab.configuration.version)
    line("system", information.operatingSystemVersionString)
    line("processors", "\(information.activeProcessorCount)")
    line("memory", String(format: "%.1f GiB", Double(information.physicalMemory) / 1_073_741_824))
    for precision in Precision.allCases {
      do {
        let engine = try MatrixEngines.make(precision: precision)
        line(precision.rawValue, "\(type(of: engine))")
      } catch {
        line(precision.rawValue, "\(error)")
      }
    }
    line("by default", try MatrixEngines.make(precision: nil).precision.rawValue)
  }

  private func line(_ name: String, _ value: String) {
    Console.result("\(name.padded(to: 14)) \(value)")
  }
}
