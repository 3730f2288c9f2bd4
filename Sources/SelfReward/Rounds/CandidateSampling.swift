import Decoding
import Formats

extension CandidateOptions {
  /// One greedy answer a prompt.
  var greedy: CandidateOptions {
    var options = self
    options.count = 1
    options.temperature = 0
    return options
  }

  /// As the headers of stages note it.
  var json: JSON {
    [
      "count": .integer(count), "temperature": .number(Double(temperature)), "top_p": .number(Double(topP)),
      "max_tokens": .integer(maximumTokens), "stops": .array(stopStrings.map { .string($0) }),
    ]
  }
}

extension Policy {
  /// Candidates for each problem, which keep its statement.
  func candidates(
    _ problems: some Sequence<Problem>, _ options: CandidateOptions, seed: UInt64
  ) throws -> [CandidateSet] {
    let problems = Array(problems)
    let sets = try candidates(for: problems.map { ($0.id, $0.prompt) }, options, seed: seed)
    return zip(problems, sets).map { CandidateSet($0, $1.candidates) }
  }

  /// The summed log-probability of a set's candidates after its prompt, in nats, and of how many tokens.
  func logProbability(of sets: [CandidateSet]) throws -> [(sum: Double, tokens: Int)] {
    let completions = try sets.flatMap { set in
      let prompt = try tokens(ofPrompt: set.prompt)
      return set.candidates.map { Completion(prompt: prompt, tokens: $0.tokens) }
    }
    let scores = try logProbabilities(of: completions)
    return sets.grouped(scores).map { scores in
      let known = scores.compactMap { $0 }
      return (known.reduce(0) { $0 + $1.reduce(0, +) }, known.reduce(0) { $0 + $1.count })
    }
  }
}

extension CandidateSet {
  init(_ problem: Problem, _ candidates: [Candidate]) {
    self.init(
      id: problem.id, prompt: problem.prompt, statement: problem.statement, candidates: candidates)
  }
}
