import Formats

extension Dataset {
  /// What a reference made of a split's pairs, by row; nil when none, or another one, has been kept.
  ///
  /// - Parameter fingerprint: names the reference and everything else that its values depend on.
  public func references(split: String, fingerprint: String) throws -> [ReferenceLogProbabilities?]? {
    let group = try group(split)
    guard try group.has(DatasetLayout.tokens) else { return nil }
    let tokens = try group.group(DatasetLayout.tokens)
    guard try tokens.has(DatasetLayout.reference) else { return nil }
    let reference = try tokens.group(DatasetLayout.reference)
    guard try reference.string("fingerprint") == fingerprint else { return nil }
    let chosen = try reference.dataset("chosen").read(Double.self)
    let rejected = try reference.dataset("rejected").read(Double.self)
    let mismatched =
      try reference.has("mismatched") ? reference.dataset("mismatched").read(Double.self) : nil
    let counts = Set([chosen.count, rejected.count, mismatched?.count ?? chosen.count])
    guard try counts == [rowCount(split: split)] else {
      throw DatasetError.inconsistent(path: path, "the reference of \(split) hasn't as many values as rows")
    }
    return chosen.indices.map { row in
      guard !chosen[row].isNaN else { return nil }
      return ReferenceLogProbabilities(
        chosen: chosen[row], rejected: rejected[row], mismatched: mismatched?[row])
    }
  }

  /// Keeps what a reference made of a split's pairs, by row, in place of what was kept before.
  public static func keep(
    _ references: [ReferenceLogProbabilities?], fingerprint: String, split: String, in path: String
  ) throws {
    try HDF5File.update(path) { file in
      let group = try file.root.group(split)
      let tokens =
        try group.has(DatasetLayout.tokens)
        ? group.group(DatasetLayout.tokens) : group.createGroup(DatasetLayout.tokens)
      if try tokens.has(DatasetLayout.reference) { try tokens.remove(DatasetLayout.reference) }
      let reference = try tokens.createGroup(DatasetLayout.reference)
      try reference.setAttribute("fingerprint", to: .string(fingerprint))
      func write(_ name: String, _ values: [Double]) throws {
        try reference.createDataset(name, of: Double.self).append(values)
      }
      // Rows that aren't trained on have no value.
      try write("chosen", references.map { $0?.chosen ?? .nan })
      try write("rejected", references.map { $0?.rejected ?? .nan })
      if references.contains(where: { $0?.mismatched != nil }) {
        try write("mismatched", references.map { $0?.mismatched ?? .nan })
      }
    }
  }
}
