import Formats
import Foundation
import Testing

/// Files of other programs, compared with what h5py reads from them.
@Suite struct HDF5PeerTests {
  /// One dataset, and the SHA-256 of its little-endian elements as h5py reads them.
  struct Expected: Sendable {
    let file: String
    let dataset: String
    let type: String
    let shape: [Int]
    let digest: String
  }

  /// The datasets of types that data sets use, in files that h5py could read.
  private static func expected(in folder: String) throws -> [Expected] {
    var expected: [Expected] = []
    for line in try JSONLines(path: Shared.path("\(folder)/expected-h5py.jsonl")) {
      let json = try line.json()
      for object in json["objects"]?.arrayValue ?? [] {
        guard let file = json["file"]?.stringValue, let name = object["name"]?.stringValue,
          let type = object["dtype"]?.stringValue, let digest = object["sha256_le"]?.stringValue,
          let shape = object["shape"]?.arrayValue?.compactMap(\.intValue), !shape.isEmpty
        else { continue }
        expected.append(Expected(file: file, dataset: name, type: type, shape: shape, digest: digest))
      }
    }
    return expected
  }

  @Test(.enabled(if: Shared.has("peers/hdf5-jhdf"), "needs shared/peers/hdf5-jhdf"))
  func numbersAreThoseOfAnotherReader() throws {
    // Filters that need plug-ins, soft links, and a file whose claimed size is refused as absurd.
    let leftOut: Set = [
      "bitshuffle_datasets.hdf5", "lz4_datasets.hdf5", "tiny_huge_1d_over_maxint.hdf5",
      "test_missing_filter.hdf5bad", "test_byteshuffle_compressed_datasets_latest.hdf5",
    ]
    var compared = 0
    for expected in try Self.expected(in: "peers/hdf5-jhdf") where !leftOut.contains(expected.file) {
      guard let digest = try Self.digest(expected) else { continue }
      #expect(digest == expected.digest, "\(expected.file) \(expected.dataset)")
      compared += 1
    }
    #expect(compared > 30)
  }

  /// The fingerprint of a dataset's elements; nil when it is of a type or kind that isn't read.
  private static func digest(_ expected: Expected) throws -> String? {
    let file = try HDF5File(path: Shared.path("peers/hdf5-jhdf/\(expected.file)"))
    do {
      let dataset = try file.root.dataset(expected.dataset)
      #expect(try dataset.shape == expected.shape)
      let fingerprint: Fingerprint
      switch expected.type {
      case "uint8": fingerprint = .init(of: try dataset.read(UInt8.self))
      case "uint32", ">u4":
        fingerprint = try dataset.read(UInt32.self).withUnsafeBytes { Fingerprint(of: $0) }
      case "int64", ">i8": fingerprint = try dataset.read(Int64.self).withUnsafeBytes { Fingerprint(of: $0) }
      case "float32", ">f4":
        fingerprint = try dataset.read(Float.self).withUnsafeBytes { Fingerprint(of: $0) }
      default: return nil
      }
      return "\(fingerprint)"
    } catch FormatsError.hdf5(_, _, _, let problem) {
      // Links and data in other files aren't followed; h5py calls bit fields and enumerations integers.
      switch problem {
      case .linkLeavesFile, .dataOutsideFile, .wrongType: return nil
      default:
        throw FormatsError.hdf5(path: expected.file, object: expected.dataset, isWriting: false, problem)
      }
    }
  }

  @Test(
    .enabled(if: Shared.has("peers/hdf5-h5py"), "needs shared/peers/hdf5-h5py"),
    arguments: ["vlen_string_dset.h5", "vlen_string_dset_utc.h5"])
  func textsOfH5pyAreRead(name: String) throws {
    let file = try HDF5File(path: Shared.path("peers/hdf5-h5py/\(name)"))
    let names = try file.root.names
    #expect(!names.isEmpty)
    for name in names {
      let texts = try file.root.dataset(name)
      #expect(try texts.readTexts().count == texts.rowCount)
    }
  }
}
