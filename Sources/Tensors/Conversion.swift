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

  /// These elements in another of `ElementType.quantizable`, by GGML's reference formulas; on the heap unless they
  /// are of that type already.
  public func converted(to elementType: ElementType) -> Tensor {
    guard elementType != self.elementType else { return self }
    let copy = Tensor(zeros: shape, elementType: elementType)
    let source = float32
    let encoded = withExtendedLifetime(source) {
      trimtab_quantize(copy.storage, source.floats, copy.bytes, count)
    }
    precondition(encoded, "nothing is converted to \(elementType)")
    return copy
  }
}
