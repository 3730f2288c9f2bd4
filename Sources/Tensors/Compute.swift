/// The number format that matrices are multiplied in; sums are float32 in either.
public enum Precision: String, Sendable, Hashable, CaseIterable {
  case fp32, bf16
}

/// What every operation computes with: the threads, the matrix engine and the step's memory.
///
/// Nothing here is global: whoever trains or decodes makes one and passes it down.
public final class Compute: Sendable {
  public let pool: ThreadPool
  public let engine: any MatrixEngine
  public let arena: Arena

  public init(pool: ThreadPool, engine: any MatrixEngine, arena: Arena) {
    self.pool = pool
    self.engine = engine
    self.arena = arena
  }

  /// What infers: so many threads (nil: one a processor), that precision (nil: the fastest here), memory without a plan.
  ///
  /// - Throws: `TensorError` when the machine lacks the precision or refuses the memory.
  public convenience init(threads: Int?, precision: Precision?) throws {
    self.init(
      pool: ThreadPool(threads: threads), engine: try MatrixEngines.make(precision: precision),
      arena: try Arena.unplanned())
  }

  /// Whether kernels are left out because only the memory plan is wanted.
  public var isPlanning: Bool { arena.isPlanning }

  /// The same threads and engine over another arena: a plan's twin.
  public func over(_ arena: Arena) -> Compute { Compute(pool: pool, engine: engine, arena: arena) }

  /// Runs kernels, unless only the plan is wanted.
  ///
  /// Every access to a tensor's elements goes through here.
  public func run(_ kernels: (ThreadPool) -> Void) {
    if !isPlanning { kernels(pool) }
  }
}
