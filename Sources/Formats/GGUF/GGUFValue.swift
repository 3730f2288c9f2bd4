/// A value of GGUF metadata, with the type under which it is stored.
public enum GGUFValue: Sendable, Hashable {
  case uint8(UInt8), int8(Int8)
  case uint16(UInt16), int16(Int16)
  case uint32(UInt32), int32(Int32)
  case uint64(UInt64), int64(Int64)
  case float32(Float), float64(Double)
  case bool(Bool)
  case string(String)
  /// Elements of one type, which is written even when there are none.
  case array(of: GGUFValueType, [GGUFValue])
}

/// The types of metadata values, numbered as in the file.
public enum GGUFValueType: UInt32, Sendable, Hashable, CaseIterable {
  case uint8 = 0
  case int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

  /// The fewest bytes that a value of this type takes.
  var smallestSize: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64, .string: 8
    case .array: 12
    }
  }
}

extension GGUFValue {
  /// The type under which the value is stored.
  public var type: GGUFValueType {
    switch self {
    case .uint8: .uint8
    case .int8: .int8
    case .uint16: .uint16
    case .int16: .int16
    case .uint32: .uint32
    case .int32: .int32
    case .uint64: .uint64
    case .int64: .int64
    case .float32: .float32
    case .float64: .float64
    case .bool: .bool
    case .string: .string
    case .array: .array
    }
  }

  /// The value of an integer of any width; nil when it doesn't fit `Int` or isn't an integer.
  public var intValue: Int? {
    switch self {
    case .uint8(let value): Int(value)
    case .int8(let value): Int(value)
    case .uint16(let value): Int(value)
    case .int16(let value): Int(value)
    case .uint32(let value): Int(value)
    case .int32(let value): Int(value)
    case .uint64(let value): Int(exactly: value)
    case .int64(let value): Int(value)
    default: nil
    }
  }

  /// The value of a number of any type.
  public var doubleValue: Double? {
    switch self {
    case .float32(let value): Double(value)
    case .float64(let value): value
    default: intValue.map(Double.init)
    }
  }

  /// The value of a bool.
  public var boolValue: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  /// The text of a string.
  public var stringValue: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  /// The elements of an array.
  public var arrayValue: [GGUFValue]? {
    guard case .array(_, let value) = self else { return nil }
    return value
  }

  /// The texts of an array of strings; nil when an element is something else.
  public var strings: [String]? { all(\.stringValue) }

  /// The values of an array of integers; nil when an element is something else.
  public var integers: [Int]? { all(\.intValue) }

  /// The values of an array of numbers as `Float`; nil when an element is something else.
  public var floats: [Float]? { all { $0.doubleValue.map(Float.init) } }

  private func all<Value>(_ value: (GGUFValue) -> Value?) -> [Value]? {
    guard let elements = arrayValue else { return nil }
    var values: [Value] = []
    values.reserveCapacity(elements.count)
    for element in elements {
      guard let value = value(element) else { return nil }
      values.append(value)
    }
    return values
  }
}

extension GGUFValue {
  /// An array of strings.
  public static func strings(_ values: [String]) -> GGUFValue {
    .array(of: .string, values.map { .string($0) })
  }

  /// An array of 32-bit integers.
  public static func integers(_ values: [Int32]) -> GGUFValue {
    .array(of: .int32, values.map { .int32($0) })
  }

  /// An array of 32-bit floating-point numbers.
  public static func floats(_ values: [Float]) -> GGUFValue {
    .array(of: .float32, values.map { .float32($0) })
  }
}
