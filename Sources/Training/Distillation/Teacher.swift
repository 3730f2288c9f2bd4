import Autodiff
import Datasets
import Models
import Tensors

/// Where the logits come from that a distilled model learns.
public struct Teacher: Sendable {
  enum Source: Sendable {
    /// The base at hand, run over each batch.
    case model(Checkpoint)
    case cache(CachedLogits)
  }

  let source: Source

  /// The base itself, run over every batch before the model that learns.
  public init(_ base: Checkpoint) { source = .model(base) }

  /// What the base has said of the data's positions.
  public init(_ cache: LogitCache) { source = .cache(CachedLogits(cache)) }

  /// What a plan needs to know of logits that aren't there yet.
  public init(planning precision: LogitCache.Precision, top: Int?) {
    source = .cache(CachedLogits(planning: precision, top: top))
  }

  /// The bytes that its weights take.
  var byteCount: Int {
    switch source {
    case .model(let base): base.byteCount
    case .cache: 0
    }
  }
}

/// A teacher at work: it makes each batch's lesson.
struct TeacherPass {
  private enum Source {
    case decoder(Decoder)
    case cache(CachedLogits)
  }

  private let source: Source

  init(_ teacher: Teacher) {
    switch teacher.source {
    case .model(let base): source = .decoder(base.makeDecoder())
    case .cache(let logits): source = .cache(logits)
    }
  }

  /// What is to be learnt of a batch, at its counting positions.
  ///
  /// - Throws: `TrainingError` when the cache doesn't cover the batch.
  func lesson(of batch: TokenBatch, counting: [Int], with compute: Compute) throws -> Lesson {
    switch source {
    case .decoder(let decoder):
      let hidden = decoder.hidden(
        RaggedBatch(ids: batch.ids, positions: batch.positions, segments: batch.segments),
        on: Tape(compute: compute, isRecording: false), rows: counting)
      return .computed(hidden: hidden.value, head: decoder.head.value)
    case .cache(let logits):
      // The batch of a plan holds nothing that anybody computed anything for.
      return .cached(logits, rows: compute.isPlanning ? [] : try logits.rows(of: batch))
    }
  }
}

/// What a base says at a batch's counting positions; logits are made of it a few rows at a time.
enum Lesson {
  /// The base's hidden states [T, C] and its head [V or more, C].
  case computed(hidden: Tensor, head: Tensor)
  /// The rows of a cache.
  case cached(CachedLogits, rows: [Int])

  /// The base's logits of some of the counting positions, float32 of that shape.
  func logits(of positions: Range<Int>, _ shape: Shape, with compute: Compute) throws -> Tensor {
    switch self {
    case .computed(let hidden, let head):
      let logits = compute.arena.tensor("base's logits", shape, for: .workspace)
      compute.engine.multiply(
        hidden.rows(positions), transposed: head.rows(0..<shape.columns), into: logits, adding: false,
        with: compute)
      return logits
    case .cached(let cached, let rows):
      return try cached.read(rows.isEmpty ? [] : rows[positions], shape, with: compute)
    }
  }
}
