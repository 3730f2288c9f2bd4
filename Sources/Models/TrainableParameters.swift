import Autodiff
import Tensors

/// The parameters being learnt, in flat float32 memory: what the optimizer walks over.
public struct TrainableParameters: Sendable {
  /// One parameter's place in the flat memory.
  public struct Entry: Sendable, Hashable {
    public let slot: ParameterSlot
    /// Its first element; a multiple of 16.
    public let offset: Int

    public var name: String { slot.name }
    public var shape: Shape { slot.shape }
    public var range: Range<Int> { offset..<(offset + slot.shape.count) }
    /// Whether weight decay pulls at it: at matrices, not at gains and biases.
    public var decays: Bool { slot.isMatrix }
  }

  public let entries: [Entry]
  /// Every parameter, one behind the other, [count].
  public let values: Tensor
  /// ∂loss/∂values, laid out alike.
  public let gradients: Tensor
  /// How many numbers are learnt (padding not counted).
  public var parameterCount: Int { entries.reduce(0) { $0 + $1.shape.count } }

  /// Lays out parameters, all zero.
  public init(_ slots: [ParameterSlot]) {
    var offset = 0
    entries = slots.map { slot in
      defer { offset += (slot.shape.count + 15) & ~15 }
      return Entry(slot: slot, offset: offset)
    }
    values = Tensor(zeros: [offset])
    gradients = Tensor(zeros: [offset])
  }

  /// All parameters of a loaded model, as float32 masters.
  public init(copying checkpoint: Checkpoint) {
    self.init(checkpoint.configuration.parameterSlots)
    for entry in entries {
      guard let stored = checkpoint.tensors[entry.name] else { continue }
      stored.copyFloat32(into: value(entry))
    }
  }

  /// A parameter's values, sharing the flat memory.
  public func value(_ entry: Entry) -> Tensor {
    Tensor(values.buffer, byteOffset: values.byteOffset + entry.offset * 4, shape: entry.shape)
  }

  /// A parameter's gradient, sharing the flat memory.
  public func gradient(_ entry: Entry) -> Tensor {
    Tensor(gradients.buffer, byteOffset: gradients.byteOffset + entry.offset * 4, shape: entry.shape)
  }

  /// The parameters as the tape takes them, by name.
  public var variables: [String: Variable] {
    Dictionary(
      uniqueKeysWithValues: entries.map { ($0.name, Variable(parameter: value($0), gradient: gradient($0))) })
  }

  /// The values by name, sharing the flat memory.
  public var tensors: [String: Tensor] {
    Dictionary(uniqueKeysWithValues: entries.map { ($0.name, value($0)) })
  }
}
