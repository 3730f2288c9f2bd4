import Formats

extension TokenizerDefinition {
  /// The fingerprint of every token's number and piece.
  var fingerprint: Fingerprint {
    var accumulator = Fingerprint.Accumulator()
    var line: [UInt8] = []
    for id in 0..<TokenID(vocabulary.count) {
      guard let piece = vocabulary[id] else { continue }
      line.removeAll(keepingCapacity: true)
      withUnsafeBytes(of: id.littleEndian) { line.append(contentsOf: $0) }
      withUnsafeBytes(of: UInt32(piece.count).littleEndian) { line.append(contentsOf: $0) }
      line.append(contentsOf: piece)
      line.withUnsafeBytes { accumulator.append($0) }
    }
    return accumulator.finish()
  }
}
