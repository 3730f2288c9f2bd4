import CHDF5
import Foundation
import Synchronization

/// The C library behind the handles: one caller at a time, and failures as errors.
enum HDF5Library {
  /// HDF5 keeps global state, and not every build of it guards that state itself.
  private static let lock = Mutex(())

  /// Set up once: no clean-up at exit, since every file is closed where it was opened (the library's own
  /// clean-up loops for ever when a disk is full).
  private static let isOpen: Bool = {
    H5dont_atexit()
    return H5open() >= 0
  }()

  /// Runs one call of the library, alone.
  static func alone<Result>(_ call: () -> Result) -> Result {
    lock.withLock { _ in
      _ = isOpen
      return call()
    }
  }

  /// Runs one call of the library; a negative result means failure, with the library's own reason.
  static func check<Result: SignedInteger>(_ call: () -> Result) -> (result: Result, reason: String?) {
    alone {
      // The setting belongs to the thread: it keeps the library from printing its errors.
      H5Eset_auto2(hid_t(H5E_DEFAULT), nil, nil)
      let result = call()
      return (result, result < 0 ? reason() : nil)
    }
  }

  /// The most specific entry of the library's error stack.
  private static func reason() -> String {
    var reason = "unknown reason"
    withUnsafeMutablePointer(to: &reason) { pointer in
      _ = H5Ewalk2(
        hid_t(H5E_DEFAULT), H5E_WALK_UPWARD,
        { index, entry, target in
          if index == 0, let description = entry?.pointee.desc {
            target?.assumingMemoryBound(to: String.self).pointee = String(cString: description)
          }
          return 0
        }, pointer)
    }
    return reason
  }
}

/// Where a handle stands, for messages: the file and the object in it.
struct HDF5Location: Sendable {
  /// The file by the name that the person knows.
  let path: String
  /// The object's path in the file; "/" for the root.
  let object: String
  /// Whether the file is being written: a failure is then the system's rather than the data's.
  let isWriting: Bool

  func child(_ name: String) -> HDF5Location {
    HDF5Location(
      path: path, object: object == "/" ? "/\(name)" : "\(object)/\(name)", isWriting: isWriting)
  }

  /// Runs one call of the library.
  ///
  /// - Parameter operation: what the call does, to follow "cannot".
  /// - Throws: `FormatsError` when the result is negative.
  @discardableResult
  func check<Result: SignedInteger>(_ operation: String, _ call: () -> Result) throws -> Result {
    let (result, reason) = HDF5Library.check(call)
    if let reason { throw failure(operation, reason: reason) }
    return result
  }

  /// Runs one call of the library that opens or makes something, and owns the result.
  func open(_ operation: String, _ call: () -> hid_t) throws -> HDF5Handle {
    HDF5Handle(try check(operation, call))
  }

  func error(_ problem: HDF5Problem) -> FormatsError {
    .hdf5(path: path, object: object, isWriting: isWriting, problem)
  }

  /// The library's reason as an error; when it names an `errno`, as the system's.
  private func failure(_ operation: String, reason: String) -> FormatsError {
    let number = reason.firstRange(of: "errno = ").map { reason[$0.upperBound...].prefix { $0.isNumber } }
    if let code = number.flatMap({ Int32($0) }), code != 0 {
      return .system(path: path, operation: isWriting ? "write" : "read", code: code)
    }
    return error(.failed(operation, reason: reason))
  }
}

/// An identifier of the library (file, group, dataset, type, space, …) that closes itself.
struct HDF5Handle: ~Copyable, Sendable {
  let id: hid_t

  init(_ id: hid_t) { self.id = id }

  deinit {
    let id = id
    _ = HDF5Library.check { H5Idec_ref(id) }
  }
}
