import CKernels
import Datasets
import Formats
import Tensors

/// The logits z_base − α · z_antiexpert at the positions of some data whose loss counts, in an HDF5 file.
///
///     /             attributes: format, version, identity, alpha, precision, arithmetic (not in older files); top and
///                   vocabulary where rows are cut
///     /logits       float32 or float16 [rows, vocabulary], or [rows, top]
///     /tokens       uint32 [rows, top], where rows are cut: whose logits these are, the base's likeliest first
///     /tails        float32 [rows], where rows are cut: the logit that stands for each of the other tokens
///     /segments     text [n]: the fingerprint of each segment's tokens and of which of them count
///     /first_rows   int64 [n]: where each segment's rows begin, one for each position that counts
///
/// Segments are found by their content: so any order or packing of the data reads the same file.
public final class LogitCache: Sendable {
  /// How the logits are stored.
  public enum Precision: String, Sendable, Hashable, CaseIterable {
    /// Exactly.
    case float32
    /// In half the room, each row less its maximum: a shift that no softmax sees, and near 0 half precision is fine.
    case float16

    var elementType: ElementType { self == .float32 ? .float32 : .float16 }
  }

  static let format = "trimtab.logits"
  static let version = 1

  public let path: String
  public let alpha: Float
  public let precision: Precision
  public let vocabularySize: Int
  /// How many of the base's likeliest tokens each row keeps; nil: all tokens.
  public let top: Int?
  /// Names the models and their strength.
  public let identity: String
  /// In which precision they were computed; nil in older files, which don't say.
  public let arithmetic: String?
  private let logits: HDF5Dataset
  private let cut: CutRows?
  private let firstRows: [Fingerprint: Int]

  /// Opens a cache.
  ///
  /// - Throws: `FormatsError` for a file that is missing, torn or of another format; `TrainingError` for a cache that
  ///   contradicts itself.
  public init(path: String) throws {
    let file = try HDF5File(path: path, format: Self.format)
    let logits = try file.root.dataset("logits")
    let shape = try logits.shape
    guard try file.root.attribute("version")?.intValue == Self.version,
      let precision = try file.root.attribute("precision")?.stringValue.flatMap(Precision.init(rawValue:)),
      case .number(let alpha)? = try file.root.attribute("alpha"),
      let identity = try file.root.attribute("identity")?.stringValue, shape.count == 2
    else { throw TrainingError.unreadableLogits(path: path, problem: "it isn't of a version known here") }
    self.path = path
    self.precision = precision
    self.alpha = Float(alpha)
    self.identity = identity
    arithmetic = try file.root.attribute("arithmetic")?.stringValue
    let top = try file.root.attribute("top")?.intValue
    self.top = top
    if top != nil {
      let cut = try CutRows(tokens: file.root.dataset("tokens"), tails: file.root.dataset("tails"))
      guard let vocabulary = try file.root.attribute("vocabulary")?.intValue, shape[1] <= vocabulary,
        try cut.fits(shape)
      else { throw TrainingError.unreadableLogits(path: path, problem: "its rows contradict each other") }
      vocabularySize = vocabulary
      self.cut = cut
    } else {
      vocabularySize = shape[1]
      cut = nil
    }
    let segments = try file.root.dataset("segments").readTexts().compactMap { Fingerprint(hexadecimal: $0) }
    let rows = try file.root.dataset("first_rows").read(Int64.self)
    guard segments.count == rows.count, rows.allSatisfy({ 0..<Int64(shape[0]) ~= $0 }) else {
      throw TrainingError.unreadableLogits(path: path, problem: "its segments don't fit its rows")
    }
    firstRows = Dictionary(zip(segments, rows.map(Int.init)), uniquingKeysWith: { first, _ in first })
    self.logits = logits
  }

  /// The row of every position whose loss counts, in their order.
  func rows(of batch: TokenBatch) throws -> [Int] {
    try batch.segments.flatMap { segment -> Range<Int> in
      let counting = segment.count { batch.weights[$0] != 0 }
      if counting == 0 { return 0..<0 }
      guard let first = firstRows[Self.key(of: segment, in: batch)] else {
        throw TrainingError.unreadableLogits(path: path, problem: "it lacks some of the data's positions")
      }
      return first..<first + counting
    }
  }

