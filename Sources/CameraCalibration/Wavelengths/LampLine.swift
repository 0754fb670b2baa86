/// An element whose vapor or gas glows in a calibration lamp.
public enum LampElement: String, Codable, Sendable, CaseIterable {
  case mercury = "Hg"
  case argon = "Ar"
  case krypton = "Kr"
  case neon = "Ne"
  case xenon = "Xe"
}

/// One line that a lamp emits.
public struct LampLine: Codable, Hashable, Sendable {
  public let element: LampElement
  /// Wavelength in air, in nanometers.
  public let nanometers: Double
  /// How bright the line is beside the brightest of its element in a pen lamp, 100; right within
  /// a factor of three or so, as lamps, their age and the camera's own sensitivity differ.
  public let strength: Double

  public init(_ element: LampElement, _ nanometers: Double, strength: Double) {
    self.element = element
    self.nanometers = nanometers
    self.strength = strength
  }

  /// `Hg 546.075`.
  public var name: String {
    let thousandths = Int((nanometers * 1000).rounded())
    let rest = String(thousandths % 1000)
    return "\(element.rawValue) \(thousandths / 1000)."
      + String(repeating: "0", count: 3 - rest.count) + rest
  }

  /// The lines of some elements in rising order of wavelength, from 390 to 1700 nm.
  ///
  /// Source: Kramida, Ralchenko, Reader, *NIST Atomic Spectra Database* (version 5), observed
  /// wavelengths of the neutral atoms, brought from vacuum into standard air by Peck and Reeder,
  /// *Dispersion of Air*, Journal of the Optical Society of America 62, 1972, equation 2; mercury
  /// at 1529.597 nm after Sansonetti, Salit, Reader, *Wavelengths of spectral lines in mercury
  /// pencil lamps*, Applied Optics 35, 1996. Differs: the strengths are our own coarse estimates.
  public static func lines(of elements: some Sequence<LampElement>) -> [LampLine] {
    Set(elements).flatMap { element in
      let table = table(of: element)
      return stride(from: 0, to: table.count, by: 2).map {
        LampLine(element, table[$0], strength: table[$0 + 1])
      }
    }.sorted { $0.nanometers < $1.nanometers }
  }

  /// Wavelength, strength, wavelength, strength, and so on.
  private static func table(of element: LampElement) -> [Double] {
    switch element {
    case .mercury: mercury
    case .argon: argon
    case .krypton: krypton
    case .neon: neon
    case .xenon: xenon
    }
  }

  private static let mercury: [Double] = [
    404.656, 25, 407.784, 3, 434.749, 3, 435.834, 70, 491.607, 1, 546.075, 100, 576.961, 20,
    579.067, 20, 690.746, 1, 1013.975, 30, 1128.711, 8, 1357.021, 8, 1367.351, 12, 1395.055, 6,
    1529.597, 10,
  ]

  private static let argon: [Double] = [
    415.859, 1, 419.832, 1, 420.067, 1, 667.728, 2, 675.283, 1, 687.129, 1, 696.543, 40,
    703.025, 2, 706.722, 22, 714.704, 4, 727.294, 15, 738.398, 30, 750.387, 40, 751.465, 35,
    763.511, 100, 772.376, 35, 772.421, 30, 794.818, 30, 800.616, 25, 801.479, 30, 810.369, 35,
    811.531, 85, 826.452, 45, 840.821, 35, 842.465, 55, 852.144, 22, 866.794, 5, 912.297, 60,
    922.450, 22, 935.422, 2, 965.779, 25, 978.450, 5, 1047.005, 4, 1148.811, 3, 1211.233, 2,
    1240.283, 6, 1243.932, 5, 1245.612, 3, 1248.766, 5, 1270.228, 8, 1280.274, 6, 1295.666, 14,
    1300.826, 6, 1322.811, 6, 1331.321, 12, 1336.711, 18, 1350.419, 20, 1362.266, 6, 1371.858, 20,
    1504.650, 5, 1694.058, 10,
  ]

