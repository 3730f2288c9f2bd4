import CKernels
import Foundation
import Tensors

/// What an ensemble's other models say at some places of a sequence.
struct PartnerLogits {
  /// [n, vocabulary], or wider.
  let base: Tensor
  /// [n, vocabulary]; nil: there is none.
  let antiexpert: Tensor?
  /// Which of the n rows are meant.
  let rows: [Int]
  let alpha: Float
  let vocabularySize: Int

  /// z_base − α · z_antiexpert, [rows, vocabulary].
  var combined: Tensor {
    let combined = Tensor(zeros: [rows.count, vocabularySize])
    for (place, row) in rows.enumerated() {
      let (z, from) = (combined.rows(place..<place + 1).floats, base.rows(row..<row + 1).floats)
      if let away = antiexpert?.rows(row..<row + 1).floats {
        for token in 0..<vocabularySize { z[token] = from[token] - alpha * away[token] }
      } else {
        z.update(from: from, count: vocabularySize)
      }
    }
    return combined
  }

  /// The base's likeliest tokens of each row with their combined logits, and one logit that stands for all others.
  ///
  /// It is such that, where the expert is still the antiexpert, the others have the mass that the base gives them:
  /// log Σ e^z_base − log Σ e^(α · z_antiexpert), both sums over them.
  func likeliest(_ count: Int) -> LikeliestLogits {
    var found = LikeliestLogits()
    let scratch = Tensor(zeros: [1, vocabularySize])
    for row in rows {
      let from = base.rows(row..<row + 1).floats
      let away = antiexpert?.rows(row..<row + 1).floats
      let z = UnsafeBufferPointer(start: from, count: vocabularySize)
      let tokens = Self.largest(min(count, vocabularySize), of: z)
      found.tokens += tokens
      for token in tokens.map(Int.init) {
        var logit = from[token]
        if let away { logit -= alpha * away[token] }
        found.logits.append(logit)
      }
      var tail = logSum(of: from, scale: 1, without: tokens, scratch)
      if let away {
        tail -= logSum(of: away, scale: alpha, without: tokens, scratch)
      } else {
        tail -= log(Float(max(1, vocabularySize - tokens.count)))
      }
      found.tails.append(tail)
    }
    return found
  }

  /// log Σ e^(scale · z) over all tokens but some; 0 where these are all.
  private func logSum(
    of z: UnsafeMutablePointer<Float>, scale: Float, without tokens: [UInt32], _ scratch: Tensor
  ) -> Float {
    let values = scratch.floats
    for token in 0..<vocabularySize { values[token] = scale * z[token] }
    for token in tokens { values[Int(token)] = -.infinity }
    guard let place = (0..<vocabularySize).first(where: { values[$0] > -.infinity }) else { return 0 }
    let before = values[place]
    trimtab_log_softmax(values, 1, vocabularySize)
    return before - values[place]
  }

  /// The places of the largest elements, the largest first, and of equals the one that comes first.
  static func largest(_ count: Int, of z: UnsafeBufferPointer<Float>) -> [UInt32] {
    var places: [UInt32] = []
    places.reserveCapacity(count + 1)
    // Few elements of a long row ever get in: so a sorted list is quick enough.
    var least = -Float.infinity
    for place in z.indices where places.count < count || z[place] > least {
      let slot = places.firstIndex { z[Int($0)] < z[place] } ?? places.count
      places.insert(UInt32(place), at: slot)
      if places.count > count { places.removeLast() }
      if places.count == count, let last = places.last { least = z[Int(last)] }
    }
    return places
  }
}

/// Some tokens of each row with their logits, and one logit for all others.
struct LikeliestLogits {
  /// Row by row, the likeliest first.
  var tokens: [UInt32] = []
  var logits: [Float] = []
  /// One a row.
  var tails: [Float] = []

  /// Writes whole rows into a tensor [rows, vocabulary].
  func expand(into tensor: Tensor) {
    guard !tails.isEmpty else { return }
    precondition(tensor.rows == tails.count && tokens.count == logits.count)
    let count = tokens.count / tails.count
    for (row, tail) in tails.enumerated() {
      let z = tensor.rows(row..<row + 1).floats
      z.update(repeating: tail, count: tensor.columns)
      for place in row * count..<(row + 1) * count { z[Int(tokens[place])] = logits[place] }
    }
  }
}
