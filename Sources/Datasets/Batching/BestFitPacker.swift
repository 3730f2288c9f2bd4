/// Packs lengths into bins of one capacity, so that a batch is nearly full of real tokens.
///
/// Best fit over a look-ahead window: a window's items are taken longest first, and each goes to the open
/// bin that it leaves the least room in. Bins stay open for later windows. The result depends on nothing
/// but the input's order.
struct BestFitPacker {
  private let capacity: Int
  /// The items of each bin, as positions in the input.
  private(set) var bins: [[Int]] = []
  /// Open bins by the room that is left in them; a bit says that a room's list is not empty.
  private var binsByRoom: [[Int]]
  private var occupiedRooms: [UInt64]

  private init(capacity: Int) {
    self.capacity = capacity
    self.binsByRoom = Array(repeating: [], count: capacity + 1)
    self.occupiedRooms = Array(repeating: 0, count: capacity / 64 + 1)
  }

  /// The bins that hold `lengths`, each as positions in `lengths`; no bin's sum is above `capacity`.
  ///
  /// - Parameters:
  ///   - lengths: each in `1...capacity`.
  ///   - window: how many items are seen at a time.
  static func bins(of lengths: [Int], capacity: Int, window: Int = 8_192) -> [[Int]] {
    precondition(capacity > 0 && window > 0, "a bin and a window hold something")
    var packer = BestFitPacker(capacity: capacity)
    for start in stride(from: 0, to: lengths.count, by: window) {
      let items = (start..<min(start + window, lengths.count))
        .sorted { (-lengths[$0], $0) < (-lengths[$1], $1) }
      for item in items { packer.place(item, length: lengths[item]) }
    }
    return packer.bins
  }

  private mutating func place(_ item: Int, length: Int) {
    precondition(length > 0 && length <= capacity, "an item must fit a bin")
    if let room = smallestRoom(atLeast: length), let bin = binsByRoom[room].popLast() {
      if binsByRoom[room].isEmpty { occupiedRooms[room / 64] &= ~(1 << UInt64(room % 64)) }
      bins[bin].append(item)
      open(bin, room: room - length)
    } else {
      bins.append([item])
      open(bins.count - 1, room: capacity - length)
    }
  }

  private mutating func open(_ bin: Int, room: Int) {
    guard room > 0 else { return }
    binsByRoom[room].append(bin)
    occupiedRooms[room / 64] |= 1 << UInt64(room % 64)
  }

  private func smallestRoom(atLeast length: Int) -> Int? {
    var word = length / 64
    var bits = occupiedRooms[word] & (~0 << UInt64(length % 64))
    while bits == 0 {
      word += 1
      guard word < occupiedRooms.count else { return nil }
      bits = occupiedRooms[word]
    }
    return word * 64 + bits.trailingZeroBitCount
  }
}
