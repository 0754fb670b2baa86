import Diagnostics
import Foundation
import Synchronization
import Tensors
import Units

@testable import Services

/// Things to store, each different from all others, and waits for what a keeper does.
enum StoreSamples {
  static func piece(_ number: Int, at instant: LineInstant = .init(seconds: 1)) -> PieceReport {
    var random = SplitMix64(seed: UInt64(number), purpose: "piece")
    func share() -> Double { Double(random.next() >> 11) / Double(1 << 53) }
    var piece = PieceReport(
      piece: number, class: number.isMultiple(of: 3) ? "unknown" : "copper \"1\"",
      likeliest: "brass", confidence: share(), probabilities: [share(), share(), 1e-300],
      exposedAt: instant.advanced(by: .milliseconds(-12)), decidedAt: instant)
    (piece.energy, piece.views) = (-9 * share(), number % 7)
    (piece.isEjected, piece.isLate) = (number.isMultiple(of: 2), number.isMultiple(of: 5))
    (piece.squareMillimeters, piece.acrossMillimeters) = (300 * share(), -100 * share())
    if !number.isMultiple(of: 4) {
      piece.deadline = instant.advanced(by: .milliseconds(80))
      piece.slackMilliseconds = 80 * share()
    }
    return piece
  }

  static func blast(_ number: Int) -> BlastReport {
    var blast = BlastReport(
      piece: number, commandAt: .init(seconds: Double(number) / 7), opensAt: .init(seconds: 2),
      closesAt: .init(seconds: 2.01), acrossMillimeters: -1.5...Double(number))
    if number.isMultiple(of: 2) { blast.nozzles = Array(0..<(number % 5)) }
    return blast
  }

  static func setup(_ bundle: String, lot: String? = nil) -> LineSetup {
    var setup = LineSetup(
      source: "belt", bundle: bundle, bundleDigest: Digest(of: bundle).hexadecimal,
      calibration: "rig-1",
      classes: [
        ShownClass(name: "copper \"1\"", color: "#e69f00", threshold: 0.5, isEjected: true)
      ])
    setup.lot = lot
    setup.settings = ["eject": "copper \"1\"", "rate": "10.0"]
    return setup
  }

  /// All pieces of a store, oldest first.
  static func pieces(_ file: URL, _ wanted: StoreSelection = .init()) throws -> [StoredPiece] {
    let found = Mutex<[StoredPiece]>([])
    try StoreReader(file).pieces(wanted) { piece in found.withLock { $0.append(piece) } }
    return found.withLock { $0 }
  }

  /// Waits in a process of its own for a trouble of that name, or says what there is instead.
  static func trouble(of keeper: StoreKeeper, is name: String) throws {
    guard !waits(until: { keeper.status.trouble?.id == name }) else { return }
    throw Complaint("store", "\(keeper.status) found, \(name) wanted")
  }

  /// Whether something comes true within a minute.
  static func waits(until isSo: () -> Bool) -> Bool {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      if isSo() { return true }
      Thread.sleep(forTimeInterval: 0.01)
    }
    return false
  }
}
