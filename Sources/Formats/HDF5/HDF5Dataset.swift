import CHDF5

/// A dataset of an HDF5 file: rows of numbers or of texts, read and appended by ranges of rows.
///
/// The first dimension counts rows and can grow; the others are fixed when the dataset is made.
public struct HDF5Dataset: ~Copyable, Sendable, HDF5Object {
  let location: HDF5Location
  let handle: HDF5Handle
  /// The name of the elements' type, such as `uint32` or `variable-length text`.
  public let elementTypeName: String

  private init(_ location: HDF5Location, _ handle: consuming HDF5Handle) throws {
    let id = handle.id
    let type = try location.open("open the dataset") { H5Dget_type(id) }
    elementTypeName = HDF5StoredType.name(of: type.id)
    self.location = location
    self.handle = handle
  }

  /// A dataset that was found in a file; refused when its data lie elsewhere.
  init(opening location: HDF5Location, _ handle: consuming HDF5Handle) throws {
    let id = handle.id
    let creation = try location.open("open the dataset") { H5Dget_create_plist(id) }
    let externals = try location.check("open the dataset") { H5Pget_external_count(creation.id) }
    let layout = HDF5Library.alone { H5Pget_layout(creation.id) }
    guard externals == 0, layout != H5D_VIRTUAL else { throw location.error(.dataOutsideFile) }
    try self.init(location, handle)
  }

  /// The sizes; rows first.
  public var shape: [Int] {
    get throws {
      let id = handle.id
      let space = try location.open("read the shape") { H5Dget_space(id) }
      let rank = try location.check("read the shape") { H5Sget_simple_extent_ndims(space.id) }
      var sizes = [hsize_t](repeating: 0, count: Int(rank))
      try location.check("read the shape") { H5Sget_simple_extent_dims(space.id, &sizes, nil) }
      let shape = sizes.map { Int(clamping: $0) }
      let isSane = shape.reduce(Int?(1)) { product, size in
        product.flatMap { $0.multipliedReportingOverflow(by: size) }.flatMap {
          $0.overflow ? nil : $0.partialValue
        }
      }
      guard isSane != nil else { throw location.error(.absurdShape(shape)) }
      return shape
    }
  }

  /// The number of rows; a claim of more than the stored bytes can hold is refused.
  public var rowCount: Int { get throws { try select(nil, elementBytes: 1).rows.count } }

  /// Reads rows, or everything; the elements of one row lie side by side.
  ///
  /// - Throws: `FormatsError` when the file holds another type, or hasn't these rows.
  public func read<Element: HDF5Element>(
    _ type: Element.Type = Element.self, rows: Range<Int>? = nil
  ) throws -> [Element] {
    try requireType(Element.hdf5Name)
    let selection = try select(rows, elementBytes: MemoryLayout<Element>.size)
    var elements = [Element](repeating: Element.hdf5Zero, count: selection.elementCount)
    try transfer("read the data", selection) { memory, file in
      let (id, type) = (handle.id, Element.hdf5Type)
      return { H5Dread(id, type, memory, file, hid_t(H5P_DEFAULT), &elements) }
    }
    return elements
  }

  /// Adds rows at the end.
  ///
  /// - Precondition: the elements are whole rows of this dataset's type.
  public func append<Element: HDF5Element>(_ elements: [Element]) throws {
    try requireType(Element.hdf5Name)
    let selection = try grow(byElements: elements.count)
    try transfer("write the data", selection) { memory, file in
      let (id, type) = (handle.id, Element.hdf5Type)
      return { H5Dwrite(id, type, memory, file, hid_t(H5P_DEFAULT), elements) }
    }
  }

  // MARK: - Rows

  /// Rows of a dataset, checked against its shape.
  struct Selection {
    var rows: Range<Int>
    var shape: [Int]

    var elementCount: Int { shape.dropFirst().reduce(rows.count, *) }
  }

  func requireType(_ name: String) throws {
    guard elementTypeName == name else {
      throw location.error(.wrongType(expected: name, found: elementTypeName))
    }
  }

