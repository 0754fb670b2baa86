import CCairo
import Foundation
import Units

/// A sheet of paper: `x` to the right and `y` down from its upper left corner, in millimeters.
public enum PageFrame: Frame {}

/// One page in black on white, of exact size, as PDF or SVG: wraps Cairo.
///
/// Everything is in millimeters of the printed page.
public final class PrintedPage {
  /// The kind of file.
  public enum Format: String, Sendable, CaseIterable {
    case pdf, svg
  }

  /// Which way a line of text runs.
  public enum Direction: Sendable {
    case rightward
    /// From the bottom to the top.
    case upward
  }

  /// What Cairo has written so far.
  private final class Output {
    var bytes = Data()
  }

  public let widthMillimeters: Double
  public let heightMillimeters: Double
  private let output: Output
  private let surface: OpaquePointer
  private let context: OpaquePointer

  private static let pointsPerMillimeter = 72 / 25.4

  /// An empty page; a PDF says `title` in its properties.
  public init(
    widthMillimeters: Double, heightMillimeters: Double, format: Format, title: String
  ) {
    precondition(
      (1...10_000).contains(widthMillimeters) && (1...10_000).contains(heightMillimeters),
      "page: \(widthMillimeters) × \(heightMillimeters) mm, 1 to 10000 wanted")
    self.widthMillimeters = widthMillimeters
    self.heightMillimeters = heightMillimeters
    output = Output()
    let write: cairo_write_func_t = { closure, bytes, count in
      guard let closure, let bytes else { return CAIRO_STATUS_WRITE_ERROR }
      Unmanaged<Output>.fromOpaque(closure).takeUnretainedValue()
        .bytes.append(bytes, count: Int(count))
      return CAIRO_STATUS_SUCCESS
    }
    let closure = Unmanaged.passUnretained(output).toOpaque()
    switch format {
    case .pdf:
      let scale = Self.pointsPerMillimeter
      surface = cairo_pdf_surface_create_for_stream(
        write, closure, widthMillimeters * scale, heightMillimeters * scale)
      cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title)
      cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Mirage")
      context = cairo_create(surface)
      cairo_scale(context, scale, scale)
    case .svg:
      surface = cairo_svg_surface_create_for_stream(
        write, closure, widthMillimeters, heightMillimeters)
      cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_MM)
      context = cairo_create(surface)
    }
    precondition(cairo_status(context) == CAIRO_STATUS_SUCCESS, "page: not enough memory")
    cairo_select_font_face(
      context, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL)
    // Viewers fill what has no color with their own; a board needs its white.
    cairo_set_source_rgb(context, 1, 1, 1)
    cairo_paint(context)
    cairo_set_source_rgb(context, 0, 0, 0)
  }

  deinit {
    // The surface may write until it is gone; `output` lives longer than this.
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  /// Fills rectangles as one shape, so that no line shows where two of them touch.
  public func fill(_ rectangles: [Rectangle<PageFrame>]) {
    for rectangle in rectangles {
      cairo_rectangle(context, rectangle.x, rectangle.y, rectangle.width, rectangle.height)
    }
    cairo_fill(context)
  }

  /// Draws a line.
  public func stroke(
    from start: Point<PageFrame>, to end: Point<PageFrame>, widthMillimeters: Double
  ) {
    cairo_move_to(context, start.x, start.y)
    cairo_line_to(context, end.x, end.y)
    cairo_set_line_width(context, widthMillimeters)
    cairo_stroke(context)
  }

  /// Writes one line of text from `point`, the left end of its baseline.
  public func write(
    _ text: String, at point: Point<PageFrame>, sizeMillimeters: Double,
    direction: Direction = .rightward
  ) {
    cairo_save(context)
    cairo_move_to(context, point.x, point.y)
    if direction == .upward { cairo_rotate(context, -.pi / 2) }
    cairo_set_font_size(context, sizeMillimeters)
    cairo_show_text(context, text.filter { $0 != "\0" })
    cairo_restore(context)
    cairo_new_path(context)
  }

  /// How long a line of text is.
  public func textWidth(_ text: String, sizeMillimeters: Double) -> Double {
    var extents = cairo_text_extents_t()
    cairo_set_font_size(context, sizeMillimeters)
    cairo_text_extents(context, text.filter { $0 != "\0" }, &extents)
    return extents.x_advance
  }

  /// Ends the page and gives the file's bytes.
  public func finish() -> Data {
    cairo_show_page(context)
    cairo_surface_finish(surface)
    return output.bytes
  }
}
