import Foundation

/// The weights of a model's folder: one file (`model.safetensors`), or several with an index
/// (`model.safetensors.index.json`).
public struct SafetensorsFolder: TensorArchive {
  public let path: String
  /// The tensors of all files by name.
  public let tensors: [String: StoredTensor]
  /// The `__metadata__` of the file, or of the files taken together.
  public let metadata: [String: String]

  /// Opens the weights called `name` in the folder `path`; when both kinds are there, the single file counts.
  ///
  /// - Throws: `FormatsError` when the files are missing (66), aren't sound, or the index names a file outside
  ///   the folder (65).
  public init(path: String, name: String = "model") throws {
    self.path = path
    let single = "\(path)/\(name).safetensors"
    let index = "\(single).index.json"
    if FileManager.default.fileExists(atPath: single) || !FileManager.default.fileExists(atPath: index) {
      let file = try SafetensorsFile(path: single)
      tensors = file.tensors
      metadata = file.metadata
    } else {
      (tensors, metadata) = try Self.shards(folder: path, index: index)
    }
  }

  private static func shards(
    folder: String, index: String
  ) throws -> ([String: StoredTensor], [String: String]) {
    guard let map = try JSON(contentsOf: index)["weight_map"]?.objectValue else {
      throw FormatsError.safetensors(path: index, .invalidIndex)
    }
    var files: [String: SafetensorsFile] = [:]
    var tensors: [String: StoredTensor] = [:]
    var metadata: [String: String] = [:]
    for (name, value) in map {
      guard let shard = value.stringValue else {
        throw FormatsError.safetensors(path: index, .invalidIndex)
      }
      guard isFileName(shard) else {
        throw FormatsError.safetensors(path: index, .unsafeShardName(shard))
      }
      let file = try files[shard] ?? SafetensorsFile(path: "\(folder)/\(shard)")
      files[shard] = file
      metadata.merge(file.metadata) { first, _ in first }
      guard let tensor = file.tensors[name] else {
        throw FormatsError.safetensors(path: index, .missingFromShard(tensor: name, shard: shard))
      }
      tensors[name] = tensor
    }
    return (tensors, metadata)
  }

  /// Whether `name` names a file in the folder itself and can't lead out of it.
  private static func isFileName(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".." && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
  }
}