  private static let krypton: [Double] = [
    427.397, 4, 431.955, 3, 436.264, 2, 445.392, 3, 446.369, 4, 450.235, 3, 556.223, 4,
    557.029, 30, 587.092, 40, 605.613, 1, 645.629, 3, 758.741, 45, 760.155, 100, 768.525, 20,
    769.454, 35, 785.482, 22, 805.950, 25, 810.402, 12, 810.437, 80, 811.290, 100, 819.006, 60,
    826.324, 45, 828.105, 25, 829.811, 60, 850.887, 35, 877.675, 45, 892.869, 50, 975.176, 6,
    985.624, 3, 1145.748, 4, 1181.938, 30, 1199.711, 6, 1207.721, 4, 1220.454, 14, 1286.189, 10,
    1317.741, 16, 1363.422, 25, 1442.679, 25, 1473.444, 14, 1520.954, 8, 1537.204, 14,
    1547.403, 16, 1678.513, 40, 1685.350, 15,
  ]

  private static let neon: [Double] = [
    533.078, 1, 534.109, 1, 540.056, 5, 585.249, 30, 588.190, 12, 594.483, 20, 597.463, 4,
    597.553, 5, 603.000, 10, 607.434, 22, 609.616, 35, 614.306, 50, 616.359, 18, 621.728, 16,
    626.650, 35, 630.479, 12, 633.443, 45, 638.299, 55, 640.225, 100, 650.653, 70, 653.288, 25,
    659.895, 28, 667.828, 45, 671.704, 28, 692.947, 50, 702.405, 15, 703.241, 90, 705.911, 4,
    717.394, 18, 724.517, 45, 743.890, 25, 747.244, 3, 748.887, 12, 753.577, 12, 754.404, 6,
    794.318, 3, 808.246, 3, 811.855, 3, 813.641, 10, 826.608, 4, 830.032, 12, 836.575, 3,
    837.761, 45, 841.716, 2, 841.843, 14, 846.336, 3, 849.536, 22, 859.126, 14, 863.465, 14,
    864.704, 3, 865.438, 22, 865.552, 4, 867.949, 6, 868.192, 6, 877.166, 5, 878.062, 22,
    878.375, 14, 885.387, 10, 886.576, 5, 891.950, 3, 914.867, 5, 920.176, 4, 922.006, 3,
    930.085, 4, 932.651, 4, 942.538, 3, 948.668, 3, 953.416, 4, 966.542, 8, 1056.241, 7,
    1079.804, 6, 1084.448, 9, 1114.302, 22, 1117.752, 42, 1139.043, 13, 1140.913, 8, 1152.275, 30,
    1152.502, 14, 1153.634, 8, 1161.408, 10, 1176.679, 13, 1178.904, 11, 1198.491, 6,
    1206.633, 20, 1245.939, 4, 1268.920, 6, 1291.201, 8, 1321.924, 4, 1523.071, 4,
  ]

  private static let xenon: [Double] = [
    450.098, 3, 452.468, 3, 462.428, 8, 467.123, 12, 473.415, 5, 480.702, 4, 482.971, 3,
    484.329, 2, 491.651, 3, 492.315, 3, 711.960, 4, 764.202, 8, 796.734, 6, 805.726, 2,
    820.634, 14, 823.163, 90, 826.652, 8, 828.012, 60, 834.682, 35, 840.919, 22, 881.941, 100,
    895.225, 40, 904.545, 45, 916.265, 30, 937.476, 2, 951.338, 5, 979.970, 55, 992.320, 40,
    1052.787, 5, 1083.832, 8, 1089.532, 3, 1262.339, 22, 1354.316, 4, 1365.648, 18, 1414.209, 12,
    1473.240, 45, 1541.800, 12, 1605.328, 4, 1672.815, 8,
  ]
}
