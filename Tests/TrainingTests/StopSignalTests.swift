import Foundation
import Testing
import Training

@Suite("Stop signals")
struct StopSignalTests {
  @Test func aSignalOnlyAsksForAStop() async throws {
    // SIGUSR2 instead of SIGINT, which belongs to the test runner.
    let stop = StopSignal(listeningFor: [SIGUSR2])
    #expect(!stop.isRequested)
    kill(getpid(), SIGUSR2)
    for _ in 0..<500 where !stop.isRequested { try await Task.sleep(for: .milliseconds(10)) }
    #expect(stop.isRequested)
  }

  @Test func aStopCanBeAskedForWithoutASignal() {
    let stop = StopSignal(listeningFor: [])
    stop.request()
    #expect(stop.isRequested)
  }
}
