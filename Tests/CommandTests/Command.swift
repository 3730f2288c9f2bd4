import Formats
import Foundation
import Testing

/// The built `trimtab`, run as a person would.
enum Command {
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String

    /// The result as JSON; null when it is none.
    var json: JSON { (try? JSON.parse(output, source: "output")) ?? .null }
  }

  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The executable beside the test bundle, or of the usual build.
  static let executable: URL = {
    let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appendingPathComponent("trimtab")
    return FileManager.default.isExecutableFile(atPath: beside.path)
      ? beside : root.appendingPathComponent(".build/release/trimtab")
  }()

  static let models = root.appendingPathComponent("Tests/ModelsTests/Fixtures").path

  /// A model that ships, with its tokenizer.
  static let shipped = root.appendingPathComponent("checkpoints/demo/large").path

  /// Starts a command without waiting for it.
  static func start(
    _ arguments: [String], in folder: String? = nil, executable: URL = Command.executable
  ) throws -> (Process, Pipe, Pipe) {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = folder.map { URL(fileURLWithPath: $0) } ?? root
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return (process, output, errors)
  }

  /// Runs a line of shell script in which `$0` is the executable.
  static func shell(_ line: String, in folder: String? = nil) throws -> Outcome {
    try run(["-c", line, executable.path], in: folder, executable: URL(fileURLWithPath: "/bin/sh"))
  }

  /// Runs a command to its end.
  static func run(
    _ arguments: [String], in folder: String? = nil, executable: URL = Command.executable
  ) throws -> Outcome {
    let (process, output, errors) = try start(arguments, in: folder, executable: executable)
    // Both pipes are drained while it runs, so that neither fills up.
    nonisolated(unsafe) var errorText = Data()
    let done = DispatchSemaphore(value: 0)
    let errorFile = errors.fileHandleForReading
    Thread {
      errorText = errorFile.readDataToEndOfFile()
      done.signal()
    }.start()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    done.wait()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationReason == .uncaughtSignal
        ? -process.terminationStatus : process.terminationStatus,
      output: String(decoding: text, as: UTF8.self), errors: String(decoding: errorText, as: UTF8.self))
  }
}

/// Runs a command that must end with `status` and one line that says every part.
func expectRefusal(
  _ arguments: [String], in folder: String? = nil, status: Int32, says parts: String...,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let outcome = try Command.run(arguments, in: folder)
  #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: sourceLocation)
  for part in parts {
    #expect(outcome.errors.contains(part), "\(outcome.errors)", sourceLocation: sourceLocation)
  }
  let lines = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("trimtab:") }
  if status != 64 { #expect(lines.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation) }
}

/// A folder that goes when the test does.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "trimtab-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func read(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path + "/" + name))
  }

  /// Writes a file into it and returns its path.
  func write(_ text: String, to name: String) throws -> String {
    try write(Data(text.utf8), to: name)
  }

  func write(_ data: Data, to name: String) throws -> String {
    let file = path + "/" + name
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try data.write(to: URL(fileURLWithPath: file))
    return file
  }
}
