/// What to evaluate, on what: the typed form of a recipe of kind `evaluate`.
public struct EvaluationRecipe: Sendable, Hashable {
  /// The systems by their roles; whatever is named is run on the same rows.
  public struct Systems: Sendable, Hashable {
    public var base: String
    /// The small tuned models that steer the base together, each a path or `path=weight`; empty: none.
    public var experts: [String]
    /// nil: what the expert remembers.
    public var antiexpert: String?
    /// The expert that was trained through the ensemble.
    public var through: String?
    /// The base tuned directly.
    public var tuned: String?
  }

  /// The offset's strength.
  public enum Alpha: Sendable, Hashable {
    case fixed(Double)
    /// Chosen on each task's development rows, or without any on its prompts; the base or the expert alone where that is
    /// better.
    case automatic
  }

  /// Which rows of a data set are asked about.
  public struct Rows: Sendable, Hashable {
    public var split: String
    /// How many are left out at the beginning.
    public var skip: Int
    /// nil: all the others.
    public var limit: Int?

    /// Whether a row may be among both these and others of the same data set.
    public func overlaps(_ other: Rows) -> Bool {
      func end(_ rows: Rows) -> Int { rows.limit.map { rows.skip + $0 } ?? .max }
      return split == other.split && skip < end(other) && other.skip < end(self)
    }
  }

  /// Questions, and how they are asked.
  public struct Task: Sendable, Hashable {
    /// The name of a task that ships, or of one that a file describes.
    public var name: String
    public var data: String
    public var rows: Rows
    /// The rows that α is chosen on; nil: none.
    public var development: Rows?
    /// A template's name; nil: the prompt as the paper has it.
    public var template: String?
    public var maximumTokens: Int?
    /// How programs are drawn; nil: as the task does.
    public var sampling: Sampling?
    /// The program that runs or compiles answers, such as a virtual environment's Python; nil: the system's.
    public var interpreter: String?
    /// For each column that the task reads, a text with `{columns}` of the data set; empty: its own columns.
    public var columns: [Column]
    /// How answers of the task `question` are compared, and what ends them.
    public var rule: String?
    public var stops: [String]?
  }

  /// One column that a task reads.
  public struct Column: Sendable, Hashable {
    public var name: String
    public var form: String
  }

  /// How programs are drawn.
  public struct Sampling: Sendable, Hashable {
    public var samples: Int
    /// The k of pass@k.
    public var tries: Int
    public var temperature: Double
    public var topP: Double
  }

  /// Who judges or classifies: a model, a command that reads and writes JSON lines, or an address that they are POSTed
  /// to, which is asked so many times, and waited for so many seconds each time.
  public enum Judge: Sendable, Hashable {
    case model(String)
    case command(String)
    case http(String, timeout: Double, attempts: Int)
  }

  /// What is between generated programs and the machine.
  public enum Isolation: String, Sendable, Hashable, CaseIterable {
    case namespaces, none
  }

  public var seed: UInt64
  public var threads: Int?
  public var precision: Recipe.Precision
  /// The folder of answers, results and report.
  public var output: String
  public var systems: Systems
  public var alpha: Alpha
  /// The strengths that are tried on development rows; empty: none.
  public var alphas: [Double]
  /// Only the base's nucleus may be chosen; nil: everything.
  public var plausibility: Double?
  /// The most nats that a token's distribution may move; nil: any.
  public var divergence: Double?
  public var tasks: [Task]
  public var judge: Judge?
  public var classifier: Judge?
  public var informationClassifier: Judge?
  public var sandbox: Isolation
  /// How many answers of each task the report shows token by token.
  public var examples: Int
  /// How many rows are asked together.
  public var batchRows: Int
}
