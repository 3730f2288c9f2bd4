import Datasets

/// Cross-entropy of the next token in nats, each token with its weight: `−w · log softmax(z)[target]`.
public struct NextToken: Objective {
  public init() {}

  public func weight(of batch: TokenBatch) -> Double { batch.weights.reduce(0) { $0 + Double($1) } }

  public func loss(of batch: TokenBatch) -> TargetLoss { .weighted(batch.weights) }
}
