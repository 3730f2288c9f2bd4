extension Importers {
  /// What kind of rows a format's files hold.
  ///
  /// - Throws: `DatasetError` when there is no such format.
  public static func kind(of format: String) throws -> DatasetKind { try named(format).kind }
}
