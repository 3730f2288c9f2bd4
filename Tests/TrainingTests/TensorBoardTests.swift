import Foundation
import Testing

@testable import Training

@Suite("TensorBoard event files")
struct TensorBoardTests {
  // The check value of the CRC catalogue, and RFC 3720's 32 zeros.
  static let checksums: [([UInt8], UInt32)] = [
    (Array("123456789".utf8), 0xE306_9283), ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
  ]

  @Test(arguments: checksums)
  func castagnoli(bytes: [UInt8], checksum: UInt32) {
    #expect(CRC32C().checksum(bytes) == checksum)
  }

  @Test func eventsReadBack() throws {
    let folder = try TemporaryFolder()
    _ = try TensorBoardLog(folder: folder.path) { Date(timeIntervalSince1970: 1) }.receive(
      ConsumerTests.started())
    let log = TensorBoardLog(folder: folder.path) { Date(timeIntervalSince1970: 1_700_000_000.5) }
    _ = try log.receive(ConsumerTests.started(at: 2))
    _ = try log.receive(ConsumerTests.step(3, loss: 1.5))
    _ = try log.receive(.validation(Validation(step: 3, loss: 0, history: [], seconds: 0)))

    let name = "events.out.tfevents.1700000000.trimtab"
    // Nothing comes before the first.
    #expect(try records(in: folder.path + "/events.out.tfevents.1.trimtab").count == 1)
    let events = try records(in: folder.path + "/" + name).map(Message.init)
    try #require(events.count == 4)
    #expect(events.allSatisfy { $0[1]?.double == 1_700_000_000.5 })
    #expect(events[0][3]?.text == "brain.Event:2")
    // The session mark: steps from 3 on are taken again.
    #expect(events[1][2]?.varint == 3)
    #expect(try #require(events[1][7]?.message)[1]?.varint == 1)
    #expect(events[2][2]?.varint == 3)
    let scalar = try #require(events[2][5]?.message?[1]?.message)
    #expect(scalar[1]?.text == "train/loss")
    #expect(scalar[2]?.float == 1.5)
    #expect(try #require(events[3][5]?.message?[1]?.message)[1]?.text == "validation/loss")
  }

  @Test func aSecondStartWithinASecondTakesAnotherName() throws {
    let folder = try TemporaryFolder()
    for _ in 0..<2 {
      _ = try TensorBoardLog(folder: folder.path) { Date(timeIntervalSince1970: 7) }.receive(
        ConsumerTests.started())
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
  }

  /// The payloads of a TFRecord file, both checksums of each verified.
  private func records(in path: String) throws -> [[UInt8]] {
    var rest = Array(try Data(contentsOf: URL(fileURLWithPath: path)))[...]
    var payloads: [[UInt8]] = []
    func take(_ count: Int) throws -> [UInt8] {
      try #require(rest.count >= count)
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    while !rest.isEmpty {
      let length = try take(8)
      #expect(try take(4) == littleEndian(CRC32C().masked(length)))
      let payload = try take(Int(length.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }))
      #expect(try take(4) == littleEndian(CRC32C().masked(payload)))
      payloads.append(payload)
    }
    return payloads
  }
}

/// A decoded protocol buffer: the first value of each field.
private struct Message {
  enum Value {
    case varint(UInt64)
    case bytes([UInt8])

    var varint: UInt64? { if case .varint(let value) = self { value } else { nil } }
    var bytes: [UInt8]? { if case .bytes(let value) = self { value } else { nil } }
    var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
    var message: Message? { bytes.map(Message.init) }
    var double: Double? {
      bytes?.withUnsafeBytes { $0.count == 8 ? $0.loadUnaligned(as: Double.self) : nil }
    }
    var float: Float? { bytes?.withUnsafeBytes { $0.count == 4 ? $0.loadUnaligned(as: Float.self) : nil } }
  }

  private var fields: [Int: Value] = [:]

  subscript(_ field: Int) -> Value? { fields[field] }

  init(_ bytes: [UInt8]) {
    var rest = bytes[...]
    func varint() -> UInt64 {
      var value: UInt64 = 0
      var shift: UInt64 = 0
      while let byte = rest.popFirst() {
        value |= UInt64(byte & 0x7F) << shift
        shift += 7
        if byte < 0x80 { break }
      }
      return value
    }
    func take(_ count: Int) -> Value {
      defer { rest = rest.dropFirst(count) }
      return .bytes(Array(rest.prefix(count)))
    }
    while !rest.isEmpty {
      let key = varint()
      let value: Value =
        switch key & 7 {
        case 0: .varint(varint())
        case 1: take(8)
        case 5: take(4)
        default: take(Int(varint()))
        }
      if fields[Int(key >> 3)] == nil { fields[Int(key >> 3)] = value }
    }
  }
}
