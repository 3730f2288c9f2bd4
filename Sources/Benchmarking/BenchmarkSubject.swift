import Decoding
import Foundation
import Models
import Proxy
import Tensors
import Tokenizers

/// What is decoded with, and how much of it is read for each token.
struct BenchmarkSubject {
  let name: String
  let model: any LanguageModel
  /// The shape of the model, of a proxy-tuned one its base's.
  let configuration: ModelConfiguration
  /// nil where weights lie alone.
  let tokenizer: Tokenizer?
  /// What guesses tokens ahead; nil for nothing.
  var drafter: (any Drafter)?
  /// Every part that is read for each token; an expert that is an adapter shares its antiexpert's weights.
  private let parts: [Checkpoint]

  /// How many layers the small models of a random pair have.
  private static let pairLayers = 6

  /// Bytes read for each token decoded after `context` others.
  func bytesPerToken(context: Int) -> Double {
    parts.reduce(0) { sum, part in
      let adapter = part.adapter?.tensors.values.reduce(0) { $0 + $1.byteCount } ?? 0
      return sum + Double(adapter)
        + ModelWork(part.configuration).decoding(
          weights: part.tensors, tiedHead: part.configuration.tiedHead, context: context)
    }
  }

  /// The model alone that the options name, or one of random weights.
  init(_ options: BenchmarkOptions, compute: Compute) throws {
    if let selection = options.selection {
      let loaded = try LoadedModel(path: selection.model, compute: compute)
      name = selection.model.fileName
      model = loaded.languageModel
      configuration = loaded.checkpoint.configuration
      tokenizer = loaded.tokenizer
      parts = [loaded.checkpoint]
    } else {
      let checkpoint = Self.random(options.shape.configuration(), as: options.weights)
      name = "\(options.shape.rawValue) shape in \(options.weights.rawValue)"
      model = DecoderModel(checkpoint.makeDecoder(), compute: compute)
      configuration = checkpoint.configuration
      tokenizer = nil
      parts = [checkpoint]
    }
  }

  /// The model with what steers it; a pair of random weights where the options name none.
  init(proxying options: BenchmarkOptions, compute: Compute) throws {
    if let selection = options.selection, !selection.experts.isEmpty {
      let assembled = try AssembledModel(selection, compute: compute)
      let experts = zip(assembled.experts, assembled.antiexperts).flatMap { expert, antiexpert in
        expert.checkpoint.adapter == nil
          ? [expert.checkpoint, antiexpert.checkpoint] : [expert.checkpoint]
      }
      name = ([selection.model] + selection.experts.map(\.path)).map(\.fileName).joined(separator: " + ")
      model = assembled.languageModel
      configuration = assembled.base.checkpoint.configuration
      tokenizer = assembled.tokenizer
      drafter = try assembled.makeDrafter(options.drafting)
      parts = [assembled.base.checkpoint] + experts
    } else {
      let base = try BenchmarkSubject(options, compute: compute)
      let pair = (0..<2).map { _ in
        Self.random(options.shape.configuration(layers: Self.pairLayers), as: .bfloat16)
      }
      let models = pair.map { DecoderModel($0.makeDecoder(), compute: compute) }
      let shared = min(base.configuration.vocabularySize, pair[0].configuration.vocabularySize)
      name = "\(base.name) + a pair of \(Self.pairLayers) layers"
      model = ProxiedModel(
        base: base.model,
        steerings: [
          Steering(expert: models[0], antiexpert: models[1], vocabulary: .shared(count: shared))
        ], alpha: options.selection?.alpha ?? 1, compute: compute)
      configuration = base.configuration
      tokenizer = base.tokenizer
      parts = base.parts + pair
    }
  }

  private static func random(_ configuration: ModelConfiguration, as elementType: ElementType) -> Checkpoint {
    Checkpoint(
      path: "", configuration: configuration,
      tensors: RandomWeights.tensors(configuration, as: elementType))
  }
}

extension String {
  fileprivate var fileName: String { URL(fileURLWithPath: self).lastPathComponent }
}
