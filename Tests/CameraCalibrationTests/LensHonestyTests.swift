@testable import CameraCalibration
import Foundation
import Tensors
import TestSupport
import Testing
import Units

/// Whether what a calibration says of its own uncertainty is true.
@Suite("Lens honesty")
struct LensHonestyTests {
  /// 200, or as many as the environment's `MIRAGE_RIGS` says.
  static let rigs = ProcessInfo.processInfo.environment["MIRAGE_RIGS"].flatMap(Int.init) ?? 200

  /// What rigs of known lenses gave.
  struct Tally {
    var rigs = 0
    /// How often each number's truth lay within its 95 % bound.
    var within = [Int](repeating: 0, count: 9)
    /// Squared errors in units of what the stated bound would be the 95 % quantile of.
    var squares = [Double](repeating: 0, count: 9)
    var misfits: [Double] = []
    /// How often a board that is not stretched lay within the bound of that.
    var unstretched = 0

    mutating func note(_ found: LensCalibration, truth: LensModel) {
      rigs += 1
      misfits.append(found.misfit)
      if let stretch = found.stretch, abs(stretch.percent) <= stretch.bound { unstretched += 1 }
      let (own, known) = (found.lens.parameters, truth.parameters)
      for index in 0..<9 {
        let error = abs(own[index] - known[index])
        if error <= found.bounds[index] { within[index] += 1 }
        let stated = found.bounds[index] / 1.96
        squares[index] += error * error / (stated * stated)
      }
    }

    func expectHonest(_ what: String) {
      if rigs > 200 { print("\(what): \(rigs) rigs, within \(within), stretch \(unstretched)") }
      for (index, name) in LensModel.parameterNames.enumerated() {
        let share = Double(within[index]) / Double(rigs)
        #expect(share >= 0.95, "\(what): \(name) is within its bound in \(share) of \(rigs)")
        // The actual spread over the stated one: bounds twice too wide would give a half.
        let spread = (squares[index] / Double(rigs)).squareRoot()
        #expect(spread > 0.5, "\(what): \(name) is stated \(1 / spread) times too wide")
      }
    }
  }

  @Test("the truth lies within the stated bounds, and these are not too wide", .tags(.slow))
  func simulatedDetections() throws {
    var random = SplitMix64(seed: 2026, purpose: "lens rigs")
    var tally = Tally()
    for _ in 0..<Self.rigs {
      let boards = SimulatedBoards(using: &random)
      let count = 12 + random.nextIndex(below: 24)
      let found = try LensCalibration(of: boards.views(count, using: &random))
      #expect(found.rejected.isEmpty, "\(found.rejected)")
      tally.note(found, truth: boards.lens)
    }
    tally.expectHonest("noise alone")
    let share = Double(tally.unstretched) / Double(tally.rigs)
    #expect(share >= 0.95, "the stretch is within its bound in \(share) of \(tally.rigs)")
  }

  @Test("boards that are not flat widen the bounds", .tags(.slow))
  func bentBoards() throws {
    var random = SplitMix64(seed: 2027, purpose: "lens rigs")
    var tally = Tally()
    for _ in 0..<60 {
      var boards = SimulatedBoards(using: &random)
      boards.noise = 0.05
      // Each view sees another bend, as a held sheet shows it: corners pulled along by 0.3 px.
      let views = boards.views(20, using: &random).map { view in
        var view = view
        let (a, b) = (random.nextNormal() * 0.3, random.nextNormal() * 0.3)
        for index in view.corners.indices {
          let corner = view.corners[index].board
          let x = 2 * corner.x / (8 * boards.sideMillimeters) - 1
          let y = 2 * corner.y / (5 * boards.sideMillimeters) - 1
          view.corners[index].picture.x += a * (x * x - 0.5)
          view.corners[index].picture.y += b * (y * y - 0.5)
        }
        return view
      }
      var settings = LensSettings()
      settings.residualFactor = 10
      tally.note(try LensCalibration(of: views, settings: settings), truth: boards.lens)
    }
    #expect(median(tally.misfits) > 1.5)
    for (index, name) in LensModel.parameterNames.enumerated() {
      let share = Double(tally.within[index]) / Double(tally.rigs)
      #expect(share >= 0.9, "\(name) is within its bound in \(share) of \(tally.rigs)")
    }
  }

