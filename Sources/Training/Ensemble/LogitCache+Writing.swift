import Datasets
import Formats
import Tensors

extension LogitCache {
  /// Computes and writes what some data's positions need; the file appears when it is whole.
  ///
  /// - Parameters:
  ///   - data: what is trained and validated on; one epoch of each is read.
  ///   - vocabularySize: the expert's.
  ///   - identity: names the models and their strength.
  ///   - progress: is told now and then how many segments are done.
  /// - Throws: `TrainingError.otherVocabulary`, and what the models and the file system throw.
  public static func write(
    to path: String, for data: [any TrainingData], partners: EnsemblePartners, vocabularySize: Int,
    precision: Precision, identity: String, progress: (Int) -> Void = { _ in }
  ) throws {
    try partners.check(vocabularySize: vocabularySize)
    try HDF5File.create(at: path) { file in
      let root = try file.root.group("")
      try root.setAttribute("format", to: .string(format))
      try root.setAttribute("version", to: .integer(version))
      try root.setAttribute("identity", to: .string(identity))
      try root.setAttribute("alpha", to: .number(Double(partners.alpha)))
      try root.setAttribute("precision", to: .string(precision.rawValue))
      let logits = try root.createLogits(vocabularySize: vocabularySize, as: precision)
      var segments = KnownSegments()
      for data in data {
        for number in 0..<data.batchesPerEpoch {
          let batch = try data.batch(number)
          for segment in batch.segments {
            let places = segment.filter { batch.weights[$0] != 0 }.map { $0 - segment.lowerBound }
            guard segments.add(key(of: segment, in: batch), rows: places.count) else { continue }
            try partners.forEachStretch(
              of: Array(batch.ids[segment]), places: places, vocabularySize: vocabularySize
            ) { try append($0, to: logits, as: precision) }
            progress(segments.keys.count)
          }
        }
      }
      try root.createTextDataset("segments").appendTexts(segments.keys.map { "\($0)" })
      try root.createDataset("first_rows", of: Int64.self).append(segments.firstRows)
    }
  }

  /// The segments that have rows already, and where these begin.
  private struct KnownSegments {
    private(set) var keys: [Fingerprint] = []
    private(set) var firstRows: [Int64] = []
    private var known: Set<Fingerprint> = []
    private var rowCount: Int64 = 0

    /// Takes a segment in; false when it is there already or needs no row.
    mutating func add(_ key: Fingerprint, rows: Int) -> Bool {
      guard rows > 0, known.insert(key).inserted else { return false }
      keys.append(key)
      firstRows.append(rowCount)
      rowCount += Int64(rows)
      return true
    }
  }

  /// Appends rows, which are changed on the way where they are rounded.
  private static func append(
    _ rows: Tensor, to logits: borrowing HDF5Dataset, as precision: Precision
  ) throws {
    switch precision {
    case .float32: try logits.append(rows.array)
    case .float16:
      for row in 0..<rows.rows {
        let z = UnsafeMutableBufferPointer(start: rows.rows(row..<row + 1).floats, count: rows.columns)
        let top = z.reduce(-Float.infinity) { max($0, $1) }
        // The least that half precision has: what lies below has no probability worth the name.
        for place in z.indices { z[place] = max(z[place] - top, -65_504) }
      }
      let halves = rows.converted(to: .float16)
      let bits = UnsafeRawBufferPointer(start: halves.bytes, count: halves.byteCount)
      let elements = withExtendedLifetime(halves) {
        bits.bindMemory(to: UInt16.self).map { HDF5Half(bits: $0) }
      }
      try logits.append(elements)
    }
  }
}

extension HDF5Group {
  fileprivate func createLogits(
    vocabularySize: Int, as precision: LogitCache.Precision
  ) throws -> HDF5Dataset {
    switch precision {
    case .float32: try createDataset("logits", of: Float.self, rowShape: [vocabularySize], deflateLevel: nil)
    case .float16:
      try createDataset("logits", of: HDF5Half.self, rowShape: [vocabularySize], deflateLevel: nil)
    }
  }
}
