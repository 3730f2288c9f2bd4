import CSandbox
import Foundation

/// Where programs run that nobody has read: what a model wrote.
///
/// A program sees a root of its own with the system's programs and its own files, read-only, and a scratch folder in
/// memory; no network and no other process. When it ends or reaches a limit, everything that it started ends with it.
/// Linux namespaces without privileges, so the system must allow them; where it doesn't, programs are refused unless the
/// user has asked for no isolation.
public struct Sandbox: Sendable {
  /// What is between a program and the machine.
  public enum Isolation: String, Sendable, Hashable, CaseIterable {
    /// Namespaces of its own for files, processes, network and users, and limits.
    case namespaces
    /// Limits on each process only: for programs that are trusted, or a machine that is thrown away.
    case none
  }

  /// What a program may use.
  public struct Limits: Sendable, Hashable {
    /// From start to end, whatever it does.
    public var seconds: Double
    /// Resident memory of all its processes together, in bytes.
    public var memory: Int
    /// How many processes and threads' groups it may have at once.
    public var processes: Int
    /// What it may write to its streams, in bytes.
    public var output: Int
    /// What it may write to files, in bytes.
    public var scratch: Int

    public init(
      seconds: Double = 10, memory: Int = 512 << 20, processes: Int = 16, output: Int = 64 << 10,
      scratch: Int = 16 << 20
    ) {
      self.seconds = seconds
      self.memory = memory
      self.processes = processes
      self.output = output
      self.scratch = scratch
    }
  }

  /// How a program ended.
  public enum Ending: Sendable, Hashable {
    case exited(Int)
    case signalled(Int)
    case outOfTime, outOfMemory, tooManyProcesses, tooMuchOutput
  }

  /// What a run left.
  public struct Run: Sendable, Hashable {
    public let ending: Ending
    /// What it wrote to both streams, in the order in which it came, up to the limit.
    public let output: String
    public let seconds: Double
    /// The most resident memory that was seen, in bytes; 0 without isolation.
    public let peakMemory: Int
  }

  public let isolation: Isolation
  public let limits: Limits
  /// What it may read beside the system's own folders.
  private let readable: [String]

  /// The system's programs and what they need; what isn't there isn't shown.
  private static let systemFolders = [
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/ld.so.cache",
    "/etc/localtime",
  ]

  /// - Parameters:
  ///   - readable: Folders that programs may read beside `/usr`, `/bin`, `/lib` and their like.
  /// - Throws: `SandboxError.noIsolation` where the system doesn't allow namespaces.
  public init(isolation: Isolation = .namespaces, limits: Limits = Limits(), readable: [String] = []) throws {
    self.isolation = isolation
    self.limits = limits
    self.readable = readable
    if isolation == .namespaces {
      do {
        _ = try run(["/bin/sh", "-c", ":"])
      } catch SandboxError.failed(let stage, let code) {
        throw SandboxError.noIsolation(stage: stage, code: code)
      }
    }
  }

  /// Runs a program to its end; blocks until then.
  ///
  /// - Parameters:
  ///   - arguments: The program's path, and what it is told. Its files are in `folder`; it begins in its scratch folder.
  ///   - files: Their names and contents.
  /// - Throws: `SandboxError.failed` where it couldn't even be started.
  public func run(_ arguments: [String], files: [String: String] = [:]) throws -> Run {
    let temporary = FileManager.default.temporaryDirectory.path + "/trimtab-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: temporary) }
    do {
      for folder in [temporary] + ["root", "program", "scratch"].map({ "\(temporary)/\($0)" }) {
        // Who runs it may be somebody else.
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
      }
      for (name, content) in files {
        try content.write(toFile: "\(temporary)/program/\(name)", atomically: false, encoding: .utf8)
      }
    } catch {
      throw SandboxError.unwritable(path: temporary, reason: error.localizedDescription)
    }
    let program = temporary + "/program"
    let folder = isolation == .namespaces ? "/program" : program
    return try start(
      arguments.map { $0.replacingOccurrences(of: Sandbox.folder, with: folder) }, program: program,
      scratch: isolation == .namespaces ? "/scratch" : temporary + "/scratch",
      root: isolation == .namespaces ? temporary + "/root" : nil)
  }

