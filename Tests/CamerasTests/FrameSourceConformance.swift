import Cameras
import Testing
import Units

/// What every source of frames keeps to: each implementation runs all of it.
enum FrameSourceConformance {
  /// Runs the whole suite on sources that `make` makes anew.
  ///
  /// - Parameter exposed: how many frames each has in all; nil where the camera decides.
  static func run(
    exposed: Int?, sourceLocation: SourceLocation = #_sourceLocation,
    _ make: () throws -> some FrameSource
  ) throws {
    try check(make(), exposed: exposed, sourceLocation: sourceLocation)
    for count in [1, 2] {
      try checkSkipping(
        make(), first: count, exposed: exposed, sourceLocation: sourceLocation)
    }
  }

  /// Reads a source to its end, checking each promise of the protocol on the way.
  ///
  /// - Parameter exposed: how many frames there are in all; nil where nobody knows.
  @discardableResult
  static func check(
    _ source: some FrameSource, exposed: Int?, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> [CameraFrame] {
    var source = source
    var frames: [CameraFrame] = []
    while let frame = try source.next() {
      checkStep(from: frames.last, to: frame, sourceLocation)
      frames.append(frame)
      #expect(source.account.delivered == frames.count, sourceLocation: sourceLocation)
      checkTroubles(of: source, sourceLocation)
    }
    for _ in 0..<2 {
      let end = try source.next()
      #expect(end?.sequence == nil, "nil stays nil", sourceLocation: sourceLocation)
    }
    #expect(source.nextExposure == nil, "no exposure after the end", sourceLocation: sourceLocation)
    let account = source.account
    #expect(account.delivered == frames.count, sourceLocation: sourceLocation)
    let told = account.delivered + account.dropped + account.lost
    #expect(account.exposed == told, sourceLocation: sourceLocation)
    if let exposed { #expect(account.exposed == exposed, sourceLocation: sourceLocation) }
    let missed = frames.reduce(0) { $0 + $1.lostBefore }
    #expect(missed <= account.dropped + account.lost, sourceLocation: sourceLocation)
    if let last = frames.last {
      #expect(
        last.sequence + 1 == frames.count + missed, "numbers count all frames",
        sourceLocation: sourceLocation)
    }
    checkTroubles(of: source, sourceLocation)
    return frames
  }

  /// What holds from one frame to the next.
  private static func checkStep(
    from last: CameraFrame?, to frame: CameraFrame, _ location: SourceLocation
  ) {
    #expect(frame.lostBefore >= 0, sourceLocation: location)
    #expect(
      frame.sequence == (last?.sequence ?? -1) + frame.lostBefore + 1, "gaps are told",
      sourceLocation: location)
    #expect(frame.picture.channels == 3, sourceLocation: location)
    guard let last else { return }
    #expect(frame.sequence > last.sequence, "numbers rise", sourceLocation: location)
    #expect(frame.exposedAt >= last.exposedAt, "times never fall", sourceLocation: location)
    #expect(
      frame.beltMillimeters >= last.beltMillimeters, "the belt never runs back",
      sourceLocation: location)
    #expect(frame.picture.width == last.picture.width, "one size", sourceLocation: location)
    #expect(frame.picture.height == last.picture.height, "one size", sourceLocation: location)
  }

  private static func checkTroubles(of source: some FrameSource, _ location: SourceLocation) {
    let troubles = source.troubles
    #expect(troubles.recent.count <= SourceTroubles.capacity, sourceLocation: location)
    #expect(troubles.recent.count <= troubles.count, sourceLocation: location)
    #expect(
      source.account.lost == 0 || troubles.count > 0, "losses are told", sourceLocation: location)
    for trouble in troubles.recent {
      #expect(!trouble.place.isEmpty && !trouble.problem.isEmpty, sourceLocation: location)
    }
  }

  /// Passes over frames, at the start and then all that are left.
  ///
  /// A source whose frames come when they come knows no next exposure, and skipping is nothing to
  /// it.
  static func checkSkipping(
    _ source: some FrameSource, first count: Int, exposed: Int?,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var source = source
    guard source.nextExposure != nil else {
      source.skip()
      #expect(source.account.lost == 0, sourceLocation: sourceLocation)
      return
    }
    guard let exposed else {
      Issue.record(
        "a source that knows its next exposure has so many", sourceLocation: sourceLocation)
      return
    }
    for _ in 0..<count {
      let (before, lost) = (source.nextExposure, source.account.lost)
      source.skip()
      #expect(
        source.account.lost > lost || lost == exposed, "what is skipped is lost",
        sourceLocation: sourceLocation)
      if let before, let next = source.nextExposure {
        #expect(next > before, sourceLocation: sourceLocation)
      }
    }
    #expect(source.account.delivered == 0, sourceLocation: sourceLocation)
    if let frame = try source.next() {
      #expect(frame.sequence == frame.lostBefore, sourceLocation: sourceLocation)
      #expect(frame.lostBefore >= count, sourceLocation: sourceLocation)
    }
    for _ in 0..<exposed + 3 { source.skip() }
    #expect(source.account.exposed == exposed, "all are counted", sourceLocation: sourceLocation)
    let end = try source.next()
    #expect(end?.sequence == nil, "skipping ends too", sourceLocation: sourceLocation)
    checkTroubles(of: source, sourceLocation)
  }
}
