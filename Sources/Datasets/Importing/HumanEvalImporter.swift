/// HumanEval (Chen et al., 2021) and its translations by mxeval: `prompt`, `test` and `entry_point`, and perhaps a
/// `canonical_solution`.
enum HumanEvalImporter: Importer {
  static let name = "humaneval"
  static let summary = "prompt, test and entry_point, also of mxeval's languages"
  static let kind = DatasetKind.code
  static let columns = ["prompt", "test", "entry_point", "canonical_solution"]

  static func row(from record: inout Record) throws(RecordProblem) -> DatasetRow {
    var row = DatasetRow([
      "prompt": try record.requiredText("prompt"),
      // Translations have none; the tests are what an answer is compared with.
      "response": try record.text("canonical_solution", "completion") ?? "",
      "tests": try record.requiredText("test", "tests"),
    ])
    row["entry_point"] = try record.text("entry_point")
    return row
  }
}
