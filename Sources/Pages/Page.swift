/// One HTML page that needs nothing beside it, runs no script and asks no other place for anything.
///
/// ```swift
/// let page = Page(
///   title: "line-1", kicker: "Mirage: calibration", name: "line-1",
///   lead: paragraph("All is well."),
///   sections: [PageSection("lens", "Lens") { paragraph("a < b") }], footer: "Mirage 0.1.0")
/// try AtomicFile.write(page.html, to: file)
/// ```
public struct Page {
  /// What the browser shows as the page's name.
  public let title: String
  /// What kind of page this is, above everything else.
  public let kicker: String
  /// Whose page this is, beside the kicker.
  public let name: String
  /// What stands before the list of sections.
  public let lead: Markup
  public let sections: [PageSection]
  public let footer: String

  public init(
    title: String, kicker: String, name: String, lead: Markup, sections: [PageSection],
    footer: String
  ) {
    self.title = title
    self.kicker = kicker
    self.name = name
    self.lead = lead
    self.sections = sections
    self.footer = footer
  }

  /// The whole file; the same page gives the same characters.
  public var html: String {
    let page = element("html", ["lang": "en"]) {
      head
      element("body") {
        element("header") {
          element("p", ["class": "kicker"]) { kicker }
          element("p", ["class": "run"]) { name }
        }
        element("main") {
          lead
          element("nav") {
            sections.map { section in
              element("a", ["href": "#\(section.anchor)"]) { section.title }
            }
          }
          sections.map(\.markup)
        }
        element("footer") { footer }
      }
    }
    return "<!doctype html>\n\(page.source)\n"
  }

  private var head: Markup {
    element("head") {
      leaf("meta", ["charset": "utf-8"])
      leaf("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
      leaf("meta", ["name": "color-scheme", "content": "light dark"])
      // Whatever a text may hold, the page runs no script and asks no other place for anything.
      leaf(
        "meta",
        [
          "http-equiv": "Content-Security-Policy",
          "content": "default-src 'none'; img-src data:; style-src 'unsafe-inline'",
        ])
      element("title") { title }
      element("style") { PageStyle.sheet }
    }
  }
}

/// A section of the page with its anchor.
public struct PageSection {
  /// What links within the page say, without the `#`.
  public let anchor: String
  public let title: String
  public let body: Markup

  public init(_ anchor: String, _ title: String, @MarkupBuilder body: () -> Markup) {
    self.anchor = anchor
    self.title = title
    self.body = body()
  }

  public var markup: Markup {
    element("section", ["id": anchor]) {
      element("h2") { title }
      body
    }
  }
}

/// A figure that a person should see first: its value, what it is, and how far it carries.
public func tile(_ value: String, _ name: String, _ detail: String) -> Markup {
  element("div", ["class": "tile"]) {
    element("strong") { value }
    element("span") { name }
    element("small") { detail }
  }
}
