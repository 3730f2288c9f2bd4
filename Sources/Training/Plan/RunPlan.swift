import Diagnostics
import Formats

/// What a run would do and take, known before it begins: the dry run.
public struct RunPlan: Sendable, Hashable {
  public let totalParameters: Int
  public let trainableParameters: Int
  public let steps: Int
  public let epochs: Double
  /// What one pass over the training data holds.
  public let data: DataSummary
  /// Tokens that the whole run sends through the model, about.
  public let tokens: Int
  public let memory: MemoryPlan
  /// How much memory the machine has.
  public let availableBytes: Int

  /// The plan for people, a line a fact.
  public var text: String {
    let share = 100 * Double(trainableParameters) / Double(max(1, totalParameters))
    var lines = [
      "parameters          \(totalParameters) (trained: \(trainableParameters), \(rounded(share, 2)) %)",
      "steps               \(steps) (\(rounded(epochs, 2)) epochs)",
      "tokens an epoch     \(data.tokens) (in the loss: \(data.lossTokens))",
      "tokens in all       \(tokens)",
      "examples an epoch   \(data.examples), the longest of \(data.longestExample) tokens",
      "batches             \(data.batches), the largest of \(data.largestBatch) tokens",
      "packing efficiency  \(rounded(100 * data.packingEfficiency, 1)) %",
      "memory              \(gigabytes(memory.total)) of \(gigabytes(availableBytes))",
    ]
    for part in MemoryPlan.Part.allCases {
      let gap = String(repeating: " ", count: 18 - part.rawValue.count)
      lines.append("  \(part.rawValue)\(gap)\(gigabytes(memory.bytes[part] ?? 0))")
    }
    return lines.joined(separator: "\n")
  }

  /// The plan for programs.
  public var json: JSON {
    let parts = MemoryPlan.Part.allCases.map { part in
      (part.rawValue.replacing(" ", with: "_"), JSON.integer(memory.bytes[part] ?? 0))
    }
    return [
      "parameters": .integer(totalParameters), "trainable_parameters": .integer(trainableParameters),
      "steps": .integer(steps), "epochs": .number(epochs), "tokens": .integer(tokens),
      "tokens_per_epoch": .integer(data.tokens), "loss_tokens_per_epoch": .integer(data.lossTokens),
      "examples": .integer(data.examples), "longest_example": .integer(data.longestExample),
      "batches_per_epoch": .integer(data.batches), "largest_batch": .integer(data.largestBatch),
      "packing_efficiency": .number(data.packingEfficiency),
      "memory": .object(JSONObject(parts + [("total", .integer(memory.total))])),
      "memory_available": .integer(availableBytes),
    ]
  }

  private func rounded(_ value: Double, _ digits: Int) -> String { value.formatted(digits: digits) }
}
