import Datasets
import Foundation
import TestSupport
import Tokenizers

@testable import Evaluation

/// Rows, tokenizers and responses for tests.
enum Sample {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// The tokenizer of the models that ship.
  static let tokenizer = Result { try Tokenizer.load(path: root + "/checkpoints/demo/small") }

  static func rows(_ rows: [KeyValuePairs<String, String>]) -> TaskRows {
    TaskRows(path: "sample.h5", rows: rows.map { DatasetRow($0) })
  }

  static func text(_ text: String) -> Response { .texts([GeneratedText(text, tokenCount: 1)]) }

  static func likelihoods(_ logProbabilities: [Double]) -> Response {
    .likelihoods(
      logProbabilities.map { Likelihood(logProbability: $0, tokenCount: 1, byteCount: 4) })
  }

  /// A folder that goes away with its last user.
  final class Folder {
    let path = FileManager.default.temporaryDirectory.path + "/evaluation-\(UUID().uuidString)"
    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
  }
}
