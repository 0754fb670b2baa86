import CCairo
import Units

/// A color picture that can be drawn on; this and `PrintedPage` talk to Cairo.
///
/// Coordinates are those of the picture: the center of the first pixel is (0, 0).
public struct Canvas: ~Copyable {
  /// Where a text stands to its point.
  public enum Anchor: Sendable {
    /// The point is the lower left end of the text.
    case start
    case center
    case end
  }

  public let width: Int
  public let height: Int
  private let surface: OpaquePointer
  private let context: OpaquePointer

  /// Begins with a copy of `picture`; a gray one becomes a color one.
  public init(_ picture: Picture) {
    precondition(
      (1...32_767).contains(picture.width) && (1...32_767).contains(picture.height),
      "canvas: \(picture.width) × \(picture.height), 1 to 32767 wanted")
    width = picture.width
    height = picture.height
    surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
    context = cairo_create(surface)
    precondition(cairo_status(context) == CAIRO_STATUS_SUCCESS, "canvas: not enough memory")
    cairo_surface_flush(surface)
    let stride = Int(cairo_image_surface_get_stride(surface))
    if let bytes = cairo_image_surface_get_data(surface) {
      let isGray = picture.channels == 1
      for y in 0..<height {
        let row = UnsafeMutableRawPointer(bytes + y * stride)
          .assumingMemoryBound(to: UInt32.self)
        for x in 0..<width {
          let red = UInt32(picture[x, y, 0])
          let green = isGray ? red : UInt32(picture[x, y, 1])
          let blue = isGray ? red : UInt32(picture[x, y, 2])
          row[x] = red << 16 | green << 8 | blue
        }
      }
    }
    cairo_surface_mark_dirty(surface)
    cairo_translate(context, 0.5, 0.5)
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND)
    cairo_select_font_face(
      context, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL)
  }

  /// Begins with one color everywhere.
  public init(width: Int, height: Int, color: Color = .white) {
    self.init(Picture(width: width, height: height))
    fill(Rectangle(x: -0.5, y: -0.5, width: Double(width), height: Double(height)), color)
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  /// What has been drawn until now, 3 channels.
  public var picture: Picture {
    cairo_surface_flush(surface)
    var picture = Picture(width: width, height: height)
    let stride = Int(cairo_image_surface_get_stride(surface))
    guard let bytes = cairo_image_surface_get_data(surface) else { return picture }
    var place = 0
    for y in 0..<height {
      let row = UnsafeRawPointer(bytes + y * stride).assumingMemoryBound(to: UInt32.self)
      for x in 0..<width {
        picture.pixels[place] = UInt8(row[x] >> 16 & 255)
        picture.pixels[place + 1] = UInt8(row[x] >> 8 & 255)
        picture.pixels[place + 2] = UInt8(row[x] & 255)
        place += 3
      }
    }
    return picture
  }

  /// Fills a rectangle.
  public func fill(_ rectangle: Rectangle<ColorFrame>, _ color: Color) {
    cairo_rectangle(context, rectangle.x, rectangle.y, rectangle.width, rectangle.height)
    use(color)
    cairo_fill(context)
  }

  /// Draws the outline of a rectangle; `width` is in pixels.
  public func stroke(_ rectangle: Rectangle<ColorFrame>, _ color: Color, width: Double = 2) {
    cairo_rectangle(context, rectangle.x, rectangle.y, rectangle.width, rectangle.height)
    stroke(color, width: width)
  }

  /// Fills a polygon, closed from its last to its first point.
  public func fill(polygon points: [Point<ColorFrame>], _ color: Color) {
    trace(points)
    cairo_close_path(context)
    use(color)
    cairo_fill(context)
  }

  /// Draws the outline of a polygon, closed from its last to its first point.
  public func stroke(polygon points: [Point<ColorFrame>], _ color: Color, width: Double = 2) {
    trace(points)
    cairo_close_path(context)
    stroke(color, width: width)
  }

  /// Draws a line through points.
  public func stroke(line points: [Point<ColorFrame>], _ color: Color, width: Double = 2) {
    trace(points)
    stroke(color, width: width)
  }

  /// Draws the border of one piece of a map as large as the canvas, along the edges of its pixels.
  public func outline(
    of piece: UInt16, in map: LabelMap, _ color: Color, width: Double = 2
  ) {
    outlines(of: map, width: width) { $0 == piece ? color : nil }
  }

  /// Draws the borders of all pieces that have a color.
  public func outlines(
    of map: LabelMap, width: Double = 2, color: (UInt16) -> Color?
  ) {
    precondition(
      map.width == self.width && map.height == height,
      "outlines: map \(map.width) × \(map.height), canvas \(self.width) × \(height)")
    for (piece, edges) in map.edges(where: { color($0) != nil }).sorted(by: { $0.key < $1.key }) {
      guard let color = color(piece) else { continue }
      for edge in edges {
        cairo_move_to(context, edge.start.x, edge.start.y)
        cairo_line_to(context, edge.end.x, edge.end.y)
      }
      stroke(color, width: width)
    }
  }

  /// Writes one line of text, upon a background if one is given; `size` is in pixels.
  public func write(
    _ text: String, at point: Point<ColorFrame>, size: Double = 14, _ color: Color = .white,
    background: Color? = nil, anchor: Anchor = .start
  ) {
    cairo_set_font_size(context, size)
    let width = textWidth(text, size: size)
    let shift = anchor == .start ? 0 : anchor == .center ? width / 2 : width
    if let background {
      fill(
        Rectangle(
          x: point.x - shift - size * 0.2, y: point.y - size * 0.95, width: width + size * 0.4,
          height: size * 1.3), background)
    }
    use(color)
    cairo_move_to(context, point.x - shift, point.y)
    cairo_show_text(context, text.filter { $0 != "\0" })
    cairo_new_path(context)
  }

  /// How many pixels a line of text takes.
  public func textWidth(_ text: String, size: Double = 14) -> Double {
    var extents = cairo_text_extents_t()
    cairo_set_font_size(context, size)
    cairo_text_extents(context, text.filter { $0 != "\0" }, &extents)
    return extents.x_advance
  }

  /// Draws a bar that is filled up to a share between 0 and 1.
  public func bar(
    _ rectangle: Rectangle<ColorFrame>, share: Double, _ color: Color,
    background: Color = Color(40, 40, 40)
  ) {
    fill(rectangle, background)
    var filled = rectangle
    filled.width *= min(1, max(0, share.isNaN ? 0 : share))
    fill(filled, color)
  }

  /// Puts a picture with its first pixel at `point`, whole pixels only.
  public func draw(_ picture: Picture, at point: Point<ColorFrame>) {
    let (left, top) = (Int(point.x.rounded()), Int(point.y.rounded()))
    cairo_surface_flush(surface)
    let stride = Int(cairo_image_surface_get_stride(surface))
    guard let bytes = cairo_image_surface_get_data(surface) else { return }
    let colored = picture.colored
    for y in max(0, -top)..<max(0, -top, min(picture.height, height - top)) {
      let row = UnsafeMutableRawPointer(bytes + (y + top) * stride)
        .assumingMemoryBound(to: UInt32.self)
      for x in max(0, -left)..<max(0, -left, min(picture.width, width - left)) {
        row[x + left] =
          UInt32(colored[x, y, 0]) << 16 | UInt32(colored[x, y, 1]) << 8 | UInt32(colored[x, y, 2])
      }
    }
    cairo_surface_mark_dirty(surface)
  }

  private func trace(_ points: [Point<ColorFrame>]) {
    for (index, point) in points.enumerated() {
      index == 0
        ? cairo_move_to(context, point.x, point.y) : cairo_line_to(context, point.x, point.y)
    }
  }

  private func stroke(_ color: Color, width: Double) {
    use(color)
    cairo_set_line_width(context, width)
    cairo_stroke(context)
  }

  private func use(_ color: Color) {
    cairo_set_source_rgba(
      context, Double(color.red) / 255, Double(color.green) / 255, Double(color.blue) / 255,
      color.opacity)
  }
}
