import Decoding

/// A program to be written, judged by running its tests.
public protocol CodeTask: EvaluationTask {
  var runner: CodeRunner { get }
  /// How many tries a model has of which one must pass.
  var tries: Int { get }
  /// The whole program with its tests, from what the model wrote.
  func program(_ completion: String, row: Int) -> String
}

extension CodeTask {
  public var metric: Metric { Metric("pass@\(tries)") }

  /// Runs every different program once.
  public func grades(_ responses: [RowResponse]) throws -> [Grade] {
    let programs = responses.map { response in
      response.response.texts.map { program($0, row: response.row) }
    }
    let different = Array(Set(programs.joined())).sorted()
    let outcomes = Dictionary(zip(different, try runner.run(different)), uniquingKeysWith: { one, _ in one })
    return programs.map { programs in
      let passed = programs.count { outcomes[$0]?.hasPassed == true }
      guard !programs.isEmpty else { return .unparsed }
      return Grade(
        PassAtK.estimate(samples: programs.count, passed: passed, k: min(tries, programs.count)),
        answer: outcomes[programs[0]]?.text ?? "",
        measures: ["passing": Double(passed) / Double(programs.count)])
    }
  }
}

/// How programs are drawn: the paper's, of which several are tried, or greedily one.
public struct CodeSampling: Sendable, Hashable {
  public var samples: Int
  /// The k of pass@k.
  public var tries: Int
  public var temperature: Float
  public var topP: Float
  public var maximumTokens: Int
  public var seed: UInt64

  public init(
    samples: Int, tries: Int, temperature: Float, topP: Float, maximumTokens: Int = 512, seed: UInt64 = 0
  ) {
    self.samples = samples
    self.tries = tries
    self.temperature = temperature
    self.topP = topP
    self.maximumTokens = maximumTokens
    self.seed = seed
  }

  /// Twenty programs at temperature 0.8 and top-p 0.95, scored by pass@10.
  public static let paper = CodeSampling(samples: 20, tries: 10, temperature: 0.8, topP: 0.95)
  /// One greedy program, scored by pass@1.
  public static let greedy = CodeSampling(samples: 1, tries: 1, temperature: 0, topP: 1)

  func query(
    _ prompt: String, stops: [String], forbidden: [String] = [], forbiddenFirst: [String] = []
  ) -> Query {
    var sampling = SamplingOptions()
    sampling.temperature = temperature
    sampling.topP = topP
    sampling.seed = seed
    var query = GenerationQuery(
      prompt: prompt, stops: stops, maximumTokens: maximumTokens, sampling: sampling, samples: samples,
      forbidden: forbidden, forbiddenFirst: forbiddenFirst)
    query.continuesText = true
    return .generation(query)
  }
}
