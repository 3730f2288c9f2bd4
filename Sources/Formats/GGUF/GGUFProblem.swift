import Tensors

/// What can be wrong with a GGUF file.
public enum GGUFProblem: Sendable, Hashable {
  case notGGUF(magic: [UInt8])
  case bigEndian
  case unsupportedVersion(UInt32)
  case truncated(reading: String)
  case absurdCount(of: String, UInt64)
  case arrayTooLong(key: String, Int)
  case invalidUTF8(reading: String)
  case invalidBool(key: String, UInt8)
  case unknownValueType(key: String, UInt32)
  case arraysNestedTooDeeply(key: String)
  case duplicateKey(String)
  case invalidAlignment(String)
  case part(number: Int, of: Int)
  case duplicateTensor(String)
  case tooManyDimensions(tensor: String, UInt32)
  case unsupportedTensorType(tensor: String, UInt32)
  case invalidShape(tensor: String, [UInt64])
  case partialBlocks(tensor: String, [Int], ElementType)
  case misalignedTensor(String, offset: UInt64, alignment: Int)
  case tensorBeyondFile(String, end: UInt64, available: Int)
  case overlappingTensors(String, String)

  /// The problem as one sentence.
  var text: String {
    switch self {
    case .notGGUF(let magic):
      let bytes = magic.map { String($0, radix: 16) }.joined(separator: " ")
      return magic.isEmpty ? "the file is empty" : "not a GGUF file (it begins with \(bytes))"
    case .bigEndian: return "a big-endian GGUF file, which isn't supported"
    case .unsupportedVersion(let version): return "GGUF version \(version) isn't supported (2 and 3 are)"
    case .truncated(let reading): return "the file ends within \(reading)"
    case .arrayTooLong(let key, let count): return "\(key) has \(count) elements, more than any vocabulary"
    case .absurdCount(let what, let count): return "\(count) \(what) can't fit in a file of this size"
    case .invalidUTF8(let reading): return "\(reading) is not valid UTF-8"
    case .invalidBool(let key, let byte): return "\(key) is a bool but has the value \(byte)"
    case .unknownValueType(let key, let type): return "\(key) has the unknown value type \(type)"
    case .arraysNestedTooDeeply(let key): return "\(key) has arrays nested too deeply"
    case .duplicateKey(let key): return "the key \(key) appears twice"
    case .invalidAlignment(let found):
      return "general.alignment must be a power of two from 8 to 65536, found \(found)"
    case .part(let number, let count): return "this is part \(number) of a model in \(count) files"
    case .duplicateTensor(let name): return "the tensor \(name) appears twice"
    case .tooManyDimensions(let tensor, let count): return "the tensor \(tensor) has \(count) dimensions"
    case .unsupportedTensorType(let tensor, let type):
      let name = GGUFTensorType.unsupportedNames[type].map { "\($0), which isn't supported" }
      return "the tensor \(tensor) has the \(name.map { "type \($0)" } ?? "unknown type \(type)")"
    case .invalidShape(let tensor, let shape): return "the tensor \(tensor) has the absurd shape \(shape)"
    case .partialBlocks(let tensor, let shape, let type):
      return "the tensor \(tensor) of shape \(shape) is no whole number of \(type) blocks"
    case .misalignedTensor(let tensor, let offset, let alignment):
      return "the tensor \(tensor) at offset \(offset) isn't aligned to \(alignment) bytes"
    case .tensorBeyondFile(let tensor, let end, let available):
      return "the tensor \(tensor) ends at data byte \(end), but the file has \(available)"
    case .overlappingTensors(let first, let second): return "the tensors \(first) and \(second) overlap"
    }
  }

  /// What to do about it, where something better than a new copy of the file is known.
  var advice: String? {
    switch self {
    case .truncated, .tensorBeyondFile: "the file may be only partly downloaded"
    case .unsupportedTensorType: "convert the model to F16, Q8_0 or one of Q4_0 to Q6_K"
    case .part: "merge the parts into one file"
    case .bigEndian: "convert the model again as little-endian"
    default: nil
    }
  }
}
