import Diagnostics
import Formats
import Foundation
import Models
import Proxy
import Tensors
import Tokenizers

/// A model written anew in another format: a folder, an adapter over its base or a GGUF in, one whole model out.
public struct ModelConversion: Sendable {
  /// What is written.
  public enum Format: String, Sendable, CaseIterable {
    /// A folder that transformers opens.
    case safetensors
    /// One file, with the tokenizer in it.
    case gguf

    /// The types that its matrices can have; the first is the usual one.
    public var elementTypes: [ElementType] {
      switch self {
      case .safetensors: [.bfloat16, .float16, .float32]
      case .gguf: [.float16, .q8_0, .q4_0, .q4_1, .bfloat16, .float32]
      }
    }
  }

  private let source: String
  private let format: Format
  private let elementType: ElementType

  /// Names what is converted, and into what.
  ///
  /// - Parameter elementType: The type of the matrices by its name; nil for the format's usual one.
  /// - Throws: `ModelConversionError.wrongElementType`
  public init(of source: String, to format: Format, as elementType: String? = nil) throws {
    var chosen = format.elementTypes[0]
    if let elementType {
      guard let named = format.elementTypes.first(where: { $0.rawValue == elementType }) else {
        throw ModelConversionError.wrongElementType(elementType, format: format)
      }
      chosen = named
    }
    self.source = source
    self.format = format
    self.elementType = chosen
  }

  /// Converts; the result appears at `path` only when it is whole.
  ///
  /// - Throws: `ModelConversionError.exists` when something is there; what reading and writing throw.
  public func write(to path: String) throws {
    let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    guard !FileManager.default.fileExists(atPath: path) else {
      throw ModelConversionError.exists(path: path)
    }
    let checkpoint = try Checkpoint.load(source)
    let tokenizer = try checkpoint.tokenizerPath.map { try Tokenizer.load(path: $0) }
    switch format {
    case .gguf:
      try GGUFModel(checkpoint).write(
        to: path, as: elementType, name: name,
        tokenizer: try tokenizer?.ggufMetadata(rows: checkpoint.configuration.vocabularySize) ?? [])
    case .safetensors:
      try writeFolder(checkpoint.merged, tokenizer, to: path)
    }
  }

  /// What the model is called: its file or folder.
  private var name: String {
    let url = URL(fileURLWithPath: source)
    return (url.pathExtension == "gguf" ? url.deletingPathExtension() : url).lastPathComponent
  }

  /// What the source says of where it comes from, as seen from `path`: a converted expert still has its antiexpert.
  private func provenance(at path: String) throws -> Provenance? {
    var provenance = try Provenance.read(folder: source)
    if let remembered = provenance?.tunedFrom?.path {
      let found = Provenance.resolved(remembered, from: source)
      provenance?.tunedFrom?.path = Provenance.remembered(found, from: path)
    }
    return provenance
  }

  private func writeFolder(_ checkpoint: Checkpoint, _ tokenizer: Tokenizer?, to path: String) throws {
    let end = tokenizer?.endOfSequence
    let stops = (tokenizer?.stopTokens ?? []).filter { $0 != end }.sorted()
    try Folder.replace(path) { unfinished in
      try CheckpointWriter(folder: unfinished, configuration: checkpoint.configuration).writeModel(
        checkpoint.tensors, as: elementType,
        beginningOfSequence: tokenizer?.beginningOfSequence.map(Int.init),
        endOfSequence: ([end].compactMap { $0 } + stops).map(Int.init))
      try tokenizer?.save(to: unfinished)
      if let provenance = try provenance(at: path) {
        try AtomicFile.write(provenance.json.text(pretty: true) + "\n", to: unfinished + "/trimtab.json")
      }
    }
  }
}

/// Why a model can't be converted.
public enum ModelConversionError: DiagnosticError {
  case exists(path: String)
  case wrongElementType(String, format: ModelConversion.Format)

  public var diagnostics: [Diagnostic] {
    switch self {
    case .exists(let path):
      [
        Diagnostic(
          "there is something here already", at: .init(path), advice: "give a path that is free",
          exitCode: .usage)
      ]
    case .wrongElementType(let elementType, let format):
      [
        Diagnostic(
          "\(format.rawValue) isn't written as \"\(elementType)\"",
          advice: "possible are \(format.elementTypes.map(\.rawValue).joined(separator: ", "))",
          exitCode: .usage)
      ]
    }
  }
}