  @Test("what a pixel shows lies on the belt within the bound, lens and pose together")
  func belt() throws {
    var random = SplitMix64(seed: 5, purpose: "belt errors")
    let boards = SimulatedBoards(LensModelTests.barrel)
    let found = try LensCalibration(of: boards.views(20, using: &random))
    let pose = BoardPose(
      rotation: rotationMatrix(0.3, -0.2, 0.1), translation: [-200, -100, 800])
    var poseCovariance = [Double](repeating: 0, count: 36)
    for index in 0..<3 { poseCovariance[7 * index] = 1e-8 }
    for index in 3..<6 { poseCovariance[7 * index] = 0.04 }
    let map = found.errors(on: UncertainPose(pose: pose, covariance: poseCovariance))
    let factor = try #require(cholesky(found.covariance, size: 9))
    // Lenses and poses as the covariances have them, about the one found.
    var (inside, all) = (0, 0)
    let rays = try #require(Homography<BeltFrame, RayFrame>(matrix: pose.toRays).inverse)
    for _ in 0..<200 {
      let normals = (0..<9).map { _ in random.nextNormal() }
      var lens = found.lens
      lens.parameters = (0..<9).map { row -> Double in
        var value = found.lens.parameters[row]
        for column in 0...row { value += factor[row * 9 + column] * normals[column] }
        return value
      }
      let moved = pose.moved(
        by: (0..<6).map { poseCovariance[7 * $0].squareRoot() * random.nextNormal() })
      let other = try #require(Homography<BeltFrame, RayFrame>(matrix: moved.toRays).inverse)
      for index in map.pixels.indices {
        guard let bound = map.millimeters[index] else { continue }
        let first = rays(try #require(found.lens.ray(at: map.pixels[index])))
        let second = other(try #require(lens.ray(at: map.pixels[index])))
        let (x, y) = (first.x - second.x, first.y - second.y)
        all += 1
        // The bound allows for few views; these lenses are exactly normal.
        if (x * x + y * y).squareRoot() <= bound * 1.959964 / found.coverageFactor { inside += 1 }
      }
    }
    expectClose(Double(inside) / Double(all), 0.95, absolute: 0.02)
  }

  @Test("what an aligned map takes up is no error")
  func alignment() throws {
    var random = SplitMix64(seed: 6, purpose: "belt errors")
    let found = try LensCalibration(
      of: SimulatedBoards(LensModelTests.barrel).views(20, using: &random))
    let alone = found.errors(
      on: UncertainPose(
        pose: BoardPose(rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1], translation: [0, 0, 700]),
        covariance: [Double](repeating: 0, count: 36)))
    let aligned = found.errorsAfterAlignment(atMillimeters: 700)
    #expect(aligned.bound < 0.5 * alone.bound)
    #expect(aligned.bound > 0)
    // Twice as far, twice as large.
    expectClose(
      found.errorsAfterAlignment(atMillimeters: 1400).bound, 2 * aligned.bound, absolute: 0,
      relative: 1e-6)
  }

  @Test("95 % of a normal distribution lie within the circle")
  func circle() {
    expectClose(circle95(xx: 4, xy: 0, yy: 4), 2 * 2.447747, absolute: 1e-3)
    expectClose(circle95(xx: 9, xy: 0, yy: 0), 3 * 1.959964, absolute: 1e-6)
    var random = SplitMix64(seed: 3)
    let (a, b, c) = (2.0, 0.7, 0.5)
    let radius = circle95(xx: a * a + b * b, xy: b * c, yy: c * c)
    let inside = (0..<20_000).count { _ in
      let (u, v) = (random.nextNormal(), random.nextNormal())
      let (x, y) = (a * u + b * v, c * v)
      return (x * x + y * y).squareRoot() <= radius
    }
    expectClose(Double(inside) / 20_000, 0.95, absolute: 0.005)
  }

  @Test("Student's factor is that of the tables")
  func student() {
    expectClose(coverageFactor(degrees: 4), 2.7764, absolute: 0.01)
    expectClose(coverageFactor(degrees: 11), 2.2010, absolute: 1e-3)
    expectClose(coverageFactor(degrees: 39), 2.0227, absolute: 1e-3)
  }

  /// The lower triangle whose product with its transpose is `matrix`.
  private func cholesky(_ matrix: [Double], size: Int) -> [Double]? {
    var l = [Double](repeating: 0, count: size * size)
    for i in 0..<size {
      for j in 0...i {
        var sum = matrix[i * size + j]
        for k in 0..<j { sum -= l[i * size + k] * l[j * size + k] }
        if i == j {
          guard sum > 0 else { return nil }
          l[i * size + i] = sum.squareRoot()
        } else {
          l[i * size + j] = sum / l[j * size + j]
        }
      }
    }
    return l
  }
}
