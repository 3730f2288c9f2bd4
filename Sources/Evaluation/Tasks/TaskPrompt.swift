import Datasets
import Formats
import Tokenizers

/// A row's prompt in its two forms: bare, as the paper puts it to every model, or as a message to one that was
/// tuned with a template.
public struct TaskPrompt: Sendable, Hashable {
  /// The whole text before the answer.
  public var plain: String
  /// What a person would say; a template goes around it.
  public var message: String
  /// What the answer begins with behind the template, such as `The answer is:`.
  public var cue: String

  public init(plain: String, message: String, cue: String = "") {
    self.plain = plain
    self.message = message
    self.cue = cue
  }

  /// An answer as it goes on from a prompt: a space between them, unless the prompt ends in white space.
  static func continuation(_ answer: String, of prompt: String) -> String {
    prompt.last?.isWhitespace == true ? answer : " " + answer
  }

  /// A prompt that is the same text in both forms.
  public init(_ text: String) { self.init(plain: text, message: text) }
}

/// How a task's prompts are shown: plainly, or through the template that the systems were tuned with.
public struct Presentation: Sendable {
  private let renderer: ExampleRenderer?
  /// What a rendered prompt begins with and the tokenizer adds again.
  private let beginning: String

  /// As the paper's table of evaluations has them.
  public static let plain = Presentation()

  private init() { (renderer, beginning) = (nil, "") }

  /// Through a template of the data sets' room, as examples are in training; nil for none.
  ///
  /// - Throws: `DatasetError` when there is no such template.
  public init(template: String?, tokenizer: Tokenizer) throws {
    renderer = try template.map { name in
      ExampleRenderer(
        tokenizer: tokenizer,
        template: try PromptTemplate.named(name, chatTemplate: tokenizer.chatTemplate, kind: .task))
    }
    beginning = tokenizer.addsBeginningOfSequence ? tokenizer.specialTokenTexts["bos_token"] ?? "" : ""
  }

  /// The text that a model reads.
  func text(_ prompt: TaskPrompt, path: String, row: Int) throws -> String {
    guard let renderer else { return prompt.plain }
    do throws(RenderingProblem) {
      let whole = try renderer.prompt(DatasetRow(["prompt": prompt.message]))
      let rendered =
        beginning.isEmpty || !whole.hasPrefix(beginning) ? whole : String(whole.dropFirst(beginning.count))
      guard let last = rendered.last, !last.isWhitespace, !prompt.cue.isEmpty else {
        return rendered + prompt.cue
      }
      return rendered + " " + prompt.cue
    } catch {
      throw DatasetError.unrenderable(path: path, row: row, error)
    }
  }
}
