import Datasets
import Decoding
import Formats
import Models
import Proxy
import Tensors
import Tokenizers

/// Who plays a role, as a recipe names it.
public enum PolicySource: Sendable, Hashable {
  /// The model before any tuning.
  case base
  /// The model that round 1 begins with.
  case start
  /// The model that the round begins with.
  case current
  /// Some other model.
  case path(String)
  /// A large model steered by what tuning has changed in the current one: z_large + α (z_current − z_base).
  case proxied(large: String, alpha: Float)
}

/// Loads models for their roles.
public struct PolicyLoader {
  public let base: String
  public let start: String
  /// The name of the template that prompts are shown through.
  public let template: String
  public let compute: Compute

  public init(base: String, start: String, template: String, compute: Compute) {
    self.base = base
    self.start = start
    self.template = template
    self.compute = compute
  }

  /// The policy of a role in a round that begins with the model at `current`.
  public func policy(_ source: PolicySource, current: String) throws -> Policy {
    switch source {
    case .base: try single(base, name: "base")
    case .start: try single(start, name: "start")
    case .current: try single(current, name: "current")
    case .path(let path): try single(path, name: path)
    case .proxied(let large, let alpha): try proxied(large, alpha, current: current)
    }
  }

  private func single(_ path: String, name: String) throws -> Policy {
    let loaded = try LoadedModel(path: path, compute: compute)
    return try policy(
      name, loaded.languageModel, tokenizer: loaded.requireTokenizer(),
      fingerprint: "\(loaded.checkpoint.fingerprint)")
  }

  private func proxied(_ large: String, _ alpha: Float, current: String) throws -> Policy {
    let assembled = try AssembledModel(
      ModelSelection(model: large, experts: [.init(path: current)], antiexpert: base, alpha: alpha),
      compute: compute)
    let parts = ([assembled.base] + assembled.experts + assembled.antiexperts).map {
      "\($0.checkpoint.fingerprint)"
    }
    return try policy(
      "proxied", assembled.languageModel, tokenizer: assembled.base.requireTokenizer(),
      fingerprint: "\(Fingerprint(of: "\(parts) \(alpha)"))")
  }

  private func policy(
    _ name: String, _ model: any LanguageModel, tokenizer: Tokenizer, fingerprint: String
  ) throws -> Policy {
    Policy(
      name: name, model: model, tokenizer: tokenizer,
      template: try PromptTemplate.named(template, chatTemplate: tokenizer.chatTemplate, kind: .task),
      fingerprint: fingerprint)
  }
}
