import Testing
import Training

@Suite("Outlier detection")
struct OutlierDetectorTests {
  @Test func judgesNothingWhileTheWindowFills() {
    var detector = OutlierDetector(window: 3)
    detector.record(1)
    detector.record(2)
    #expect(detector.score(100) == nil)
    detector.record(3)
    #expect(detector.score(100) != nil)
  }

  @Test func scoresInStandardDeviations() throws {
    let detector = OutlierDetector(window: 4, values: [1, 3, 1, 3])
    #expect(try #require(detector.score(5)) == 3)
    #expect(try #require(detector.score(2)) == 0)
    #expect(try #require(detector.score(1)) == -1)
  }

  @Test func aFlatWindowJudgesNothing() {
    #expect(OutlierDetector(window: 2, values: [1, 1]).score(5) == nil)
  }

  @Test func forgetsTheOldestAndIgnoresWhatIsNotFinite() {
    var detector = OutlierDetector(window: 2, values: [1, 2])
    detector.record(.nan)
    detector.record(.infinity)
    #expect(detector.values == [1, 2])
    detector.record(3)
    #expect(detector.values == [2, 3])
  }
}
