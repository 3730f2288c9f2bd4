import ArgumentParser

@main
struct Trimtab: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trimtab",
    abstract: "Fine-tune a small language model and steer a large one with it.")
}
