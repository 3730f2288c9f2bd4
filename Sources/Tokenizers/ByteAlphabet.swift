/// GPT-2's reversible spelling of bytes as printable characters, in which byte-level vocabularies are written.
///
/// Printable Latin-1 characters stand for themselves; the other 68 bytes take U+0100, U+0101, … in turn, so a
/// space is written "Ġ" and a newline "Ċ".
enum ByteAlphabet {
  /// The character that spells each byte.
  static let characters: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (UInt8.min...UInt8.max).map { byte in
      if isPrintable(byte) { return Unicode.Scalar(byte) }
      defer { next += 1 }
      return Unicode.Scalar(next) ?? Unicode.Scalar(byte)
    }
  }()

  /// The bytes 0…255 in the order of the characters that spell them: the order of a new vocabulary.
  static let bytesInSpellingOrder: [UInt8] = (UInt8.min...UInt8.max).sorted {
    characters[Int($0)].value < characters[Int($1)].value
  }

  /// The UTF-8 spelling of some bytes.
  static func spelling(of bytes: Span<UInt8>) -> [UInt8] {
    var spelled: [UInt8] = []
    spelled.reserveCapacity(bytes.count * 2)
    for index in bytes.indices {
      let value = characters[Int(bytes[index])].value
      if value < 0x80 {
        spelled.append(UInt8(value))
      } else {
        spelled.append(UInt8(0xC0 | value >> 6))
        spelled.append(UInt8(0x80 | value & 0x3F))
      }
    }
    return spelled
  }

  /// The bytes that a UTF-8 text spells, or nil when one of its characters spells none.
  static func bytes(spelledBy text: Span<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      var value = Int(text[index])
      index += 1
      if value >= 0x80 {
        // Every character of the alphabet is below U+0800: two bytes at most.
        guard value & 0xE0 == 0xC0, index < text.count else { return nil }
        value = (value & 0x1F) << 6 | Int(text[index] & 0x3F)
        index += 1
      }
      guard value < byteOfCharacter.count, let byte = byteOfCharacter[value] else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  private static let byteOfCharacter: [UInt8?] = {
    var table = [UInt8?](repeating: nil, count: 0x100 + 68)
    for (byte, character) in characters.enumerated() { table[Int(character.value)] = UInt8(byte) }
    return table
  }()

  private static func isPrintable(_ byte: UInt8) -> Bool {
    (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE
  }
}