  /// What stands for the folder of a program's files in its arguments.
  public static let folder = "{program}"

  private static func environment(home: String) -> [String] {
    [
      "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=\(home)", "TMPDIR=\(home)", "LANG=C.UTF-8",
      // Programs are to do the same each time.
      "PYTHONHASHSEED=0", "SWIFT_DETERMINISTIC_HASHING=1", "PYTHONDONTWRITEBYTECODE=1",
      // A library that starts a thread a processor would reach the limit on processes where there are many.
      "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", "MKL_NUM_THREADS=1",
    ]
  }

  private func start(
    _ arguments: [String], program: String, scratch: String, root: String?
  ) throws -> Run {
    var output = [UInt8](repeating: 0, count: limits.output)
    var result = trimtab_sandbox_result()
    let code = CStrings(arguments).withPointers { arguments in
      CStrings(Self.environment(home: scratch)).withPointers { environment in
        CStrings(Sandbox.systemFolders + readable).withPointers { readable in
          CStrings([program, root ?? ""]).withPointers { paths in
            var request = trimtab_sandbox_request()
            request.program = paths[0].map { UnsafePointer($0) }
            request.root = root == nil ? nil : paths[1].map { UnsafePointer($0) }
            request.readable = readable
            request.arguments = arguments
            request.environment = environment
            request.seconds = limits.seconds
            request.memory_bytes = UInt64(limits.memory)
            // Address space is cheap and runtimes reserve it; this is against what counting memory is too slow for.
            request.address_bytes = UInt64(max(4 * limits.memory, 4 << 30))
            request.output_bytes = UInt64(limits.output)
            request.scratch_bytes = UInt64(limits.scratch)
            request.processes = UInt32(limits.processes)
            // Of the users that systems keep for programs without any: so that its processes are counted alone.
            request.user = 61_184 + UInt32(getpid() % 4000)
            return trimtab_sandbox_run(&request, &output, &result)
          }
        }
      }
    }
    guard code == 0 else { throw SandboxError.failed(stage: "start a process", code: code) }
    guard Int(result.outcome) != TRIMTAB_SANDBOX_FAILED else {
      let stage = withUnsafeBytes(of: result.stage) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      throw SandboxError.failed(stage: stage, code: result.status)
    }
    return Run(
      ending: Sandbox.ending(result), output: String(decoding: output[..<result.output_count], as: UTF8.self),
      seconds: result.seconds, peakMemory: Int(result.peak_bytes))
  }

  private static func ending(_ result: trimtab_sandbox_result) -> Ending {
    switch Int(result.outcome) {
    case TRIMTAB_SANDBOX_SIGNALLED: .signalled(Int(result.status))
    case TRIMTAB_SANDBOX_TIME: .outOfTime
    case TRIMTAB_SANDBOX_MEMORY: .outOfMemory
    case TRIMTAB_SANDBOX_PROCESSES: .tooManyProcesses
    case TRIMTAB_SANDBOX_OUTPUT: .tooMuchOutput
    default: .exited(Int(result.status))
    }
  }
}

/// Texts as C has them: a list of pointers that ends with null.
private struct CStrings {
  private let texts: [String]

  init(_ texts: [String]) { self.texts = texts }

  func withPointers<Result>(
    _ body: (UnsafePointer<UnsafePointer<CChar>?>) throws -> Result
  ) rethrows -> Result {
    let pointers = texts.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    let list = pointers.map { UnsafePointer<CChar>($0) } + [nil]
    return try list.withUnsafeBufferPointer { list in
      guard let start = list.baseAddress else {
        preconditionFailure("a list that ends with null is never empty")
      }
      return try body(start)
    }
  }
}
