import Diagnostics

/// What can go wrong while training.
public enum TrainingError: DiagnosticError, Hashable {
  /// A state of a run isn't whole.
  case tornState(path: String, problem: String)
  /// There are states, but none of them is whole.
  case noWholeState(folder: String, problems: Int)
  /// A state belongs to a run over other data, with other parameters, or from another model.
  case otherRun(folder: String, what: String)
  /// The run's folder is there and another recipe made it, or no run did.
  case folderInUse(path: String)
  /// The same recipe has begun a run here that isn't finished.
  case unfinished(path: String, step: Int, of: Int)
  /// The run would write over what it reads.
  case outputIsInput(path: String)
  /// The data has no batch, or none with a token in the loss.
  case nothingToLearn
  /// A token of the data that the model doesn't have.
  case tokenOutsideVocabulary(UInt32, size: Int)
  /// An example that is longer than the model's context.
  case exampleTooLong(tokens: Int, context: Int)
  /// LoRA without a model to adapt.
  case adapterOverNothing
  /// The model has an adapter that the run can't go on with.
  case adapterInTheWay(path: String)
  /// The run needs more memory than the machine has.
  case doesNotFit(needed: Int, available: Int, largest: String, advice: String)
  /// A file of an ensemble's logits that can't serve.
  case unreadableLogits(path: String, problem: String)
  /// A model that works beside the expert, in an ensemble or as its reference, has other logits.
  case otherVocabulary(model: String, size: Int, expected: Int)
  /// One step after the other is skipped.
  case diverged(step: Int, skipped: Int)

  public var diagnostics: [Diagnostic] {
    switch self {
    case .tornState(let path, let problem):
      [Diagnostic("the state is torn: \(problem)", at: .init(path))]
    case .noWholeState(let folder, let problems):
      [
        Diagnostic(
          problems == 1 ? "the only state is torn" : "all \(problems) states are torn", at: .init(folder),
          advice: "remove the folder to start from the beginning")
      ]
    case .otherRun(let folder, let what):
      [
        Diagnostic(
          "the saved state belongs to another run: not the same \(what)", at: .init(folder),
          advice: "resume with the recipe that began the run, or write to another folder")
      ]
    case .folderInUse(let path):
      [
        Diagnostic(
          "another recipe's run, a model, or files named as a run's lie here", at: .init(path),
          advice: "give the run another name, resume it (--resume), or overwrite it (--overwrite)",
          exitCode: .usage)
      ]
    case .unfinished(let path, let step, let total):
      [
        Diagnostic(
          "a run that did \(step) of \(total) steps lies here", at: .init(path),
          advice: "go on with it (--resume), or begin again (--overwrite)", exitCode: .usage)
      ]
    case .outputIsInput(let path):
      [
        Diagnostic(
          "the run would write over a model or a file that it reads", at: .init(path),
          advice: "write to another folder", exitCode: .usage)
      ]
    case .nothingToLearn:
      [
        Diagnostic(
          "no token of the data counts in the loss",
          advice: "see what `trimtab data inspect` says of its masks and lengths")
      ]
    case .tokenOutsideVocabulary(let token, let size):
      [
        Diagnostic(
          "the data holds the token \(token), the model's vocabulary has \(size)",
          advice: "tokenise the data with this model's tokenizer")
      ]
    case .exampleTooLong(let tokens, let context):
      [
        Diagnostic(
          "an example has \(tokens) tokens, the model's context \(context)",
          advice: "set a maximum length of at most \(context) tokens")
      ]
    case .adapterOverNothing:
      [
        Diagnostic(
          "an adapter needs a model to adapt", advice: "train every weight, or give a pretrained model",
          exitCode: .usage)
      ]
    case .adapterInTheWay(let path):
      [
        Diagnostic(
          "the model has an adapter of another kind already", at: .init(path),
          advice: "tune the model that it adapts, or go on with the same rank, alpha and modules",
          exitCode: .usage)
      ]
    case .doesNotFit(let needed, let available, let largest, let advice):
      [
        Diagnostic(
          "the run needs \(gigabytes(needed)) of memory, this machine has \(gigabytes(available)) "
            + "(most of it: \(largest))", advice: advice, exitCode: .usage)
      ]
    case .unreadableLogits(let path, let problem):
      [
        Diagnostic(
          "the ensemble's logits can't be used: \(problem)", at: .init(path),
          advice: "remove the file, so that it is written again")
      ]
    case .otherVocabulary(let model, let size, let expected):
      [
        Diagnostic(
          "\(model) has \(size) logits, and the expert \(expected)",
          advice: "models that work together share their vocabulary; see what `trimtab check` says")
      ]
    case .diverged(let step, let skipped):
      [
        Diagnostic(
          "training diverged: \(skipped) steps in a row were skipped, the last of them step \(step)",
          advice: "lower the learning rate or lengthen the warm-up")
      ]
    }
  }
}
