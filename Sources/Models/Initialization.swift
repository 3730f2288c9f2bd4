import Foundation
import Tensors

extension TrainableParameters {
  /// An untrained model: weights from N(0, σ²), gains one, biases zero.
  ///
  /// Those that write to the residual stream are narrowed by 1/√(2·layers) (GPT-2, section 2.3).
  public init(initializing configuration: ModelConfiguration, seed: UInt64) {
    self.init(configuration.parameterSlots)
    let residual = [LayerModule.attentionOutput, .down].map { $0.rawValue + ".weight" }
    for (index, entry) in entries.enumerated() {
      let floats = value(entry).floats
      if entry.slot.isMatrix {
        let narrows = residual.contains { entry.name.hasSuffix($0) }
        let deviation =
          configuration.initializerRange / (narrows ? Float(2 * configuration.layers).squareRoot() : 1)
        let random = CounterRandom(seed: seed, stream: UInt64(index))
        for place in 0..<entry.shape.count { floats[place] = deviation * random.normal(at: UInt64(place)) }
      } else {
        floats.update(repeating: entry.name.hasSuffix(".weight") ? 1 : 0, count: entry.shape.count)
      }
    }
  }

  /// An untrained adapter, as peft begins: A uniform in ±1/√in, B zero, so that it changes nothing yet.
  public init(
    initializing adapter: LowRankConfiguration, over configuration: ModelConfiguration, seed: UInt64
  ) {
    self.init(adapter.parameterSlots(for: configuration))
    for (index, entry) in entries.enumerated() where entry.name.hasSuffix("lora_A.weight") {
      let floats = value(entry).floats
      let bound = 1 / Float(entry.shape.columns).squareRoot()
      let random = CounterRandom(seed: seed, stream: UInt64(index))
      for place in 0..<entry.shape.count {
        floats[place] = bound * (2 * random.uniform(at: UInt64(place)) - 1)
      }
    }
  }
}
