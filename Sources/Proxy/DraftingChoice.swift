import Decoding
import Models

/// What guesses tokens ahead: what `--draft` says.
public enum DraftingChoice: String, Sendable, Hashable, CaseIterable {
  /// Nothing: every token takes a pass.
  case none
  /// The expert of a proxy-tuned model.
  case expert
  /// What followed the same words before.
  case lookup
  /// The expert where there is one, else look-up.
  case auto

  /// What guesses for a model that nothing steers.
  public var drafterOfSingleModel: (any Drafter)? {
    switch self {
    case .none, .expert: nil
    case .lookup, .auto: LookupDrafter()
    }
  }
}

extension AssembledModel {
  /// The drafter that was chosen; nil for none.
  ///
  /// - Throws: `ProxyError.noExpertToDraft` where there is no expert.
  public func makeDrafter(_ choice: DraftingChoice) throws -> (any Drafter)? {
    switch (choice, proxied) {
    case (.none, _): return nil
    case (.lookup, _), (.auto, nil): return choice.drafterOfSingleModel
    case (.expert, nil): throw ProxyError.noExpertToDraft
    case (.expert, let proxied?), (.auto, let proxied?):
      // A step's time is that of reading the weights, those of a pair that shares them once.
      let small = zip(experts, antiexperts).reduce(0) { bytes, pair in
        bytes + pair.0.checkpoint.byteCount
          + (pair.0.languageModel.runner == pair.1.languageModel.runner ? 0 : pair.1.checkpoint.byteCount)
      }
      let all = base.checkpoint.byteCount + small
      return ExpertDrafter(
        proxied, relativeCost: Double(experts.first?.checkpoint.byteCount ?? 0) / Double(max(1, all)))
    }
  }
}
