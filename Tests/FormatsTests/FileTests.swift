import Diagnostics
import Formats
import Foundation
import Testing

@Suite struct FileTests {
  @Test func aFileIsReplacedWhole() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.txt"
      try AtomicFile.write("first", to: path)
      try AtomicFile.write("second", to: path)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "second")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.txt"])
    }
  }

  @Test func aFailureLeavesTheOldFileAndNothingElse() throws {
    struct Stop: Error {}
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.txt"
      try AtomicFile.write("first", to: path)
      #expect(throws: Stop.self) {
        try AtomicFile.write(to: path) { writer in
          try writer.write("half of the sec")
          throw Stop()
        }
      }
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "first")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.txt"])
    }
  }

  @Test func aLinkKeepsPointingAtTheNewContent() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("first", to: "\(folder)/real.txt")
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/link.txt", withDestinationPath: "real.txt")
      try AtomicFile.write("second", to: "\(folder)/link.txt")
      #expect(try String(contentsOfFile: "\(folder)/real.txt", encoding: .utf8) == "second")
    }
  }

  #if os(Linux)
    @Test func aFullDiskIsAnInputOutputError() {
      let error = #expect(throws: FormatsError.self) { try AtomicFile.write("text", to: "/dev/full") }
      #expect(error?.diagnostics.first?.exitCode == .inputOutput)
      #expect(
        error?.description
          == "/dev/full: cannot write: No space left on device; free some space or write elsewhere")
    }
  #endif

  @Test(arguments: [
    ("missing.json", Diagnostics.ExitStatus.noInput, "no such file or folder"),
    (".", .inputOutput, "cannot read: Is a directory"),
  ])
  func unreadablePaths(name: String, status: Diagnostics.ExitStatus, problem: String) throws {
    try withTemporaryFolder { folder in
      let error = #expect(throws: FormatsError.self) { _ = try JSON(contentsOf: "\(folder)/\(name)") }
      #expect(error?.diagnostics.first?.exitCode == status)
      #expect(error?.diagnostics.first?.problem == problem)
    }
  }

  @Test func missingFoldersAreMade() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("text", to: "\(folder)/one/two/a.txt")
      #expect(try String(contentsOfFile: "\(folder)/one/two/a.txt", encoding: .utf8) == "text")
    }
  }

  @Test func mappedFilesHaveTheirBytes() throws {
    try withTemporaryFolder { folder in
      for text in ["", "content"] {
        let path = "\(folder)/a.txt"
        try AtomicFile.write(text, to: path)
        let file = try MappedFile(path: path)
        #expect(file.withBytes(Array.init) == Array(text.utf8))
      }
    }
  }

  @Test func fingerprintsAreSHA256() throws {
    let fingerprint = Fingerprint(of: "abc")
    let digits = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    #expect(fingerprint.description == digits)
    #expect(Fingerprint(hexadecimal: digits) == fingerprint)
    #expect(Fingerprint(hexadecimal: "ba78") == nil)
    try withTemporaryFolder { folder in
      try AtomicFile.write("abc", to: "\(folder)/a.txt")
      #expect(try Fingerprint(contentsOf: "\(folder)/a.txt") == fingerprint)
    }
  }
}
