/// Text of a domain: how many bits a model needs for each of its bytes.
///
/// Bytes, not tokens, so that models with other vocabularies compare; the mean is over all bytes, as if the documents
/// were one.
public struct TextTask: RowGradedTask, Sendable {
  public let name: String
  public let metric = Metric("bits per byte", isHigherBetter: false, isShare: false)
  public let rule = "negative log-likelihood in bits over bytes; perplexity over tokens beside"
  private let documents: [String]

  public init(rows: TaskRows) throws {
    name = rows.name
    documents = try rows.rows.indices.map { try rows.required("document", row: $0) }
  }

  public var rowCount: Int { documents.count }
  public func reference(_ row: Int) -> String { documents[row] }
  public func query(_ row: Int) -> Query { .document(documents[row]) }

  public func grade(_ response: Response, row: Int) -> Grade {
    guard let likelihood = response.likelihoods.first, likelihood.byteCount > 0 else {
      return Grade(0, answer: nil, weight: 0)
    }
    return Grade(likelihood.bitsPerByte, answer: "", weight: Double(likelihood.byteCount))
  }
}
