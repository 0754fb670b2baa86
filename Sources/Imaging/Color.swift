/// A color for drawing.
public struct Color: Hashable, Sendable {
  public var red: UInt8
  public var green: UInt8
  public var blue: UInt8
  /// From 0, invisible, to 1.
  public var opacity: Double

  public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8, opacity: Double = 1) {
    self.red = red
    self.green = green
    self.blue = blue
    self.opacity = opacity
  }

  public static let black = Color(0, 0, 0)
  public static let white = Color(255, 255, 255)

  /// Eight colors that people with any kind of color vision can tell apart.
  ///
  /// Source: Okabe, Ito, *Color Universal Design*, 2008, Figure 16.
  public static let palette = [
    Color(230, 159, 0), Color(86, 180, 233), Color(0, 158, 115), Color(240, 228, 66),
    Color(0, 114, 178), Color(213, 94, 0), Color(204, 121, 167), Color(153, 153, 153),
  ]

  /// The color of a class; beyond the palette they come again.
  public static func ofClass(_ index: Int) -> Color {
    palette[((index % palette.count) + palette.count) % palette.count]
  }

  /// The same color, more or less transparent.
  public func with(opacity: Double) -> Color { Color(red, green, blue, opacity: opacity) }

  /// Black or white, whichever can be read on this color.
  public var readable: Color {
    let brightness = 0.299 * Double(red) + 0.587 * Double(green) + 0.114 * Double(blue)
    return brightness > 140 ? .black : .white
  }
}
