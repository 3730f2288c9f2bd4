import Formats

/// What a name under `tokenizer.ggml.pre` stands for, in the terms of tokenizer.json.
struct GGUFPreTokenizer {
  var preTokenizer: JSON
  var normalizer: JSON = .null
  var ignoresMerges = false
  var addsBeginningOfSequence = false

  /// The pre-tokenizer of a name.
  ///
  /// - Throws: `TokenizerError.unsupported` for a name that isn't known: another way of cutting would give
  ///   other tokens without anybody noticing.
  static func named(_ name: String, source: String) throws -> GGUFPreTokenizer {
    for (names, make) in table where names.contains(name) { return make() }
    throw TokenizerError.unsupported(
      part: "the pre-tokenizer", found: name, supported: table.flatMap(\.names).sorted(), source: source)
  }

  /// The name under which a byte-level tokenizer's way of cutting is known, the most usual one first; nil for a
  /// way that has none.
  static func name(of definition: TokenizerDefinition) -> String? {
    let cut = canonical(definition.preTokenizer)
    return table.first { entry in
      let known = entry.make()
      return canonical(known.preTokenizer) == cut && known.normalizer == definition.normalizer
        && known.ignoresMerges == definition.options.ignoresMerges
    }?.names.first
  }

  /// A pre-tokenizer as a list of components without the settings that change no token.
  private static func canonical(_ component: JSON) -> [JSON] {
    if let parts = component["pretokenizers"]?.arrayValue { return parts.flatMap(canonical) }
    guard var settings = component.objectValue else { return [] }
    settings["trim_offsets"] = nil
    return [.object(JSONObject(settings.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }))]
  }

  private static let table: [(names: [String], make: @Sendable () -> GGUFPreTokenizer)] = [
    (["default"], { .init(preTokenizer: sequence(ggmlDefault.map { split($0) } + [byteLevel])) }),
    (["gpt-2", "phi-2", "gigachat", "jais", "exaone4", "trillion", "granite-docling"], { gpt2 }),
    (["mpt", "olmo"], { gpt2.composing() }),
    (
      ["smollm", "starcoder", "refact", "codeshell", "exaone", "minerva-7b", "mellum2"],
      { .init(preTokenizer: sequence([digits, gpt2.preTokenizer])) }
    ),
    (["command-r"], { GGUFPreTokenizer(preTokenizer: sequence([digits, gpt2.preTokenizer])).composing() }),
    (
      ["llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "lfm2"],
      { cutting(words(numbers: "{1,3}"), ignoresMerges: true, addsBeginningOfSequence: true) }
    ),
    (["dbrx", "smaug-bpe", "chatglm-bpe", "glm4"], { cutting(words(numbers: "{1,3}")) }),
    (["qwen2", "deepseek-r1-qwen", "megrez"], { cutting(words(numbers: "")).composing() }),
    (["stablelm2", "hunyuan", "grok-2", "solar-open"], { cutting(words(numbers: "")) }),
    (["qwen35"], { cutting(qwen35).composing() }),
    (
      ["tekken"],
      { cutting(cased(contractions: "", numbers: ""), ignoresMerges: true, addsBeginningOfSequence: true) }
    ),
    (
      ["gpt-4o", "llama4", "kanana2", "minimax-m2"],
      { cutting(cased(contractions: contractions + "?", numbers: "{1,3}")) }
    ),
    (["bailingmoe", "bailingmoe2", "llada-moe"], { cutting(bailing) }),
    (["seed-coder"], { cutting(seedCoder) }),
    (
      ["deepseek-llm"],
      { .init(preTokenizer: sequence(deepseekLLM.map { split($0) } + [digits, byteLevel])) }
    ),
    (
      ["deepseek-coder"],
      { .init(preTokenizer: sequence(deepseekCoder.map { split($0) } + [digits, byteLevel])) }
    ),
    (
      ["deepseek-v3", "hunyuan-dense", "joyai-llm"],
      { .init(preTokenizer: sequence(deepseekV3.map { split($0) } + [byteLevel])) }
    ),
    (["falcon"], { .init(preTokenizer: sequence(falcon)) }),
    (["bloom", "poro-chat", "gpt3-finnish"], { cutting(bloom) }),
    (["viking"], { .init(preTokenizer: sequence([split(bloom), digits, byteLevel])) }),
  ]

  /// The same after composing characters (NFC).
  private func composing() -> GGUFPreTokenizer {
    var composed = self
    composed.normalizer = ["type": "NFC"]
    return composed
  }

  private static func cutting(
    _ pattern: String, ignoresMerges: Bool = false, addsBeginningOfSequence: Bool = false
  ) -> GGUFPreTokenizer {
    .init(
      preTokenizer: sequence([split(pattern), byteLevel]), ignoresMerges: ignoresMerges,
      addsBeginningOfSequence: addsBeginningOfSequence)
  }
}

