import Foundation
import Testing

@testable import Evaluation

/// Whether programs can be isolated here; where they can't, nothing of this can be tested.
private let isolation: Result<Sandbox, any Error> = Result { try Sandbox() }

private let canIsolate: Bool = {
  if case .failure(let error) = isolation {
    print("LEFT OUT: the sandbox's tests, for this machine allows no isolation: \(error)")
    return false
  }
  return true
}()

@Suite("Hostile programs are contained, and the harness is unharmed", .enabled(if: canIsolate), .serialized)
struct SandboxTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/hostile"
  private static let limits = Sandbox.Limits(
    seconds: 2, memory: 128 << 20, processes: 8, output: 32 << 10, scratch: 8 << 20)

  private func run(_ name: String, seconds: Double = 2) throws -> Sandbox.Run {
    let program = try String(contentsOfFile: "\(Self.folder)/\(name).py", encoding: .utf8)
    var limits = Self.limits
    limits.seconds = seconds
    let sandbox = try Sandbox(limits: limits)
    let started = ContinuousClock.now
    let run = try sandbox.run(
      ["/usr/bin/python3", "-I", "\(Sandbox.folder)/program.py"], files: ["program.py": program])
    // Whatever it does, it doesn't outlive its time by more than it takes to clear it away.
    #expect(started.duration(to: .now) < .seconds(seconds + 3))
    return run
  }

  @Test("a fork bomb ends, and leaves no process")
  func forkBomb() throws {
    let ending = try run("fork_bomb").ending
    #expect(ending == .tooManyProcesses || ending == .outOfTime)
    // The harness can still make processes.
    #expect(try run("leaves_early").ending == .exited(0))
  }

  @Test("memory ends at the limit")
  func memory() throws {
    let run = try run("memory", seconds: 10)
    #expect(run.ending == .outOfMemory)
    #expect(run.peakMemory < 4 * Self.limits.memory)
  }

  @Test("no memory that isn't counted")
  func unmappedMemory() throws {
    #expect(try run("unmapped_memory", seconds: 10).output == "held 0\n")
  }

  @Test("a person's own folder isn't shown for the tool in it")
  func tools() {
    func homes(_ tool: String) -> Set<String> { Set(CodeRunner.homes(of: tool, person: "/home/alice")) }
    #expect(homes("/usr/bin/none") == [] && homes("/bin/none") == [])
    #expect(homes("/opt/swift/usr/bin/none") == ["/opt/swift"])
    #expect(homes("/home/alice/venv/bin/none") == ["/home/alice/venv"])
    #expect(homes("/home/alice/bin/none") == ["/home/alice/bin"])
    #expect(homes("/home/alice/.shims/none") == ["/home/alice/.shims"])
  }

  @Test("endless output is cut")
  func output() throws {
    let run = try run("endless_output")
    #expect(run.ending == .tooMuchOutput)
    #expect(run.output.utf8.count <= Self.limits.output)
  }

  @Test(
    "time ends for whoever sleeps, spins, or has closed its streams",
    arguments: ["sleep", "spin", "silent_output_closed"])
  func time(name: String) throws {
    let run = try run(name, seconds: 0.7)
    #expect(run.ending == .outOfTime)
    #expect(run.seconds < 2)
  }

  @Test("nothing outside can be written")
  func writing() throws {
    let run = try run("files_outside")
    #expect(run.ending == .exited(0))
    #expect(run.output == "written []\n")
    #expect(!FileManager.default.fileExists(atPath: "/var/tmp/trimtab-was-here"))
    #expect(!FileManager.default.fileExists(atPath: "/usr/bin/trimtab-was-here"))
  }

  @Test("nothing outside can be read but the system's programs")
  func reading() throws {
    let output = try run("reading_outside").output
    #expect(output.hasPrefix("seen [] "))
    for folder in ["home", "root", "var", "work"] { #expect(!output.contains("'\(folder)'")) }
  }

  @Test("there is no network")
  func network() throws {
    let output = try run("network").output
    #expect(output.hasPrefix("reached [] "))
    #expect(!output.contains("eth"))
  }

  @Test("nobody outside can be signalled or traced; the watcher can't be killed from inside")
  func parents() throws {
    let run = try run("kills_parent")
    #expect(run.ending == .exited(0))
    #expect(run.output == "alive among 2\n")
    #expect(try self.run("traces_parent").output == "attached False\n")
  }

  @Test("nobody's limits but its own")
  func limits() throws {
    let run = try run("limits_of_others")
    #expect(run.ending == .exited(0) && run.output == "refused\n")
  }

  @Test("links lead nowhere")
  func links() throws {
    let run = try run("symlinks")
    #expect(run.output == "reached []\n")
  }

  @Test("no namespaces and mounts of its own")
  func namespaces() throws {
    #expect(try run("namespaces").output == "made False mounted False user 1000\n")
  }

  @Test("what is left in the background ends with the program")
  func background() throws {
    let run = try run("background", seconds: 5)
    #expect(run.ending == .exited(0))
    #expect(run.output == "left behind\n")
    #expect(run.seconds < 4)
  }

  @Test("the scratch folder is small, and gone afterwards")
  func scratch() throws {
    let output = try run("fills_scratch").output
    #expect(output.hasPrefix("megabytes "))
    let megabytes = Int(output.dropFirst(10).dropLast()) ?? -1
    #expect((1...8).contains(megabytes))
  }

  @Test("endings, streams and arguments are told as they are")
  func endings() throws {
    let sandbox = try Sandbox(limits: Self.limits)
    #expect(try sandbox.run(["/bin/sh", "-c", "echo a; echo b >&2; exit 3"]).ending == .exited(3))
    #expect(try sandbox.run(["/bin/sh", "-c", "echo a; echo b >&2; exit 3"]).output == "a\nb\n")
    #expect(try sandbox.run(["/bin/sh", "-c", "kill -SEGV $$"]).ending == .signalled(11))
    #expect(try sandbox.run(["/bin/sh", "-c", "pwd; cat"]).output == "/scratch\n")
    #expect(throws: SandboxError.self) { try sandbox.run(["/bin/there-is-no-such-program"]) }
  }

  @Test("many at once, from many threads")
  func many() throws {
    let runner = try CodeRunner(.python)
    let programs = (0..<24).map { "assert \($0) % 3 != 0" }
    let outcomes = try runner.run(programs)
    #expect(outcomes.map(\.hasPassed) == (0..<24).map { $0 % 3 != 0 })
  }

  @Test("without isolation each program has a folder of its own")
  func folders() throws {
    let sandbox = try Sandbox(isolation: .none)
    let folders = try (0..<2).map { _ in try sandbox.run(["/bin/sh", "-c", "cd \"$HOME\" && pwd"]).output }
    #expect(folders[0] != folders[1] && folders.allSatisfy { $0.contains("/scratch") })
  }

  // MARK: - Tests of code

  @Test("an interpreter by its name, and by a path from here")
  func interpreters() throws {
    let here = FileManager.default.currentDirectoryPath
    let up = here.split(separator: "/").map { _ in ".." }.joined(separator: "/")
    for tool in ["python3", "/usr/bin/python3", "\(up)/usr/bin/python3"] {
      for isolation in Sandbox.Isolation.allCases {
        let runner = try CodeRunner(.python, isolation: isolation, limits: Self.limits, tool: tool)
        #expect(try runner.run(["assert True"])[0].hasPassed, "\(tool)")
      }
    }
    #expect(throws: SandboxError.self) { try CodeRunner(.python, tool: "no-such-python") }
  }

  @Test("scores are another run's where something else runs the tests")
  func fingerprints() throws {
    let tasks = try Sandbox.Isolation.allCases.map { isolation in
      try MBPPTask(
        rows: Sample.rows([["prompt": "a", "tests": "assert one() == 1"]]),
        runner: try CodeRunner(.python, isolation: isolation))
    }
    #expect(tasks[0].fingerprint != tasks[1].fingerprint)
    // Behind a prompt that ends within a line.
    #expect(tasks[0].program(" def one(): return 1", row: 0).hasPrefix("def one()"))
  }

  @Test("a program does the same each time")
  func repeatable() throws {
    let runner = try CodeRunner(.python, limits: Self.limits)
    let outcomes = try runner.run(Array(repeating: "raise SystemExit(str(hash('a word')))", count: 4))
    #expect(Set(outcomes.map(\.text)).count == 1)
  }

  @Test(
    "Python: only what comes to its end behind its tests has passed",
    arguments: [
      ("def f(): return 1\nassert f() == 1", true), ("def f(): return 2\nassert f() == 1", false),
      ("def f(:", false), ("import sys\nsys.exit(0)\nassert False", false),
      ("import os\nos._exit(0)\nassert False", false), ("def print(*a): pass\nassert 1", true),
      ("raise SystemExit", false), ("while True: pass", false),
      ("import io, sys\nsys.stdout = io.StringIO()", true),
      ("import atexit\natexit.register(print, 'bye')", true), ("print('bye', end='\\r')", true),
    ])
  func python(program: String, hasPassed: Bool) throws {
    let runner = try CodeRunner(.python, limits: Self.limits)
    #expect(try runner.run([program])[0].hasPassed == hasPassed)
  }

  @Test("HumanEval, MBPP and DS-1000 put programs together")
  func pythonTasks() throws {
    let runner = try CodeRunner(.python)
    let humanEval = try HumanEvalTask(
      rows: Sample.rows([
        [
          "prompt": "def one():\n", "entry_point": "one",
          "tests": "def check(candidate):\n    assert candidate() == 1\n",
        ]
      ]), runner: runner, sampling: CodeSampling(samples: 4, tries: 2, temperature: 0.8, topP: 0.95))
    let texts = ["    return 1\nprint(one())", "    return 2", "\treturn 1", "return 1"]
    let grade = try humanEval.grades([RowResponse(row: 0, .texts(texts.map { GeneratedText($0) }))])[0]
    // Two of four pass: 1 − C(2,2)/C(4,2).
    #expect(abs(grade.score - 5.0 / 6) < 1e-12)
    #expect(grade.measures["passing"] == 0.5)

    let mbpp = try MBPPTask(
      rows: Sample.rows([["prompt": "Double.", "tests": "assert twice(2) == 4"]]), runner: runner)
    let answers = ["```python\ndef twice(x):\n    return 2 * x\n```", "def twice(x): return x"]
    #expect(
      try mbpp.grades(answers.map { RowResponse(row: 0, Sample.text($0)) }).map(\.score) == [1, 0])

    let context =
      "def test_execution(solution):\n    scope = {}\n    exec(solution, scope)\n    assert scope['x'] == 3"
    let ds1000 = try DS1000Task(
      rows: Sample.rows([["prompt": "Set x.", "code_context": context]]), runner: runner, sampling: .greedy)
    #expect(
      try ds1000.grades(["x = 1 + 2", "x = '\"'"].map { RowResponse(row: 0, Sample.text($0)) }).map(\.score)
        == [1, 0])
  }

  @Test("Swift: compiled with its tests")
  func swift() throws {
    let rows = Sample.rows([
      [
        "prompt": "func double(x : Int) -> Int {\n",
        "tests": "var x0 : Int = double(x : 2)\nassert(x0 == 4, \"wrong\")\n",
      ]
    ])
    let task = try SwiftCodeTask(rows: rows, runner: try CodeRunner(.swift))
    let answers = ["    return 2 * x", "    return x", "    return \"x\""]
    let grades = try task.grades(answers.map { RowResponse(row: 0, Sample.text($0)) })
    #expect(grades.map(\.score) == [1, 0, 0], "\(grades.map { $0.answer ?? "" })")
  }
}

@Suite("Where nothing isolates")
struct UnsafeSandboxTests {
  @Test("told so, programs run under limits only")
  func none() throws {
    let sandbox = try Sandbox(isolation: .none, limits: Sandbox.Limits(seconds: 1, output: 1000))
    #expect(try sandbox.run(["/bin/sh", "-c", "echo a"]).output == "a\n")
    #expect(try sandbox.run(["/bin/sh", "-c", "sleep 30"]).ending == .outOfTime)
    #expect(try sandbox.run(["/bin/sh", "-c", "yes"]).ending == .tooMuchOutput)
    #expect(try sandbox.run(["/bin/cat", "\(Sandbox.folder)/a"], files: ["a": "b"]).output == "b")
  }

  @Test("what can't be isolated is refused with what to do")
  func refusal() {
    let text = "\(SandboxError.noIsolation(stage: "make namespaces", code: EPERM))"
    #expect(text.contains("--unsafe-sandbox none") && text.contains("make namespaces"))
  }
}
