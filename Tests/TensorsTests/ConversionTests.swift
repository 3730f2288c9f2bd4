import CKernels
import Testing

@testable import Tensors

struct ConversionTests {
  /// Edges, and numbers of every size: zeros, subnormals, ties, the largest, infinities, and what is none.
  static let numbers: [Float] = {
    var numbers: [Float] = [
      0, -0, 1, -1, 65504, 65519.996, 65520, 1e-8, 0x1p-24, 0x1p-25, 0x1.8p-25, 0x1.ffcp-15, 0x1.ffep-15,
      0x1p-14, 3.4e38,
      .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
    ]
    // Every exponent, with mantissas around the ties of both formats.
    for exponent in stride(from: UInt32(0), to: 255, by: 1) {
      for mantissa in [0, 1, 0xFFF, 0x1000, 0x1001, 0x3000, 0x7FFF, 0x8000, 0x8001, 0x18000, 0x7F_FFFF]
        as [UInt32]
      {
        numbers.append(Float(bitPattern: exponent << 23 | mantissa))
        numbers.append(-Float(bitPattern: exponent << 23 | mantissa))
      }
    }
    return numbers
  }()

  @Test func halfPrecisionRoundsToTheNearestEven() {
    let narrow = Self.narrowed(Self.numbers, trimtab_float32_to_float16)
    var wide = [Float](repeating: 0, count: narrow.count)
    trimtab_float16_to_float32(narrow, &wide, narrow.count)
    for (index, number) in Self.numbers.enumerated() {
      // The neighbours in half precision show whether another would have been nearer.
      let magnitude = narrow[index] & 0x7FFF
      if abs(number) >= 65520 {
        #expect(magnitude == 0x7C00)
        continue
      }
      let distance = abs(Double(wide[index]) - Double(number))
      for neighbour in [magnitude &- 1, magnitude + 1] where neighbour < 0x7C00 {
        var other: Float = 0
        trimtab_float16_to_float32([neighbour], &other, 1)
        let further = abs(Double(other) - Double(abs(number)))
        #expect(distance < further || distance == further && magnitude & 1 == 0, "\(number)")
      }
    }
  }

  @Test func bfloat16RoundsToTheNearestEven() {
    let narrow = Self.narrowed(Self.numbers, trimtab_float32_to_bfloat16)
    for (index, number) in Self.numbers.enumerated() {
      let bits = number.bitPattern
      let (kept, cut) = (UInt16(bits >> 16), bits & 0xFFFF)
      let up = cut > 0x8000 || cut == 0x8000 && kept & 1 == 1
      #expect(narrow[index] == (up ? kept + 1 : kept), "\(number)")
    }
    var wide = [Float](repeating: 0, count: narrow.count)
    trimtab_bfloat16_to_float32(narrow, &wide, narrow.count)
    #expect(wide.map { UInt16($0.bitPattern >> 16) } == narrow)
  }

  /// A NaN whose payload lies in the lowest bits only must not become infinity.
  @Test(arguments: [trimtab_float32_to_bfloat16, trimtab_float32_to_float16])
  func noNumberStaysNoNumber(
    _ convert: @Sendable (UnsafePointer<Float>?, UnsafeMutablePointer<UInt16>?, Int) -> Void
  ) {
    let none = [Float](repeating: Float(bitPattern: 0x7F80_0001), count: 17)
    let narrow = Self.narrowed(none, convert)
    #expect(Set(narrow.map { $0 & 0x7FFF }).isSubset(of: [0x7FC0, 0x7E00]))
  }

  private static func narrowed(
    _ numbers: [Float], _ convert: (UnsafePointer<Float>?, UnsafeMutablePointer<UInt16>?, Int) -> Void
  ) -> [UInt16] {
    var narrow = [UInt16](repeating: 0, count: numbers.count)
    convert(numbers, &narrow, numbers.count)
    return narrow
  }
}
