import Formats

extension TokenizerDefinition {
  /// The fingerprint of every token's number and piece.
  ///
  /// The tokens `[PAD7]` that fill a GGUF vocabulary up to the size of the model's embedding don't count.
  var fingerprint: Fingerprint {
    var accumulator = Fingerprint.Accumulator()
    var line: [UInt8] = []
    for id in 0..<TokenID(vocabulary.count) {
      guard let piece = vocabulary[id], !piece.elementsEqual("[PAD\(id)]".utf8) else { continue }
      line.removeAll(keepingCapacity: true)
      withUnsafeBytes(of: id.littleEndian) { line.append(contentsOf: $0) }
      withUnsafeBytes(of: UInt32(piece.count).littleEndian) { line.append(contentsOf: $0) }
      line.append(contentsOf: piece)
      line.withUnsafeBytes { accumulator.append($0) }
    }
    return accumulator.finish()
  }
}
