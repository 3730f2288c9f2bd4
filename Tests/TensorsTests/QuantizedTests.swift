import CKernels
import Foundation
import Testing

@testable import Tensors

struct QuantizedTests {
  static let quantized: [ElementType] = [
    .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q2_K, .q3_K, .q4_K, .q5_K, .q6_K,
  ]
  static let served = [ElementType.float32, .float16, .bfloat16] + quantized
  static let variants = [
    TRIMTAB_QUANTIZED_REFERENCE, TRIMTAB_QUANTIZED_AVX2, TRIMTAB_QUANTIZED_AVX512, TRIMTAB_QUANTIZED_NEON,
  ]

  /// What Benchmarks/parity/quantized_blocks.py wrote: blocks with their elements by the gguf package, then numbers
  /// with the blocks it makes of them.
  private struct Golden {
    var blocks: [ElementType: [UInt8]] = [:]
    var elements: [ElementType: [Float]] = [:]
    var numbers: [ElementType: [Float]] = [:]
    var encoded: [ElementType: [UInt8]] = [:]

    init() throws {
      let file = URL(filePath: #filePath).appending(
        path: "../../../Benchmarks/parity/golden/quantized_blocks.bin")
      var rest = try Data(contentsOf: file.standardizedFileURL)[...]
      func bytes(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
      }
      func floats(_ count: Int) -> [Float] {
        bytes(4 * count).withUnsafeBytes { raw in
          (0..<count).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
      }
      for type in QuantizedTests.quantized {
        blocks[type] = bytes(4 * type.blockBytes)
        elements[type] = floats(4 * type.blockLength)
      }
      for type in [ElementType.q8_0, .q4_0, .q4_1] {
        numbers[type] = floats(4 * type.blockLength)
        encoded[type] = bytes(4 * type.blockBytes)
      }
      #expect(rest.isEmpty)
    }
  }

  @Test(arguments: variants)
  func everyVariantDecodesWhatGGMLDecodes(_ variant: trimtab_quantized_variant) throws {
    let golden = try Golden()
    for type in Self.quantized {
      let blocks = try #require(golden.blocks[type])
      let expected = try #require(golden.elements[type])
      var decoded = [Float](repeating: .nan, count: expected.count)
      let storage = try #require(type.storage)
      guard trimtab_dequantize_variant(variant, storage, blocks, &decoded, decoded.count) else { return }
      #expect(decoded.map(\.bitPattern) == expected.map(\.bitPattern), "\(type)")
    }
  }

  @Test(arguments: [ElementType.q8_0, .q4_0, .q4_1])
  func encodersWriteWhatGGMLWrites(_ type: ElementType) throws {
    let golden = try Golden()
    let numbers = try #require(golden.numbers[type])
    let encoded = Tensor(numbers, shape: [4, 32]).converted(to: type)
    #expect(
      Array(UnsafeRawBufferPointer(start: encoded.bytes, count: encoded.byteCount)) == golden.encoded[type])
  }

  /// Random weights of a type whose scales are ordinary numbers.
  static func randomWeights(_ type: ElementType, rows: Int, columns: Int) throws -> Tensor {
    let numbers = Padded([rows, columns], seed: 7).tensor
    let tensor = Tensor(zeros: [rows, columns], elementType: type)
    switch type {
    case .float32: return numbers
    case .float16:
      trimtab_float32_to_float16(
        numbers.floats, tensor.bytes.assumingMemoryBound(to: UInt16.self), tensor.count)
    case .bfloat16:
      trimtab_float32_to_bfloat16(
        numbers.floats, tensor.bytes.assumingMemoryBound(to: UInt16.self), tensor.count)
    default:
      // The golden blocks over and over.
      let blocks = try #require(try Golden().blocks[type])
      for byte in 0..<tensor.byteCount {
        tensor.bytes.storeBytes(of: blocks[byte % blocks.count], toByteOffset: byte, as: UInt8.self)
      }
    }
    return tensor
  }

  @Test(arguments: served)
  func fusedProductsEqualTheSumOfDecodedWeights(_ type: ElementType) throws {
    let storage = try #require(type.storage)
    for columns in type.isQuantized ? [256, 768] : [1, 63, 64, 200] {
      let weight = try Self.randomWeights(type, rows: 1, columns: columns)
      let decoded = Tensor(zeros: [1, columns])
      weight.dequantize(row: 0, count: columns, into: decoded.floats)
      let x = Padded([4, columns], seed: 5).tensor
      for variant in Self.variants {
        for rows in 1...4 {
          var results = [Float](repeating: .nan, count: 4)
          guard
            trimtab_dot_variant(variant, storage, weight.bytes, columns, x.floats, rows, columns, &results)
          else { continue }
          for row in 0..<rows {
            let terms = (0..<columns).map {
              Double(decoded.floats[$0]) * Double(x.floats[row * columns + $0])
            }
            let size = terms.reduce(0) { $0 + abs($1) }
            #expect(abs(Double(results[row]) - terms.reduce(0, +)) <= size * 0x1p-20, "\(variant) \(columns)")
          }
          #expect(results[rows...].count(where: \.isNaN) == 4 - rows)
        }
      }
    }
  }

  @Test(arguments: served, [1, 3, 4, 5, 40])
  func enginesMultiplyEveryStoredType(_ type: ElementType, rows: Int) throws {
    let (input, output) = (512, 75)
    let weight = try Self.randomWeights(type, rows: output, columns: input)
    let x = Padded([rows, input], seed: 1).tensor
    let dy = Padded([rows, output], seed: 2).tensor
    for engine in MatrixEngineTests.engines() {
      let compute = Compute(pool: ThreadPool(threads: 2), engine: engine, arena: try Arena(capacity: 1 << 24))
      let plain = Tensor(zeros: [output, input])
      compute.dequantize(weight, into: plain)
      let (y, plainY) = (Tensor(zeros: [rows, output]), Tensor(zeros: [rows, output]))
      engine.multiply(x, transposed: weight, into: y, adding: false, with: compute)
      engine.multiply(x, transposed: plain, into: plainY, adding: false, with: compute)
      expectClose(y, plainY)
      let (dx, plainDX) = (Tensor(zeros: [rows, input]), Tensor(zeros: [rows, input]))
      engine.multiply(dy, weight, into: dx, adding: false, with: compute)
      engine.multiply(dy, plain, into: plainDX, adding: false, with: compute)
      expectClose(dx, plainDX)
    }
  }

  @Test(arguments: served)
  func rowsAreLookedUp(_ type: ElementType) throws {
    let table = try Self.randomWeights(type, rows: 9, columns: 256)
    let compute = Compute(
      pool: ThreadPool(threads: 2), engine: OpenBLASEngine(), arena: try Arena(capacity: 1 << 20))
    let all = Tensor(zeros: [9, 256])
    compute.dequantize(table, into: all)
    let ids: [UInt32] = [8, 0, 3, 3]
    let found = Tensor(zeros: [4, 256])
    compute.dequantizeRows(of: table, ids: ids, into: found)
    #expect(found.array == ids.flatMap { all.rows(Int($0)..<Int($0) + 1).array })
  }

  private func expectClose(_ found: Tensor, _ expected: Tensor) {
    let size = expected.array.reduce(0) { max($0, abs($1)) }
    let worst = zip(found.array, expected.array).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(worst <= size * 1e-5)
  }
}
