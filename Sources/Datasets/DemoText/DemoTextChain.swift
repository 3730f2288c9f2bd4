extension DemoText {
  /// How hard chained problems are.
  public struct ChainDifficulty: Sendable, Hashable {
    /// How many gains and losses follow on what is held at first, at least two.
    public var steps: ClosedRange<Int>
    /// No number of the problem or its working is larger.
    public var largest: Int
    /// Of a hundred problems so many begin with bags of things, so that their first step is a product.
    public var bagsPercent: Int

    public init(steps: ClosedRange<Int>, largest: Int = 15, bagsPercent: Int = 0) {
      precondition(steps.lowerBound >= 2 && largest >= 4 && (0...100).contains(bagsPercent))
      self.steps = steps
      self.largest = largest
      self.bagsPercent = bagsPercent
    }
  }

  /// A problem of several steps, apart into what may be shown to whom.
  ///
  /// It is told in the words of the pretraining text, which has two or three steps; more of them are harder.
  public struct Chain: Sendable, Hashable {
    /// `Question: …`, and on a second line `Answer:`, with which it ends.
    public let prompt: String
    /// The same as a narrative in the past tense, up to where its working begins.
    public let narrative: String
    /// What should follow either: the working with the space before it, and a full stop.
    public let response: String
    /// The answer alone.
    public let answer: String
    /// Who holds which things.
    public let holder: String
    public let thing: String
    /// What is given, apart from who holds which things: equal numbers are the same problem.
    public let content: String
    /// What is held at first, and what happens to it.
    let opening: Opening
    let changes: [Int]

    enum Opening: Sendable, Hashable {
      case held(Int)
      case bags(Int, each: Int)
    }

    /// A story a step, in the words that pretraining has for a single one: what was held and what happened.
    ///
    /// - Parameter held: What a step begins with: the quantity of the first one is given, nobody has worked out the
    ///   others.
    public func stories(held: (_ given: String?) -> String) -> [String] {
      typealias Words = DemoTextWords
      var stories: [String] = []
      var given: String?
      switch opening {
      case .held(let count): given = Words.quantity(count, thing)
      case .bags(let bags, let each):
        stories.append("\(holder) had \(bags) bags with \(Words.quantity(each, thing)) in each.")
      }
      for change in changes {
        let happened = change > 0 ? "found \(change) more" : "lost \(-change)"
        stories.append("\(holder) had \(held(given)) and \(happened).")
        given = nil
      }
      return stories
    }
  }

  /// `count` different chained problems of a split.
  ///
  /// The split follows from the numbers, as it does for the pretraining text, which holds none of the development
  /// and test splits.
  public static func chains(
    _ split: Split, difficulty: ChainDifficulty, count: Int, seed: UInt64,
    where belongs: (Chain) -> Bool = { _ in true }
  ) -> [Chain] {
    var random = DemoTextRandom(seed: seed)
    var seen: Set<String> = []
    var chains: [Chain] = []
    // Easy problems are few: then there are fewer than were asked for.
    var attempts = 200 * count + 10_000
    while chains.count < count, attempts > 0 {
      attempts -= 1
      let chain = chain(difficulty, using: &random)
      guard DemoTextProblem.split(ofContent: chain.content) == split, belongs(chain) else { continue }
      if seen.insert(chain.content).inserted { chains.append(chain) }
    }
    return chains
  }

  private static func chain(_ difficulty: ChainDifficulty, using random: inout DemoTextRandom) -> Chain {
    typealias Words = DemoTextWords
    let (holder, thing) = (random.pick(Words.people), random.pick(Words.things))
    var (start, working, content) = ("", [String](), "")
    let held: Int
    let opening: Chain.Opening
    if random.happens(percent: difficulty.bagsPercent) {
      let bags = random.integer(in: 2...min(5, difficulty.largest / 2))
      let each = random.integer(in: 1...difficulty.largest / bags)
      held = bags * each
      opening = .bags(bags, each: each)
      start = "\(bags) bags with \(Words.quantity(each, thing)) in each"
      working = ["\(bags) x \(each) = \(held)"]
      content = "bags \(bags) \(each) "
    } else {
      held = random.integer(in: 1...difficulty.largest)
      opening = .held(held)
      start = Words.quantity(held, thing)
    }
    let changes = DemoTextProblem.changes(
      from: held, count: random.integer(in: difficulty.steps), upTo: difficulty.largest, using: &random)
    working += DemoTextProblem.working(from: held, changes)
    let asked = DemoTextProblem.story(changes, isPast: false)
    let told = DemoTextProblem.story(changes, isPast: true)
    return Chain(
      prompt:
        "Question: \(holder) has \(start), \(asked). How many \(thing)s does \(holder) have now?\nAnswer:",
      narrative: "\(holder) had \(start), \(told).", response: " \(working.joined(separator: ", ")).",
      answer: "\(changes.reduce(held, +))", holder: holder, thing: thing,
      content: "\(content)steps \(held) \(changes)", opening: opening, changes: changes)
  }
}
