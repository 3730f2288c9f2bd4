import Formats
import Models

extension AssembledModel {
  /// Names everything that the model's logits depend on: of a proxy-tuned one all parts, weights, α and limits.
  ///
  /// Reads every weight of every part, so ask once.
  public var fingerprint: String {
    guard let proxied else { return "\(base.checkpoint.fingerprint)" }
    return ProxiedModel.fingerprint(parts: partsFingerprint, alpha: proxied.alpha, limits: proxied.limits)
  }

  /// Names the parts and the weights of their offsets, but not how far they steer; as slow.
  public var partsFingerprint: String {
    let steerings = zip(zip(experts, antiexperts), proxied?.steerings ?? []).map { pair, steering in
      "\(pair.0.checkpoint.fingerprint) \(pair.1.checkpoint.fingerprint) \(steering.weight)"
    }
    return "\(Fingerprint(of: (["\(base.checkpoint.fingerprint)"] + steerings).joined(separator: "\n")))"
  }
}

extension ProxiedModel {
  /// Names parts at a strength and within limits.
  public static func fingerprint(parts: String, alpha: Float, limits: SteeringLimits) -> String {
    let settings =
      "\(parts) α \(alpha) nucleus \(limits.nucleus ?? 1) divergence \(limits.divergence ?? .infinity)"
    return "\(Fingerprint(of: settings))"
  }
}
