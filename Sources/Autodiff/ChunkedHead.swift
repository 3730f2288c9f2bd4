import CKernels
import Tensors

/// The output head and the loss together, in chunks of rows: logits = hidden·Wᵀ, then cap·tanh(logits/cap).
enum ChunkedHead {
  static func forward(_ x: Tensor, _ W: Tensor, softCap: Float?, into logits: Tensor, with compute: Compute) {
    compute.engine.multiply(x, transposed: W, into: logits, adding: false, with: compute)
    guard let softCap else { return }
    compute.run { pool in
      let (logits, count) = (logits.floats, logits.count)
      pool.forEachRange(of: count, length: elementsPerTile) { range in
        trimtab_soft_cap(logits + range.lowerBound, range.count, softCap)
      }
    }
  }

  /// dlogits *= 1 - (capped/cap)², then dx = dlogits·W and dW += dlogitsᵀ·x.
  static func backward(
    _ dLogits: Tensor, _ x: Tensor, _ W: Tensor, capped: Tensor?, softCap: Float?,
    into dx: (tensor: Tensor, adding: Bool)?, _ dW: GradientSlot?, on tape: Tape
  ) {
    let compute = tape.compute
    if let capped, let softCap {
      compute.run { pool in
        let (gradient, capped, count) = (dLogits.floats, capped.floats, capped.count)
        pool.forEachRange(of: count, length: elementsPerTile) { range in
          let first = range.lowerBound
          trimtab_soft_cap_backward(gradient + first, capped + first, range.count, softCap)
        }
      }
    }
    // Both products read it: so it is rounded once.
    let dLogits = tape.converted(dLogits, to: tape.activationType)
    if let dx { compute.engine.multiply(dLogits, W, into: dx.tensor, adding: dx.adding, with: compute) }
    tape.accumulate(dW) { dW, adding in
      compute.engine.multiply(transposed: dLogits, x, into: dW, adding: adding, with: compute)
    }
  }
}

extension Tape {
  /// Computes logits and the loss that `objective` makes of them in chunks of rows, so that the logits of all
  /// rows never exist at once.
  ///
  /// When recording, the gradients of the hidden rows and of the head are accumulated here and now, as if the
  /// loss had been the last operation; `backward()` then carries on from the hidden rows.
  ///
  /// - Parameters:
  ///   - hidden: [T, C].
  ///   - head: [V, C]; of any served element type when frozen.
  ///   - rowsPerChunk: How many rows' logits exist at a time.
  ///   - softCap: logits = softCap · tanh(logits / softCap).
  ///   - objective: Gets the logits [rows, V] of `rows`; returns its loss, and when a gradient is wanted
  ///     overwrites the logits with it. Called while planning too: elements are touched within `Compute.run` only.
  /// - Returns: The sum of the chunks' losses.
  /// - Throws: What `objective` throws; gradients are then good for nothing.
  public func chunkedHead<Failure: Error>(
    _ hidden: Variable, _ head: Variable, rowsPerChunk: Int, softCap: Float? = nil,
    objective: (_ logits: Tensor, _ rows: Range<Int>, _ wantsGradient: Bool) throws(Failure) -> Double
  ) throws(Failure) -> Double {
    precondition(hidden.shape.columns == head.shape.columns && rowsPerChunk > 0)
    let (total, vocabulary) = (hidden.shape.rows, head.shape.rows)
    let wantsGradient = isRecording && (hidden.requiresGradient || head.requiresGradient)
    hidden.slot?.addReader()
    let room = workspace("logits", [min(rowsPerChunk, total), vocabulary])
    let weight = compute.prepared(head.value, uses: (total + rowsPerChunk - 1) / rowsPerChunk)
    let cappedRoom = wantsGradient && softCap != nil ? workspace("capped logits", room.shape) : nil
    var loss = 0.0
    func run(_ dHidden: (tensor: Tensor, adding: Bool)?) throws(Failure) {
      for first in stride(from: 0, to: total, by: rowsPerChunk) {
        let rows = first..<min(first + rowsPerChunk, total)
        let (x, logits) = (hidden.value.rows(rows), room.rows(0..<rows.count))
        ChunkedHead.forward(x, weight, softCap: softCap, into: logits, with: compute)
        let capped = cappedRoom?.rows(0..<rows.count)
        if let capped { compute.scale(logits, by: 1, into: capped) }
        loss += try objective(logits, rows, wantsGradient)
        guard wantsGradient else { continue }
        let dx = dHidden.map { (tensor: $0.tensor.rows(rows), adding: $0.adding) }
        ChunkedHead.backward(
          logits, x, weight, capped: capped, softCap: softCap, into: dx, head.slot, on: self)
      }
    }
    if wantsGradient, hidden.requiresGradient {
      try accumulate(hidden.slot) { (dHidden, adding) throws(Failure) in try run((dHidden, adding)) }
    } else {
      try run(nil)
    }
    return loss
  }
}

extension Compute {
  /// A weight as the engine multiplies it, decoded to workspace if it's used more than once in another format.
  fileprivate func prepared(_ weight: Tensor, uses: Int) -> Tensor {
    guard uses > 1, engine.precision == .bf16, weight.elementType != .bfloat16 else { return weight }
    let decoded = arena.tensor("decoded head", weight.shape, elementType: .bfloat16, for: .workspace)
    dequantize(weight, into: decoded)
    return decoded
  }
}
