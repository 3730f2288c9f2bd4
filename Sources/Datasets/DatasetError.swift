import Diagnostics

/// What can be wrong with data on its way into a dataset, with a dataset, or with what is asked of one.
public enum DatasetError: DiagnosticError, Hashable {
  // === Importing ===
  /// No importer has this name.
  case unknownFormat(String)
  /// A mapping names a column that the format doesn't read, or isn't `column=field`.
  case unknownColumn(String, format: String, columns: [String])
  case invalidMapping(String)
  /// Records that can't become rows: the first few, and how many there are in all.
  case badRecords(path: String, [RecordProblem], total: Int)
  /// Every record was left out: why the first one was, and how many there are.
  case noReadableRecord(path: String, RecordProblem, total: Int)
  /// A file without any record.
  case noRecords(path: String)
  /// A file that isn't text.
  case notText(path: String, byteOffset: Int)
  /// The format reads JSON, and the file is something else.
  case notRecords(path: String, format: String)
  /// The file is compressed by gzip.
  case compressed(path: String)
  case tooManyColumns(path: String, limit: Int)
  case invalidFraction(Double)
  case invalidSplit(String)

  // === Datasets ===
  case noSuchDataset(path: String)
  /// A file that isn't ours.
  case notADataset(path: String, String)
  case unsupportedVersion(path: String, Int)
  case noSuchSplit(path: String, String, splits: [String])
  case notTokenized(path: String, split: String)
  /// Parts of the file that don't fit together.
  case inconsistent(path: String, String)
  /// Rows of one kind are to be added to a dataset of another, or under a name that is taken.
  case otherKind(path: String, found: DatasetKind, expected: DatasetKind)
  case splitExists(path: String, String)

  /// A training objective needs rows of another kind.
  case unsuitableKind(path: String, found: DatasetKind, isPreferenceNeeded: Bool)
  /// A column that counts holds something else.
  case notANumber(path: String, row: Int, column: String, text: String)

  // === Rendering ===
  case unknownTemplate(String)
  /// Conversations need a chat template and the model has none.
  case noChatTemplate
  /// Preference pairs have two texts a row, a dataset's tokens one.
  case pairsAreNotTokenized
  case invalidTrainOn(String)
  /// The row of a dataset that a template can't render.
  case unrenderable(path: String, row: Int, RenderingProblem)
  /// Trained responses that don't end in a stop token.
  case stopTokenOutsideLoss(path: String, responses: Int, of: Int)
  /// Every response was cut off, or the loss counts none of it.
  case noWholeResponse(path: String, examples: Int)