  /// Whether every position of some data's epoch has its row.
  public func covers(_ data: any TrainingData) throws -> Bool {
    for number in 0..<data.batchesPerEpoch {
      let batch = try data.batch(number)
      let isCovered = batch.segments.allSatisfy { segment in
        segment.allSatisfy { batch.weights[$0] == 0 } || firstRows[Self.key(of: segment, in: batch)] != nil
      }
      if !isCovered { return false }
    }
    return true
  }

  /// What rows are read as.
  var elementType: ElementType { Self.elementType(precision, top: top) }

  /// What rows of such a cache are read as: those that are cut become whole in float32.
  static func elementType(_ precision: Precision, top: Int?) -> ElementType {
    top == nil ? precision.elementType : .float32
  }

  /// Reads rows into a tensor [rows, vocabulary] of the cache's element type, which lies in memory.
  func read(_ rows: ArraySlice<Int>, into tensor: Tensor) throws {
    precondition(tensor.rows == rows.count && tensor.columns == vocabularySize)
    var (place, destination) = (rows.startIndex, 0)
    while place < rows.endIndex {
      var end = place + 1
      while end < rows.endIndex, rows[end] == rows[end - 1] + 1 { end += 1 }
      let stretch = rows[place]..<rows[end - 1] + 1
      let target = tensor.rows(destination..<destination + stretch.count)
      switch precision {
      case _ where cut != nil: try expand(stretch, into: target)
      case .float32: copy(try logits.read(Float.self, rows: stretch), to: target)
      case .float16: copy(try logits.read(HDF5Half.self, rows: stretch), to: target)
      }
      destination += stretch.count
      place = end
    }
  }

  private func expand(_ rows: Range<Int>, into tensor: Tensor) throws {
    guard let cut else { return }
    var found = try cut.read(rows)
    guard found.tokens.allSatisfy({ $0 < vocabularySize }) else {
      throw TrainingError.unreadableLogits(path: path, problem: "it names tokens that there aren't")
    }
    switch precision {
    case .float32: found.logits = try logits.read(Float.self, rows: rows)
    case .float16:
      let bits = try logits.read(HDF5Half.self, rows: rows).map(\.bits)
      found.logits = [Float](repeating: 0, count: bits.count)
      trimtab_float16_to_float32(bits, &found.logits, bits.count)
    }
    found.expand(into: tensor)
  }

  private func copy<Element>(_ elements: [Element], to tensor: Tensor) {
    elements.withUnsafeBytes { source in
      precondition(source.count == tensor.byteCount)
      if let base = source.baseAddress { tensor.bytes.copyMemory(from: base, byteCount: source.count) }
    }
  }

  /// What a segment's logits depend on, and which of its positions have a row.
  static func key(of segment: Range<Int>, in batch: TokenBatch) -> Fingerprint {
    var accumulator = Fingerprint.Accumulator()
    batch.ids[segment].withUnsafeBytes { accumulator.append($0) }
    batch.weights[segment].map { UInt8($0 == 0 ? 0 : 1) }.withUnsafeBytes { accumulator.append($0) }
    return accumulator.finish()
  }
}

/// What a cache holds beside the logits where its rows are cut.
private final class CutRows: Sendable {
  private let tokens: HDF5Dataset
  private let tails: HDF5Dataset

  init(tokens: consuming HDF5Dataset, tails: consuming HDF5Dataset) {
    self.tokens = tokens
    self.tails = tails
  }

  /// Whether these are as many as logits of that shape.
  func fits(_ shape: [Int]) throws -> Bool {
    let (ofTokens, ofTails) = (try tokens.shape, try tails.shape)
    return ofTokens == shape && ofTails == [shape[0]]
  }

  /// All but the logits.
  func read(_ rows: Range<Int>) throws -> LikeliestLogits {
    LikeliestLogits(
      tokens: try tokens.read(UInt32.self, rows: rows), logits: [],
      tails: try tails.read(Float.self, rows: rows))
  }
}
