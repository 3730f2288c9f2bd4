import CHDF5

/// Texts in HDF5: variable length, UTF-8.
enum HDF5Strings {
  static let typeName = "variable-length text"

  /// The library's type of a variable-length text, which is a C string in memory.
  ///
  /// - Parameter encoding: UTF-8, or what a file declares: the library doesn't convert from ASCII.
  static func memoryType(
    _ location: HDF5Location, encoding: H5T_cset_t = H5T_CSET_UTF8
  ) throws -> HDF5Handle {
    let type = try location.open("make a text type") { H5Tcopy(trimtab_h5_c_string()) }
    try location.check("make a text type") { H5Tset_size(type.id, trimtab_h5_variable()) }
    try location.check("make a text type") { H5Tset_cset(type.id, encoding) }
    return type
  }
}

extension HDF5Group {
  /// Makes a dataset of variable-length UTF-8 texts, without rows.
  public func createTextDataset(_ name: String) throws -> HDF5Dataset {
    let type = try HDF5Strings.memoryType(location)
    return try createDataset(name, type: type.id, rowShape: [], elementsInChunk: 1024, deflateLevel: 4)
  }
}

extension HDF5Dataset {
  /// Reads the texts of some rows, or of all.
  ///
  /// - Throws: `FormatsError` when the dataset holds something else or hasn't these rows, or a text isn't UTF-8.
  public func readTexts(rows: Range<Int>? = nil) throws -> [String] {
    try requireType(HDF5Strings.typeName)
    let selection = try select(rows, elementBytes: MemoryLayout<Int>.size)
    let id = handle.id
    let stored = try location.open("read the texts") { H5Dget_type(id) }
    let encoding = HDF5Library.alone { H5Tget_cset(stored.id) }
    let type = try HDF5Strings.memoryType(location, encoding: encoding)
    var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: selection.elementCount)
    // Strings that were read before a failure are freed too.
    defer { for pointer in pointers { _ = HDF5Library.alone { H5free_memory(pointer) } } }
    try transfer("read the texts", selection) { memory, file in
      let type = type.id
      return { H5Dread(id, type, memory, file, hid_t(H5P_DEFAULT), &pointers) }
    }
    return try pointers.enumerated().map { index, pointer in
      guard let pointer else { return "" }
      guard let text = String(validatingCString: pointer) else {
        throw location.error(.invalidUTF8(row: selection.rows.lowerBound + index))
      }
      return text
    }
  }

  /// Adds texts at the end.
  ///
  /// - Throws: `FormatsError` when a text has a NUL character: HDF5 would end it there.
  public func appendTexts(_ texts: [String]) throws {
    try requireType(HDF5Strings.typeName)
    // All texts side by side, each with the NUL that ends it.
    var bytes: [CChar] = []
    var starts: [Int] = []
    for (index, text) in texts.enumerated() {
      guard !text.utf8.contains(0) else {
        throw location.error(.embeddedNull(row: try rowCount + index))
      }
      starts.append(bytes.count)
      bytes.append(contentsOf: text.utf8CString)
    }
    let selection = try grow(byElements: texts.count)
    let type = try HDF5Strings.memoryType(location)
    try bytes.withUnsafeBufferPointer { bytes in
      let pointers = starts.map { bytes.baseAddress?.advanced(by: $0) }
      try transfer("write the texts", selection) { memory, file in
        let (id, type) = (handle.id, type.id)
        return { H5Dwrite(id, type, memory, file, hid_t(H5P_DEFAULT), pointers) }
      }
    }
  }
}
