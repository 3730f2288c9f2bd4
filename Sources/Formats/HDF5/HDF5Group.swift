import CHDF5
import Diagnostics

/// A group of an HDF5 file: a folder of groups and datasets, with attributes.
public struct HDF5Group: ~Copyable, Sendable, HDF5Object {
  let location: HDF5Location
  let handle: HDF5Handle

  init(_ location: HDF5Location, _ handle: consuming HDF5Handle) {
    self.location = location
    self.handle = handle
  }

  /// The names of the groups and datasets directly in this group, in alphabetic order.
  public var names: [String] {
    get throws {
      let id = handle.id
      let count = try location.check("list the group") { trimtab_h5_link_count(id) }
      return try (0..<UInt64(count)).map { index in
        let length = try location.check("list the group") { trimtab_h5_link_name(id, index, nil, 0) }
        var name = [CChar](repeating: 0, count: length + 1)
        try location.check("list the group") { trimtab_h5_link_name(id, index, &name, name.count) }
        return String(decoding: name.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
      }
    }
  }

  /// Whether this group has a group or dataset called `name`.
  public func has(_ name: String) throws -> Bool {
    let id = handle.id
    return try location.check("look up \(name)") { H5Lexists(id, name, hid_t(H5P_DEFAULT)) } > 0
  }

  /// Opens the group at `path`, relative to this one (`train/text`).
  public func group(_ path: String) throws -> HDF5Group {
    var names = path.split(separator: "/").map(String.init)
    guard !names.isEmpty else {
      return HDF5Group(location, try open("", as: "group"))
    }
    var group = HDF5Group(
      location.child(names[0]), try open(names.removeFirst(), as: "group"))
    for name in names {
      group = HDF5Group(group.location.child(name), try group.open(name, as: "group"))
    }
    return group
  }

  /// Opens the dataset at `path`, relative to this group (`train/tokens/ids`).
  ///
  /// - Throws: `FormatsError` when it is missing, or its data lie in another file.
  public func dataset(_ path: String) throws -> HDF5Dataset {
    var names = path.split(separator: "/").map(String.init)
    let name = names.popLast() ?? ""
    let parent = try group(names.joined(separator: "/"))
    return try HDF5Dataset(opening: parent.location.child(name), try parent.open(name, as: "dataset"))
  }

  /// Makes a group.
  public func createGroup(_ name: String) throws -> HDF5Group {
    let location = location.child(name)
    let id = handle.id
    let creation = try location.open("create the group") { H5Pcreate(trimtab_h5_group_creation()) }
    try location.check("create the group") { H5Pset_obj_track_times(creation.id, false) }
    let group = try location.open("create the group") {
      H5Gcreate2(id, name, hid_t(H5P_DEFAULT), creation.id, hid_t(H5P_DEFAULT))
    }
    return HDF5Group(location, group)
  }

  /// Removes the group or dataset called `name`; the file doesn't shrink.
  public func remove(_ name: String) throws {
    let id = handle.id
    try location.child(name).check("remove the object") { H5Ldelete(id, name, hid_t(H5P_DEFAULT)) }
  }

  /// Opens a direct child that is of the kind "group" or "dataset"; this group itself for an empty name.
  private func open(_ name: String, as kind: String) throws -> HDF5Handle {
    let id = handle.id
    let place = name.isEmpty ? location : location.child(name)
    if name.isEmpty {
      return try place.open("open the group") { H5Gopen2(id, ".", hid_t(H5P_DEFAULT)) }
    }
    guard try has(name) else {
      throw place.error(.missing(kind: kind, nearest: nearest(to: name, among: try names)))
    }
    guard try place.check("open the \(kind)", { trimtab_h5_is_hard_link(id, name) }) > 0 else {
      throw place.error(.linkLeavesFile)
    }
    let object = try place.open("open the \(kind)") { H5Oopen(id, name, hid_t(H5P_DEFAULT)) }
    let type = HDF5Library.alone { H5Iget_type(object.id) }
    guard type == (kind == "group" ? H5I_GROUP : H5I_DATASET) else {
      throw place.error(.missing(kind: kind, nearest: nil))
    }
    return object
  }
}
