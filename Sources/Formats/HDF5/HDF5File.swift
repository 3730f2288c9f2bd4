import CHDF5
import Foundation

/// An HDF5 file: open it to read, or make one that appears under its name only when it is whole.
///
/// Reading never leaves the file: soft and external links, virtual data sets and external storage are refused.
public struct HDF5File: ~Copyable, Sendable {
  /// The root group: attributes, groups and datasets hang from it.
  public let root: HDF5Group

  private init(root: consuming HDF5Group) { self.root = root }

  /// Opens `path` to read it.
  ///
  /// - Throws: `FormatsError` when the file is missing (66), no HDF5 file, or torn (65).
  public init(path: String) throws {
    // The system's own reason is clearer than the library's.
    let kind = try FileDescriptor(path: path, flags: O_RDONLY).status().st_mode & S_IFMT
    guard kind != S_IFDIR else {
      throw FormatsError.system(path: path, operation: "read", code: EISDIR)
    }
    let location = HDF5Location(path: path, object: "/", isWriting: false)
    guard HDF5Library.check({ H5Fis_hdf5(path) }).result > 0 else { throw location.error(.notHDF5) }
    try self.init(location, file: path, flags: trimtab_h5_access_read_only)
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
      try HDF5File(location, handle).finish(temporary, body)
    }
  }

  /// Changes the file at `path`: `body` works on a copy, which replaces the file when all went well.
  public static func update(_ path: String, _ body: (borrowing HDF5File) throws -> Void) throws {
    _ = try HDF5File(path: path)
    let location = HDF5Location(path: path, object: "/", isWriting: true)
    try AtomicFile.replace(path) { temporary in
      let original = try MappedFile(path: path)
      try withExtendedLifetime(original) {
        try FileDescriptor(path: temporary, flags: O_WRONLY | O_TRUNC).write(original.bytes)
      }
      try HDF5File(location, file: temporary, flags: trimtab_h5_access_read_write).finish(temporary, body)
    }
  }

  private init(_ location: HDF5Location, file: String, flags: () -> UInt32) throws {
    let access = try Self.access(location)
    let handle = try location.open("open the file") { H5Fopen(file, flags(), access.id) }
    try self.init(location, handle)
  }

  private init(_ location: HDF5Location, _ file: borrowing HDF5Handle) throws {
    // The group keeps the file open, so that nothing else has to.
    let root = try location.open("open the root group") { H5Gopen2(file.id, "/", hid_t(H5P_DEFAULT)) }
    self.init(root: HDF5Group(location, root))
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

  /// Runs `body`, then closes the file at `temporary` and waits until it is on the disk.
  private consuming func finish(_ temporary: String, _ body: (borrowing HDF5File) throws -> Void) throws {
    try body(self)
    let location = root.location
    let id = root.handle.id
    try location.check("write the file") { H5Fflush(id, H5F_SCOPE_GLOBAL) }
    _ = consume self
    try FileDescriptor(path: temporary, flags: O_RDONLY).synchronize()
  }
}
