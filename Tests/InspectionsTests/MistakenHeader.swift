import Foundation
import Hyperspectral
import Tensors
import Units

/// A cube that looks like a recording: smooth spectra of two materials, pieces with edges, noise.
func sceneCube(
  lines: Int = 26, samples: Int = 20, bands: Int = 30, seed: UInt64 = 1
) -> Cube<RawCounts> {
  var random = SplitMix64(seed: seed, purpose: "scene")
  var values: [Float] = []
  for line in 0..<lines {
    for sample in 0..<samples {
      let isPiece = (line / 9 + sample / 7) % 2 == 0
      let light = 1 - 0.4 * abs(Double(sample) / Double(samples) - 0.4)
      for band in 0..<bands {
        let place = Double(band) / Double(bands)
        let first = 600 + 900 * place
        let second = 1500 - 1100 * place * place
        let noise = Double(random.nextIndex(below: 41)) - 20
        values.append(Float((light * (isPiece ? first : second) + noise).rounded()))
      }
    }
  }
  return Cube(
    lines: lines, samples: samples,
    wavelengths: (0..<bands).map { Wavelength(nanometers: 420 + 10 * Double($0)) },
    values: values)
}

/// Replaces whole lines of a header that begin with a field's name; nil takes them out.
func edit(_ header: URL, _ changes: [(name: String, value: String?)]) throws {
  var lines = try String(contentsOf: header, encoding: .utf8)
    .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  for (name, value) in changes {
    let place = lines.firstIndex { $0.hasPrefix("\(name) =") }
    if let value {
      if let place {
        lines[place] = "\(name) = \(value)"
      } else {
        lines.insert("\(name) = \(value)", at: 1)
      }
    } else if let place {
      lines.remove(at: place)
    }
  }
  try lines.joined(separator: "\n").write(to: header, atomically: true, encoding: .utf8)
}
