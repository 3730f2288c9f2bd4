import Diagnostics
import Formats
import Foundation
import Testing

@Suite struct HDF5Tests {
  /// A small file of the shape that data sets have.
  private static func write(to path: String) throws {
    try HDF5File.create(at: path) { file in
      try file.root.setAttribute("format", to: .string("trimtab.dataset"))
      try file.root.setAttribute("version", to: .integer(1))
      let train = try file.root.createGroup("train")
      let text = try train.createGroup("text")
      let prompts = try text.createTextDataset("prompt")
      try prompts.appendTexts(["one", "", "drei é 🙂"])
      try prompts.appendTexts((3..<5000).map { "row \($0)" })
      let tokens = try train.createGroup("tokens")
      let ids = try tokens.createDataset("ids", of: UInt32.self)
      try ids.setAttribute("tokenizer", to: .string("abc"))
      for start in stride(from: 0, to: 200_000, by: 50_000) {
        try ids.append((start..<start + 50_000).map { UInt32($0) })
      }
      try tokens.createDataset("mask", of: UInt8.self).append([0, 1, 255] as [UInt8])
      try tokens.createDataset("offsets", of: Int64.self).append([.min, -1, .max] as [Int64])
      let logits = try train.createDataset("logits", of: Float.self, rowShape: [3], deflateLevel: nil)
      try logits.append([1, 2, 3, -.infinity, 0.5, 0] as [Float])
      try logits.append([7, 8, 9] as [Float])
    }
  }

