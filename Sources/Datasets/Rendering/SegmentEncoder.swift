import Tokenizers

/// Encodes a text whose parts are trained on or not, so that no token belongs to two parts.
///
/// Where the model would go on from a prompt, the prompt's tokens end: they are what it has read when it
/// generates. With byte-level vocabularies each part is encoded on its own. Others put a space before
/// whatever they encode; there the whole text is encoded, and a part ends where the tokens of all text up
/// to there do.
struct SegmentEncoder: Sendable {
  private let tokenizer: Tokenizer
  private let encodesPartsAlone: Bool

  init(_ tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
    let probe = tokenizer.encode("x", addSpecialTokens: false)
    encodesPartsAlone = probe.flatMap { tokenizer.bytes(of: $0) } == [UInt8(ascii: "x")]
  }

  /// The tokens of each part of `text`, which the rising offsets `cuts` (in UTF-8 bytes) divide.
  ///
  /// - Returns: one more list than there are cuts.
  func encode(_ text: [UInt8], cuts: [Int]) -> [[TokenID]] {
    let bounds = [0] + cuts + [text.count]
    if encodesPartsAlone {
      return zip(bounds, bounds.dropFirst()).map { $0 == $1 ? [] : encode(text[$0..<$1]) }
    }
    let whole = encode(text[...])
    let ends = cuts.map { cut in zip(whole, encode(text[..<cut])).prefix { $0 == $1 }.count } + [whole.count]
    var start = 0
    return ends.map { end in
      let end = max(start, end)
      defer { start = end }
      return Array(whole[start..<end])
    }
  }

  private func encode(_ bytes: ArraySlice<UInt8>) -> [TokenID] {
    tokenizer.encode(String(decoding: bytes, as: UTF8.self), addSpecialTokens: false)
  }
}
