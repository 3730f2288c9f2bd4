import Formats

/// Where a run stands, besides its parameters and moments: all that the rest of it depends on.
///
/// Data order, schedule and dropout are pure functions of the step (rule 10), so there is no more than this.
public struct TrainingState: Sendable, Hashable {
  /// How many steps are done; the next one's number, which is also the cursor into the data and the schedule.
  public var step = 0
  /// How many of them updated the parameters: the rest were skipped.
  public var updates = 0
  /// Tokens that went through the model so far, and those of them that counted in the loss.
  public var tokens = 0
  public var lossTokens = 0
  /// The loss of the last step that wasn't skipped.
  public var loss: Double?
  /// How many steps in a row were skipped last.
  public var skippedInARow = 0
  /// The validations so far: best loss and early stop follow from them.
  public var validations: [ValidationPoint] = []
  public var recentLosses = OutlierDetector()
  public var recentGradientNorms = OutlierDetector()
  /// Why a consumer ended the run, if one did: a resumed run ends there too.
  public var stopReason: String?

  public init() {}

}

extension TrainingState {
  /// The state as JSON, from which every number is read back bit for bit.
  var json: JSON {
    [
      "step": .integer(step), "updates": .integer(updates), "tokens": .integer(tokens),
      "loss_tokens": .integer(lossTokens), "loss": loss.map(Self.exact) ?? .null,
      "skipped_in_a_row": .integer(skippedInARow),
      "validations": .array(validations.map { ["step": .integer($0.step), "loss": Self.exact($0.loss)] }),
      "recent_losses": .array(recentLosses.values.map(Self.exact)),
      "recent_gradient_norms": .array(recentGradientNorms.values.map(Self.exact)),
      "stop_reason": stopReason.map { .string($0) } ?? .null,
    ]
  }

  /// Reads what `json` wrote; nil when something is missing.
  init?(json: JSON) {
    guard let step = json["step"]?.intValue, let updates = json["updates"]?.intValue,
      let tokens = json["tokens"]?.intValue, let lossTokens = json["loss_tokens"]?.intValue,
      let skippedInARow = json["skipped_in_a_row"]?.intValue,
      let validations = json["validations"]?.arrayValue,
      let losses = json["recent_losses"]?.arrayValue,
      let norms = json["recent_gradient_norms"]?.arrayValue
    else { return nil }
    self.step = step
    self.updates = updates
    self.tokens = tokens
    self.lossTokens = lossTokens
    self.skippedInARow = skippedInARow
    loss = json["loss"].flatMap(Self.number)
    self.validations = validations.compactMap { point in
      guard let step = point["step"]?.intValue, let loss = point["loss"].flatMap(Self.number) else {
        return nil
      }
      return ValidationPoint(step: step, loss: loss)
    }
    recentLosses = OutlierDetector(values: losses.compactMap(Self.number))
    recentGradientNorms = OutlierDetector(values: norms.compactMap(Self.number))
    stopReason = json["stop_reason"]?.stringValue
  }

  /// A number whose text gives the same bits back; JSON has none for NaN and infinities, which become strings.
  private static func exact(_ value: Double) -> JSON {
    value.isFinite ? .number(value) : .string(value.description)
  }

  private static func number(_ json: JSON) -> Double? {
    json.doubleValue ?? json.stringValue.flatMap(Double.init)
  }
}
