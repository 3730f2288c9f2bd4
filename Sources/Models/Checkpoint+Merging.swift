import Tensors

extension Checkpoint {
  /// The same model with its adapter added to the weights, W + scale · B A, so that it is one model again; the
  /// adapted matrices become float32.
  public var merged: Checkpoint {
    guard let adapter else { return self }
    var tensors = tensors
    for layer in 0..<configuration.layers {
      for module in adapter.configuration.targets {
        let name = ParameterNames.module(layer, module)
        guard let weight = tensors[name + ".weight"], let down = adapter.tensors[name + ".lora_A.weight"],
          let up = adapter.tensors[name + ".lora_B.weight"]
        else { continue }
        tensors[name + ".weight"] = weight.adding(up, times: down, scale: adapter.configuration.scale)
      }
    }
    return with(tensors: tensors)
  }
}

extension Tensor {
  /// This matrix plus `scale` · `left` · `right`, as float32; `left` is [rows, rank], `right` [rank, columns].
  fileprivate func adding(_ left: Tensor, times right: Tensor, scale: Float) -> Tensor {
    let sum = Tensor(zeros: shape)
    copyFloat32(into: sum)
    for row in 0..<rows {
      let result = sum.floats + row * columns
      for inner in 0..<left.columns {
        let factor = scale * left.floats[row * left.columns + inner]
        let source = right.floats + inner * columns
        for column in 0..<columns { result[column] += factor * source[column] }
      }
    }
    return sum
  }
}
