import Formats
import Foundation

/// Where a checkpoint comes from: the content of `trimtab.json`.
///
/// This is how a proxy finds its expert's antiexpert.
public struct Provenance: Sendable, Hashable {
  /// The model that was tuned: its path (relative ones as seen from the checkpoint's folder) and fingerprint.
  public struct Source: Sendable, Hashable {
    public var path: String
    public var fingerprint: String

    public init(path: String, fingerprint: String) {
      self.path = path
      self.fingerprint = fingerprint
    }
  }

  /// nil for a model trained from nothing.
  public var tunedFrom: Source?
  /// The resolved recipe, as YAML.
  public var recipe: String?
  public var dataFingerprint: String?
  public var metrics: JSONObject

  public init(
    tunedFrom: Source?, recipe: String? = nil, dataFingerprint: String? = nil,
    metrics: JSONObject = JSONObject()
  ) {
    self.tunedFrom = tunedFrom
    self.recipe = recipe
    self.dataFingerprint = dataFingerprint
    self.metrics = metrics
  }

  /// What the folder says of itself; nil when it says nothing.
  public static func read(folder: String) throws -> Provenance? {
    let path = folder + "/trimtab.json"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let json = try JSON(contentsOf: path)
    guard json["format"]?.stringValue == "trimtab.checkpoint" else {
      throw ModelError.wrongValue(
        "format", found: json["format"]?.text() ?? "missing", expected: "\"trimtab.checkpoint\"", path: path)
    }
    var provenance = Provenance(
      tunedFrom: nil, recipe: json["recipe"]?.stringValue,
      dataFingerprint: json["data_fingerprint"]?.stringValue,
      metrics: json["metrics"]?.objectValue ?? JSONObject())
    if let source = json["tuned_from"], let sourcePath = source["path"]?.stringValue {
      provenance.tunedFrom = Source(path: sourcePath, fingerprint: source["fingerprint"]?.stringValue ?? "")
    }
    return provenance
  }

  /// The file's text.
  public var json: JSON {
    var json: JSONObject = ["format": "trimtab.checkpoint", "version": 1]
    json["tuned_from"] =
      tunedFrom.map { .object(["path": .string($0.path), "fingerprint": .string($0.fingerprint)]) } ?? .null
    json["recipe"] = recipe.map { .string($0) } ?? .null
    json["data_fingerprint"] = dataFingerprint.map { .string($0) } ?? .null
    json["metrics"] = .object(metrics)
    return .object(json)
  }

  /// The path under which a checkpoint in `folder` remembers `target`.
  ///
  /// Relative, so that both can be moved together.
  public static func remembered(_ target: String, from folder: String) -> String {
    let (from, to) = (components(folder), components(target))
    let shared = zip(from, to).prefix { $0 == $1 }.count
    return (Array(repeating: "..", count: from.count - shared) + to[shared...]).joined(separator: "/")
  }

  /// A path's components behind every link, as a path from one folder up and down to another goes.
  private static func components(_ path: String) -> [String] {
    let parts = URL(fileURLWithPath: path).standardizedFileURL.pathComponents
    for count in (1...max(1, parts.count)).reversed() {
      // What isn't there yet has no links.
      let known = NSString.path(withComponents: Array(parts.prefix(count)))
      guard let real = realpath(known, nil) else { continue }
      defer { free(real) }
      return URL(fileURLWithPath: String(cString: real)).pathComponents + parts.dropFirst(count)
    }
    return parts
  }

  /// The path that a checkpoint in `folder` remembers, as seen from here.
  public static func resolved(_ remembered: String, from folder: String) -> String {
    remembered.hasPrefix("/") ? remembered : "\(folder)/\(remembered)"
  }
}
