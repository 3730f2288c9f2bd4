import Tensors

/// A value on the tape, and the place where the gradient of the loss with respect to it gathers.
public struct Variable {
  public let value: Tensor
  /// Where the gradient gathers; nil when nothing that is being learnt lies upstream.
  let slot: GradientSlot?
  /// How backward passes come by the value again; nil: by keeping it.
  private let recollection: Recollection?

  /// A constant, or a weight that stays as it is.
  public init(_ value: Tensor) {
    self.init(value, requiresGradient: false)
  }

  /// A parameter to be learnt, whose gradient accumulates in memory of the caller's.
  public init(parameter value: Tensor, gradient: Tensor) {
    precondition(gradient.shape == value.shape)
    self.value = value
    slot = GradientSlot(parameterGradient: gradient)
    recollection = nil
  }

  init(_ value: Tensor, requiresGradient: Bool, recollection: Recollection? = nil) {
    self.value = value
    self.recollection = recollection
    slot = requiresGradient ? GradientSlot(shape: value.shape, elementType: value.elementType) : nil
  }

  /// What an operation whose backward pass reads the value holds on to.
  var recalled: Recollection { recollection ?? Recollection(value) }
  /// Whether anything that is being learnt lies upstream of it.
  public var requiresGradient: Bool { slot != nil }
  /// ∂loss/∂value, shaped as the value; nil until something has flowed into it.
  public var gradient: Tensor? { slot?.tensor }
  public var shape: Shape { value.shape }
}

/// The gradient of one value while it gathers.
///
/// Kept apart from the value, so that a backward pass that needs only the gradient doesn't keep the value's
/// memory. A gradient may be shared (a sum passes its own on to both its inputs): who adds to it looks first
/// whether somebody else still reads it.
///
/// A gradient that comes from one operation is kept in its value's element type; one that several add to, in float32.
final class GradientSlot {
  let shape: Shape
  /// What the gradient gathers in; one that is passed on to it may be of another type.
  private(set) var elementType: ElementType
  /// How many operations read the value, as far as recorded.
  private var readers = 0
  /// A parameter's gradient is the caller's memory: added to where it lies, kept when it has been read.
  private let isParameter: Bool
  private var buffer: Buffer?
  private var byteOffset = 0
  private var storedType: ElementType

  init(shape: Shape, elementType: ElementType = .float32) {
    self.shape = shape
    self.elementType = elementType
    storedType = elementType
    isParameter = false
  }

  init(parameterGradient gradient: Tensor) {
    shape = gradient.shape
    elementType = .float32
    storedType = .float32
    isParameter = true
    buffer = gradient.buffer
    byteOffset = gradient.byteOffset
  }

  /// Whether nothing has flowed in yet.
  var isEmpty: Bool { buffer == nil }

  /// What has gathered so far; nil when nothing has.
  var tensor: Tensor? {
    get { buffer.map { Tensor($0, byteOffset: byteOffset, shape: shape, elementType: storedType) } }
    set {
      precondition(!isParameter)
      if let newValue { storedType = newValue.elementType }
      buffer = newValue?.buffer
      byteOffset = newValue?.byteOffset ?? 0
    }
  }

  /// Whether what has gathered may be added to in place: nobody else reads it, and it is kept exactly enough.
  var isWritable: Bool {
    isParameter || (storedType == elementType && isKnownUniquelyReferenced(&buffer))
  }

  /// Notes that one more operation reads the value.
  func addReader() {
    readers += 1
    if readers > 1 { gatherInFloat32() }
  }

  /// For operations that add to the gradient part by part.
  func gatherInFloat32() { elementType = .float32 }

  /// Takes out what has gathered: the gradient is on its way further up.
  func take() -> Tensor? {
    defer { if !isParameter { buffer = nil } }
    return tensor
  }
}
