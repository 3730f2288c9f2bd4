import Foundation
import Tensors

/// Writes safetensors files: tensor after tensor, so that a model needn't be in memory in its stored form.
public enum SafetensorsWriter {
  /// What `transformers` expects to find in `__metadata__`.
  public static let defaultMetadata = ["format": "pt"]

  /// The size beyond which `writeFolder` begins another file: that of `transformers`.
  public static let defaultShardLimit = 5_000_000_000

  /// Whether safetensors has this element type.
  public static func canStore(_ elementType: ElementType) -> Bool {
    SafetensorsType.name(of: elementType) != nil
  }

  /// Writes one file, which appears at `path` only when it is whole.
  ///
  /// - Precondition: names are unique, and safetensors has the element types.
  public static func write(
    _ tensors: [OutgoingTensor], metadata: [String: String] = defaultMetadata, to path: String
  ) throws {
    // Large elements first keeps every tensor aligned; otherwise the caller's order stays.
    let tensors = tensors.enumerated().sorted {
      ($1.element.elementType.blockBytes, $0.offset) < ($0.element.elementType.blockBytes, $1.offset)
    }.map(\.element)
    try AtomicFile.write(to: path) { file in
      try file.write(header(tensors, metadata))
      for tensor in tensors { try tensor.write(to: file) }
    }
  }

  /// Writes a model's weights into `folder`: `NAME.safetensors`, or, beyond `shardLimit` bytes, files
  /// `NAME-00001-of-0000N.safetensors` with an index, which is written last.
  ///
  /// Weights of the other kind that an earlier call left in the folder are removed.
  public static func writeFolder(
    _ tensors: [OutgoingTensor], metadata: [String: String] = defaultMetadata, to folder: String,
    name: String = "model", shardLimit: Int = defaultShardLimit
  ) throws {
    let shards = shards(tensors, limit: shardLimit)
    let single = "\(folder)/\(name).safetensors"
    let index = "\(single).index.json"
    guard shards.count > 1 else {
      try write(tensors, metadata: metadata, to: single)
      return try remove(index)
    }
    // An older index would call a folder whole in which some files are new and some aren't.
    try remove(index)
    var map = JSONObject()
    for (number, shard) in shards.enumerated() {
      let file = "\(name)-\(fiveDigits(number + 1))-of-\(fiveDigits(shards.count)).safetensors"
      try write(shard, metadata: metadata, to: "\(folder)/\(file)")
      for tensor in shard { map[tensor.name] = .string(file) }
    }
    let size = tensors.reduce(0) { $0 + $1.byteCount }
    let json: JSON = ["metadata": ["total_size": .integer(size)], "weight_map": .object(map)]
    try AtomicFile.write(json.text(pretty: true) + "\n", to: index)
    try remove(single)
  }

  private static func header(_ tensors: [OutgoingTensor], _ metadata: [String: String]) -> [UInt8] {
    var entries = JSONObject()
    if !metadata.isEmpty {
      let members = metadata.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) }
      entries["__metadata__"] = .object(JSONObject(members))
    }
    var offset = 0
    for tensor in tensors {
      guard let type = SafetensorsType.name(of: tensor.elementType) else {
        preconditionFailure("safetensors can't hold \(tensor.elementType)")
      }
      let end = offset + tensor.byteCount
      let isNew = entries.insert(
        tensor.name,
        [
          "dtype": .string(type), "shape": .array(tensor.shape.map { .integer($0) }),
          "data_offsets": [.integer(offset), .integer(end)],
        ])
      precondition(isNew, "the tensor \(tensor.name) is written twice")
      offset = end
    }
    var text = JSON.object(entries).utf8()
    // Spaces up to a multiple of eight align the data.
    text += repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
  }

  /// Cuts the list, in order, into pieces of at most `limit` bytes; a larger tensor is a piece of its own.
  private static func shards(_ tensors: [OutgoingTensor], limit: Int) -> [[OutgoingTensor]] {
    var shards: [[OutgoingTensor]] = [[]]
    var size = 0
    for tensor in tensors {
      if size + tensor.byteCount > limit, size > 0 {
        shards.append([])
        size = 0
      }
      shards[shards.count - 1].append(tensor)
      size += tensor.byteCount
    }
    return shards
  }

  private static func fiveDigits(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  private static func remove(_ path: String) throws {
    guard unlink(path) == 0 || errno == ENOENT else { throw FormatsError.last("remove", path) }
  }
}
