import Tensors
import Testing

@testable import Autodiff

struct OptimizerTests {
  @Test func twentyStepsAgreeWithPyTorch() throws {
    let golden = try Golden.named("adamw")
    let compute = try makeCompute()
    let parameters = Tensor(numbers(40, seed: 50), shape: [40])
    let (first, second) = (Tensor(zeros: [40]), Tensor(zeros: [40]))
    let optimizer = AdamW(learningRate: 0.03, beta1: 0.9, beta2: 0.95, epsilon: 1e-6, weightDecay: 0.1)
    for step in 1...20 {
      // Given twice as large and scaled back, as clipping does.
      let gradients = Tensor(numbers(40, seed: step, scale: 2), shape: [40])
      optimizer.update(
        parameters, firstMoments: first, secondMoments: second, gradients: gradients, gradientScale: 0.5,
        step: step, with: compute)
    }
    #expect(relativeDifference(parameters.array, golden.output) <= 1e-6)
    #expect(relativeDifference(first.array, golden.gradients[0]) <= 1e-6)
    #expect(relativeDifference(second.array, golden.gradients[1]) <= 1e-6)
  }

  @Test func theSquaredSumDoesNotDependOnThreads() throws {
    let x = Tensor(numbers(200_000, seed: 3), shape: [200_000])
    let sums = try [1, 2, 3].map { try makeCompute(threads: $0).squaredSum(of: x) }
    #expect(Set(sums).count == 1)
    let expected = x.array.reduce(0.0) { $0 + Double($1) * Double($1) }
    #expect(abs(sums[0] - expected) <= 1e-12 * expected)
  }

  @Test(arguments: [Float.nan, .infinity])
  func theSquaredSumShowsWhatIsNotFinite(_ bad: Float) throws {
    let x = Tensor([1, bad, 2], shape: [3])
    #expect(try !makeCompute().squaredSum(of: x).isFinite)
  }
}
