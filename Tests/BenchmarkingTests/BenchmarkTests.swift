import Formats
import Models
import Proxy
import Tensors
import Testing

@testable import Benchmarking

@Suite("Measuring ourselves")
struct BenchmarkTests {
  private func tiny(_ workloads: [Workload]) -> BenchmarkOptions {
    var options = BenchmarkOptions()
    options.workloads = workloads
    options.shape = .tiny
    options.repetitions = 2
    options.sequences = 2
    options.length = 16
    options.tokens = 8
    options.threads = 2
    options.measuresLimits = false
    return options
  }

  @Test("every workload of random weights gives as many samples as were asked for")
  func workloads() throws {
    let report = try Benchmark(tiny(Workload.usual)).run()
    #expect(report.results.map(\.workload) == Workload.usual)
    for result in report.results {
      #expect(result.rate.samples.count == 2)
      #expect(result.rate.minimum > 0)
    }
    #expect(report.results.first?.peakBytes ?? 0 > 0)
    #expect(report.results.first { $0.workload == .batch }?.alone?.samples.count == 2)
  }

  @Test("what is written as JSON")
  func json() throws {
    let report = try Benchmark(tiny([.train, .batch])).run()
    let json = report.json
    #expect(json["threads"] == 2)
    #expect(json["limits"] == nil)
    let train = json["workloads"]?[0]
    for key in [
      "name", "model", "unit", "median", "minimum", "maximum", "samples", "flops_per_token", "peak_bytes",
    ] {
      #expect(train?[key] != nil, "\(key)")
    }
    #expect(json["workloads"]?[1]?["alone"]?["median"] != nil)
    #expect(json["workloads"]?[1]?["bytes_per_token"] != nil)
  }

  @Test("longer, larger, fewer threads: a table")
  func growth() throws {
    let report = try Benchmark(tiny([.growth])).run()
    #expect(Set(report.growth.map(\.dimension)) == ["length", "batch", "model", "threads"])
    #expect(report.growth.allSatisfy { $0.decode ?? 0 > 0 })
    #expect(report.text.contains("prefill"))
  }

  @Test("options that don't go together")
  func refusals() {
    #expect(throws: BenchmarkError.needsModel(.quantizedLoRA)) { try Benchmark(tiny([.quantizedLoRA])) }
    var options = tiny([.decode])
    options.repetitions = 0
    #expect(throws: BenchmarkError.notPositive("--repeat", 0)) { try Benchmark(options) }
    options = tiny([.decode])
    options.weights = .q4_K
    #expect(throws: BenchmarkError.notStorable(.q4_K)) { try Benchmark(options) }
    options = tiny([.decode])
    options.prompts = ["a"]
    #expect(throws: BenchmarkError.promptsWithoutTokenizer) { try Benchmark(options) }
  }

  @Test("nothing to draft for without an expert")
  func drafting() {
    var options = tiny([.proxy])
    options.drafting = .auto
    #expect(throws: BenchmarkError.draftingWithoutExpert) { try Benchmark(options) }
  }

  @Test("a drafted token may take less than a pass: no share of the memory's speed is told")
  func draftedWork() throws {
    let root = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    let demo = root.joined(separator: "/") + "/checkpoints/demo"
    var options = tiny([.proxy])
    options.selection = ModelSelection(
      model: demo + "/large", experts: [.init(path: demo + "/small")], antiexpert: demo + "/small")
    let plain = try Benchmark(options).run().json["workloads"]?[0]
    #expect(plain?["bytes_per_token"] != nil)
    options.drafting = .auto
    let report = try Benchmark(options).run()
    #expect(report.results.first?.work == nil)
    #expect(report.json["workloads"]?[0]?["median"] != nil)
    #expect(report.json["workloads"]?[0]?["bytes_per_token"] == nil)
    let compute = try Benchmark.makeCompute(options, threads: 2)
    let limits = MachineLimits.measure(with: compute, extent: 128, readBytes: 1 << 20)
    #expect(report.results.first?.share(of: limits) == nil)
  }

  @Test(arguments: [([3], 3), ([3, 1, 2], 2), ([4, 1, 2, 3], 2.5)] as [([Double], Double)])
  func median(samples: [Double], expected: Double) {
    #expect(Measurement(samples).median == expected)
    #expect(Measurement(samples).minimum == samples.min())
    #expect(Measurement(samples).maximum == samples.max())
  }

  @Test("a limit is positive, and a share is work done over it")
  func limits() throws {
    let compute = try Benchmark.makeCompute(tiny([]), threads: 2)
    let limits = MachineLimits.measure(with: compute, extent: 128, readBytes: 1 << 20)
    #expect(limits.registerRate > 0 && limits.multiplyRate > 0 && limits.readRate > 0)
    let result = BenchmarkResult(
      .decode, model: "", rate: Measurement([limits.readRate / 4]), work: .bytes(2))
    #expect(result.share(of: limits) == 0.5)
  }
}

@Suite("Work by formula")
struct ModelWorkTests {
  private let configuration = ModelShape.smolLM2.configuration()

  @Test("SmolLM2's shape: counted by hand")
  func smolLM2() {
    #expect(configuration.parameterCount == 134_515_008)
    let work = ModelWork(configuration)
    // 30 layers of 3,538,944 weights, a head of 28,311,552, attention of 4 · 30 · 576 · 512 / 2.
    let (layers, head, attention) = (106_168_320.0, 28_311_552.0, 17_694_720.0)
    #expect(work.training(length: 512) == 6 * (layers + head) + 3 * attention)
    #expect(
      work.adapterTraining(length: 512, adapterWeights: 10)
        == 4 * (layers + head) + 3 * attention + 60)
    #expect(work.prefill(length: 512) == 2 * layers + attention + 2 * head / 512)
  }

  @Test("a decoded token reads every weight, but of a table apart from the head one row")
  func bytes() {
    let work = ModelWork(configuration)
    let weights = RandomWeights.tensors(ModelShape.tiny.configuration(), as: .bfloat16)
    let all = Double(weights.values.reduce(0) { $0 + $1.byteCount })
    let table = Double(256 * 64 * 2)
    let cache = Double(2 * 30 * 192 * 4 * 100)
    #expect(work.decoding(weights: weights, tiedHead: true, context: 100) == all + cache)
    #expect(work.decoding(weights: weights, tiedHead: false, context: 100) == all - table + cache)
  }

  @Test("what Linux tells of a processor")
  func processor() {
    let text =
      "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nflags\t\t: fpu avx2 avx512_bf16 sse\n\nprocessor\t: 1\n"
    let processor = Processor(cpuinfo: text, count: 2)
    #expect(processor.name == "Some CPU @ 2 GHz")
    #expect(processor.features == ["avx2", "avx512_bf16"])
    #expect(Processor(cpuinfo: "", count: 1).name == "unknown")
  }
}
