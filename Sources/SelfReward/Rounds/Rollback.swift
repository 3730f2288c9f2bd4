/// Going back to the round that was best, by what can be seen without answers.
enum Rollback {
  /// The rounds up to the one that wins most often against the start under the judge; the start itself wins half.
  ///
  /// Without a judge there is nothing to go by, and the rounds stay as they are.
  static func best(of ledgers: [RoundLedger], say: (String) -> Void) -> [RoundLedger] {
    let rates = ledgers.map { $0.round == 0 ? 0.5 : $0.health.winRate }
    guard rates.allSatisfy({ $0 != nil }) else { return ledgers }
    let best = rates.indices.max { (rates[$0] ?? 0, -$0) < (rates[$1] ?? 0, -$1) } ?? ledgers.count - 1
    guard best < ledgers.count - 1 else { return ledgers }
    say("\(ledgers[best].arm.rawValue): back to round \(best), which the judge prefers")
    return Array(ledgers[...best])
  }
}
