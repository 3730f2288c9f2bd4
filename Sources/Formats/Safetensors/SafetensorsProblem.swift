import Tensors

/// What can be wrong with a safetensors file or with the index of a sharded one.
public enum SafetensorsProblem: Sendable, Hashable {
  case truncated(size: Int)
  case headerTooLong(UInt64, available: Int)
  case headerIsNoObject
  case invalidMetadata
  case invalidEntry(tensor: String, missing: String)
  case unsupportedType(tensor: String, String)
  case invalidShape(tensor: String, [Int])
  case wrongSize(tensor: String, expected: Int, found: Int)
  case beyondFile(tensor: String, end: Int, available: Int)
  case overlappingTensors(String, String)
  case unclaimedBytes(Range<Int>)
  case invalidIndex
  case unsafeShardName(String)
  case missingFromShard(tensor: String, shard: String)

  /// The problem as one sentence.
  var text: String {
    switch self {
    case .truncated(let size):
      "not a safetensors file: \(size) bytes are fewer than the header's length takes"
    case .headerTooLong(let length, let available):
      "the header claims \(length) bytes, the file has \(available) after its length"
    case .headerIsNoObject: "the header is no JSON object"
    case .invalidMetadata: "__metadata__ must be an object of strings"
    case .invalidEntry(let tensor, let missing): "the tensor \(tensor) has no valid \(missing)"
    case .unsupportedType(let tensor, let type): "the tensor \(tensor) has the unsupported type \(type)"
    case .invalidShape(let tensor, let shape): "the tensor \(tensor) has the absurd shape \(shape)"
    case .wrongSize(let tensor, let expected, let found):
      "the tensor \(tensor) takes \(expected) bytes by its type and shape, its offsets give it \(found)"
    case .beyondFile(let tensor, let end, let available):
      "the tensor \(tensor) ends at data byte \(end), but the file has \(available)"
    case .overlappingTensors(let first, let second): "the tensors \(first) and \(second) overlap"
    case .unclaimedBytes(let range):
      "data bytes \(range.lowerBound) to \(range.upperBound) belong to no tensor"
    case .invalidIndex: "the index has no weight_map of tensor names to file names"
    case .unsafeShardName(let name): "the index names the file \"\(name)\", which is not in its folder"
    case .missingFromShard(let tensor, let shard): "the index places \(tensor) in \(shard), which hasn't it"
    }
  }

  /// What to do about it, where something better than a new copy of the file is known.
  var advice: String? {
    switch self {
    case .truncated, .headerTooLong, .beyondFile: "the file may be only partly downloaded"
    case .unsupportedType: "convert the model to F32, F16 or BF16"
    default: nil
    }
  }
}