  /// The rows to read; a claim of more data than the stored bytes can unpack to is refused.
  func select(_ rows: Range<Int>?, elementBytes: Int) throws -> Selection {
    let shape = try shape
    guard let count = shape.first else { throw location.error(.wrongRank(expected: "rows", found: shape)) }
    let rows = rows ?? 0..<count
    guard rows.lowerBound >= 0, rows.upperBound <= count else {
      throw location.error(.rowsOutOfRange(rows, count: count))
    }
    let selection = Selection(rows: rows, shape: shape)
    let id = handle.id
    let stored = Double(HDF5Library.alone { H5Dget_storage_size(id) })
    // Deflate shrinks at most about a thousand times; some room is left for what was never written.
    guard Double(selection.elementCount) * Double(elementBytes) <= stored * 1100 + 268_435_456 else {
      throw location.error(.absurdShape(shape))
    }
    return selection
  }

  /// Makes room for whole rows with `count` elements; returns the new rows.
  func grow(byElements count: Int) throws -> Selection {
    var shape = try shape
    let rowLength = shape.dropFirst().reduce(1, *)
    precondition(
      !shape.isEmpty && rowLength > 0 && count % rowLength == 0,
      "\(count) elements are no whole number of rows of \(rowLength)")
    let start = shape[0]
    shape[0] += count / rowLength
    let (id, sizes) = (handle.id, shape.map { hsize_t($0) })
    try location.check("extend the dataset") { H5Dset_extent(id, sizes) }
    return Selection(rows: start..<shape[0], shape: shape)
  }

  /// Runs the transfer that `call` makes of the spaces in memory and in the file.
  func transfer(
    _ operation: String, _ selection: Selection, _ call: (_ memory: hid_t, _ file: hid_t) -> (() -> herr_t)
  ) throws {
    guard selection.elementCount > 0 else { return }
    let id = handle.id
    var start = [hsize_t](repeating: 0, count: selection.shape.count)
    var count = selection.shape.map { hsize_t($0) }
    start[0] = hsize_t(selection.rows.lowerBound)
    count[0] = hsize_t(selection.rows.count)
    let file = try location.open(operation) { H5Dget_space(id) }
    try location.check(operation) { H5Sselect_hyperslab(file.id, H5S_SELECT_SET, start, nil, count, nil) }
    let memory = try location.open(operation) { H5Screate_simple(Int32(count.count), count, nil) }
    try location.check(operation, call(memory.id, file.id))
  }
}

extension HDF5Group {
  /// Makes a dataset without rows, chunked and, unless `deflateLevel` is nil, shuffled and deflated.
  ///
  /// - Parameters:
  ///   - rowShape: the sizes after the first; none for a plain list.
  ///   - deflateLevel: 1 (quick) to 9 (small); nil for data that don't shrink.
  public func createDataset<Element: HDF5Element>(
    _ name: String, of type: Element.Type, rowShape: [Int] = [], deflateLevel: Int? = 4
  ) throws -> HDF5Dataset {
    try createDataset(
      name, type: Element.hdf5Type, rowShape: rowShape, elementsInChunk: 65536, deflateLevel: deflateLevel)
  }

  func createDataset(
    _ name: String, type: hid_t, rowShape: [Int], elementsInChunk: Int, deflateLevel: Int?
  ) throws -> HDF5Dataset {
    let (location, id, operation) = (location.child(name), handle.id, "create the dataset")
    let rowLength = rowShape.reduce(1, *)
    precondition(rowLength > 0, "a row must have elements")
    let sizes = [0] + rowShape.map { hsize_t($0) }
    let limits = [trimtab_h5_unlimited()] + sizes.dropFirst()
    let chunk = [hsize_t(max(1, elementsInChunk / rowLength))] + sizes.dropFirst()
    let creation = try location.open(operation) { H5Pcreate(trimtab_h5_dataset_creation()) }
    try location.check(operation) { H5Pset_obj_track_times(creation.id, false) }
    try location.check(operation) { H5Pset_chunk(creation.id, Int32(chunk.count), chunk) }
    if let deflateLevel {
      try location.check(operation) { H5Pset_shuffle(creation.id) }
      try location.check(operation) { H5Pset_deflate(creation.id, UInt32(deflateLevel)) }
    }
    let space = try location.open(operation) { H5Screate_simple(Int32(sizes.count), sizes, limits) }
    let dataset = try location.open(operation) {
      H5Dcreate2(id, name, type, space.id, hid_t(H5P_DEFAULT), creation.id, hid_t(H5P_DEFAULT))
    }
    return try HDF5Dataset(opening: location, dataset)
  }
}
