import Tensors

extension Estimate {
  /// The mean over runs and questions, with an interval that resamples both: runs differ by their seed, and all of them
  /// are asked the same questions.
  ///
  /// - Parameter scores: [run][question], rows of equal length.
  public init(crossed scores: [[Double]], resamples: Int = 2000, seed: UInt64 = 17) {
    let questions = scores.first?.count ?? 0
    precondition(scores.allSatisfy { $0.count == questions }, "all runs answer the same questions")
    guard questions > 0 else {
      self.init([])
      return
    }
    let flat = scores.flatMap { $0 }
    let means = (0..<resamples).map { resample in
      let random = CounterRandom(seed: seed, stream: UInt64(resample))
      let asked = Estimate.drawing(questions, from: random)
      let total = Estimate.drawing(scores.count, from: random.substream(1)).reduce(0.0) { sum, run in
        sum + asked.reduce(0) { $0 + scores[run][$1] }
      }
      return total / Double(flat.count)
    }
    self.init(mean: flat.reduce(0, +) / Double(flat.count), count: flat.count, sorted: means.sorted())
  }
}