  public var diagnostics: [Diagnostic] {
    switch self {
    case .unknownFormat(let name):
      [
        usage(
          "there is no format \(quoted(name))", suggesting: nearest(to: name, among: Importers.names),
          among: Importers.names)
      ]
    case .unknownColumn(let name, let format, let columns):
      [
        usage(
          "the format \(format) has no column \(quoted(name))", suggesting: nearest(to: name, among: columns),
          among: columns)
      ]
    case .invalidMapping(let text):
      [Diagnostic("\(quoted(text)) is no mapping", advice: "write column=field", exitCode: .usage)]
    case .badRecords(let path, let problems, let total):
      Self.records(path, problems, total)
    case .noReadableRecord(let path, let first, let total):
      [
        Diagnostic(
          first.reason, at: .init(path, line: first.line, column: first.column), advice: first.advice),
        Diagnostic(
          "no record could be read (\(total) left out); nothing was written", at: .init(path),
          advice: "check --format and --map"),
      ]
    case .noRecords(let path):
      [Diagnostic("there are no records", at: .init(path), advice: "an example is needed to learn from")]
    case .notText(let path, let offset):
      [
        Diagnostic(
          "the text is not valid UTF-8", at: .init(path, byteOffset: offset),
          advice: "convert the file to UTF-8")
      ]
    case .notRecords(let path, let format):
      [
        Diagnostic(
          "the format \(format) reads JSON, and this is something else", at: .init(path),
          advice: "give an array of objects (.json) or one object a line (.jsonl)")
      ]
    case .compressed(let path):
      [
        Diagnostic(
          "the file is compressed by gzip", at: .init(path), advice: "unpack it with gunzip --keep")
      ]
    case .tooManyColumns(let path, let limit):
      [
        Diagnostic(
          "the records have more than \(limit) different fields", at: .init(path),
          advice: "keep only the fields that are examples' columns")
      ]
    case .invalidFraction(let value):
      [
        Diagnostic(
          "--validation is \(value), expected a share of the rows from 0 up to, but not including, 1",
          exitCode: .usage)
      ]
    case .invalidSplit(let name):
      [
        Diagnostic(
          "\(quoted(name)) can't name a split", advice: "use letters, digits, - and _", exitCode: .usage)
      ]
    case .noSuchDataset(let path):
      [
        Diagnostic(
          "no such file or folder", at: .init(path), advice: "trimtab data import makes a data set",
          exitCode: .noInput)
      ]
    case .notADataset(let path, let reason):
      [
        Diagnostic(
          "not a Trimtab dataset: \(reason)", at: .init(path), advice: "make one with: trimtab data import")
      ]
    case .unsupportedVersion(let path, let version):
      [
        Diagnostic(
          "a dataset of version \(version), and this program reads version \(DatasetLayout.version)",
          at: .init(path),
          advice: "import it again")
      ]
    case .noSuchSplit(let path, let name, let splits):
      [
        Diagnostic(
          "there is no split \(quoted(name))", at: .init(path),
          advice: "it has \(splits.joined(separator: ", ")): choose one with --split, or split: in a recipe")
      ]
    case .notTokenized(let path, let split):
      [
        Diagnostic(
          "the split \(split) holds no tokens", at: .init(path),
          advice: "name a model's tokenizer with --tokenizer")
      ]
    case .inconsistent(let path, let reason):
      [Diagnostic("the dataset is damaged: \(reason)", at: .init(path), advice: "import it again")]
    case .otherKind(let path, let found, let expected):
      [
        Diagnostic(
          "the dataset holds \(found) rows, and these are \(expected) rows", at: .init(path),
          advice: "write them to a file of their own")
      ]
    case .splitExists(let path, let name):
      [
        Diagnostic(
          "there is a split \(quoted(name)) already", at: .init(path),
          advice: "choose another name with --split")
      ]
    case .unsuitableKind(let path, let found, let isPreferenceNeeded):
      [
        isPreferenceNeeded
          ? Diagnostic(
            "preferences are learnt from pairs of answers, and the rows are of the kind \(found)",
            at: .init(path), advice: "import pairs with --format preference, or leave out the objective")
          : Diagnostic(
            "the rows are pairs of answers, and the objective learns the next token", at: .init(path),
            advice: "write objective: {kind: preference} into the recipe")
      ]
    case .notANumber(let path, let row, let column, let text):
      [
        Diagnostic(
          "row \(row): the column \(column) holds \(quoted(text)), a number from 0 up is needed",
          at: .init(path))
      ]
    case .unknownTemplate(let name):
      [
        usage(
          "there is no template \(quoted(name))", suggesting: nearest(to: name, among: PromptTemplate.names),
          among: PromptTemplate.names)
      ]
    case .noChatTemplate:
      [
        Diagnostic(
          "conversations need a chat template, and the model brings none",
          advice: "choose one with --template: \(SimpleTemplate.all.map(\.name).joined(separator: ", "))")
      ]
    case .pairsAreNotTokenized:
      [
        Diagnostic(
          "preference pairs are tokenised when they are trained on", advice: "leave out the tokenizer",
          exitCode: .usage)
      ]
    case .invalidTrainOn(let text):
      [
        Diagnostic(
          "\(quoted(text)) is nothing to train on",
          advice: "choose responses, last, all or roles such as user,assistant",
          exitCode: .usage)
      ]
    case .unrenderable(let path, let row, let problem):
      [Diagnostic("row \(row): \(problem.text)", at: .init(path), advice: problem.advice)]
    case .stopTokenOutsideLoss(let path, let responses, let total):
      [
        Diagnostic(
          "\(responses) of \(total) trained responses don't end in a stop token inside the loss,"
            + " so a model tuned on them would never stop", at: .init(path),
          advice: "tokenise with a template that ends turns with one of the tokenizer's stop tokens")
      ]
    case .noWholeResponse(let path, let examples):
      [
        Diagnostic(
          "none of \(examples) examples has its response to the end, with tokens that the loss counts,"
            + " so a model tuned on them would never stop", at: .init(path),
          advice: "choose a greater --max-length or another --train-on")
      ]
    }
  }

  private static func records(_ path: String, _ problems: [RecordProblem], _ total: Int) -> [Diagnostic] {
    var diagnostics = problems.map { problem in
      Diagnostic(
        problem.reason, at: .init(path, line: problem.line, column: problem.column), advice: problem.advice)
    }
    if total > problems.count {
      diagnostics.append(Diagnostic("and \(total - problems.count) more bad records", at: .init(path)))
    }
    diagnostics.append(
      Diagnostic(
        "\(total) bad \(total == 1 ? "record" : "records"), nothing was written", at: .init(path),
        advice: "mend the file, or leave such records out with --skip-bad"))
    return diagnostics
  }

  private func quoted(_ text: String) -> String { "\"\(text)\"" }

  private func usage(_ problem: String, suggesting name: String?, among names: [String]) -> Diagnostic {
    let advice = name.map { "did you mean \($0)?" } ?? "there are \(names.joined(separator: ", "))"
    return Diagnostic(problem, advice: advice, exitCode: .usage)
  }
}

/// Why one record can't become a row.
public struct RecordProblem: Error, Sendable, Hashable {
  /// Where the record stands in its file, from 1.
  public var line: Int?
  public var column: Int?
  /// What is wrong with it.
  public var reason: String
  /// What to do about it.
  public var advice: String?

  public init(_ reason: String, advice: String? = nil, line: Int? = nil, column: Int? = nil) {
    self.reason = reason
    self.advice = advice
    self.line = line
    self.column = column
  }
}
