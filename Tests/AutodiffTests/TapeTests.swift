import Tensors
import Testing

@testable import Autodiff

/// What holds for whole steps: equal bits, and memory that comes back.
struct TapeTests {
  private static let sequences: [[UInt32]] = [90, 1, 130, 37].enumerated().map { number, count in
    numbers(count, seed: 40 + number).map { UInt32(abs($0) * 96) }
  }

  private func decoder() -> TinyDecoder {
    TinyDecoder(vocabulary: 97, hidden: 64, layers: 3, heads: 4, kvHeads: 2)
  }

  /// The loss and every gradient of one step, as bits.
  private func bits(threads: Int, checkpointing: Bool) throws -> [UInt32] {
    let decoder = decoder()
    let loss = try decoder.step(
      Self.sequences, checkpointing: checkpointing, with: makeCompute(threads: threads))
    return [UInt32(truncatingIfNeeded: loss.bitPattern)]
      + decoder.parameters.flatMap { $0.gradient.array.map(\.bitPattern) }
  }

  @Test func checkpointingChangesNoBit() throws {
    #expect(try bits(threads: 2, checkpointing: true) == bits(threads: 2, checkpointing: false))
  }

  @Test(arguments: [2, 3])
  func theNumberOfThreadsChangesNoBit(_ threads: Int) throws {
    #expect(try bits(threads: threads, checkpointing: false) == bits(threads: 1, checkpointing: false))
  }

  @Test(arguments: [false, true])
  func memoryComesBackAndThePlanForesaw(_ checkpointing: Bool) throws {
    let (decoder, compute) = (decoder(), try makeCompute())
    _ = decoder.step(Self.sequences, checkpointing: checkpointing, with: compute)
    #expect(compute.arena.bytesInUse == 0)
    let planning = Arena.planning()
    _ = decoder.step(Self.sequences, checkpointing: checkpointing, with: compute.over(planning))
    #expect(planning.bytesInUse == 0)
    #expect(planning.peakBytes == compute.arena.peakBytes)
    #expect(planning.extentBytes == compute.arena.extentBytes)
  }

  @Test func checkpointingSavesMemory() throws {
    let peaks = try [true, false].map { checkpointing in
      let compute = try makeCompute().over(.planning())
      _ = decoder().step(Self.sequences, checkpointing: checkpointing, with: compute)
      return compute.arena.peakBytes
    }
    #expect(peaks[0] < peaks[1] * 2 / 3)
  }

  /// A tape that is thrown away gives its memory back, though nothing ran backwards.
  @Test func anAbandonedTapeGivesItsMemoryBack() throws {
    let compute = try makeCompute()
    do {
      let tape = Tape(compute: compute, isRecording: true)
      let x = Parameter([1, 2], shape: [1, 2])
      _ = tape.add(tape.scale(x.variable, by: 2), x.variable)
    }
    #expect(compute.arena.bytesInUse == 0)
  }

  @Test func nothingIsRecordedForConstants() throws {
    let compute = try makeCompute()
    let tape = Tape(compute: compute, isRecording: true)
    let x = Variable(Tensor([1, 2], shape: [1, 2]))
    #expect(!tape.add(x, x).requiresGradient)
    let forgetful = Tape(compute: compute, isRecording: false)
    let learnt = Parameter([1, 2], shape: [1, 2])
    #expect(!forgetful.add(learnt.variable, x).requiresGradient)
    #expect(forgetful.dropout(x, Dropout(rate: 0.5, seed: 1, step: 1, site: 1)).value.array == [1, 2])
  }

  /// A gradient that a sum passes to both its inputs isn't spoilt when one of them gathers more.
  @Test func sharedGradientsAreCopiedBeforeTheyAreAddedTo() throws {
    let tape = Tape(compute: try makeCompute(), isRecording: true)
    let (x, y) = (Parameter([1, 2], shape: [1, 2]), Parameter([3, 4], shape: [1, 2]))
    let (a, b) = (tape.scale(x.variable, by: 2), tape.scale(y.variable, by: 3))
    let sum = tape.add(a, b)
    let product = tape.add(tape.scale(a, by: 10), sum)
    tape.seed(product, with: Tensor([1, 10], shape: [1, 2]))
    tape.backward()
    #expect(x.gradient.array == [22, 220])
    #expect(y.gradient.array == [3, 30])
  }

  @Test func dropoutKeepsItsRateAndItsMean() throws {
    let tape = Tape(compute: try makeCompute(), isRecording: true)
    let ones = Variable(Tensor([Float](repeating: 1, count: 100_000), shape: [100, 1000]))
    let masks = (0..<2).map { site in
      tape.dropout(ones, Dropout(rate: 0.3, seed: 5, step: 9, site: site)).value.array
    }
    for mask in masks {
      let kept = mask.filter { $0 != 0 }
      #expect(abs(Double(kept.count) / 100_000 - 0.7) < 0.005)
      #expect(kept.allSatisfy { $0 == 1 / 0.7 })
    }
    // Sites are independent: both keep an element with probability 0.49.
    let both = zip(masks[0], masks[1]).filter { $0 != 0 && $1 != 0 }.count
    #expect(abs(Double(both) / 100_000 - 0.49) < 0.006)
  }
}
