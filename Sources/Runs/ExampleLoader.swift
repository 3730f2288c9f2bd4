import Datasets
import Formats
import Recipes
import Tensors
import Tokenizers
import Training

/// A recipe's data as the trainer takes them.
enum LoadedData: TrainingData {
  case examples(LoadedExamples)
  case pairs(LoadedPairs)

  private var data: any TrainingData {
    switch self {
    case .examples(let examples): examples
    case .pairs(let pairs): pairs
    }
  }

  /// Names the tokens and how they are put together.
  var fingerprint: String {
    switch self {
    case .examples(let examples): examples.fingerprint
    case .pairs(let pairs): pairs.fingerprint
    }
  }

  var batchesPerEpoch: Int { data.batchesPerEpoch }
  var largestBatch: Int { data.largestBatch }
  func batch(_ number: Int) throws -> TokenBatch { try data.batch(number) }
}

/// Tokenised data sets as the trainer takes them.
struct LoadedExamples: TrainingData {
  let batches: Batches
  /// Names the tokens and how they are put together.
  let fingerprint: String

  var batchesPerEpoch: Int { batches.plan.batchesPerEpoch }
  var largestBatch: Int { batches.plan.largestBatch }
  func batch(_ number: Int) throws -> TokenBatch { batches.batch(number) }
}

/// Reads a recipe's data sets and makes batches of them.
struct ExampleLoader {
  let recipe: Recipe.Data
  let tokenizer: Tokenizer
  let context: Int
  let seed: UInt64
  let batchTokens: Int
  let pool: ThreadPool
  let note: (String) -> Void

  func load(_ sources: [Recipe.Data.Source], isShuffled: Bool) throws -> LoadedExamples {
    var accumulator = Fingerprint.Accumulator()
    var examples: [(examples: TokenizedExamples, weight: Double)] = []
    var overflows: [Overflow] = []
    let length = min(recipe.maximumLength, context)
    for source in sources {
      let dataset = try Dataset(path: source.path)
      guard dataset.kind != .preference else {
        throw DatasetError.unsuitableKind(path: source.path, found: .preference, isPreferenceNeeded: false)
      }
      let renderer = ExampleRenderer(
        tokenizer: tokenizer,
        template: try PromptTemplate.named(
          recipe.template, chatTemplate: tokenizer.chatTemplate, kind: dataset.kind),
        trainOn: recipe.trainOn.rendered)
      let (tokens, report) = try dataset.tokens(split: source.split, renderer: renderer, pool: pool)
      let overflow: Overflow = dataset.kind == .text ? .split : .truncate
      if overflow == .truncate { noteCuts(of: tokens, source.path, length: length) }
      if report.withoutLoss > 0 {
        note("\(source.path): \(report.withoutLoss) examples have nothing to learn")
      }
      tokens.ids.withUnsafeBytes { accumulator.append($0) }
      tokens.mask.withUnsafeBytes { accumulator.append($0) }
      tokens.offsets.withUnsafeBytes { accumulator.append($0) }
      examples.append((tokens, source.weight))
      overflows.append(overflow)
    }
    let batches = Batches(
      examples, maximumLength: length, overflows: overflows,
      grouping: recipe.packing ? .tokens(batchTokens) : .examples(max(1, batchTokens / length)), seed: seed,
      isShuffled: isShuffled)
    // Sets of one kind are named as ever, so that runs of theirs can be gone on with.
    let mixture = Set(overflows).count > 1 ? " \(overflows.map { "\($0)" })" : ""
    let layout = "\(length) \(recipe.packing) \(batchTokens) \(seed) \(sources.map(\.weight))\(mixture)"
    Array(layout.utf8).withUnsafeBytes { accumulator.append($0) }
    return LoadedExamples(batches: batches, fingerprint: "\(accumulator.finish())")
  }

  /// Says how many examples lose their end, and how many of these everything that they teach.
  private func noteCuts(of examples: TokenizedExamples, _ path: String, length: Int) {
    // A packed segment is no longer than its batch.
    let length = recipe.packing ? min(length, batchTokens) : length
    let all = "\(examples.count) examples"
    let long = examples.lengths.count { $0 > length }
    if long > 0 { note("\(path): \(long) of \(all) are longer than \(length) tokens and lose their end") }
    let lost = examples.countWithoutTargets(within: length)
    if lost > 0 { note("\(path): \(lost) of \(all) are left out: nothing to learn within \(length) tokens") }
  }
}
