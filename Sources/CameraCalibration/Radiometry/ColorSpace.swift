import Foundation

/// Colors as people see them: from linear sRGB to differences that an eye notices.
enum ColorSpace {
  /// Linear shares of the 256 bytes of sRGB.
  ///
  /// Source: IEC 61966-2-1, 1999, the sRGB transfer function.
  static let decoded: [Double] = (0...255).map { byte in
    let share = Double(byte) / 255
    return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
  }

  /// sRGB's share of a linear one, both 0…1.
  static func encoded(_ linear: Double) -> Double {
    let inside = min(max(linear, 0), 1)
    return inside <= 0.003_130_8 ? 12.92 * inside : 1.055 * pow(inside, 1 / 2.4) - 0.055
  }

  /// CIE L*a*b* for daylight D50 of linear sRGB, whose white is D65.
  ///
  /// Source: IEC 61966-2-1 for the primaries; Lam, *Metamerism and Colour Constancy*, 1985, for
  /// Bradford's adaptation from D65 to D50; ISO/CIE 11664-4 for L*a*b*.
  static func lab(_ rgb: [Double]) -> [Double] {
    let xyz = multiply(toXYZ, rgb)
    let parts = zip(xyz, white).map { lightness($0 / $1) }
    return [
      116 * parts[1] - 16, 500 * (parts[0] - parts[1]), 200 * (parts[1] - parts[2]),
    ]
  }

  /// Linear sRGB of a color in L*a*b* for D50; may lie outside of 0…1.
  static func linear(ofLab lab: [Double]) -> [Double] {
    let y = (lab[0] + 16) / 116
    let parts = [y + lab[1] / 500, y, y - lab[2] / 200]
    let xyz = zip(parts, white).map { part, white in
      let cube = part * part * part
      return white * (cube > 216.0 / 24389 ? cube : (116 * part - 16) * 27 / 24389)
    }
    return multiply(fromXYZ, xyz)
  }

  private static func lightness(_ share: Double) -> Double {
    share > 216.0 / 24389 ? cbrt(share) : (24389.0 / 27 * share + 16) / 116
  }

  /// Of daylight D50, ICC's.
  private static let white = [0.9642, 1, 0.8249]

  /// Linear sRGB to XYZ of D50: sRGB's primaries after Bradford's adaptation.
  private static let toXYZ = [
    0.436_051_5, 0.385_129_8, 0.143_067_8, 0.222_446_7, 0.716_936_5, 0.060_619_1, 0.013_896_3,
    0.097_071_5, 0.713_888_3,
  ]

  private static let fromXYZ = [
    3.133_852_0, -1.617_023_7, -0.490_735_9, -0.978_444_0, 1.915_910_1, 0.033_398_8, 0.072_042_0,
    -0.229_040_8, 1.405_790_4,
  ]

  /// A 3 × 3 matrix, row by row, times a column.
  static func multiply(_ matrix: [Double], _ vector: [Double]) -> [Double] {
    (0..<3).map { row in
      matrix[3 * row] * vector[0] + matrix[3 * row + 1] * vector[1]
        + matrix[3 * row + 2] * vector[2]
    }
  }

  /// How different two colors look: 1 is what a trained eye just notices.
  ///
  /// Source: Sharma, Wu, Dalal, *The CIEDE2000 Color-Difference Formula*, Color Research and
  /// Application 30, 2005, equations 2 to 22.
  static func difference(_ first: [Double], _ second: [Double]) -> Double {
    let chromaMean = (hypot(first[1], first[2]) + hypot(second[1], second[2])) / 2
    let seventh = pow(chromaMean, 7)
    let g = 0.5 * (1 - (seventh / (seventh + 6_103_515_625)).squareRoot())
    let (a1, a2) = ((1 + g) * first[1], (1 + g) * second[1])
    let (c1, c2) = (hypot(a1, first[2]), hypot(a2, second[2]))
    let (h1, h2) = (hue(a1, first[2]), hue(a2, second[2]))
    let isGray = c1 * c2 == 0
    var turn = isGray ? 0 : h2 - h1
    if turn > 180 { turn -= 360 } else if turn < -180 { turn += 360 }
    let lightness = second[0] - first[0]
    let chroma = c2 - c1
    let hueShift = 2 * (c1 * c2).squareRoot() * sin(turn / 2 * .pi / 180)
    let l = (first[0] + second[0]) / 2
    let c = (c1 + c2) / 2
    let h: Double
    if isGray {
      h = h1 + h2
    } else if abs(h1 - h2) <= 180 {
      h = (h1 + h2) / 2
    } else {
      h = h1 + h2 < 360 ? (h1 + h2 + 360) / 2 : (h1 + h2 - 360) / 2
    }
    let t =
      1 - 0.17 * cosine(h - 30) + 0.24 * cosine(2 * h) + 0.32 * cosine(3 * h + 6)
      - 0.20 * cosine(4 * h - 63)
    let spread = (l - 50) * (l - 50)
    let sl = 1 + 0.015 * spread / (20 + spread).squareRoot()
    let (sc, sh) = (1 + 0.045 * c, 1 + 0.015 * c * t)
    let rotation = 30 * exp(-pow((h - 275) / 25, 2))
    let cSeventh = pow(c, 7)
    let rc = 2 * (cSeventh / (cSeventh + 6_103_515_625)).squareRoot()
    let rt = -sin(2 * rotation * .pi / 180) * rc
    let (dl, dc, dh) = (lightness / sl, chroma / sc, hueShift / sh)
    return (dl * dl + dc * dc + dh * dh + rt * dc * dh).squareRoot()
  }

  private static func hue(_ a: Double, _ b: Double) -> Double {
    guard a != 0 || b != 0 else { return 0 }
    let degrees = atan2(b, a) * 180 / .pi
    return degrees < 0 ? degrees + 360 : degrees
  }

  private static func cosine(_ degrees: Double) -> Double { cos(degrees * .pi / 180) }
}
