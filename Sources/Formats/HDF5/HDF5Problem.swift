/// What can be wrong with an HDF5 file or an object in it.
public enum HDF5Problem: Sendable, Hashable {
  case notHDF5
  case damaged
  case wrongFormat(expected: String, found: String?)
  /// The library failed at something, for a reason in its own words.
  case failed(String, reason: String)
  case missing(kind: String, nearest: String?)
  case linkLeavesFile
  case dataOutsideFile
  case wrongType(expected: String, found: String)
  case wrongRank(expected: String, found: [Int])
  case absurdShape([Int])
  case rowsOutOfRange(Range<Int>, count: Int)
  case invalidUTF8(row: Int)
  case embeddedNull(row: Int)
  case invalidAttribute(String, found: String)

  /// The problem as one sentence.
  var text: String {
    switch self {
    case .notHDF5: "not an HDF5 file"
    case .damaged: "the content doesn't match the checksum at the file's end"
    case .wrongFormat(let expected, let found):
      "expected a file of format \(expected), found \(found.map { "the format \($0)" } ?? "none")"
    case .failed(let operation, let reason): "cannot \(operation): \(reason)"
    case .missing(let kind, _): "there is no such \(kind)"
    case .linkLeavesFile: "a soft or external link, which isn't followed"
    case .dataOutsideFile: "the data lie in other files, which isn't supported"
    case .wrongType(let expected, let found): "expected elements of type \(expected), found \(found)"
    case .wrongRank(let expected, let found): "expected \(expected), found the shape \(found)"
    case .absurdShape(let shape): "the shape \(shape) is absurd for the bytes that are stored"
    case .rowsOutOfRange(let rows, let count):
      "rows \(rows.lowerBound) to \(rows.upperBound) were asked for, there are \(count)"
    case .invalidUTF8(let row): "the text of row \(row) is not valid UTF-8"
    case .embeddedNull(let row): "the text of row \(row) has a NUL character, which HDF5 can't store"
    case .invalidAttribute(let name, let found): "the attribute \(name) is \(found)"
    }
  }

  /// What to do about it, where that is known.
  var advice: String? {
    switch self {
    case .missing(_, let nearest?): "the nearest name is \(nearest)"
    case .damaged, .failed("open the file", _): "the file is damaged or torn: make it again"
    default: nil
    }
  }
}
