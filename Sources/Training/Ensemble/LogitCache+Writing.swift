import Datasets
import Formats
import Tensors

extension LogitCache {
  /// Computes and writes what some data's positions need; the file appears when it is whole.
  ///
  /// - Parameters:
  ///   - data: what is trained and validated on; one epoch of each is read.
  ///   - vocabularySize: the expert's.
  ///   - top: how many of the base's likeliest tokens are kept of each row, with the others' mass; nil: all tokens.
  ///   - identity: names the models and their strength.
  ///   - arithmetic: in which precision the models compute.
  ///   - progress: is told before each segment which share is done; an error of its own ends everything, and no file
  ///     appears.
  /// - Throws: `TrainingError.otherVocabulary`, and what the models, the file system and `progress` throw.
  public static func write(
    to path: String, for data: [any TrainingData], partners: EnsemblePartners, vocabularySize: Int,
    precision: Precision, top: Int? = nil, identity: String, arithmetic: String? = nil,
    progress: (_ share: Double) throws -> Void = { _ in }
  ) throws {
    try partners.check(vocabularySize: vocabularySize)
    try HDF5File.create(at: path) { file in
      let root = try file.root.group("")
      try root.setAttribute("format", to: .string(format))
      try root.setAttribute("version", to: .integer(version))
      try root.setAttribute("identity", to: .string(identity))
      try root.setAttribute("alpha", to: .number(Double(partners.alpha)))
      try root.setAttribute("precision", to: .string(precision.rawValue))
      if let arithmetic { try root.setAttribute("arithmetic", to: .string(arithmetic)) }
      let rows: any LogitRowWriter
      if let top {
        try root.setAttribute("top", to: .integer(top))
        try root.setAttribute("vocabulary", to: .integer(vocabularySize))
        let width = min(top, vocabularySize)
        rows = LikeliestRowWriter(
          count: width, logits: try root.createLogits(width, as: precision),
          tokens: try root.createDataset("tokens", of: UInt32.self, rowShape: [width], deflateLevel: nil),
          tails: try root.createDataset("tails", of: Float.self, deflateLevel: nil), precision: precision)
      } else {
        rows = WholeRowWriter(
          logits: try root.createLogits(vocabularySize, as: precision), precision: precision)
      }
      var segments = KnownSegments()
      let batchCount = data.reduce(0) { $0 + $1.batchesPerEpoch }
      var batchesDone = 0
      for data in data {
        for number in 0..<data.batchesPerEpoch {
          let batch = try data.batch(number)
          for segment in batch.segments {
            try progress(Double(batchesDone) / Double(batchCount))
            let places = segment.filter { batch.weights[$0] != 0 }.map { $0 - segment.lowerBound }
            guard segments.add(key(of: segment, in: batch), rows: places.count) else { continue }
            try partners.forEachStretch(
              of: Array(batch.ids[segment]), places: places, vocabularySize: vocabularySize
            ) { try rows.append($0) }
          }
          batchesDone += 1
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
}

/// Appends rows of logits to a cache's datasets.
private protocol LogitRowWriter {
  func append(_ logits: PartnerLogits) throws
}

/// Every token's logit.
private final class WholeRowWriter: LogitRowWriter {
  private let logits: HDF5Dataset
  private let precision: LogitCache.Precision

  init(logits: consuming HDF5Dataset, precision: LogitCache.Precision) {
    self.logits = logits
    self.precision = precision
  }

  func append(_ partners: PartnerLogits) throws {
    let rows = partners.combined
    if precision == .float16 {
      for row in 0..<rows.rows {
        let z = UnsafeMutableBufferPointer(start: rows.rows(row..<row + 1).floats, count: rows.columns)
        let top = z.reduce(-Float.infinity) { max($0, $1) }
        for place in z.indices { z[place] -= top }
      }
    }
    try logits.append(rows, as: precision)
  }
}

/// The likeliest tokens' logits, and one for all others.
private final class LikeliestRowWriter: LogitRowWriter {
  private let count: Int
  private let logits: HDF5Dataset
  private let tokens: HDF5Dataset
  private let tails: HDF5Dataset
  private let precision: LogitCache.Precision

  init(
    count: Int, logits: consuming HDF5Dataset, tokens: consuming HDF5Dataset, tails: consuming HDF5Dataset,
    precision: LogitCache.Precision
  ) {
    self.count = count
    self.logits = logits
    self.tokens = tokens
    self.tails = tails
    self.precision = precision
  }

  func append(_ partners: PartnerLogits) throws {
    var found = partners.likeliest(count)
    if precision == .float16 {
      // The same shift for the tail, which no softmax sees either.
      for row in found.tails.indices {
        let own = row * count..<(row + 1) * count
        let top = found.logits[own].reduce(found.tails[row]) { max($0, $1) }
        for place in own { found.logits[place] -= top }
        found.tails[row] -= top
      }
    }
    try logits.append(Tensor(found.logits, shape: [found.tails.count, count]), as: precision)
    try tokens.append(found.tokens)
    try tails.append(found.tails)
  }
}

extension HDF5Dataset {
  /// Appends rows, which are changed on the way where they are rounded.
  fileprivate func append(_ rows: Tensor, as precision: LogitCache.Precision) throws {
    switch precision {
    case .float32: try append(rows.array)
    case .float16:
      // The least that half precision has: what lies below has no probability worth the name.
      let z = rows.floats
      for place in 0..<rows.count { z[place] = max(z[place], -65_504) }
      let halves = rows.converted(to: .float16)
      let bits = UnsafeRawBufferPointer(start: halves.bytes, count: halves.byteCount)
      let elements = withExtendedLifetime(halves) {
        bits.bindMemory(to: UInt16.self).map { HDF5Half(bits: $0) }
      }
      try append(elements)
    }
  }
}

extension HDF5Group {
  fileprivate func createLogits(_ width: Int, as precision: LogitCache.Precision) throws -> HDF5Dataset {
    switch precision {
    case .float32: try createDataset("logits", of: Float.self, rowShape: [width], deflateLevel: nil)
    case .float16: try createDataset("logits", of: HDF5Half.self, rowShape: [width], deflateLevel: nil)
    }
  }
}