// MARK: - Components

extension GGUFPreTokenizer {
  private static let byteLevel: JSON = byteLevel(usesExpression: false)
  private static let digits: JSON = ["type": "Digits", "individual_digits": true]
  private static let gpt2 = GGUFPreTokenizer(preTokenizer: byteLevel(usesExpression: true))

  /// The `ByteLevel` component, with GPT-2's expression or without.
  static func byteLevel(usesExpression: Bool) -> JSON {
    [
      "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
      "use_regex": .bool(usesExpression),
    ]
  }

  private static func sequence(_ components: [JSON]) -> JSON {
    ["type": "Sequence", "pretokenizers": .array(components)]
  }

  private static func split(_ pattern: String) -> JSON {
    ["type": "Split", "pattern": ["Regex": .string(pattern)], "behavior": "Isolated", "invert": false]
  }

  private static let falcon: [JSON] = [
    ["type": "Punctuation", "behavior": "Contiguous"], byteLevel(usesExpression: true),
    ["type": "Digits", "individual_digits": false], split("[0-9][0-9][0-9]"),
  ]
}

// MARK: - Expressions

extension GGUFPreTokenizer {
  private static let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"

  /// Words with the character before them, numbers of some length, and the rest: Llama 3, Qwen 2 and their kin.
  private static func words(numbers: String) -> String {
    contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"# + numbers
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  /// The same, cut also where lower case turns to upper: GPT-4o and Tekken.
  private static func cased(contractions: String, numbers: String) -> String {
    let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
    let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
    return #"[^\r\n\p{L}\p{N}]?\#(upper)*\#(lower)+\#(contractions)"#
      + #"|[^\r\n\p{L}\p{N}]?\#(upper)+\#(lower)*\#(contractions)|\p{N}\#(numbers)"#
      + #"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  private static let qwen35 =
    contractions + #"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}"#
    + #"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  private static let bailing =
    #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#

  private static let seedCoder =
    contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}"#
    + #"| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+"#

  private static let bloom = #" ?[^(\s|[.,!?…。，、।۔،])]+"#

  /// What llama.cpp does for files that name no pre-tokenizer.
  private static let ggmlDefault = [
    #"[\p{P}\$\+<=>\^~\|]+"#,
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"#,
    #"\p{N}+"#, "[0-9][0-9][0-9]",
  ]

  private static let cjk = "[一-龥ࠀ-一가-\u{D7FF}]+"

  private static let deepseekLLM = [
    #"[\r\n]"#, #"\s?\#(deepseekLetters)+"#, #"\s?[!-/:-~！-／：-～‘-‟\#u{3000}-。]+"#, #"\s+$"#, cjk,
  ]

  private static let deepseekCoder = [#"[\r\n]"#, #"\s?\p{L}+"#, #"\s?\p{P}+"#, cjk]

  private static let deepseekV3 = [
    #"\p{N}{1,3}"#, "[一-龥぀-ゟ゠-ヿ]+",
    ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"##
      + #"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
  ]

  /// The cased letters, as DeepSeek's tokenizer lists them.
  private static let deepseekLetters =
    "[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-\u{1F7D}"
    + "ᾀ-ᾴᾶ-ᾼ\u{1FBE}ῂ-ῄῆ-ῌῐ-\u{1FD3}ῖ-\u{1FDB}ῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\u{2126}ℨ\u{212A}-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳ"
    + "Ꙁ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]"
}
