import CHDF5
import Foundation

/// An HDF5 file: open it to read, or make one that appears under its name only when it is whole.
///
/// What is written is sealed with a checksum, which is checked before anything is read. Reading never leaves
/// the file: soft and external links, virtual datasets and external storage are refused.
public struct HDF5File: ~Copyable, Sendable {
  /// The root group: attributes, groups and datasets hang from it.
  public let root: HDF5Group
  /// The SHA-256 of the content, checked against it; nil for files that another program made or changed.
  public let fingerprint: Fingerprint?

  /// Opens `path` to read it.
  ///
  /// - Parameter format: what the root's attribute `format` must say; nil takes any file.
  /// - Throws: `FormatsError` when the file is missing (66), no HDF5 file, torn, or of another format (65).
  public init(path: String, format: String? = nil) throws {
    let location = HDF5Location(path: path, object: "/", isWriting: false)
    // The library reads regular files only, and a device may have no end.
    guard !Self.isDevice(path) else { throw location.error(.notHDF5) }
    let fingerprint = try Self.checkSeal(location)
    guard HDF5Library.check({ H5Fis_hdf5(path) }).result > 0 else { throw location.error(.notHDF5) }
    let root = try Self.root(location, file: path, flags: trimtab_h5_access_read_only)
    // Asked before anything else is looked at: what isn't ours may be anything.
    if let format { try root.requireFormat(format) }
    self.init(root: root, fingerprint: fingerprint)
  }

  private init(root: consuming HDF5Group, fingerprint: Fingerprint? = nil) {
    self.root = root
    self.fingerprint = fingerprint
  }

  private static func isDevice(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
  }

  private static func checkSeal(_ location: HDF5Location) throws -> Fingerprint? {
    try MappedFile(path: location.path).withBytes { bytes in
      let (content, seal) = HDF5Seal.split(bytes)
      guard seal == nil || seal == Fingerprint(of: content) else { throw location.error(.damaged) }
      return seal
    }
  }

  /// Makes the file at `path`, replacing what was there, with what `body` puts into it.
  ///
  /// No handle made in `body` may outlive it.
  public static func create(at path: String, _ body: (borrowing HDF5File) throws -> Void) throws {
    let location = HDF5Location(path: path, object: "/", isWriting: true)
    try AtomicFile.replace(path) { temporary in
      let access = try Self.access(location)
      let creation = try location.open("create the file") { H5Pcreate(trimtab_h5_file_creation()) }
      try location.check("create the file") { H5Pset_obj_track_times(creation.id, false) }
      let handle = try location.open("create the file") {
        H5Fcreate(temporary, trimtab_h5_access_truncate(), creation.id, access.id)
      }
      try HDF5File(root: Self.root(location, handle)).finish(temporary, body)
    }
  }

  /// Changes the file at `path`: `body` works on a copy, which replaces the file when all went well.
  public static func update(_ path: String, _ body: (borrowing HDF5File) throws -> Void) throws {
    _ = try HDF5File(path: path)
    let location = HDF5Location(path: path, object: "/", isWriting: true)
    try AtomicFile.replace(path) { temporary in
      try MappedFile(path: path).withBytes { bytes in
        let content = HDF5Seal.split(bytes).content
        try FileDescriptor(path: temporary, flags: O_WRONLY | O_TRUNC).write(content)
      }
      let root = try Self.root(location, file: temporary, flags: trimtab_h5_access_read_write)
      try HDF5File(root: root).finish(temporary, body)
    }
  }

  private static func root(
    _ location: HDF5Location, file: String, flags: () -> UInt32
  ) throws -> HDF5Group {
    let access = try Self.access(location)
    return try root(location, location.open("open the file") { H5Fopen(file, flags(), access.id) })
  }

  /// The root group, which keeps the file open, so that nothing else has to.
  private static func root(_ location: HDF5Location, _ file: consuming HDF5Handle) throws -> HDF5Group {
    let id = file.id
    return HDF5Group(
      location, try location.open("open the root group") { H5Gopen2(id, "/", hid_t(H5P_DEFAULT)) })
  }

  /// How files are opened: with the checksums of format 1.10, locked where the file system can.
  private static func access(_ location: HDF5Location) throws -> HDF5Handle {
    let access = try location.open("open the file") { H5Pcreate(trimtab_h5_file_access()) }
    try location.check("open the file") {
      H5Pset_libver_bounds(access.id, H5F_LIBVER_V110, trimtab_h5_latest_version())
    }
    try location.check("open the file") { H5Pset_file_locking(access.id, true, true) }
    return access
  }

  /// Runs `body`, then closes the file at `temporary` and seals it.
  private consuming func finish(_ temporary: String, _ body: (borrowing HDF5File) throws -> Void) throws {
    try body(self)
    let location = root.location
    let id = root.handle.id
    try location.check("write the file") { H5Fflush(id, H5F_SCOPE_GLOBAL) }
    _ = consume self
    try HDF5Seal.append(to: temporary)
  }
}

extension HDF5Group {
  /// Throws unless the attribute `format` says `format`.
  fileprivate func requireFormat(_ format: String) throws {
    let found = try attribute("format")
    guard found == .string(format) else {
      throw location.error(.wrongFormat(expected: format, found: found?.stringValue))
    }
  }
}
