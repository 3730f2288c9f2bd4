/// A set of byte strings, each with the index of its insertion: the hash table under vocabularies and caches.
///
/// Byte strings and not `String`: Swift compares strings by canonical equivalence, and a vocabulary holds both
/// "é" and "e\u{301}". All strings lie end to end in one array, so a lookup touches two or three cache lines.
struct ByteStringTable: Sendable {
  private var storage: [UInt8] = []
  private var starts: [Int] = [0]
  /// The upper half of the hash and the index plus one, or zero for an empty slot; a power of two of them.
  private var slots: [UInt64]

  /// An empty table with room for some strings.
  init(minimumCapacity: Int = 0) {
    slots = [UInt64](repeating: 0, count: Self.slotCount(for: minimumCapacity))
    starts.reserveCapacity(minimumCapacity + 1)
  }

  /// How many strings the table holds.
  var count: Int { starts.count - 1 }

  /// How many bytes all its strings have together.
  var byteCount: Int { storage.count }

  /// The string that was inserted as the `index`-th.
  subscript(index: Int) -> ArraySlice<UInt8> { storage[starts[index]..<starts[index + 1]] }

  /// The index of a string, or nil when the table doesn't hold it.
  func index(of bytes: Span<UInt8>) -> Int? {
    let hash = Self.hash(bytes)
    let slot = slots[position(of: bytes, hash: hash)]
    return slot == 0 ? nil : Int(slot & 0xFFFF_FFFF) - 1
  }

  /// Inserts a string unless the table holds it.
  ///
  /// - Returns: its index, and whether it is new.
  @discardableResult
  mutating func insert(_ bytes: Span<UInt8>) -> (index: Int, isNew: Bool) {
    let hash = Self.hash(bytes)
    var position = position(of: bytes, hash: hash)
    if slots[position] != 0 { return (Int(slots[position] & 0xFFFF_FFFF) - 1, false) }
    if (count + 1) * 3 > slots.count * 2 {
      grow()
      position = self.position(of: bytes, hash: hash)
    }
    let index = count
    for offset in bytes.indices { storage.append(bytes[offset]) }
    starts.append(storage.count)
    slots[position] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(index + 1)
    return (index, true)
  }

  /// Forgets every string and keeps the memory.
  mutating func removeAll() {
    storage.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    starts.append(0)
    for index in slots.indices { slots[index] = 0 }
  }

  /// The slot that holds a string, or the empty slot where it belongs.
  private func position(of bytes: Span<UInt8>, hash: UInt64) -> Int {
    let mask = slots.count - 1
    var position = Int(truncatingIfNeeded: hash) & mask
    while slots[position] != 0 {
      if slots[position] >> 32 == hash >> 32, holds(bytes, at: Int(slots[position] & 0xFFFF_FFFF) - 1) {
        return position
      }
      position = (position + 1) & mask
    }
    return position
  }

  private func holds(_ bytes: Span<UInt8>, at index: Int) -> Bool {
    let start = starts[index]
    guard starts[index + 1] - start == bytes.count else { return false }
    for offset in bytes.indices where storage[start + offset] != bytes[offset] { return false }
    return true
  }

  private mutating func grow() {
    let old = slots
    slots = [UInt64](repeating: 0, count: old.count * 2)
    let mask = slots.count - 1
    for slot in old where slot != 0 {
      // The lower half of a hash isn't kept; strings are short, so hashing them again costs little.
      var position =
        Int(truncatingIfNeeded: Self.hash(self[Int(slot & 0xFFFF_FFFF) - 1].span)) & mask
      while slots[position] != 0 { position = (position + 1) & mask }
      slots[position] = slot
    }
  }

  private static func slotCount(for capacity: Int) -> Int {
    var count = 16
    while count * 2 < capacity * 3 + 3 { count *= 2 }
    return count
  }

  /// A multiplicative hash over eight bytes at a time.
  private static func hash(_ bytes: Span<UInt8>) -> UInt64 {
    let multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15
    return bytes.withUnsafeBytes { raw in
      var hash = UInt64(raw.count) &* multiplier
      var offset = 0
      while offset &+ 8 <= raw.count {
        hash = (hash ^ raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* multiplier
        hash ^= hash &>> 29
        offset &+= 8
      }
      var tail: UInt64 = 0
      while offset < raw.count {
        tail = tail &<< 8 | UInt64(raw[offset])
        offset &+= 1
      }
      hash = (hash ^ tail) &* multiplier
      return hash ^ hash &>> 32
    }
  }
}
