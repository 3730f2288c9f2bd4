import Formats
import Tensors

/// One row of the table of architectures: how a family writes its configuration and names its tensors.
public struct Family: Sendable {
  /// `model_type` in config.json.
  public let name: String
  /// `architectures[0]` in config.json.
  public let architecture: String
  /// `general.architecture` in a GGUF.
  public let ggufArchitecture: String
  /// Reads config.json.
  let configuration: @Sendable (ConfigurationReader) throws -> ModelConfiguration
  /// Writes what is this family's own in config.json.
  let configurationJSON: @Sendable (ModelConfiguration) -> JSONObject
  /// Reads a GGUF's metadata.
  let metadataConfiguration: @Sendable (MetadataReader) throws -> ModelConfiguration
  /// How a transformers checkpoint names and stores what the decoder needs.
  let tensorRules: [TensorRule]
  /// The same for a GGUF.
  let ggufTensorRules: [TensorRule]

  /// All families, in the order in which errors list them.
  public static let all: [Family] = [.llama, .mistral, .qwen2, .gpt2]

  static func named(_ modelType: String) -> Family? { all.first { $0.name == modelType } }
  static func withGGUFArchitecture(_ name: String) -> Family? { all.first { $0.ggufArchitecture == name } }
}

/// How one parameter of the decoder is named and stored in a checkpoint; `{n}` stands for the layer.
struct TensorRule: Sendable, Hashable {
  /// What was done to the decoder's matrix [out, in] when it was stored.
  enum Storage: Sendable, Hashable {
    case asIs
    /// Stored as [in, out].
    case transposed
    /// Query, key and value stored as one, one below the other; this is part 0, 1 or 2.
    case fused(part: Int)
    /// The same, then stored as [in, out].
    case fusedTransposed(part: Int)
    /// Each head's rows interleaved for rotary pairs (2i, 2i+1), as GGUF has them for Llama.
    case interleavedHeads
  }

  let parameter: String
  let stored: String
  var storage = Storage.asIs
}

/// Tensor rules from a compact list: modules of a layer by their stored prefix.
func layerRules(
  _ modules: [(LayerModule, String, TensorRule.Storage)], suffixes: [String] = ["weight", "bias"]
) -> [TensorRule] {
  modules.flatMap { module, stored, storage in
    suffixes.map { suffix in
      // A bias has one extent: it can be fused, never transposed.
      var storage = storage
      if suffix == "bias" {
        switch storage {
        case .transposed: storage = .asIs
        case .fusedTransposed(let part): storage = .fused(part: part)
        default: break
        }
      }
      return TensorRule(
        parameter: "model.layers.{n}.\(module.rawValue).\(suffix)",
        stored: "\(stored).\(suffix)", storage: storage)
    }
  }
}

extension TensorRule {
  /// Hugging Face's names for Llama and all who follow it: the decoder's own.
  static let huggingFaceLlama: [TensorRule] =
    [
      TensorRule(parameter: ParameterNames.embedding, stored: ParameterNames.embedding),
      TensorRule(
        parameter: ParameterNames.finalNorm + ".weight", stored: ParameterNames.finalNorm + ".weight"),
      TensorRule(parameter: ParameterNames.head, stored: ParameterNames.head),
    ] + layerRules(LayerModule.allCases.map { ($0, "model.layers.{n}." + $0.rawValue, .asIs) })

  /// GGUF's names; `heads` is how query and key rows are stored.
  static func gguf(heads: Storage) -> [TensorRule] {
    [
      TensorRule(parameter: ParameterNames.embedding, stored: "token_embd.weight"),
      TensorRule(parameter: ParameterNames.finalNorm + ".weight", stored: "output_norm.weight"),
      TensorRule(parameter: ParameterNames.finalNorm + ".bias", stored: "output_norm.bias"),
      TensorRule(parameter: ParameterNames.head, stored: "output.weight"),
    ]
      + layerRules([
        (.inputNorm, "blk.{n}.attn_norm", .asIs),
        (.query, "blk.{n}.attn_q", heads),
        (.key, "blk.{n}.attn_k", heads),
        (.value, "blk.{n}.attn_v", .asIs),
        (.attentionOutput, "blk.{n}.attn_output", .asIs),
        (.feedForwardNorm, "blk.{n}.ffn_norm", .asIs),
        (.gate, "blk.{n}.ffn_gate", .asIs),
        (.up, "blk.{n}.ffn_up", .asIs),
        (.down, "blk.{n}.ffn_down", .asIs),
      ])
  }
}
