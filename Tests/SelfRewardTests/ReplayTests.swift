import Datasets
import Testing
import Training

@testable import SelfReward

@Suite("Examples between pairs")
struct ReplayTests {
  @Test("a batch of examples weighs what one pair does, however many tokens it has", arguments: [1, 3, 40])
  func weights(count: Int) {
    var examples = TokenBatch()
    examples.append(
      ids: ArraySlice(repeating: 7, count: count + 2),
      mask: [0, 0] + ArraySlice(repeating: 1, count: count))
    let objective = ReplayObjective(pairs: PreferenceObjective())
    #expect(objective.weight(of: examples) == 1)
    guard case .weighted(let weights) = objective.loss(of: examples) else {
      Issue.record("examples aren't learnt by likelihood")
      return
    }
    #expect(abs(weights.reduce(0, +) - 1) < 1e-6)
    #expect(weights.count { $0 != 0 } == count)
  }
}
