import Foundation
import Testing

@testable import Tensors

struct CounterRandomTests {
  /// Known answers of Philox4x32-10 from the Random123 library's `kat_vectors`.
  @Test(arguments: [
    (
      UInt64(0), UInt64(0), UInt64(0), SIMD4<UInt32>(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)
    ),
    (
      UInt64.max, UInt64.max, UInt64.max, SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
    ),
    (
      0x299f_31d0_a409_3822, 0x0370_7344_1319_8a2e, 0x85a3_08d3_243f_6a88,
      SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
    ),
  ])
  func blocksAreThePublishedOnes(seed: UInt64, stream: UInt64, index: UInt64, expected: SIMD4<UInt32>) {
    #expect(CounterRandom(seed: seed, stream: stream).block(at: index) == expected)
  }

  private let random = CounterRandom(seed: 20, stream: 3)
  private let draws = 1 << 17

  @Test func uniformNumbersHaveTheirMomentsAndFillTheirRange() {
    let numbers = (0..<draws).map { Double(random.uniform(at: UInt64($0))) }
    #expect(numbers.allSatisfy { 0 <= $0 && $0 < 1 })
    expectMoments(of: numbers, mean: 0.5, variance: 1.0 / 12)
    // χ² with 255 degrees of freedom: 400 lies six standard deviations out.
    var buckets = [Double](repeating: 0, count: 256)
    for number in numbers { buckets[Int(number * 256)] += 1 }
    let expected = Double(draws) / 256
    #expect(buckets.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected } < 400)
  }

  @Test func preciseUniformNumbersHaveTheirMoments() {
    let numbers = (0..<draws).map { random.preciseUniform(at: UInt64($0)) }
    #expect(numbers.allSatisfy { 0 <= $0 && $0 < 1 })
    expectMoments(of: numbers, mean: 0.5, variance: 1.0 / 12)
  }

  @Test func normalNumbersHaveTheirMomentsAndTails() {
    let numbers = (0..<draws).map { Double(random.normal(at: UInt64($0))) }
    expectMoments(of: numbers, mean: 0, variance: 1)
    let fourth = numbers.reduce(0) { $0 + pow($1, 4) } / Double(draws)
    #expect(abs(fourth - 3) < 0.15)
    let beyondTwo = Double(numbers.count { abs($0) > 2 }) / Double(draws)
    #expect(abs(beyondTwo - 0.0455) < 0.003)
  }

  @Test func neighboursAndStreamsAreUncorrelated() {
    let numbers = (0..<draws).map { Double(random.uniform(at: UInt64($0))) - 0.5 }
    let others = [random.substream(0), random.substream(1), CounterRandom(seed: 20, stream: 4)]
    let shifted = Array(numbers.dropFirst()) + [0]
    for other in others.map({ other in (0..<draws).map { Double(other.uniform(at: UInt64($0))) - 0.5 } }) + [
      shifted
    ] {
      let correlation = zip(numbers, other).reduce(0) { $0 + $1.0 * $1.1 } * 12 / Double(draws)
      #expect(abs(correlation) < 5 / Double(draws).squareRoot())
    }
  }

  @Test(arguments: [Float(0), 0.1, 0.5, 1])
  func eventsHappenAsOftenAsAsked(probability: Float) {
    let happened = (0..<draws).count { random.uniform(at: UInt64($0)) < probability }
    #expect(abs(Double(happened) / Double(draws) - Double(probability)) < 0.006)
  }

  @Test func permutationsHoldEveryNumberOnce() {
    let order = random.permutation(of: 1000)
    #expect(order.sorted() == Array(0..<1000))
    #expect(order != Array(0..<1000))
    #expect(order == random.permutation(of: 1000))
    #expect(order != random.substream(1).permutation(of: 1000))
    #expect(random.permutation(of: 0).isEmpty)
    #expect(CounterRandom(seed: 1).permutation(of: 8) == [1, 0, 6, 2, 3, 5, 4, 7])
  }

  @Test func fillingIsDrawingOneByOne() {
    var numbers = [Float](repeating: 0, count: 11)
    numbers.withUnsafeMutableBufferPointer { random.fillNormal($0, standardDeviation: 2) }
    #expect(numbers == (0..<11).map { random.normal(at: $0) * 2 })
  }

  private func expectMoments(of numbers: [Double], mean: Double, variance: Double) {
    let count = Double(numbers.count)
    let found = numbers.reduce(0, +) / count
    let spread = numbers.reduce(0) { $0 + ($1 - found) * ($1 - found) } / count
    #expect(abs(found - mean) < 5 * (variance / count).squareRoot())
    #expect(abs(spread / variance - 1) < 0.02)
  }
}
