import CHDF5

/// A number that HDF5 datasets hold.
public protocol HDF5Element: BitwiseCopyable, Sendable {
  /// The type's name, for messages.
  static var hdf5Name: String { get }
  /// The library's identifier of the type in memory, of the lifetime of the library.
  static var hdf5Type: Int64 { get }
  /// Any value, to fill memory before it is read into.
  static var hdf5Zero: Self { get }
}

extension UInt8: HDF5Element {
  public static var hdf5Name: String { "uint8" }
  public static var hdf5Type: Int64 { HDF5Library.alone { trimtab_h5_uint8() } }
  public static var hdf5Zero: UInt8 { 0 }
}

extension UInt32: HDF5Element {
  public static var hdf5Name: String { "uint32" }
  public static var hdf5Type: Int64 { HDF5Library.alone { trimtab_h5_uint32() } }
  public static var hdf5Zero: UInt32 { 0 }
}

extension Int64: HDF5Element {
  public static var hdf5Name: String { "int64" }
  public static var hdf5Type: Int64 { HDF5Library.alone { trimtab_h5_int64() } }
  public static var hdf5Zero: Int64 { 0 }
}

extension Float: HDF5Element {
  public static var hdf5Name: String { "float32" }
  public static var hdf5Type: Int64 { HDF5Library.alone { trimtab_h5_float32() } }
  public static var hdf5Zero: Float { 0 }
}

extension Double: HDF5Element {
  public static var hdf5Name: String { "float64" }
  public static var hdf5Type: Int64 { HDF5Library.alone { trimtab_h5_float64() } }
  public static var hdf5Zero: Double { 0 }
}

/// A number in IEEE half precision, by its bits: h5py reads it as float16.
public struct HDF5Half: HDF5Element, Hashable {
  public var bits: UInt16

  public init(bits: UInt16) { self.bits = bits }

  public static var hdf5Name: String { "float16" }
  public static var hdf5Type: Int64 { halfPrecision }
  public static var hdf5Zero: HDF5Half { HDF5Half(bits: 0) }

  /// The library has no name for it before its version 2.
  private static let halfPrecision = HDF5Library.alone { trimtab_h5_make_float16() }
}

/// The type of a dataset as the file has it.
enum HDF5StoredType {
  /// The name of `type` in the words of `HDF5Element` ("uint32", "variable-length text"), for comparing and
  /// for messages; the byte order doesn't count, the library converts it.
  static func name(of type: hid_t) -> String {
    HDF5Library.alone {
      let bits = H5Tget_size(type) * 8
      switch H5Tget_class(type) {
      case H5T_INTEGER: return "\(H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "")int\(bits)"
      case H5T_FLOAT: return "float\(bits)"
      case H5T_STRING:
        return H5Tis_variable_str(type) > 0 ? "variable-length text" : "fixed-length text"
      case H5T_COMPOUND: return "compound"
      case H5T_ENUM: return "enumeration"
      case H5T_ARRAY: return "array"
      case H5T_VLEN: return "variable-length sequence"
      default: return "unknown"
      }
    }
  }
}
