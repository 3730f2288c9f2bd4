// swift-tools-version: 6.2
import Foundation
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// One room of the house: a library target and its mirror under `Tests/`.
func room(
  _ name: String, _ dependencies: [Target.Dependency] = [], tests: [Target.Dependency] = []
) -> [Target] {
  [
    .target(name: name, dependencies: dependencies, swiftSettings: strict),
    .testTarget(
      name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies + tests,
      // Read by path, so that they needn't be built into a bundle.
      exclude: ["Fixtures", "hostile"].filter {
        FileManager.default.fileExists(atPath: Context.packageDirectory + "/Tests/\(name)Tests/\($0)")
      },
      swiftSettings: strict),
  ]
}

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")

// Floors from the bottom up; a room depends only on rooms listed before it.
let package = Package(
  name: "trimtab",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "trimtab", targets: ["trimtab"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    // 0: C kernels, system libraries and their shims; errors as data
    .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3", "-fno-math-errno"])]),
    .target(name: "CSandbox"),
    .target(name: "COneDNN", linkerSettings: [.linkedLibrary("dnnl", .when(platforms: [.linux]))]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
    .systemLibrary(
      name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
    .systemLibrary(
      name: "CPCRE2", pkgConfig: "libpcre2-8",
      providers: [.apt(["libpcre2-dev"]), .brew(["pcre2"])]),
  ]
    + room("Diagnostics")
    // 1
    + room("Tensors", ["Diagnostics", "CKernels", "COpenBLAS", "COneDNN"])
    // 2
    + room("Autodiff", ["Tensors", "CKernels"])
    + room("Formats", ["Diagnostics", "Tensors", "CHDF5", crypto])
    // 3
    + room("Tokenizers", ["Diagnostics", "Formats", "CPCRE2"])
    + room("Models", ["Diagnostics", "Tensors", "Autodiff", "Formats"])
    // 4
    + room("Datasets", ["Diagnostics", "Tensors", "Formats", "Tokenizers"])
    + room(
      "Decoding", ["Diagnostics", "Tensors", "Tokenizers", "Models", "Autodiff", "CKernels"],
      tests: ["TestSupport"])
    // 5
    + room(
      "Proxy", ["Diagnostics", "Tensors", "Formats", "Tokenizers", "Models", "Decoding", "CKernels"],
      tests: ["TestSupport"])
    + room(
      "Training",
      [
        "Diagnostics", "Tensors", "Autodiff", "Formats", "Tokenizers", "Models", "Datasets", "Decoding",
        "CKernels",
      ], tests: ["TestSupport"])
    + room(
      "Evaluation",
      [
        "Diagnostics", "Tensors", "Formats", "Tokenizers", "Datasets", "Decoding", "Proxy", "CSandbox",
      ], tests: ["TestSupport"])
    // 6
    + room(
      "SelfReward",
      [
        "Diagnostics", "Tensors", "Formats", "Tokenizers", "Models", "Datasets", "Decoding", "Proxy",
        "Training", "Evaluation",
      ], tests: ["TestSupport"])
    // 7
    + room("Recipes", ["Diagnostics", yams])
    + room(
      "Runs",
      [
        "Diagnostics", "Tensors", "Formats", "Tokenizers", "Models", "Datasets", "Decoding", "Proxy",
        "Training", "Evaluation", "SelfReward", "Recipes",
      ])
    + room(
      "Benchmarking",
      [
        "Diagnostics", "Tensors", "CKernels", "Autodiff", "Formats", "Tokenizers", "Models", "Datasets",
        "Decoding", "Proxy", "Training",
      ])
    // 8
    + [
      .executableTarget(
        name: "trimtab",
        dependencies: [
          "Diagnostics", "Tensors", "Formats", "Tokenizers", "Models", "Datasets",
          "Decoding", "Proxy", "Training", "Evaluation", "SelfReward", "Recipes", "Runs", "Benchmarking",
          argumentParser,
        ], swiftSettings: strict),
      .target(
        name: "TestSupport", dependencies: ["Decoding", "Tensors", "Tokenizers"], path: "Tests/TestSupport",
        swiftSettings: strict),
      .testTarget(
        name: "CommandTests", dependencies: ["trimtab", "Formats"], swiftSettings: strict),
    ]
)
