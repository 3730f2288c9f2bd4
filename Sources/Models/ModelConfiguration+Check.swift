import Autodiff

extension ModelConfiguration {
  /// Refuses sizes and settings that no decoder here can have.
  ///
  /// - Parameter path: The file that says so, for messages.
  /// - Throws: `ModelError.impossibleShape`
  public func check(path: String) throws {
    func require(_ holds: Bool, _ reason: String) throws {
      guard holds else { throw ModelError.impossibleShape(path: path, reason: reason) }
    }
    try require(vocabularySize > 0, "its vocabulary is empty")
    try require(
      heads % keyValueHeads == 0,
      "\(heads) heads of queries can't share \(keyValueHeads) heads of keys and values")
    let largest = Int(AttentionLayout.largestHeadDimension)
    try require(
      (1...largest).contains(headDimension), "its heads have \(headDimension) elements, not 1 to \(largest)")
    try require(normEpsilon >= 0, "the epsilon of its norms is \(normEpsilon)")
    guard case .rotary(let rotary) = position else { return }
    try require(
      headDimension % 2 == 0, "rotary positions turn pairs, and its heads have \(headDimension) elements")
    try require(rotary.base > 0 && rotary.base.isFinite, "the base of its rotary positions is \(rotary.base)")
    switch rotary.scaling {
    case .none: break
    case .linear(let factor), .llama3(let factor, _, _, _):
      try require(factor > 0 && factor.isFinite, "its rotary positions are stretched by \(factor)")
    }
  }
}
