import Tensors
import Testing

@testable import Autodiff

/// Every operation's forward and backward pass, against PyTorch and against finite differences.
struct OperationTests {
  /// Runs a case forwards, and backwards from Σ w·output with the w of seed 99.
  private func run(
    _ operation: OperationCase, _ parameters: [Parameter], backwards: Bool = true,
    engine: any MatrixEngine = OpenBLASEngine()
  ) throws -> [Float] {
    let compute = try makeCompute(engine: engine)
    let tape = Tape(compute: compute, isRecording: true)
    // The first inputs are activations, in the tape's type for them; the others are weights.
    let inputs = parameters.map(\.variable).enumerated().map { index, input in
      index < operation.activations && tape.activationType != .float32 ? tape.scale(input, by: 1) : input
    }
    switch operation.run(tape, inputs) {
    case .loss(let loss):
      if backwards { tape.backward() }
      return [Float(loss)]
    case .tensor(let output):
      if backwards {
        tape.seed(output, with: Tensor(numbers(output.value.count, seed: 99), shape: output.shape))
        tape.backward()
      }
      return output.value.float32.array
    }
  }

  private func parameters(of operation: OperationCase) -> [Parameter] {
    operation.shapes.enumerated().map { index, shape in
      Parameter(numbers(shape.count, seed: index + 1, scale: operation.scale), shape: shape)
    }
  }

  @Test(arguments: OperationCase.all.filter(\.isGolden))
  func agreesWithPyTorch(_ operation: OperationCase) throws {
    let golden = try Golden.named(operation.name)
    let inputs = parameters(of: operation)
    let output = try run(operation, inputs)
    #expect(relativeDifference(output, golden.output) <= 1e-5)
    #expect(golden.gradients.count == inputs.count)
    for (index, (input, expected)) in zip(inputs, golden.gradients).enumerated() {
      let difference = relativeDifference(input.gradient.array, expected)
      #expect(difference <= 1e-5, "gradient of input \(index)")
    }
  }

  /// With activations and their gradients in bfloat16: within a few roundings to its 8 bits of the largest value.
  @Test(.enabled(if: halfEngine != nil), arguments: OperationCase.all.filter(\.isGolden))
  func agreesWithPyTorchInBFloat16(_ operation: OperationCase) throws {
    let golden = try Golden.named(operation.name)
    let inputs = parameters(of: operation)
    let output = try run(operation, inputs, engine: #require(halfEngine))
    #expect(relativeDifference(output, golden.output) <= 0x1p-6)
    for (index, (input, expected)) in zip(inputs, golden.gradients).enumerated() {
      #expect(relativeDifference(input.gradient.array, expected) <= 0x1p-5, "gradient of input \(index)")
    }
  }

  /// Along random directions d: (L(x + hd) - L(x - hd)) / 2h = ∇L·d, with the error in h² extrapolated away.
  @Test(arguments: OperationCase.all)
  func agreesWithFiniteDifferences(_ operation: OperationCase) throws {
    let inputs = parameters(of: operation)
    let center = try run(operation, inputs)
    let projection = center.count == 1 ? [1] : numbers(center.count, seed: 99)
    // Read before the function is evaluated again: a head's loss adds to the gradients at once.
    let gradients = inputs.map(\.gradient.array)
    for (index, (input, gradient)) in zip(inputs, gradients).enumerated() {
      for seed in [201, 202, 203] {
        let direction = numbers(input.value.count, seed: seed + 10 * index)
        func slope(_ step: Float) throws -> Double {
          let ends = try [step, -step].map { step in
            var moved = inputs
            let elements = zip(input.value.array, direction).map { $0 + step * $1 }
            moved[index] = Parameter(elements, shape: input.value.shape)
            return dot(try run(operation, moved, backwards: false), projection)
          }
          return (ends[0] - ends[1]) / Double(2 * step)
        }
        let (coarse, fine) = (try slope(0.02), try slope(0.01))
        let expected = (4 * fine - coarse) / 3
        let size = (dot(gradient, gradient) * dot(direction, direction)).squareRoot()
        #expect(abs(dot(gradient, direction) - expected) <= 2e-3 * max(size, 1e-2), "input \(index)")
      }
    }
  }

  /// Gradients add to what is there: two backward passes give twice the gradient of one.
  @Test(arguments: OperationCase.all)
  func accumulatesGradients(_ operation: OperationCase) throws {
    let (once, twice) = (parameters(of: operation), parameters(of: operation))
    _ = try run(operation, once)
    _ = try run(operation, twice)
    _ = try run(operation, twice)
    for (first, second) in zip(once, twice) {
      #expect(relativeDifference(second.gradient.array, first.gradient.array.map { 2 * $0 }) <= 2e-6)
    }
  }
}
