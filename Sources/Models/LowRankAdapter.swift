import Autodiff
import Foundation
import Tensors

/// Which layers LoRA adapts, and how strongly.
///
/// `y = W x + (alpha / rank) · B A x` (Hu et al. 2021, section 4.1).
public struct LowRankConfiguration: Sendable, Hashable {
  public var rank: Int
  public var alpha: Float
  /// The rate at which an adapter's inputs are dropped in training.
  public var dropout: Float
  /// The modules of every layer that are adapted.
  public var targets: [LayerModule]

  public init(rank: Int, alpha: Float, dropout: Float = 0, targets: [LayerModule]) {
    self.rank = rank
    self.alpha = alpha
    self.dropout = dropout
    self.targets = targets
  }

  /// What the product B A is multiplied by.
  public var scale: Float { alpha / Float(rank) }

  /// The modules that names such as `q_proj` mean; `all-linear` means every one that the model has.
  public static func targets(_ names: [String], in configuration: ModelConfiguration) throws -> [LayerModule]
  {
    let linear = LayerModule.allCases.filter { $0.isLinear && configuration.shape(of: $0) != nil }
    if names == ["all-linear"] { return linear }
    let chosen = try names.map { name in
      guard let module = linear.first(where: { $0.shortName == name }) else {
        throw ModelError.unknownTarget(name, known: linear.map(\.shortName) + ["all-linear"])
      }
      return module
    }
    return linear.filter(chosen.contains)
  }

  /// The adapter's parameters: for each adapted module A [rank, in] and B [out, rank].
  public func parameterSlots(for configuration: ModelConfiguration) -> [ParameterSlot] {
    (0..<configuration.layers).flatMap { layer in
      targets.flatMap { module -> [ParameterSlot] in
        guard let shape = configuration.shape(of: module) else { return [] }
        let name = ParameterNames.module(layer, module)
        return [
          ParameterSlot(name: name + ".lora_A.weight", shape: [rank, shape[1]]),
          ParameterSlot(name: name + ".lora_B.weight", shape: [shape[0], rank]),
        ]
      }
    }
  }
}

/// LoRA matrices over a decoder's linear layers.
public struct LowRankAdapter {
  public let configuration: LowRankConfiguration
  /// A and B by parameter name.
  let parameters: [String: Variable]

  public init(_ configuration: LowRankConfiguration, parameters: [String: Variable]) {
    self.configuration = configuration
    self.parameters = parameters
  }

  func matrices(_ layer: Int, _ module: LayerModule) -> (down: Variable, up: Variable)? {
    let name = ParameterNames.module(layer, module)
    guard let down = parameters[name + ".lora_A.weight"], let up = parameters[name + ".lora_B.weight"]
    else { return nil }
    return (down, up)
  }
}
