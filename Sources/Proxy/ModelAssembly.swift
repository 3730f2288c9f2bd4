import Decoding
import Foundation
import Models
import Tensors
import Tokenizers

/// Which models are to act as one: what `--model`, `--expert`, `--antiexpert` and `--alpha` say.
public struct ModelSelection: Sendable, Hashable {
  public struct Expert: Sendable, Hashable {
    public var path: String
    public var weight: Float

    public init(path: String, weight: Float = 1) {
      self.path = path
      self.weight = weight
    }

    /// `PATH=weight`, or just a path; one that is there may hold an equals sign and a number itself.
    public init(_ text: String) {
      guard !FileManager.default.fileExists(atPath: text), let equals = text.lastIndex(of: "="),
        let weight = Float(text[text.index(after: equals)...])
      else {
        self.init(path: text)
        return
      }
      self.init(path: String(text[..<equals]), weight: weight)
    }

    /// The path and the weight of what was read as a path alone, because the weight is no number.
    fileprivate var mistyped: (path: String, weight: String)? {
      let files = FileManager.default
      guard !files.fileExists(atPath: path), let equals = path.lastIndex(of: "=") else { return nil }
      let model = String(path[..<equals])
      return files.fileExists(atPath: model) ? (model, String(path[path.index(after: equals)...])) : nil
    }
  }

  public var model: String
  public var experts: [Expert]
  /// The small model before tuning; nil for the one that each expert names.
  public var antiexpert: String?
  public var alpha: Float
  /// What keeps steering from going too far.
  public var limits: SteeringLimits

  public init(
    model: String, experts: [Expert] = [], antiexpert: String? = nil, alpha: Float = 1,
    limits: SteeringLimits = .none
  ) {
    self.model = model
    self.experts = experts
    self.antiexpert = antiexpert
    self.alpha = alpha
    self.limits = limits
  }
}

/// A model on disk with its tokenizer, ready to run.
public struct LoadedModel {
  public let path: String
  public let checkpoint: Checkpoint
  /// nil where the folder holds weights alone; such a model reads and says token ids only.
  public let tokenizer: Tokenizer?
  public let languageModel: DecoderModel

  init(_ checkpoint: Checkpoint, tokenizer: Tokenizer?, compute: Compute) {
    path = checkpoint.path
    self.checkpoint = checkpoint
    self.tokenizer = tokenizer
    languageModel = DecoderModel(checkpoint.makeDecoder(), compute: compute)
  }

  /// The model that an adapter adapts, running on the same weights and in the same passes.
  init(_ checkpoint: Checkpoint, under adapted: LoadedModel) {
    path = checkpoint.path
    self.checkpoint = checkpoint
    tokenizer = adapted.tokenizer
    languageModel = DecoderModel(bare: adapted.languageModel)
  }

  /// Loads a folder or a GGUF; an adapter's tokenizer may be its base's.
  public init(path: String, compute: Compute) throws {
    let checkpoint = try Checkpoint.load(path)
    self.init(
      checkpoint, tokenizer: try checkpoint.tokenizerPath.map { try Tokenizer.load(path: $0) },
      compute: compute)
  }

  /// The tokenizer, which text can't be read without.
  public func requireTokenizer() throws -> Tokenizer {
    guard let tokenizer else { throw ProxyError.noTokenizer(path: path) }
    return tokenizer
  }
}

/// Models put together: a base alone, or a base with experts that steer it.
public struct AssembledModel {
  public let base: LoadedModel
  public let experts: [LoadedModel]
  public let antiexperts: [LoadedModel]
  /// What was found when the parts were held against each other.
  public let findings: [Finding]
  /// nil when nothing steers the base.
  public let proxied: ProxiedModel?

  /// What scores, samples and is evaluated.
  public var languageModel: any LanguageModel { proxied ?? base.languageModel }
  public var tokenizer: Tokenizer? { base.tokenizer }

