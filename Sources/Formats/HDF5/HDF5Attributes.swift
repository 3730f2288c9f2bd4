import CHDF5

/// A named value on a group or a dataset.
public enum HDF5Attribute: Sendable, Hashable {
  case string(String)
  case integer(Int)
  case number(Double)

  /// The text of a string.
  public var stringValue: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  /// The value of an integer.
  public var intValue: Int? {
    guard case .integer(let value) = self else { return nil }
    return value
  }
}

/// What groups and datasets share: attributes.
protocol HDF5Object: ~Copyable {
  var location: HDF5Location { get }
  var handle: HDF5Handle { get }
}

extension HDF5Group {
  /// The attribute called `name`; nil when there is none.
  public func attribute(_ name: String) throws -> HDF5Attribute? { try readAttribute(name) }

  /// Adds the attribute `name`, or replaces it.
  public func setAttribute(_ name: String, to value: HDF5Attribute) throws {
    try writeAttribute(name, value)
  }
}

extension HDF5Dataset {
  /// The attribute called `name`; nil when there is none.
  public func attribute(_ name: String) throws -> HDF5Attribute? { try readAttribute(name) }

  /// Adds the attribute `name`, or replaces it.
  public func setAttribute(_ name: String, to value: HDF5Attribute) throws {
    try writeAttribute(name, value)
  }
}

extension HDF5Object where Self: ~Copyable {
  fileprivate func readAttribute(_ name: String) throws -> HDF5Attribute? {
    let (operation, id) = ("read the attribute \(name)", handle.id)
    guard try location.check(operation, { H5Aexists(id, name) }) > 0 else { return nil }
    let attribute = try location.open(operation) { H5Aopen(id, name, hid_t(H5P_DEFAULT)) }
    let space = try location.open(operation) { H5Aget_space(attribute.id) }
    let type = try location.open(operation) { H5Aget_type(attribute.id) }
    guard try location.check(operation, { H5Sget_simple_extent_npoints(space.id) }) == 1 else {
      throw location.error(.invalidAttribute(name, found: "no single value"))
    }
    switch HDF5Library.alone({ H5Tget_class(type.id) }) {
    case H5T_INTEGER:
      var value: Int64 = 0
      try location.check(operation) { H5Aread(attribute.id, trimtab_h5_int64(), &value) }
      return .integer(Int(value))
    case H5T_FLOAT:
      var value: Double = 0
      try location.check(operation) { H5Aread(attribute.id, trimtab_h5_float64(), &value) }
      return .number(value)
    case H5T_STRING:
      return .string(try readString(name, attribute, type))
    default: throw location.error(.invalidAttribute(name, found: "neither text nor a number"))
    }
  }

  private func readString(
    _ name: String, _ attribute: borrowing HDF5Handle, _ type: borrowing HDF5Handle
  ) throws -> String {
    let (operation, attributeID, typeID) = ("read the attribute \(name)", attribute.id, type.id)
    let isVariable = try location.check(operation) { H5Tis_variable_str(typeID) } > 0
    var bytes: [UInt8]
    if isVariable {
      let encoding = HDF5Library.alone { H5Tget_cset(typeID) }
      let memory = try HDF5Strings.memoryType(location, encoding: encoding)
      var pointer: UnsafeMutablePointer<CChar>?
      try location.check(operation) { H5Aread(attributeID, memory.id, &pointer) }
      bytes = pointer.map { Array(String(cString: $0).utf8) } ?? []
      if let pointer { _ = HDF5Library.alone { H5free_memory(pointer) } }
    } else {
      let size = HDF5Library.alone { H5Tget_size(typeID) }
      // Far above every attribute that is read here.
      guard size <= 1 << 20 else {
        throw location.error(.invalidAttribute(name, found: "a text of \(size) bytes"))
      }
      bytes = [UInt8](repeating: 0, count: size)
      try location.check(operation) { H5Aread(attributeID, typeID, &bytes) }
      bytes = Array(bytes.prefix { $0 != 0 })
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw location.error(.invalidAttribute(name, found: "not valid UTF-8"))
    }
    return text
  }

  fileprivate func writeAttribute(_ name: String, _ value: HDF5Attribute) throws {
    let (operation, id) = ("write the attribute \(name)", handle.id)
    if try location.check(operation, { H5Aexists(id, name) }) > 0 {
      try location.check(operation) { H5Adelete(id, name) }
    }
    switch value {
    case .integer(let value):
      try write(name, Int64(value), type: HDF5Library.alone { trimtab_h5_int64() })
    case .number(let value):
      try write(name, value, type: HDF5Library.alone { trimtab_h5_float64() })
    case .string(let text):
      guard !text.utf8.contains(0) else {
        throw location.error(.invalidAttribute(name, found: "text with a NUL character"))
      }
      let type = try HDF5Strings.memoryType(location)
      try text.withCString { try write(name, $0, type: type.id) }
    }
  }

  private func write<Value: BitwiseCopyable>(_ name: String, _ value: Value, type: hid_t) throws {
    let (operation, id) = ("write the attribute \(name)", handle.id)
    let space = try location.open(operation) { H5Screate(H5S_SCALAR) }
    let attribute = try location.open(operation) {
      H5Acreate2(id, name, type, space.id, hid_t(H5P_DEFAULT), hid_t(H5P_DEFAULT))
    }
    var value = value
    try location.check(operation) { H5Awrite(attribute.id, type, &value) }
  }
}
