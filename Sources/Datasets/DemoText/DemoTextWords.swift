/// The words that the demo's text is made of: few, so that a tiny vocabulary holds each as one token.
enum DemoTextWords {
  static let people = ["Tom", "Mia", "Ben", "Ana", "Sam", "Eva", "Max", "Zoe"]

  /// Singular; the plural adds an s.
  static let things = ["apple", "book", "coin", "shell", "stone", "card", "egg", "bell"]

  static let colours = ["red", "blue", "green", "white"]

  static let nouns = [
    "river", "lamp", "moon", "tree", "bird", "door", "fish", "rain", "house", "boat", "hat", "snow",
  ]

  /// What a question in the pretraining text mostly gets instead of its answer: the habit to be tuned away.
  static let hedges: [(element: String, weight: Int)] = [
    ("Who can say?", 55), ("I would rather not guess.", 20), ("Let us ask someone else.", 15),
    ("That is hard to know.", 10),
  ]

  static func quantity(_ count: Int, _ thing: String) -> String {
    count == 1 ? "1 \(thing)" : "\(count) \(thing)s"
  }
}
