import Formats
import Foundation
import Tensors

/// The states of a run on the disk, from which it can be resumed (rule 11).
///
/// Each is a folder `step-N` with raw float32 arrays and `state.json`, which holds the rest and the SHA-256 of
/// everything. A state is written under a temporary name, flushed and renamed, and an older one is removed only after
/// that; so whenever the process dies the newest whole one is there. What is torn all the same (a failing disk)
/// is found by its checksums, and the one before is used.
struct StateStore {
  /// What a state belongs to; a run with another identity can't go on from it.
  struct Identity: Sendable, Hashable {
    /// Names and shapes of the parameters.
    var parameters: String
    var data: String
    /// The fingerprint of the model that the run began at; nil for one from nothing, and in older states.
    var model: String?
  }

  /// A state that was found whole.
  struct Stored {
    let state: TrainingState
    let identity: Identity
    fileprivate let folder: String
    fileprivate let files: [(name: String, bytes: MappedFile)]
  }

  /// The folder that holds the states.
  let folder: String
  /// How many states are kept.
  let keeping: Int

  init(folder: String, keeping: Int = 2) {
    precondition(keeping > 0)
    self.folder = folder
    self.keeping = keeping
  }

  /// Writes a state and then removes the oldest ones; returns the path of the new one.
  func save(_ state: TrainingState, identity: Identity, arrays: [(name: String, values: Tensor)]) throws
    -> String
  {
    try Folder.create(folder)
    let path = folder + "/" + StepNames.name(of: state.step)
    try Folder.replace(path) { temporary in
      try write(state, identity: identity, arrays: arrays, into: temporary)
    }
    for old in StepNames.steps(in: folder).dropFirst(keeping) {
      try? FileManager.default.removeItem(atPath: folder + "/" + StepNames.name(of: old))
    }
    // What a process was saving when it was killed.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasSuffix(".partial") || name.hasSuffix(".replaced") {
      try? FileManager.default.removeItem(atPath: folder + "/" + name)
    }
    return path
  }

  /// The newest whole state, nil when there is none, and a warning for each that was passed over.
  func load() throws -> (stored: Stored?, warnings: [String]) {
    var warnings: [String] = []
    for step in StepNames.steps(in: folder) {
      let path = folder + "/" + StepNames.name(of: step)
      do {
        return (try read(path), warnings)
      } catch let error as TrainingError {
        warnings.append("\(error); the state before it is used")
      } catch let error as FormatsError {
        warnings.append("\(error); the state before it is used")
      }
    }
    guard warnings.isEmpty else { throw TrainingError.noWholeState(folder: folder, problems: warnings.count) }
    return (nil, [])
  }

  /// Fills arrays with what a state holds; they must be laid out as when it was saved.
  func restore(_ stored: Stored, into arrays: [(name: String, values: Tensor)]) throws {
    for (name, values) in arrays {
      guard let file = stored.files.first(where: { $0.name == name })?.bytes,
        file.bytes.count == values.byteCount
      else { throw TrainingError.tornState(path: stored.folder, problem: "\(name) has another size") }
      if let base = file.bytes.baseAddress {
        values.bytes.copyMemory(from: base, byteCount: file.bytes.count)
      }
    }
  }

  /// Writes one state's files into a folder that is there.
  func write(
    _ state: TrainingState, identity: Identity, arrays: [(name: String, values: Tensor)], into path: String
  ) throws {
    var files = JSONObject()
    for (name, values) in arrays {
      let bytes = UnsafeRawBufferPointer(start: values.bytes, count: values.byteCount)
      try AtomicFile.write(to: "\(path)/\(name).float32") { try $0.write(bytes) }
      files[name] = .string("\(Fingerprint(of: bytes))")
    }
    var document: JSONObject = [
      "format": "trimtab.state", "version": 1, "state": state.json,
      "parameters": .string(identity.parameters), "data": .string(identity.data), "files": .object(files),
    ]
    document["model"] = identity.model.map { .string($0) }
    document["checksum"] = .string(Self.checksum(of: document))
    try AtomicFile.write(JSON.object(document).text(pretty: true) + "\n", to: path + "/state.json")
  }

  private func read(_ path: String) throws -> Stored {
    func torn(_ problem: String) -> TrainingError { .tornState(path: path, problem: problem) }
    guard var document = try JSON(contentsOf: path + "/state.json").objectValue,
      let checksum = document["checksum"]?.stringValue
    else { throw torn("state.json has no checksum") }
    document["checksum"] = nil
    guard checksum == Self.checksum(of: document) else {
      throw torn("state.json doesn't match its checksum")
    }
    guard document["format"]?.stringValue == "trimtab.state", document["version"]?.intValue == 1,
      let state = document["state"].flatMap(TrainingState.init), let files = document["files"]?.objectValue,
      let parameters = document["parameters"]?.stringValue, let data = document["data"]?.stringValue
    else { throw torn("state.json isn't of a version that is known here") }
    let mapped = try files.map { name, fingerprint in
      let file = try MappedFile(path: "\(path)/\(name).float32")
      guard fingerprint.stringValue == "\(Fingerprint(of: file.bytes))" else {
        throw torn("\(name) doesn't match its checksum")
      }
      return (name, file)
    }
    let identity = Identity(parameters: parameters, data: data, model: document["model"]?.stringValue)
    return Stored(state: state, identity: identity, folder: path, files: mapped)
  }

  private static func checksum(of document: JSONObject) -> String {
    "\(Fingerprint(of: JSON.object(document).text()))"
  }
}
