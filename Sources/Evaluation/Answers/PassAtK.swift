/// The chance that of `k` programs at least one passes, from how many of `samples` did.
public enum PassAtK {
  /// The unbiased estimate 1 − C(n − c, k) / C(n, k) (Chen and others, 2021, equation 1), as a product that neither
  /// overflows nor loses digits.
  ///
  /// - Precondition: 0 ≤ passed ≤ samples, 1 ≤ k ≤ samples.
  public static func estimate(samples: Int, passed: Int, k: Int) -> Double {
    precondition(0...samples ~= passed && k >= 1 && k <= samples)
    let failed = samples - passed
    if failed < k { return 1 }
    return 1
      - (failed..<samples).reduce(1.0) { product, count in product * (1 - Double(k) / Double(count + 1)) }
  }
}
