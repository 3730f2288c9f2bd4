import Tensors

/// The tape: it runs operations forwards and, when recording, remembers how to run them backwards.
///
/// An operation is a pair, `forward` and `backward`, side by side in one file. Its method on the tape runs the
/// first and records a closure that runs the second; the closure holds exactly what the backward pass needs,
/// and memory returns to the arena when the last closure that holds it has run. Gradients accumulate.
public final class Tape {
  private struct Entry {
    let output: Variable
    let backward: (_ outputGradient: Tensor) -> Void
  }

  public let compute: Compute
  /// Whether backward passes are recorded: yes in training, no in inference.
  public let isRecording: Bool
  private var entries: [Entry] = []

  public init(compute: Compute, isRecording: Bool) {
    self.compute = compute
    self.isRecording = isRecording
  }

  /// Takes memory for an operation's output; it requires a gradient if one of its inputs does.
  public func output(_ name: StaticString, _ shape: Shape, of inputs: Variable?...) -> Variable {
    Variable(
      compute.arena.tensor(name, shape, for: .activations),
      requiresGradient: isRecording && inputs.contains { $0?.requiresGradient == true })
  }

  /// Memory for what a backward pass needs besides inputs and output.
  public func saved(_ name: StaticString, _ shape: Shape) -> Tensor {
    compute.arena.tensor(name, shape, for: .activations)
  }

  /// Scratch memory within one operation.
  public func workspace(_ name: StaticString, _ shape: Shape) -> Tensor {
    compute.arena.tensor(name, shape, for: .workspace)
  }

  /// Remembers how the gradient flows from `output` to the operation's inputs.
  public func record(_ output: Variable, backward: @escaping (_ outputGradient: Tensor) -> Void) {
    if output.requiresGradient { entries.append(Entry(output: output, backward: backward)) }
  }

  /// The gradient of `variable` to accumulate into, and whether it already holds something.
  ///
  /// When it holds nothing its elements are undefined: overwrite them all.
  public func gradient(of variable: Variable) -> (tensor: Tensor, holdsSomething: Bool) {
    if let gradient = variable.gradient { return (gradient, true) }
    let gradient = compute.arena.tensor("gradient", variable.shape, for: .gradients)
    variable.gradient = gradient
    return (gradient, false)
  }

  /// The gradient of `variable` to add into: zeros when nothing has flowed into it yet.
  public func zeroedGradient(of variable: Variable) -> Tensor {
    let (gradient, holdsSomething) = gradient(of: variable)
    if !holdsSomething {
      compute.run { pool in
        let floats = gradient.floats
        pool.forEachRange(of: gradient.count, length: 1 << 16) { range in
          (floats + range.lowerBound).update(repeating: 0, count: range.count)
        }
      }
    }
    return gradient
  }

  /// Runs the recorded operations backwards from what gradients have been seeded with `seed`.
  public func backward() {
    while let entry = entries.popLast() {
      guard let gradient = entry.output.gradient else { continue }
      entry.output.gradient = nil
      entry.backward(gradient)
    }
  }

  /// Gives a variable its gradient from outside: the start of a backward pass.
  public func seed(_ variable: Variable, with gradient: Tensor) { variable.gradient = gradient }

  /// Runs `body` without keeping what its backward pass needs; that is computed again when the gradient comes.
  ///
  /// `body` must be a pure function of its input (dropout is: it draws from the seed, the step and its site).
  public func checkpoint(_ input: Variable, _ body: @escaping (Tape, Variable) -> Variable) -> Variable {
    guard isRecording else { return body(self, input) }
    let forgetful = Tape(compute: compute, isRecording: false)
    // What the body learns can't be seen from here, so its output always asks for a gradient.
    let output = Variable(body(forgetful, Variable(input.value)).value, requiresGradient: true)
    record(output) { [self] outputGradient in
      let tape = Tape(compute: compute, isRecording: true)
      let again = Variable(input.value, requiresGradient: input.requiresGradient)
      tape.seed(body(tape, again), with: outputGradient)
      tape.backward()
      guard input.requiresGradient, let flowed = again.gradient else { return }
      if input.gradient == nil { input.gradient = flowed } else { add(flowed, toGradientOf: input) }
    }
    return output
  }

  /// Adds a tensor to a variable's gradient.
  func add(_ tensor: Tensor, toGradientOf variable: Variable) {
    let sum = zeroedGradient(of: variable)
    compute.run { pool in
      let (from, to) = (tensor.floats, sum.floats)
      pool.forEachRange(of: sum.count, length: 1 << 16) { range in
        for index in range { to[index] += from[index] }
      }
    }
  }
}
