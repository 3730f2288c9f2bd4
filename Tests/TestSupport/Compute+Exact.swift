import Tensors

extension Compute {
  /// Float32 arithmetic on so many threads, over an arena for inference.
  public static func exact(threads: Int) throws -> Compute {
    Compute(pool: ThreadPool(threads: threads), engine: OpenBLASEngine(), arena: try .unplanned())
  }
}
