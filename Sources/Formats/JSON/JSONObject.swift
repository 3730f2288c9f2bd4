/// The members of a JSON object, in the order in which they were written.
///
/// A collection of `(key, value)` pairs with look-up by key. Keys are compared by their UTF-8 bytes.
public struct JSONObject: Sendable {
  private var members: [Member] = []
  /// Positions by key; nil while the object is small enough to be searched.
  private var positions: [ExactString: Int]?

  private struct Member: Sendable {
    let key: String
    var value: JSON
  }

  private static let largestSearched = 12

  public init() {}

  /// An object of these members; of members with the same key, the last one's value stays.
  public init(_ members: some Sequence<(String, JSON)>) {
    for (key, value) in members { self[key] = value }
  }

  /// The value of `key`.
  ///
  /// Setting an existing key keeps its place; setting nil removes the member.
  ///
  /// - Complexity: O(1); removing is O(n).
  public subscript(_ key: String) -> JSON? {
    get { position(of: key).map { members[$0].value } }
    set {
      switch (position(of: key), newValue) {
      case (let position?, let value?): members[position].value = value
      case (let position?, nil): remove(at: position)
      case (nil, let value?): append(key, value)
      case (nil, nil): break
      }
    }
  }

  /// The keys, in order.
  public var keys: [String] { members.map(\.key) }

  /// The values, in order.
  public var values: [JSON] { members.map(\.value) }

  /// Adds a member, or replaces the value of an existing one; returns whether `key` is new.
  mutating func insert(_ key: String, _ value: JSON) -> Bool {
    if let position = position(of: key) {
      members[position].value = value
      return false
    }
    append(key, value)
    return true
  }

  private func position(of key: String) -> Int? {
    if let positions { return positions[ExactString(key)] }
    return members.firstIndex { $0.key.hasSameBytes(as: key) }
  }

  private mutating func append(_ key: String, _ value: JSON) {
    positions?[ExactString(key)] = members.count
    members.append(Member(key: key, value: value))
    if positions == nil, members.count > Self.largestSearched { indexMembers() }
  }

  private mutating func remove(at position: Int) {
    members.remove(at: position)
    positions = nil
    if members.count > Self.largestSearched { indexMembers() }
  }

  private mutating func indexMembers() {
    var positions: [ExactString: Int] = [:]
    positions.reserveCapacity(members.count * 2)
    for (position, member) in members.enumerated() { positions[ExactString(member.key)] = position }
    self.positions = positions
  }
}

extension JSONObject: RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { members.count }
  public subscript(_ position: Int) -> (key: String, value: JSON) {
    (members[position].key, members[position].value)
  }
}

extension JSONObject: Hashable {
  public static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.count == right.count && left.allSatisfy { right[$0.key] == $0.value }
  }

  public func hash(into hasher: inout Hasher) {
    // Order doesn't count, so the members' hashes are added.
    var sum = 0
    for member in members {
      var hasher = Hasher()
      hasher.combine(ExactString(member.key))
      hasher.combine(member.value)
      sum &+= hasher.finalize()
    }
    hasher.combine(sum)
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}
