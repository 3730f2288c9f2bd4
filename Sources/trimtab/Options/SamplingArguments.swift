import ArgumentParser
import Decoding

/// How the next token is chosen.
struct SamplingArguments: ParsableArguments {
  @Option(parsing: .unconditional, help: "What logits are divided by; 0 takes the likeliest token.")
  var temperature: Float = 0

  @Option(parsing: .unconditional, help: "Draw only from that many likeliest tokens.")
  var topK: Int?

  @Option(
    parsing: .unconditional,
    help: "Draw only from the likeliest tokens that together have this probability.")
  var topP: Float = 1

  @Option(
    parsing: .unconditional,
    help: "Draw only from tokens at least this fraction as likely as the likeliest.")
  var minP: Float = 0

  @Option(parsing: .unconditional, help: "How much less likely tokens seen before become; 1 leaves them.")
  var repetitionPenalty: Float = 1

  @Option(help: "Seed of the random draws.")
  var seed: UInt64 = 0

  var options: SamplingOptions {
    get throws {
      var options = SamplingOptions()
      options.temperature = temperature
      options.topK = topK
      options.topP = topP
      options.minP = minP
      options.repetitionPenalty = repetitionPenalty
      options.seed = seed
      try options.validate()
      return options
    }
  }
}
