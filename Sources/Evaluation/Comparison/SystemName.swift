/// What the experts of a comparison are called, of which there may be several.
public enum SystemName {
  /// The name of an expert alone, by its place among them: the first is `expert`, the next `expert 2`.
  public static func expert(_ place: Int) -> String { place == 0 ? "expert" : "expert \(place + 1)" }

  /// Whether a system is an expert alone.
  public static func isExpert(_ name: String) -> Bool { name == "expert" || name.hasPrefix("expert ") }
}
