import ArgumentParser
import Proxy

extension DraftingChoice: ExpressibleByArgument {}

/// How tokens are guessed ahead.
struct DraftingArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What guesses tokens ahead, which saves time and never changes an answer: the expert, a look-up of what "
        + "followed the same words before, or the expert where there is one (auto)."))
  var draft = DraftingChoice.auto

  @Option(help: "How many tokens to guess, 1 to 7 (default: as many as have been worth it).")
  var draftLength: Int?

  func validate() throws {
    if let draftLength, !(1...7).contains(draftLength) {
      throw ValidationError("--draft-length is \(draftLength), expected 1 to 7.")
    }
  }
}
