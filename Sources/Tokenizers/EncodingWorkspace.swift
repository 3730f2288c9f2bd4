import Synchronization

/// The memory that one call of `encode` works in; kept between calls, used by one at a time.
final class EncodingWorkspace {
  let matcher = RegularExpressionMatcher()
  var pieces = PieceList()
  var merger = SymbolMerger()
  var cache = PieceCache()
}

/// Lends workspaces, so that any number of threads can encode at once without waiting for each other.
final class EncodingWorkspacePool: Sendable {
  private struct Idle: @unchecked Sendable {  // a workspace in here belongs to nobody
    var workspaces: [EncodingWorkspace] = []
  }
  private let idle = Mutex(Idle())

  /// Runs `body` with a workspace that nobody else uses.
  func withWorkspace<Result>(_ body: (EncodingWorkspace) -> Result) -> Result {
    let workspace = idle.withLock { $0.workspaces.popLast() } ?? EncodingWorkspace()
    let result = body(workspace)
    idle.withLock { $0.workspaces.append(workspace) }
    return result
  }
}
