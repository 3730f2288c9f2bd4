import ArgumentParser
import Proxy

/// A model, and what steers it: the same options for every command that takes one.
struct ModelOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The model: a checkpoint folder or a .gguf file.", valueName: "path"))
  var model: String

  @Option(
    help: ArgumentHelp(
      "A tuned small model that steers it, with its weight (repeatable).", valueName: "path[=weight]"))
  var expert: [String] = []

  @Option(
    help: ArgumentHelp(
      "The small model before tuning (default: what the expert remembers).", valueName: "path"))
  var antiexpert: String?

  @Option(parsing: .unconditional, help: "The offset's strength: 0 is the model alone.")
  var alpha: Float = 1

  @Option(help: "Choose only tokens of the model's own nucleus, of that probability, whatever steers it.")
  var plausibility: Float?

  @Option(help: "The most that steering may move a token's distribution, in nats of KL divergence.")
  var divergence: Float?

  @OptionGroup var computeOptions: ComputeOptions

  var selection: ModelSelection {
    ModelSelection(
      model: model, experts: expert.map { .init($0) }, antiexpert: antiexpert, alpha: alpha,
      limits: SteeringLimits(nucleus: plausibility, divergence: divergence))
  }

  func assemble() throws -> AssembledModel {
    let assembled = try AssembledModel(selection, compute: try computeOptions.makeCompute())
    for finding in assembled.findings where finding.level == .warning {
      Console.note("warning: \(finding.subject): \(finding.text)")
    }
    return assembled
  }
}
