import Foundation
import Testing
import Tokenizers

@testable import Proxy

@Suite("Which models are to act as one")
struct SelectionTests {
  @Test("an expert's weight is a number behind its path, unless a file has that whole name")
  func weights() throws {
    #expect(ModelSelection.Expert("a=0.5") == ModelSelection.Expert(path: "a", weight: 0.5))
    #expect(ModelSelection.Expert("a=b") == ModelSelection.Expert(path: "a=b"))
    let path = NSTemporaryDirectory() + "trimtab-\(UUID().uuidString)-lr=2e-5"
    try Data().write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(ModelSelection.Expert(path) == ModelSelection.Expert(path: path))
  }

  @Test("unused ids behind the tokens aren't steered")
  func padding() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    let tokenizer = try Tokenizer.load(path: root + "/checkpoints/demo/small")
    let count = tokenizer.vocabularySize
    func compared(_ baseWidth: Int, _ expertWidth: Int) -> VocabularyComparison {
      VocabularyComparison(
        base: tokenizer, baseWidth: baseWidth, expert: tokenizer, expertWidth: expertWidth)
    }
    #expect(compared(count, count).relation == .same)
    #expect(compared(count + 8, count + 4).relation == .padded)
    #expect(compared(count + 8, count + 4).map == VocabularyMap.shared(count: count))
  }
}
