/// A cursor over the header of a GGUF file that checks every length against the file before it is believed.
struct GGUFReader {
  let bytes: UnsafeRawBufferPointer
  private(set) var position = 0

  /// A problem and the byte at which it was met.
  struct Failure: Error {
    let problem: GGUFProblem
    let offset: Int
  }

  private static let deepestArray = 4
  /// Elements of one array: more than any vocabulary has.
  private static let longestArray = 1 << 24

  init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var remaining: Int { bytes.count - position }

  func failure(_ problem: GGUFProblem) -> Failure { Failure(problem: problem, offset: position) }

  /// A little-endian integer.
  mutating func integer<Value: FixedWidthInteger>(_ what: @autoclosure () -> String) throws(Failure) -> Value
  {
    guard remaining >= MemoryLayout<Value>.size else { throw failure(.truncated(reading: what())) }
    let value = bytes.loadUnaligned(fromByteOffset: position, as: Value.self)
    position += MemoryLayout<Value>.size
    return Value(littleEndian: value)
  }

  /// A count of things of at least `smallestSize` bytes each.
  mutating func count(
    of what: @autoclosure () -> String, smallestSize: Int
  ) throws(Failure) -> Int {
    let start = position
    let count: UInt64 = try integer("the number of \(what())")
    guard count <= UInt64(remaining / smallestSize) else {
      throw Failure(problem: .absurdCount(of: what(), count), offset: start)
    }
    return Int(count)
  }

  /// A length and as many bytes of UTF-8.
  mutating func string(_ what: @autoclosure () -> String) throws(Failure) -> String {
    let length: UInt64 = try integer(what())
    guard length <= UInt64(remaining) else { throw failure(.truncated(reading: what())) }
    let content = UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(length)])
    guard let text = String(validating: content, as: UTF8.self) else {
      throw failure(.invalidUTF8(reading: what()))
    }
    position += Int(length)
    return text
  }

  /// A metadata value: its type, then its content.
  mutating func value(key: String) throws(Failure) -> GGUFValue {
    try content(try valueType(key: key), key: key, depth: 0)
  }

  private mutating func valueType(key: String) throws(Failure) -> GGUFValueType {
    let start = position
    let number: UInt32 = try integer("the type of \(key)")
    guard let type = GGUFValueType(rawValue: number) else {
      throw Failure(problem: .unknownValueType(key: key, number), offset: start)
    }
    return type
  }

  private mutating func content(
    _ type: GGUFValueType, key: String, depth: Int
  ) throws(Failure) -> GGUFValue {
    switch type {
    case .uint8: return .uint8(try integer(key))
    case .int8: return .int8(try integer(key))
    case .uint16: return .uint16(try integer(key))
    case .int16: return .int16(try integer(key))
    case .uint32: return .uint32(try integer(key))
    case .int32: return .int32(try integer(key))
    case .uint64: return .uint64(try integer(key))
    case .int64: return .int64(try integer(key))
    case .float32: return .float32(Float(bitPattern: try integer(key)))
    case .float64: return .float64(Double(bitPattern: try integer(key)))
    case .string: return .string(try string(key))
    case .bool:
      let byte: UInt8 = try integer(key)
      guard byte <= 1 else { throw failure(.invalidBool(key: key, byte)) }
      return .bool(byte == 1)
    case .array:
      guard depth < Self.deepestArray else { throw failure(.arraysNestedTooDeeply(key: key)) }
      let elementType = try valueType(key: key)
      let start = position
      let count = try count(of: "elements of \(key)", smallestSize: elementType.smallestSize)
      // In memory an element may take thirty times what it does in the file.
      guard count <= Self.longestArray else {
        throw Failure(problem: .arrayTooLong(key: key, count), offset: start)
      }
      var elements: [GGUFValue] = []
      elements.reserveCapacity(count)
      for _ in 0..<count {
        elements.append(try content(elementType, key: key, depth: depth + 1))
      }
      return .array(of: elementType, elements)
    }
  }
}
