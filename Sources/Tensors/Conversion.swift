import CKernels

extension Tensor {
  /// Writes these elements as float32 into a tensor of as many elements; any served type.
  public func copyFloat32(into destination: Tensor) {
    precondition(destination.count == count)
    trimtab_dequantize(storage, bytes, destination.floats, count)
  }

  /// These elements as float32, on the heap unless they are float32 already.
  public var float32: Tensor {
    guard elementType != .float32 else { return self }
    let copy = Tensor(zeros: shape)
    copyFloat32(into: copy)
    return copy
  }

  /// These elements as float32, bfloat16 or float16, on the heap unless they are of that type already.
  public func converted(to elementType: ElementType) -> Tensor {
    guard elementType != self.elementType else { return self }
    let source = float32
    let copy = Tensor(zeros: shape, elementType: elementType)
    let halves = copy.bytes.assumingMemoryBound(to: UInt16.self)
    switch elementType {
    case .float32: return source
    case .bfloat16: trimtab_float32_to_bfloat16(source.floats, halves, count)
    case .float16: trimtab_float32_to_float16(source.floats, halves, count)
    default: preconditionFailure("nothing is converted to \(elementType) here")
    }
    return copy
  }
}