  /// Loads every part and puts them together.
  ///
  /// - Parameter loaded: The base where it has been loaded already, say to be steered by several experts in turn.
  /// - Throws: `ProxyError` when they don't fit, unless `refusing` is false (then the findings tell).
  public init(
    _ selection: ModelSelection, base loaded: LoadedModel? = nil, compute: Compute, refusing: Bool = true
  ) throws {
    guard selection.alpha.isFinite else { throw ProxyError.alphaNotFinite("\(selection.alpha)") }
    try selection.limits.validate()
    for expert in selection.experts {
      if let mistyped = expert.mistyped {
        throw ProxyError.weightNotFinite(expert: mistyped.path, mistyped.weight)
      }
      guard expert.weight.isFinite else {
        throw ProxyError.weightNotFinite(expert: expert.path, "\(expert.weight)")
      }
    }
    guard selection.antiexpert == nil || !selection.experts.isEmpty else {
      throw ProxyError.antiexpertWithoutExpert
    }
    base = try loaded ?? LoadedModel(path: selection.model, compute: compute)
    var experts: [LoadedModel] = []
    var antiexperts: [LoadedModel] = []
    var steerings: [Steering] = []
    var findings: [Finding] = []
    for chosen in selection.experts {
      let expert = try LoadedModel(path: chosen.path, compute: compute)
      let antiexpert = try AssembledModel.antiexpert(
        of: expert, named: selection.antiexpert, known: antiexperts, compute: compute)
      // One that the expert remembers has been compared already.
      let source = try selection.antiexpert.flatMap { _ in
        try Provenance.read(folder: expert.path)?.tunedFrom
      }
      let check = CompatibilityCheck(base: base, expert: expert, antiexpert: antiexpert, tunedFrom: source)
      findings += check.findings
      if refusing, let refusal = check.refusal { throw refusal }
      experts.append(expert)
      antiexperts.append(antiexpert)
      guard let vocabulary = check.vocabulary.map else { continue }
      steerings.append(
        Steering(
          expert: expert.languageModel, antiexpert: antiexpert.languageModel, weight: chosen.weight,
          vocabulary: vocabulary, unsharedStops: check.vocabulary.unsharedStops))
    }
    self.experts = experts
    self.antiexperts = antiexperts
    self.findings = findings
    proxied =
      steerings.isEmpty
      ? nil
      : ProxiedModel(
        base: base.languageModel, steerings: steerings, alpha: selection.alpha, limits: selection.limits,
        compute: compute)
  }

  /// The model before tuning: the one named, the adapter's own base, or the one that the expert remembers.
  private static func antiexpert(
    of expert: LoadedModel, named name: String?, known: [LoadedModel], compute: Compute
  ) throws -> LoadedModel {
    let bare = expert.checkpoint.adapted
    if let name {
      if let loaded = known.first(where: { $0.path == name }) { return loaded }
      let antiexpert = try LoadedModel(path: name, compute: compute)
      // Under whatever path: where it is what the adapter adapts, its weights needn't be read twice a step.
      guard let bare, isSame(antiexpert.checkpoint, bare) else { return antiexpert }
      return LoadedModel(bare, under: expert)
    }
    let source = try Provenance.read(folder: expert.path)?.tunedFrom
    if let bare {
      try verify(bare, against: source, expert: expert.path)
      return known.first { $0.path == bare.path } ?? LoadedModel(bare, under: expert)
    }
    guard let source else { throw ProxyError.noAntiexpert(expert: expert.path) }
    let path = Provenance.resolved(source.path, from: expert.path)
    if let loaded = known.first(where: { $0.path == path }) { return loaded }
    guard FileManager.default.fileExists(atPath: path) else {
      throw ProxyError.antiexpertMissing(path: path, expert: expert.path)
    }
    let antiexpert = try LoadedModel(path: path, compute: compute)
    try verify(antiexpert.checkpoint, against: source, expert: expert.path)
    return antiexpert
  }

  private static func isSame(_ one: Checkpoint, _ other: Checkpoint) -> Bool {
    let paths = [one, other].map { URL(fileURLWithPath: $0.path).resolvingSymlinksInPath().path }
    return paths[0] == paths[1]
      || (one.configuration == other.configuration && one.fingerprint == other.fingerprint)
  }

  /// Makes sure that a remembered model is still what it was: an offset from anything else means nothing.
  private static func verify(
    _ checkpoint: Checkpoint, against source: Provenance.Source?, expert: String
  ) throws {
    guard let source, !source.fingerprint.isEmpty else { return }
    guard "\(checkpoint.fingerprint)" == source.fingerprint else {
      throw ProxyError.antiexpertChanged(path: checkpoint.path, expert: expert)
    }
  }
}