  @Test func whatIsWrittenIsRead() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.h5"
      try Self.write(to: path)
      let file = try HDF5File(path: path)
      #expect(try file.root.attribute("format") == .string("trimtab.dataset"))
      #expect(try file.root.attribute("version") == .integer(1))
      #expect(try file.root.attribute("none") == nil)
      #expect(try file.root.names == ["train"])
      #expect(try file.root.group("train").names == ["logits", "text", "tokens"])
      let prompts = try file.root.dataset("train/text/prompt")
      #expect(try prompts.rowCount == 5000)
      #expect(try prompts.readTexts(rows: 0..<4) == ["one", "", "drei é 🙂", "row 3"])
      #expect(try prompts.readTexts(rows: 4999..<5000) == ["row 4999"])
      #expect(try prompts.readTexts().count == 5000)
      let ids = try file.root.dataset("train/tokens/ids")
      #expect(try ids.attribute("tokenizer")?.stringValue == "abc")
      #expect(try ids.shape == [200_000])
      #expect(try ids.read(UInt32.self, rows: 65_530..<65_540) == Array(65_530..<65_540))
      #expect(try ids.read(UInt32.self) == Array(0..<200_000))
      #expect(try ids.read(UInt32.self, rows: 7..<7) == [])
      let tokens = try file.root.group("train/tokens")
      #expect(try tokens.dataset("mask").read(UInt8.self) == [0, 1, 255])
      #expect(try tokens.dataset("offsets").read(Int64.self) == [.min, -1, .max])
      let logits = try file.root.dataset("train/logits")
      #expect(try logits.shape == [3, 3])
      #expect(try logits.read(Float.self, rows: 1..<3) == [-.infinity, 0.5, 0, 7, 8, 9])
    }
  }

  @Test func theSameContentMakesTheSameBytes() throws {
    try withTemporaryFolder { folder in
      try Self.write(to: "\(folder)/a.h5")
      try Self.write(to: "\(folder)/b.h5")
      let second = try Fingerprint(contentsOf: "\(folder)/b.h5")
      #expect(try Fingerprint(contentsOf: "\(folder)/a.h5") == second)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["a.h5", "b.h5"])
    }
  }

  @Test func anUpdateReplacesTheFileOrLeavesIt() throws {
    struct Stop: Error {}
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.h5"
      try Self.write(to: path)
      let before = try Fingerprint(contentsOf: path)
      #expect(throws: Stop.self) {
        try HDF5File.update(path) { file in
          try file.root.remove("train")
          throw Stop()
        }
      }
      #expect(try Fingerprint(contentsOf: path) == before)
      try HDF5File.update(path) { file in
        try file.root.group("train").remove("tokens")
        try file.root.dataset("train/text/prompt").appendTexts(["last"])
        try file.root.setAttribute("version", to: .integer(2))
      }
      let file = try HDF5File(path: path)
      #expect(try file.root.group("train").names == ["logits", "text"])
      #expect(try file.root.dataset("train/text/prompt").readTexts(rows: 5000..<5001) == ["last"])
      #expect(try file.root.attribute("version") == .integer(2))
    }
  }

  /// What a reader asks of the file that `write` makes, and the answer.
  struct Question: Sendable, CustomTestStringConvertible {
    let message: String
    let ask: @Sendable (borrowing HDF5File) throws -> Void

    init(_ message: String, _ ask: @escaping @Sendable (borrowing HDF5File) throws -> Void) {
      self.message = message
      self.ask = ask
    }

    var testDescription: String { message }
  }

  @Test(arguments: [
    Question("FILE (/trian): there is no such group; the nearest name is train") {
      _ = try $0.root.group("trian")
    },
    Question("FILE (/train/text/prompts): there is no such dataset; the nearest name is prompt") {
      _ = try $0.root.dataset("train/text/prompts")
    },
    Question("FILE (/train): there is no such dataset") { _ = try $0.root.dataset("train") },
    Question("FILE (/train/logits): there is no such group") { _ = try $0.root.group("train/logits/x") },
    Question("FILE (/train/tokens/ids): expected elements of type int64, found uint32") {
      _ = try $0.root.dataset("train/tokens/ids").read(Int64.self)
    },
    Question("FILE (/train/text/prompt): expected elements of type uint32, found variable-length text") {
      _ = try $0.root.dataset("train/text/prompt").read(UInt32.self)
    },
    Question("FILE (/train/tokens/ids): expected elements of type variable-length text, found uint32") {
      _ = try $0.root.dataset("train/tokens/ids").readTexts()
    },
    Question("FILE (/train/tokens/mask): rows 2 to 4 were asked for, there are 3") {
      _ = try $0.root.dataset("train/tokens/mask").read(UInt8.self, rows: 2..<4)
    },
  ])
  func wrongQuestionsAreAnswered(_ question: Question) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.h5"
      try Self.write(to: path)
      let file = try HDF5File(path: path)
      var text: String?
      do { try question.ask(file) } catch { text = "\(error)" }
      #expect(text?.replacingOccurrences(of: path, with: "FILE") == question.message)
    }
  }

  @Test func aTextWithNULIsRefusedByRow() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.h5"
      let problem = message {
        try HDF5File.create(at: path) { file in
          let texts = try file.root.createTextDataset("text")
          try texts.appendTexts(["a", "b"])
          try texts.appendTexts(["c", "d\0e"])
        }
      }
      #expect(
        problem == "\(path) (/text): the text of row 3 has a NUL character, which HDF5 can't store")
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(left.isEmpty)
    }
  }

  @Test func whatIsNotHDF5IsSaidSo() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.h5"
      #expect(exitCode { _ = try HDF5File(path: path) } == .noInput)
      for text in ["", "PK something else"] {
        try AtomicFile.write(text, to: path)
        #expect(message { _ = try HDF5File(path: path) } == "\(path): not an HDF5 file")
        #expect(exitCode { _ = try HDF5File(path: path) } == .badData)
      }
      #expect(exitCode { _ = try HDF5File(path: folder) } == .inputOutput)
    }
  }

  @Test func tornFilesAreRefused() throws {
    try withTemporaryFolder { folder in
      try Self.write(to: "\(folder)/a.h5")
      let bytes = try Data(contentsOf: URL(filePath: "\(folder)/a.h5"))
      for part in 1..<64 {
        let path = "\(folder)/b.h5"
        try bytes.prefix(bytes.count * part / 64).write(to: URL(filePath: path))
        let problem = message { _ = try HDF5File(path: path) }
        #expect(problem?.contains("the file is damaged or torn: make it again") == true)
      }
    }
  }

  /// Without the seal, some of these would crash the library.
  @Test func everyCorruptedByteIsNoticed() throws {
    try withTemporaryFolder { folder in
      try HDF5File.create(at: "\(folder)/a.h5") { file in
        try file.root.createTextDataset("text").appendTexts(["one", "two"])
      }
      let bytes = try Data(contentsOf: URL(filePath: "\(folder)/a.h5"))
      let sealSize = 81
      var noticed = 0
      for position in 0..<bytes.count - sealSize {
        var corrupted = bytes
        corrupted[position] ^= 1
        try corrupted.write(to: URL(filePath: "\(folder)/b.h5"))
        if exitCode({ _ = try HDF5File(path: "\(folder)/b.h5") }) == .badData { noticed += 1 }
      }
      #expect(noticed == bytes.count - sealSize)
    }
  }

  @Test func anotherFormatIsRefused() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.h5"
      try Self.write(to: path)
      _ = try HDF5File(path: path, format: "trimtab.dataset")
      #expect(
        message { _ = try HDF5File(path: path, format: "trimtab.logits") }
          == "\(path): expected a file of format trimtab.logits, found the format trimtab.dataset")
    }
  }

  /// Files of other programs, some of them made to crash readers: none is ours, and each is told so.
  @Test(
    .enabled(if: Shared.has("peers/hdf5-cve"), "needs shared/peers/hdf5-*"),
    arguments: ["hdf5-cve", "hdf5-h5py", "hdf5-jhdf"])
  func foreignFilesAreRefused(folder: String) {
    let names = Shared.files(in: "peers/\(folder)").filter { $0.contains(".h5") || $0.contains(".hdf5") }
    for name in names {
      let path = Shared.path("peers/\(folder)/\(name)")
      #expect(exitCode { _ = try HDF5File(path: path, format: "trimtab.dataset") } == .badData, "\(name)")
    }
    #expect(names.count > 3)
  }

  #if os(Linux)
    @Test func aFullDiskIsAnInputOutputError() throws {
      #expect(exitCode { try Self.write(to: "/dev/full") } == .inputOutput)
    }
  #endif
}
