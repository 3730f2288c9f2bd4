import Tensors

/// What a backward pass reads again of a value: the value itself, or one that is made anew from others that are kept
/// anyway, when that is cheaper than the memory to keep it in.
///
/// Made once, when the first operation asks, for all that share it; let go with the last of them.
final class Recollection {
  private var value: Tensor?
  private let remake: ((_ tape: Tape) -> Tensor)?

  /// A value that is kept.
  init(_ value: Tensor) {
    self.value = value
    remake = nil
  }

  /// A value that `remake` makes again, with the same bits.
  init(remaking remake: @escaping (_ tape: Tape) -> Tensor) { self.remake = remake }

  func value(on tape: Tape) -> Tensor {
    if let value { return value }
    guard let remade = remake?(tape) else { preconditionFailure("neither a value nor a way to it") }
    value = remade
    return remade
  }
}
