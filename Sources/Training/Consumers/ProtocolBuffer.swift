/// Writes the wire format of protocol buffers, as much of it as TensorBoard's events need.
///
/// A field is a key, `number << 3 | wire type`, and a value: 0 varint, 1 eight bytes, 2 length and bytes, 5 four
/// bytes.
struct ProtocolBuffer {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ value: Int, field: Int) {
    key(field, wireType: 0)
    varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func append(_ value: Double, field: Int) {
    key(field, wireType: 1)
    bytes += littleEndian(value.bitPattern)
  }

  mutating func append(_ value: Float, field: Int) {
    key(field, wireType: 5)
    bytes += littleEndian(value.bitPattern)
  }

  mutating func append(_ value: String, field: Int) { append(Array(value.utf8), field: field) }

  mutating func append(_ message: ProtocolBuffer, field: Int) { append(message.bytes, field: field) }

  private mutating func append(_ value: [UInt8], field: Int) {
    key(field, wireType: 2)
    varint(UInt64(value.count))
    bytes += value
  }

  private mutating func key(_ field: Int, wireType: Int) { varint(UInt64(field << 3 | wireType)) }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// The bytes of an integer, lowest first.
func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
