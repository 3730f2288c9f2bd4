/// What went wrong, where, and what to do: the one shape in which every module reports a problem.
///
/// Modules throw their own enums; each case becomes a `Diagnostic`, and one renderer makes the text.
public struct Diagnostic: Sendable, Hashable {
  /// What is wrong, as one sentence without a full stop.
  public var problem: String
  /// Where it is wrong.
  public var location: Location?
  /// What to do about it, as one sentence without a full stop.
  public var advice: String?
  /// The exit code that the command line ends with.
  public var exitCode: ExitStatus

  public init(
    _ problem: String, at location: Location? = nil, advice: String? = nil,
    exitCode: ExitStatus = .badData
  ) {
    self.problem = problem
    self.location = location
    self.advice = advice
    self.exitCode = exitCode
  }

  /// A file, and where known the line, the column or the byte in it.
  public struct Location: Sendable, Hashable, CustomStringConvertible {
    public var path: String
    public var line: Int?
    public var column: Int?
    public var byteOffset: Int?

    public init(_ path: String, line: Int? = nil, column: Int? = nil, byteOffset: Int? = nil) {
      self.path = path
      self.line = line
      self.column = column
      self.byteOffset = byteOffset
    }

    public var description: String {
      if let line { return column.map { "\(path):\(line):\($0)" } ?? "\(path):\(line)" }
      return byteOffset.map { "\(path) (byte \($0))" } ?? path
    }
  }

  /// The one line that a person reads: `where: what; what to do`.
  public var text: String {
    var text = location.map { "\($0): \(problem)" } ?? problem
    if let advice { text += "; \(advice)" }
    return text
  }
}

/// The exit codes of the command line (sysexits).
public enum ExitStatus: Int32, Sendable, Hashable {
  case usage = 64
  case badData = 65
  case noInput = 66
  case unavailable = 69
  case internalError = 70
  case inputOutput = 74
  case tryAgain = 75
  case interrupted = 130
}

/// An error that can say what is wrong, where, and what to do.
public protocol DiagnosticError: Error, CustomStringConvertible {
  /// One or more problems; the first one's exit code is the command's.
  var diagnostics: [Diagnostic] { get }
}

extension DiagnosticError {
  public var description: String { diagnostics.map(\.text).joined(separator: "\n") }
}
