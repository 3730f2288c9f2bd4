/// Merges for a SentencePiece vocabulary, which has scores instead.
///
/// SentencePiece merges the two neighbours whose union has the highest score. So every way to cut a piece into two
/// pieces is a merge, ranked by the piece's score; ties in the order that Hugging Face's conversion gives them.
enum SentencePieceMerges {
  private struct Candidate {
    var merge: Merge
    var score: Float
    var leftLength: Int
  }

  /// Far above every real piece: the work grows with the square of the length.
  private static let longestPiece = 1024

  /// The merges of the normal pieces; control tokens and bytes are never made of text.
  static func merges(
    _ vocabulary: Vocabulary, scores: [Float], types: [GGUFVocabulary.TokenType]
  ) -> [Merge] {
    func normalID(_ piece: ArraySlice<UInt8>) -> TokenID? {
      guard let id = vocabulary.id(of: Array(piece).span), types[Int(id)] == .normal else { return nil }
      return id
    }
    var candidates: [Candidate] = []
    for id in types.indices where types[id] == .normal {
      guard let piece = vocabulary[TokenID(id)], piece.count <= longestPiece else { continue }
      var leftLength = 0
      for cut in piece.indices.dropFirst() where piece[cut] & 0xC0 != 0x80 {
        leftLength += 1
        guard let left = normalID(piece[..<cut]), let right = normalID(piece[cut...]) else { continue }
        let merge = Merge(left: left, right: right, result: TokenID(id))
        candidates.append(Candidate(merge: merge, score: scores[id], leftLength: leftLength))
      }
    }
    // The longer left side first; the number of the piece makes the order complete.
    candidates.sort {
      ($1.score, $1.leftLength, $0.merge.result) < ($0.score, $0.leftLength, $1.merge.result)
    }
    return candidates.map(\.merge)
  }
}
