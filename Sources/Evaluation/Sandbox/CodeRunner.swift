import Formats
import Foundation

/// Runs programs with their tests, and says which of them pass.
public struct CodeRunner: Sendable {
  /// What programs are written in.
  public enum Language: String, Sendable, Hashable, CaseIterable {
    case python, swift
  }

  /// How a program fared.
  public struct Outcome: Sendable, Hashable {
    public let hasPassed: Bool
    /// Why it failed, in a few words; what it wrote, where that tells more.
    public let text: String
  }

  public let language: Language
  private let sandbox: Sandbox
  private let tool: String

  /// - Parameters:
  ///   - limits: nil for what tests of a language usually need: compiling takes time and memory too.
  ///   - tool: The interpreter or compiler, a path or a name that PATH has; nil for the system's own.
  /// - Throws: `SandboxError` where nothing runs the language, or nothing isolates it.
  public init(
    _ language: Language, isolation: Sandbox.Isolation = .namespaces, limits: Sandbox.Limits? = nil,
    tool: String? = nil
  ) throws {
    self.language = language
    self.tool = try CodeRunner.path(of: tool ?? language.tool, for: language)
    sandbox = try Sandbox(
      isolation: isolation, limits: limits ?? language.limits, readable: CodeRunner.homes(of: self.tool))
  }

  /// What outcomes depend on beside the programs.
  public var description: String {
    "\(language.rawValue) by \(tool), isolation \(sandbox.isolation.rawValue), \(sandbox.limits.seconds) s, "
      + "\(sandbox.limits.memory >> 20) MiB"
  }

  /// Runs programs, as many at once as there are processors; outcomes in their order.
  ///
  /// A program passes when it comes to its end, behind its tests, and then ends well: one that leaves early, with
  /// whatever exit code, has passed no test.
  public func run(_ programs: [String]) throws -> [Outcome] {
    let results = OutcomeList(count: programs.count)
    DispatchQueue.concurrentPerform(iterations: programs.count) { index in
      results.set(index, Result { try run(programs[index]) })
    }
    return try results.outcomes()
  }

  private func run(_ program: String) throws -> Outcome {
    let mark = "passed-" + String("\(Fingerprint(of: program))".prefix(24))
    let run: Sandbox.Run
    switch language {
    case .python:
      run = try sandbox.run(
        // Not -I, which would have it ignore the environment too, and hash otherwise each time.
        [tool, "-s", "\(Sandbox.folder)/program.py"],
        files: [
          // Past what the program has made of its output.
          "program.py": program + "\n__import__(\"sys\").__stdout__.flush()\n"
            + "__import__(\"os\").write(1, b\"\\n\(mark)\\n\")\n"
        ])
    case .swift:
      // Tests are assertions, which optimised programs leave out.
      let line =
        "cd \"$HOME\" && \"$0\" -Onone -suppress-warnings -module-cache-path modules -o tested"
        + " \"$1\" && exec ./tested"
      run = try sandbox.run(
        ["/bin/sh", "-c", line, tool, "\(Sandbox.folder)/main.swift"],
        files: ["main.swift": program + "\nSwift.print(\"\\n\(mark)\")\n"])
    }
    // By scalars: a return before the line's end would be one character with it.
    let lines = run.output.unicodeScalars.split(separator: "\n")
    let hasPassed = run.ending == .exited(0) && lines.contains { String($0) == mark }
    return Outcome(hasPassed: hasPassed, text: hasPassed ? "passed" : Self.text(run))
  }

  private static func text(_ run: Sandbox.Run) -> String {
    let lastLine = run.output.split(separator: "\n").last.map { String($0.prefix(200)) } ?? ""
    switch run.ending {
    case .exited(0): return "ended before its tests did"
    case .exited(let code): return lastLine.isEmpty ? "exit code \(code)" : lastLine
    case .signalled(let number): return "signal \(number)" + (lastLine.isEmpty ? "" : ": \(lastLine)")
    case .outOfTime: return "out of time"
    case .outOfMemory: return "out of memory"
    case .tooManyProcesses: return "too many processes"
    case .tooMuchOutput: return "too much output"
    }
  }

  /// Where a tool lies: a path as it is given, seen from here; a name as the system has it, else as PATH does.
  ///
  /// What PATH has first may be a person's own, which nobody else can read. Links stay, for a virtual environment is
  /// known by its own.
  private static func path(of name: String, for language: Language) throws -> String {
    if name.contains("/") { return URL(fileURLWithPath: name).path }
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    let paths = (["/usr/bin", "/usr/local/bin"] + folders).map { "\($0)/\(name)" }
    guard let path = paths.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
      throw SandboxError.noInterpreter(language: language.rawValue, searched: [name])
    }
    return path
  }

  /// The folders that a tool's files lie in, as it is called and as it is: those above `bin` or `usr/bin`.
  ///
  /// A person's own folder isn't shown for a tool in it, only the folder that the tool is in.
  static func homes(of tool: String, person: String = NSHomeDirectory()) -> [String] {
    [tool, URL(fileURLWithPath: tool).resolvingSymlinksInPath().path].compactMap { path in
      let end =
        path.range(of: "/usr/bin/", options: .backwards) ?? path.range(of: "/bin/", options: .backwards)
      let home = end.map { String(path[..<$0.lowerBound]) }
      let isPersonal = home.map { "\(person)/".hasPrefix("\($0)/") } ?? true
      let shown = isPersonal ? (path as NSString).deletingLastPathComponent : home ?? ""
      // The system's own are there anyway.
      return shown.hasPrefix("/usr") || shown == "/bin" || shown == "/" ? nil : shown
    }
  }
}

extension CodeRunner: CustomStringConvertible {}

extension CodeRunner.Language {
  /// What runs or compiles it, by its usual name.
  fileprivate var tool: String { self == .python ? "python3" : "swiftc" }

  /// What tests of small functions need, a compiler's work included.
  var limits: Sandbox.Limits {
    switch self {
    case .python: Sandbox.Limits(seconds: 10, memory: 512 << 20, processes: 8)
    case .swift: Sandbox.Limits(seconds: 60, memory: 2 << 30, processes: 24, scratch: 256 << 20)
    }
  }
}

/// Outcomes that several threads fill in.
private final class OutcomeList: @unchecked Sendable {
  private let lock = NSLock()
  private var results: [Result<CodeRunner.Outcome, any Error>?]

  init(count: Int) { results = Array(repeating: nil, count: count) }

  func set(_ index: Int, _ result: Result<CodeRunner.Outcome, any Error>) {
    lock.withLock { results[index] = result }
  }

  func outcomes() throws -> [CodeRunner.Outcome] {
    try lock.withLock { try results.compactMap { try $0?.get() } }
  }
}
