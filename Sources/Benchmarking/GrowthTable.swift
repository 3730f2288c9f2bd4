import Decoding
import Formats
import Foundation
import Models
import Tensors

/// How the speed changes as the work grows: longer sequences, larger batches and models, fewer threads.
public struct GrowthTable {
  /// Tokens a second under one setting; nil where it wasn't measured.
  public struct Row: Sendable, Hashable {
    /// What grows, and how large it is here.
    public let dimension: String
    public let value: String
    public var train: Double?
    public var lora: Double?
    public var prefill: Double?
    public var decode: Double?
  }

  private let options: BenchmarkOptions

  init(_ options: BenchmarkOptions) { self.options = options }

  /// Tokens in a training step, whatever their sequences.
  private static let stepTokens = 4096
  /// Full training keeps sixteen bytes a weight: larger models are tuned by adapters.
  private static let largestTrained = ModelShape.half

  /// Measures every row once; some minutes.
  func measure(note: (String) -> Void) throws -> [Row] {
    var rows: [Row] = []
    // Each row has an arena of its own, so that none keeps the memory that a larger one took.
    func add(
      _ dimension: String, _ value: String, threads: Int? = nil, _ fill: (inout Row, Compute) throws -> Void
    ) throws {
      note("growth: \(dimension) \(value)")
      var row = Row(dimension: dimension, value: value)
      try fill(&row, try Benchmark.makeCompute(options, threads: threads ?? options.threads))
      rows.append(row)
    }

    let isTiny = options.shape == .tiny
    for length in isTiny ? [16, 32] : [128, 256, 512, 1024, 2048, 4096] {
      try add("length", "\(length)") { row, compute in
        row.train = try train(options.shape, max(1, Self.stepTokens / length), length, compute)
        row.prefill = try prefill(options.shape, length, compute)
        row.decode = try decode(options.shape, after: length, compute)
      }
    }
    for sequences in [1, 2, 4, 8, 16] {
      try add("batch", "\(sequences)") { row, compute in
        row.train = try train(options.shape, sequences, options.length, compute)
        row.decode = try decode(options.shape, sequences: sequences, compute)
      }
    }
    for shape in isTiny ? [.tiny] : ModelShape.allCases where isTiny || shape != .tiny {
      try add("model", shape.rawValue) { row, compute in try measure(shape, &row, compute) }
    }
    let most = options.threads ?? Processor.current.count
    for threads in Array(sequence(first: 1) { $0 * 2 < most ? $0 * 2 : nil }) + (most > 1 ? [most] : []) {
      try add("threads", "\(threads)", threads: threads) { row, compute in
        try measure(options.shape, &row, compute)
      }
    }
    return rows
  }

  private func measure(_ shape: ModelShape, _ row: inout Row, _ compute: Compute) throws {
    let sizes = ModelShape.allCases
    if sizes.firstIndex(of: shape) ?? 0 <= sizes.firstIndex(of: Self.largestTrained) ?? 0 {
      row.train = try train(shape, options.sequences, options.length, compute)
    }
    let configuration = shape.configuration()
    let tuning = TrainingWorkload(
      configuration: configuration, frozen: RandomWeights.tensors(configuration, as: .bfloat16),
      sequences: options.sequences, length: options.length)
    row.lora = try tuning.rates(steps: 1, compute: compute)[0]
    row.prefill = try prefill(shape, options.length, compute)
    row.decode = try decode(shape, compute)
  }

  private func train(_ shape: ModelShape, _ sequences: Int, _ length: Int, _ compute: Compute) throws
    -> Double
  {
    try TrainingWorkload(configuration: shape.configuration(), sequences: sequences, length: length)
      .rates(steps: 1, compute: compute)[0]
  }

  private func prefill(_ shape: ModelShape, _ length: Int, _ compute: Compute) throws -> Double {
    let subject = try BenchmarkSubject(random(shape), compute: compute)
    return try DecodingWorkload(subject.model, promptLength: length, count: 1).prefillRates()[0]
  }

  private func decode(
    _ shape: ModelShape, after length: Int = 1, sequences: Int = 1, _ compute: Compute
  ) throws -> Double {
    let subject = try BenchmarkSubject(random(shape), compute: compute)
    return try DecodingWorkload(subject.model, promptLength: length, count: 1)
      .decodingRates(tokens: min(options.tokens, 32), sequences: sequences)[0]
  }

  /// The options with random weights of that shape.
  private func random(_ shape: ModelShape) -> BenchmarkOptions {
    var options = options
    options.selection = nil
    options.shape = shape
    return options
  }

  /// The rows as a table; none when there are none.
  static func lines(_ rows: [Row]) -> [String] {
    guard !rows.isEmpty else { return [] }
    func cell(_ rate: Double?) -> String { rate.map { String(format: "%10.1f", $0) } ?? "         -" }
    return ["tokens/s               train      lora   prefill    decode"]
      + rows.map { row in
        "\(row.dimension.padded(8)) \(row.value.padded(8))"
          + [row.train, row.lora, row.prefill, row.decode].map(cell).joined()
      }
  }
}

extension GrowthTable.Row {
  var json: JSON {
    var object: JSONObject = ["dimension": .string(dimension), "value": .string(value)]
    for (key, rate) in [("train", train), ("lora", lora), ("prefill", prefill), ("decode", decode)] {
      if let rate { object[key] = .number(rate) }
    }
    return .object(object)
  }
}
