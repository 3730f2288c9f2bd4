/// A string that equals another only when their bytes are equal.
///
/// Swift's `==` takes "é" and "e" + combining accent for the same string. A vocabulary has both as different
/// pieces, so dictionaries of pieces and of JSON keys use this instead.
public struct ExactString: Sendable, Hashable, CustomStringConvertible, ExpressibleByStringLiteral {
  public let string: String

  public init(_ string: String) { self.string = string }

  public init(stringLiteral value: String) { string = value }

  public var description: String { string }

  public static func == (left: ExactString, right: ExactString) -> Bool {
    left.string.hasSameBytes(as: right.string)
  }

  public func hash(into hasher: inout Hasher) {
    let isContiguous: Void? = string.utf8.withContiguousStorageIfAvailable {
      hasher.combine(bytes: UnsafeRawBufferPointer($0))
    }
    if isContiguous == nil { Array(string.utf8).withUnsafeBytes { hasher.combine(bytes: $0) } }
  }
}

extension String {
  /// Whether both strings have the same UTF-8 bytes; `==` also accepts canonically equivalent ones.
  public func hasSameBytes(as other: String) -> Bool {
    utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
  }
}
