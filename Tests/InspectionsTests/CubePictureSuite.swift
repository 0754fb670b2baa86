import Foundation
import Hyperspectral
import TestSupport
import Testing
import Units

@testable import Inspections

@Suite("Pictures and spectra of cubes")
struct CubePictureSuite {
  static let visible = (0..<41).map { Wavelength(nanometers: 380 + 10 * Double($0)) }

  /// One line of pixels, each with its reflectance at each wavelength.
  private func row(
    _ wavelengths: [Wavelength], _ spectra: [(Double) -> Double]
  ) -> Cube<Reflectance> {
    Cube(
      lines: 1, samples: spectra.count, wavelengths: wavelengths,
      values: spectra.flatMap { spectrum in wavelengths.map { Float(spectrum($0.nanometers)) } })
  }

  private func picture(_ cube: Cube<Reflectance>, fields: [ENVIHeader.Field] = []) throws
    -> CubePicture
  {
    try withTemporaryFolder { folder in
      let header = try ENVIFile.write(
        cube, to: folder.appending(path: "x.hdr"), fields: fields)
      return try CubePicture(CubeFile.open(header))
    }
  }

  @Test("a white tile is white, a gray one gray, and colors have their hue")
  func natural() throws {
    let drawn = try picture(
      row(
        Self.visible,
        [
          { _ in 1 }, { _ in 0.2 }, { _ in 0 }, { $0 > 600 ? 0.9 : 0.05 },
          { (500...570).contains($0) ? 0.9 : 0.05 }, { $0 < 480 ? 0.9 : 0.05 },
        ]))
    #expect(drawn.source == .natural)
    #expect(drawn.explanation.hasPrefix("natural colors by the CIE 1931 observer"))
    let pixels = drawn.picture.pixels
    let colors = (0..<6).map { Array(pixels[(3 * $0)..<(3 * $0 + 3)]).map(Int.init) }
    #expect(colors[0].allSatisfy { $0 >= 253 })
    // 20 % of white is 124 of 255 on the curve of sRGB.
    #expect(colors[1].allSatisfy { abs($0 - 124) <= 2 }, "\(colors[1])")
    #expect(colors[2] == [0, 0, 0])
    #expect(colors[3][0] > colors[3][1] + 80 && colors[3][0] > colors[3][2] + 80)
    #expect(colors[4][1] > colors[4][0] + 80 && colors[4][1] > colors[4][2] + 60)
    #expect(colors[5][2] > colors[5][0] + 60 && colors[5][2] > colors[5][1] + 80)
  }

  @Test("a monochrome band has the color that colorimetry gives it")
  func chromaticity() throws {
    // x and y of the spectral locus, CIE 015:2018, at 10 nm around 520, 570 and 620 nm.
    let color = try #require(NaturalColor(Self.visible, except: []))
    for (nanometers, x, y) in [
      (520.0, 0.0743, 0.8338), (570, 0.4441, 0.5547), (620, 0.6915, 0.3083),
    ] {
      let band = try #require(Self.visible.firstIndex { $0.nanometers == nanometers })
      let weights = color.weights[band]
      let sum = weights.x + weights.y + weights.z
      // A band is 10 nm wide, so it lies a little inside the locus.
      #expect(abs(weights.x / sum - x) < 0.012, "\(nanometers): \(weights.x / sum)")
      #expect(abs(weights.y / sum - y) < 0.015, "\(nanometers): \(weights.y / sum)")
    }
    let white = color.weights.reduce(.zero, +)
    #expect(abs(white.x - 0.95047) < 1e-9 && abs(white.z - 1.08883) < 1e-9)
  }

