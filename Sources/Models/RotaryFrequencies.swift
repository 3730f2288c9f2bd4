import Autodiff
import Foundation

extension ModelConfiguration {
  /// The angles of every position; nil where positions are learnt.
  var rotaryTable: RotaryTable? {
    guard case .rotary(let rotary) = position else { return nil }
    return RotaryTable(frequencies: rotary.frequencies(headDimension: headDimension))
  }
}

extension ModelConfiguration.Rotary {
  /// The angle that each pair of a head's dimensions turns by a token: base^(−2i/d), slowed by the scaling.
  func frequencies(headDimension: Int) -> [Float] {
    (0..<headDimension / 2).map { pair in
      let frequency = pow(base, -2 * Double(pair) / Double(headDimension))
      switch scaling {
      case .none: return Float(frequency)
      case .linear(let factor): return Float(frequency / factor)
      case .llama3(let factor, let lowFrequency, let highFrequency, let originalContext):
        // Long waves are stretched, short ones kept, those between blended (Llama 3.1's model card).
        let turns = Double(originalContext) * frequency / (2 * Double.pi)
        if turns < lowFrequency { return Float(frequency / factor) }
        if turns > highFrequency { return Float(frequency) }
        let blend = (turns - lowFrequency) / (highFrequency - lowFrequency)
        return Float((1 - blend) * frequency / factor + blend * frequency)
      }
    }
  }
}
