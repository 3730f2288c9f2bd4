import Datasets

/// What one pass over some data holds.
public struct DataSummary: Sendable, Hashable {
  public private(set) var batches = 0
  public private(set) var examples = 0
  public private(set) var tokens = 0
  /// Tokens that count in the loss.
  public private(set) var lossTokens = 0
  /// The most tokens of an example, and of a batch.
  public private(set) var longestExample = 0
  public private(set) var largestBatch = 0

  /// How full batches are, compared with the largest one: 1 when all are alike.
  public var packingEfficiency: Double {
    largestBatch == 0 ? 0 : Double(tokens) / Double(batches * largestBatch)
  }

  /// Reads one epoch.
  ///
  /// - Throws: `TrainingError` when a token lies outside the vocabulary or an example outside the context.
  init(scanning data: any TrainingData, vocabularySize: Int, contextLength: Int) throws {
    batches = data.batchesPerEpoch
    largestBatch = data.largestBatch
    for number in 0..<batches {
      let batch = try data.batch(number)
      examples += batch.segments.count
      tokens += batch.count
      lossTokens += batch.lossTokenCount
      longestExample = batch.segments.reduce(longestExample) { max($0, $1.count) }
      if let stranger = batch.ids.first(where: { Int($0) >= vocabularySize }) {
        throw TrainingError.tokenOutsideVocabulary(stranger, size: vocabularySize)
      }
    }
    guard longestExample <= contextLength else {
      throw TrainingError.exampleTooLong(tokens: longestExample, context: contextLength)
    }
  }
}