  @Test("default bands go first, and infrared cubes have false colors")
  func sources() throws {
    let named = ENVIHeader.Field(name: "default bands", value: "30, 20, 10", isList: true)
    let drawn = try picture(row(Self.visible, [{ $0 / 1000 }, { 1 - $0 / 1000 }]), fields: [named])
    #expect(drawn.source == .defaultBands([29, 19, 9]))
    #expect(drawn.explanation.hasPrefix("default bands 670 nm, 570 nm, 470 nm"))
    #expect(drawn.picture.pixels == [255, 255, 0, 0, 0, 255])
    let infrared = (0..<8).map { Wavelength(nanometers: 1000 + 100 * Double($0)) }
    let other = try picture(row(infrared, [{ $0 / 2000 }, { 1 - $0 / 2000 }]))
    #expect(other.source == .falseColor([6, 4, 2]))
    #expect(other.explanation.hasPrefix("false colors 1600 nm, 1400 nm, 1200 nm"))
    let outside = ENVIHeader.Field(name: "default bands", value: "90, 20, 10", isList: true)
    #expect(try picture(row(Self.visible, [{ _ in 1 }]), fields: [outside]).source == .natural)
  }

  @Test("the mean and deviation of a region are those of its pixels, bad bands left out")
  func region() throws {
    try withTemporaryFolder { folder in
      let scene = sceneCube(lines: 12, samples: 10, bands: 6)
      let header = try ENVIFile.write(
        scene, to: folder.appending(path: "x.hdr"), interleave: .bsq,
        fields: [ENVIHeader.Field(name: "bbl", value: "1,1,0,1,1,1", isList: true)])
      let reader = try CubeFile.open(header)
      let region = try #require(CubeRegion(text: "2,3,4,5"))
      let spectrum = try RegionSpectrum(region, of: reader, gaps: [4])
      for band in 0..<6 {
        let numbers = (3..<8).flatMap { line in
          (2..<6).map { Double(scene.values[(line * 10 + $0) * 6 + band]) }
        }
        let mean = numbers.reduce(0, +) / 20
        let scatter = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        if [2, 4].contains(band) {
          #expect(spectrum.mean[band].isNaN)
        } else {
          #expect(abs(spectrum.mean[band] - mean) < 1e-9)
          #expect(abs(spectrum.deviation[band] - (scatter / 19).squareRoot()) < 1e-6)
        }
      }
      let chart = SpectrumChart([spectrum], of: reader).svg
      #expect(chart.contains("4 × 5 from 2, 3: mean ± deviation"))
      #expect(chart.contains(">wavelength, nm</text>") && chart.contains(">counts</text>"))
      // Bands 0 and 1, 3, and 5: two gaps leave two single points.
      #expect(chart.components(separatedBy: "<polyline").count == 2)
      #expect(chart.components(separatedBy: "<circle").count == 3)
      let document = try XMLText.check(chart)
      #expect(document.hasPrefix("<svg"))
      // Three names are too wide for one row: the drawing grows upwards.
      let three = SpectrumChart([spectrum, spectrum, spectrum], of: reader).svg
      #expect(chart.contains(#"viewBox="0 0 900 520""#))
      #expect(three.contains(#"viewBox="0 -18 900 538""#))
      #expect(three.contains(#"<line x1="84.0" y1="42" "#))
      #expect(
        complaint { _ = try RegionSpectrum(CubeRegion(text: "8,3,4,5") ?? region, of: reader) }
          .contains("the region 8,3,4,5 is not inside its 10 samples and 12 lines"))
    }
  }

  @Test(
    "a region is typed as two or four whole numbers",
    arguments: [("1,2", "1,2"), (" 3, 4,5 ,6", "3,4,5,6"), ("1,2,1,1", "1,2")])
  func typed(text: String, wanted: String) {
    #expect(CubeRegion(text: text)?.text == wanted)
  }

  @Test(
    "what is no region is refused",
    arguments: ["", "1", "1,2,3", "1,2,0,4", "-1,2", "a,b", "1,2,3,4,5", "99999999999999999,1"])
  func untyped(text: String) { #expect(CubeRegion(text: text) == nil) }
}

/// Enough of XML to see that every element is closed.
private enum XMLText {
  static func check(_ text: String) throws -> String {
    var open: [Substring] = []
    for match in text.matches(of: /<(\/?)([a-z]+)[^<>]*?(\/?)>/) {
      if match.output.1 == "/" {
        #expect(open.popLast() == match.output.2)
      } else if match.output.3.isEmpty {
        open.append(match.output.2)
      }
    }
    #expect(open.isEmpty)
    return text
  }
}
