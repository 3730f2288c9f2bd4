import Diagnostics
import Formats
import Foundation
import Tensors
import Testing

@testable import Training

@Suite("States on the disk")
struct StateTests {
  static let identity = StateStore.Identity(parameters: "p", data: "d")

  static func state(step: Int) -> TrainingState {
    var state = TrainingState()
    state.step = step
    state.updates = step - 1
    state.loss = 1.0 / 3
    state.validations = [ValidationPoint(step: 1, loss: 0.1), ValidationPoint(step: 2, loss: .nan)]
    for value in [0.1, 1e-300, 5e20, 1.0 / 3, -0.0] { state.recentLosses.record(value) }
    return state
  }

  static func arrays(_ value: Float) -> [(name: String, values: Tensor)] {
    [("parameters", Tensor([value, 1, 2], shape: [3])), ("first_moments", Tensor([value], shape: [1]))]
  }

  @Test func everythingIsReadBackBitForBit() throws {
    let folder = try TemporaryFolder()
    let store = StateStore(folder: folder.path + "/state")
    let path = try store.save(Self.state(step: 7), identity: Self.identity, arrays: Self.arrays(0.1))
    #expect(path == folder.path + "/state/step-00000007")
    let (found, warnings) = try store.load()
    let stored = try #require(found)
    #expect(warnings.isEmpty)
    #expect(stored.identity == Self.identity)
    // NaN isn't equal to itself.
    #expect("\(stored.state)" == "\(Self.state(step: 7))")
    #expect(
      stored.state.recentLosses.values.map(\.bitPattern)
        == Self.state(step: 7).recentLosses.values.map(\.bitPattern))
    let arrays = Self.arrays(0)
    try store.restore(stored, into: arrays)
    #expect(arrays[0].values.array == [0.1, 1, 2] && arrays[1].values.array == [0.1])
  }

  @Test func onlyTheLastFewAreKept() throws {
    let folder = try TemporaryFolder()
    let store = StateStore(folder: folder.path, keeping: 2)
    for step in [2, 4, 10] {
      _ = try store.save(Self.state(step: step), identity: Self.identity, arrays: Self.arrays(1))
    }
    #expect(StepNames.steps(in: folder.path) == [10, 4])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
  }

  /// What a failing disk or a meddling hand may do to the newest state.
  static let damages: [(String, @Sendable (String) throws -> Void)] = [
    ("state.json is cut", { try cut($0 + "/state.json") }),
    ("state.json is empty", { try Data().write(to: URL(fileURLWithPath: $0 + "/state.json")) }),
    ("state.json is changed", { try flip($0 + "/state.json", at: 60) }),
    ("state.json is missing", { try FileManager.default.removeItem(atPath: $0 + "/state.json") }),
    ("an array is cut", { try cut($0 + "/parameters.float32") }),
    ("an array is changed", { try flip($0 + "/first_moments.float32", at: 2) }),
    ("an array is missing", { try FileManager.default.removeItem(atPath: $0 + "/parameters.float32") }),
  ]

  @Test(arguments: damages.indices)
  func aTornStateIsPassedOver(damage: Int) throws {
    let folder = try TemporaryFolder()
    let store = StateStore(folder: folder.path)
    _ = try store.save(Self.state(step: 3), identity: Self.identity, arrays: Self.arrays(3))
    let newest = try store.save(Self.state(step: 4), identity: Self.identity, arrays: Self.arrays(4))
    try Self.damages[damage].1(newest)
    let (stored, warnings) = try store.load()
    #expect(stored?.state.step == 3)
    #expect(warnings.count == 1 && warnings[0].contains("step-00000004"))
    // The run goes on and saves over the torn one.
    _ = try store.save(Self.state(step: 4), identity: Self.identity, arrays: Self.arrays(4))
    #expect(try store.load().stored?.state.step == 4)
  }

  @Test func whenEveryStateIsTornTheRunIsNotBegunAgainSilently() throws {
    let folder = try TemporaryFolder()
    let store = StateStore(folder: folder.path)
    let path = try store.save(Self.state(step: 3), identity: Self.identity, arrays: Self.arrays(3))
    try Self.cut(path + "/parameters.float32")
    #expect(throws: TrainingError.noWholeState(folder: folder.path, problems: 1)) { try store.load() }
  }

  @Test func whatACrashWhileSavingLeavesIsIgnoredAndRemoved() throws {
    let folder = try TemporaryFolder()
    let store = StateStore(folder: folder.path)
    _ = try store.save(Self.state(step: 3), identity: Self.identity, arrays: Self.arrays(3))
    let partial = folder.path + "/.step-00000004.partial"
    try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: partial + "/parameters.float32"))
    #expect(try store.load().stored?.state.step == 3)
    _ = try store.save(Self.state(step: 4), identity: Self.identity, arrays: Self.arrays(4))
    #expect(!FileManager.default.fileExists(atPath: partial))
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func aFullDiskIsReportedAndLeavesTheStateBefore() throws {
    let folder = try TemporaryFolder()
    let store = StateStore(folder: folder.path)
    _ = try store.save(Self.state(step: 3), identity: Self.identity, arrays: Self.arrays(3))
    let error = #expect(throws: FormatsError.self) {
      try Folder.replace(folder.path + "/step-00000004") { temporary in
        // Whatever is written to this device fails as on a full disk.
        try FileManager.default.createSymbolicLink(
          atPath: temporary + "/parameters.float32", withDestinationPath: "/dev/full")
        try store.write(
          Self.state(step: 4), identity: Self.identity, arrays: Self.arrays(4), into: temporary)
      }
    }
    #expect(error?.diagnostics.first?.exitCode == .inputOutput)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["step-00000003"])
    #expect(try store.load().stored?.state.step == 3)
  }

  private static func cut(_ path: String) throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: path))
  }

  private static func flip(_ path: String, at place: Int) throws {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[place] ^= 1
    try bytes.write(to: URL(fileURLWithPath: path))
  }
}
