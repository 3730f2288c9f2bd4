import Foundation
import Testing

@Suite("Runs that are interrupted end as if they hadn't been")
struct InterruptionTests {
  /// A model from nothing that trains for two seconds or so and saves its state every few steps.
  private static let recipe = """
    kind: pretrain
    seed: 1
    precision: fp32
    threads: 2
    output: run
    model:
      tokenizer: tokenizer
      shape: {family: llama, layers: 2, hidden_size: 32, intermediate_size: 64, heads: 4, kv_heads: 2, context: 128}
    data: {path: documents.h5, max_length: 128, packing: true, train_on: all}
    training: {epochs: null, steps: 60, batch_tokens: 512, learning_rate: 3.0e-3, save_every: 5}
    """

  private let folder: TemporaryFolder
  /// The weights of the run that nobody interrupted.
  private let expected: Data

  init() throws {
    folder = try TemporaryFolder()
    let documents = folder.path + "/documents.h5"
    try Self.succeed(["data", "generate", "documents", "--count", "300", "--output", documents])
    try Self.succeed([
      "data", "tokenizer", documents, "--vocabulary", "300", "--output", folder.path + "/tokenizer",
    ])
    _ = try folder.write(Self.recipe, to: "recipe.yaml")
    try Self.succeed(["finetune", "recipe.yaml", "--set", "output=whole"], in: folder.path)
    expected = try folder.read("whole/model.safetensors")
  }

  private static func succeed(_ arguments: [String], in folder: String? = nil) throws {
    let outcome = try Command.run(arguments, in: folder)
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  private func finish() throws {
    try Self.succeed(["finetune", "recipe.yaml", "--resume"], in: folder.path)
    #expect(try folder.read("run/model.safetensors") == expected)
  }

  /// Starts or resumes the run and sends it `signal` as soon as `moment` has come.
  private func interrupt(_ signal: Int32, resuming: Bool, when moment: () -> Bool) throws -> Process {
    let (process, _, _) = try Command.start(
      ["finetune", "recipe.yaml"] + (resuming ? ["--resume"] : []), in: folder.path)
    while process.isRunning, !moment() { usleep(100) }
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    return process
  }

  private func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: folder.path + "/" + name)
  }

  /// The states that are being written, or were when the run was killed.
  private var partialStates: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/run/state")) ?? []
    return names.filter { $0.hasSuffix(".partial") }
  }

  @Test("kill -9 at five moments, one of them while a state is being written")
  func killed() throws {
    let moments: [() -> Bool] = [
      { exists("run/recipe.yaml") },
      { exists("run/state/step-00000005") },
      { exists("run/state/step-00000020") },
      { exists("run/model.safetensors") && exists("run/state/step-00000045") },
    ]
    for (index, moment) in moments.enumerated() {
      let process = try interrupt(SIGKILL, resuming: index > 0, when: moment)
      #expect(process.terminationReason == .uncaughtSignal, "the run ended before moment \(index)")
    }
    // A folder may get its real name between the look and the kill; then the next state is tried.
    for _ in 0..<5 where partialStates.isEmpty && !exists("run/state/step-00000060") {
      _ = try interrupt(SIGKILL, resuming: true) { !partialStates.isEmpty }
    }
    #expect(!partialStates.isEmpty, "no state was half written")
    try finish()
  }

  @Test("Ctrl-C saves the state and exits with 130")
  func interrupted() throws {
    let process = try interrupt(SIGINT, resuming: false) { exists("run/state/step-00000010") }
    #expect(process.terminationReason == .exit && process.terminationStatus == 130)
    // Without --resume an unfinished run isn't thrown away.
    let again = try Command.run(["finetune", "recipe.yaml"], in: folder.path)
    #expect(again.status == 64 && again.errors.contains("--resume"), "\(again.status) \(again.errors)")
    try finish()
  }

  @Test("a disk that is full leaves the state before as it was")
  func diskFull() throws {
    _ = try interrupt(SIGKILL, resuming: false) { exists("run/state/step-00000010") }
    // A limit on a file's size refuses what is written just as a full disk does.
    let limited = try Command.shell(
      "ulimit -f 100; exec \"$0\" finetune recipe.yaml --resume", in: folder.path)
    #expect(limited.status == 74, "\(limited.errors)")
    #expect(limited.errors.contains("trimtab: run/state"), "\(limited.errors)")
    try finish()
  }
}
