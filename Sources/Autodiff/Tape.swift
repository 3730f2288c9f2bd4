import Tensors

/// The tape: it runs operations forwards and, when recording, remembers how to run them backwards.
///
/// An operation is a pair, `forward` and `backward`, side by side in one file. Its method on the tape runs the
/// first and records a closure that runs the second; the closure holds exactly what the backward pass needs,
/// and memory returns to the arena when the last closure that holds it has run. Gradients accumulate.
public final class Tape {
  private struct Entry {
    let output: GradientSlot
    let backward: (_ tape: Tape, _ outputGradient: Tensor) -> Void
  }

  public let compute: Compute
  /// Whether backward passes are recorded: yes in training, no in inference.
  public let isRecording: Bool
  /// Whether dropout drops: when recording, and when a checkpointed block runs without recording.
  let drops: Bool
  /// What activations are kept in between operations; the residual stream, norms' statistics and logits are float32.
  public let activationType: ElementType
  private var entries: [Entry] = []

  public convenience init(compute: Compute, isRecording: Bool) {
    self.init(compute: compute, isRecording: isRecording, drops: isRecording)
  }

  private init(compute: Compute, isRecording: Bool, drops: Bool) {
    self.compute = compute
    self.isRecording = isRecording
    self.drops = drops
    // What training multiplies in bfloat16 it may as well keep in it; inference keeps little.
    activationType = drops && compute.engine.precision == .bf16 ? .bfloat16 : .float32
  }

  // MARK: - For operations

  /// Takes memory for an operation's output; it requires a gradient if one of its inputs does.
  ///
  /// - Parameter elementType: The output's; nil: the tape's `activationType`.
  public func output(
    _ name: StaticString, _ shape: Shape, _ elementType: ElementType? = nil, of inputs: Variable?...
  ) -> Variable {
    result(activations(name, shape, elementType), of: inputs)
  }

  /// An output that is no more than elementwise work away from what is kept anyway: `make` fills it now, and again
  /// when a backward pass reads it, so that its memory is free in between.
  func cheapOutput(
    _ name: StaticString, _ shape: Shape, of inputs: Variable?..., make: @escaping (_ y: Tensor) -> Void
  ) -> Variable {
    let value = activations(name, shape)
    make(value)
    let again = Recollection { tape in
      let value = tape.activations(name, shape)
      make(value)
      return value
    }
    return result(value, of: inputs, recollection: isRecording ? again : nil)
  }

  private func activations(
    _ name: StaticString, _ shape: Shape, _ elementType: ElementType? = nil
  ) -> Tensor {
    compute.arena.tensor(name, shape, elementType: elementType ?? activationType, for: .activations)
  }

  /// An operation's output in memory that it has already; it requires a gradient if one of its inputs does.
  func result(
    _ value: Tensor, of inputs: [Variable?], recollection: Recollection? = nil
  ) -> Variable {
    guard isRecording else { return Variable(value) }
    for input in inputs { input?.slot?.addReader() }
    return Variable(
      value, requiresGradient: inputs.contains { $0?.requiresGradient == true }, recollection: recollection)
  }

  /// Memory for what a backward pass needs besides inputs and output.
  public func saved(
    _ name: StaticString, _ shape: Shape, _ elementType: ElementType = .float32
  ) -> Tensor {
    compute.arena.tensor(name, shape, elementType: elementType, for: .activations)
  }

  /// Scratch memory within one operation.
  public func workspace(
    _ name: StaticString, _ shape: Shape, _ elementType: ElementType = .float32
  ) -> Tensor {
    compute.arena.tensor(name, shape, elementType: elementType, for: .workspace)
  }

  /// The same elements as float32 or bfloat16: the tensor itself, or a copy in workspace.
  func converted(_ x: Tensor, to elementType: ElementType) -> Tensor {
    guard x.elementType != elementType else { return x }
    let copy = workspace("converted", x.shape, elementType)
    compute.scale(x, by: 1, into: copy)
    return copy
  }

  /// Remembers how the gradient flows from `output` to the operation's inputs.
  ///
  /// `backward` should hold only what it needs: slots of variables whose values it doesn't read.
  func record(
    _ output: Variable, backward: @escaping (_ tape: Tape, _ outputGradient: Tensor) -> Void
  ) {
    guard let slot = output.slot else { return }
    entries.append(Entry(output: slot, backward: backward))
  }

  /// Lets `body` add to a gradient, or write all of it when nothing has flowed into it yet; does nothing when
  /// no gradient is wanted.
  func accumulate<Failure: Error>(
    _ slot: GradientSlot?, _ body: (_ gradient: Tensor, _ adding: Bool) throws(Failure) -> Void
  ) throws(Failure) {
    guard let slot else { return }
    func room() -> Tensor {
      compute.arena.tensor("gradient", slot.shape, elementType: slot.elementType, for: .gradients)
    }
    if slot.isEmpty {
      let gradient = room()
      try body(gradient, false)
      slot.tensor = gradient
      return
    }
    if !slot.isWritable, let shared = slot.tensor {
      let own = room()
      compute.scale(shared, by: 1, into: own)
      slot.tensor = own
    }
    if let gathered = slot.tensor { try body(gathered, true) }
  }

  /// The same for two gradients that come out of one kernel; nil for one that isn't wanted.
  func accumulate(
    _ first: GradientSlot?, _ second: GradientSlot?,
    _ body: (_ first: Tensor?, _ addingFirst: Bool, _ second: Tensor?, _ addingSecond: Bool) -> Void
  ) {
    guard let first else { return accumulate(second) { body(nil, false, $0, $1) } }
    guard let second else { return accumulate(first) { body($0, $1, nil, false) } }
    precondition(first !== second)
    accumulate(first) { d, adding in accumulate(second) { body(d, adding, $0, $1) } }
  }

  /// Passes a gradient on as it is: shared when nothing has flowed into the slot yet, else added.
  func pass(_ gradient: Tensor, to slot: GradientSlot?) {
    guard let slot else { return }
    if slot.isEmpty {
      slot.tensor = gradient.reshaped(slot.shape)
    } else {
      accumulate(slot) { sum, _ in compute.scale(gradient, by: 1, into: sum, adding: true) }
    }
  }

  // MARK: - Backwards

  /// Runs the recorded operations backwards from what gradients have been seeded with `seed`.
  public func backward() {
    while let entry = entries.popLast() {
      guard let gradient = entry.output.take() else { continue }
      entry.backward(self, gradient)
    }
  }

  /// Gives a variable its gradient from outside: the start of a backward pass.
  public func seed(_ variable: Variable, with gradient: Tensor) {
    pass(gradient, to: variable.slot)
  }

  /// Runs `body` without keeping what its backward pass needs; that is computed again when the gradient comes.
  ///
  /// `body` must be a pure function of its input and of parameters (dropout is: it draws from the seed, the step
  /// and its site).
  public func checkpoint(_ input: Variable, _ body: @escaping (Tape, Variable) -> Variable) -> Variable {
    guard isRecording else { return body(self, input) }
    let forgetful = Tape(compute: compute, isRecording: false, drops: true)
    // What the body learns can't be seen from here, so its output always asks for a gradient.
    let output = Variable(body(forgetful, input).value, requiresGradient: true)
    record(output) { tape, outputGradient in
      let again = Tape(compute: tape.compute, isRecording: true)
      again.seed(body(again, input), with: outputGradient)
      again.backward()
    }
    return output
  }
}
