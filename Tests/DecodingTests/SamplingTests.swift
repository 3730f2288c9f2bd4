import Foundation
import Tensors
import Testing
import Tokenizers

@testable import Decoding

@Suite("Choosing the next token")
struct SamplingTests {
  // p = 0.4, 0.3, 0.2, 0.1
  let logits = Tensor([0.4, 0.3, 0.2, 0.1].map { Float(log($0)) }, shape: [1, 4])

  private func drawn(_ change: (inout SamplingOptions) -> Void, draws: Int = 4000) throws -> [Double] {
    var options = SamplingOptions()
    options.temperature = 1
    change(&options)
    let sampler = Sampler(options)
    var counts = [Double](repeating: 0, count: 4)
    for step in 0..<draws {
      let token = try sampler.sample(logits, after: [TokenID](), sequence: 0, step: step)
      counts[Int(token)] += 1 / Double(draws)
    }
    return counts
  }

  @Test("draws follow the distribution that truncation leaves")
  func truncation() throws {
    let cases: [(change: (inout SamplingOptions) -> Void, expected: [Double])] = [
      ({ _ in }, [0.4, 0.3, 0.2, 0.1]),
      ({ $0.topK = 2 }, [4.0 / 7, 3.0 / 7, 0, 0]),
      ({ $0.topP = 0.65 }, [4.0 / 7, 3.0 / 7, 0, 0]),
      ({ $0.topP = 0.71 }, [4.0 / 9, 3.0 / 9, 2.0 / 9, 0]),
      ({ $0.minP = 0.4 }, [4.0 / 9, 3.0 / 9, 2.0 / 9, 0]),
      // Top-p keeps half of everything, not half of what min-p leaves.
      ({ ($0.topP, $0.minP) = (0.65, 0.6) }, [4.0 / 7, 3.0 / 7, 0, 0]),
      ({ ($0.topP, $0.minP) = (0.95, 0.6) }, [4.0 / 7, 3.0 / 7, 0, 0]),
      ({ $0.temperature = 0.5 }, [16.0 / 30, 9.0 / 30, 4.0 / 30, 1.0 / 30]),
      ({ $0.temperature = 0 }, [1, 0, 0, 0]),
    ]
    for (change, expected) in cases {
      for (share, expected) in zip(try drawn(change), expected) {
        #expect(abs(share - expected) < 0.03)
        if expected == 0 { #expect(share == 0) }
      }
    }
  }

  @Test("a draw depends on seed, sequence and step alone")
  func determinism() throws {
    var options = SamplingOptions()
    options.temperature = 1
    options.seed = 5
    func series(_ options: SamplingOptions, _ sequence: Int) throws -> [TokenID] {
      try (0..<64).map {
        try Sampler(options).sample(logits, after: [TokenID](), sequence: sequence, step: $0)
      }
    }
    let own = try series(options, 0)
    #expect(try series(options, 0) == own)
    #expect(try series(options, 1) != own)
    var other = options
    other.seed = 6
    #expect(try series(other, 0) != own)
  }

  @Test("a penalty makes what was said less likely, whichever sign its logit has")
  func repetition() throws {
    var options = SamplingOptions()
    options.repetitionPenalty = 2
    #expect(try Sampler(options).sample(logits, after: [0], sequence: 0, step: 0) == 1)
    let positive = Tensor([2, 1.5, 0, 0], shape: [1, 4])
    #expect(try Sampler(options).sample(positive, after: [0], sequence: 0, step: 0) == 1)
    #expect(try Sampler(options).sample(positive, after: [3], sequence: 0, step: 0) == 0)
  }

  @Test("logits that are no numbers are refused, however the token is chosen", arguments: [0, 1, 2])
  func notNumbers(which: Int) {
    var options = SamplingOptions()
    options.temperature = which == 0 ? 0 : 1
    if which == 2 { options.topP = 0.5 }
    for value in [Float.nan, -.infinity] {
      let logits = Tensor([Float](repeating: value, count: 4), shape: [1, 4])
      #expect(throws: DecodingError.self) {
        try Sampler(options).sample(logits, after: [TokenID](), sequence: 0, step: 0)
      }
    }
  }

  @Test("options out of range are refused", arguments: ["t", "k", "p", "m", "r"])
  func ranges(_ which: String) {
    var options = SamplingOptions()
    switch which {
    case "t": options.temperature = -1
    case "k": options.topK = 0
    case "p": options.topP = 0
    case "m": options.minP = 1
    default: options.repetitionPenalty = 0
    }
    #expect(throws: DecodingError.self) { try options.validate() }
  }
}

@Suite("Stop strings in a stream")
struct StopStringTests {
  @Test("nothing of a stop string gets out, however the text is cut", arguments: 1...7)
  func cuts(size: Int) {
    let text = "ab<e<en<end>tail"
    var filter = StopStringFilter(stops: ["<end>", "zz"])
    var out = ""
    let characters = Array(text)
    for start in stride(from: 0, to: characters.count, by: size) {
      out += filter.append(String(characters[start..<min(characters.count, start + size)]))
    }
    out += filter.flush()
    #expect(out == "ab<e<en")
    #expect(filter.released == out)
    #expect(filter.isStopped)
  }

  @Test("the one that is complete first ends the text, however it is cut", arguments: 1...4)
  func overlapping(size: Int) {
    for (text, expected) in [("xabcy", "xa"), ("xabcdy", "xa"), ("xaby", "xaby")] {
      var filter = StopStringFilter(stops: ["abcd", "bc"])
      var out = ""
      for start in stride(from: 0, to: text.count, by: size) {
        out += filter.append(String(text.dropFirst(start).prefix(size)))
      }
      #expect(out + filter.flush() == expected)
    }
  }

  @Test("what only looks like the beginning of one comes out at the end")
  func held() {
    var filter = StopStringFilter(stops: ["stop"])
    #expect(filter.append("don't st") == "don't ")
    #expect(filter.flush() == "st")
    #expect(!filter.isStopped)
  }
}
