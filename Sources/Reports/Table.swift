/// A table of the page: columns, and rows that may stand in groups.
struct Table {
  enum Column {
    case text(String)
    case number(String)

    var title: String {
      switch self {
      case .text(let title), .number(let title): title
      }
    }

    var kind: String {
      if case .number = self { return "number" }
      return ""
    }
  }

  enum Row {
    /// A line over the rows that follow.
    case group(String)
    case cells([Markup])
    /// As `cells`, set off from the others.
    case emphasized([Markup])
  }

  let columns: [Column]
  let rows: [Row]
  /// What the numbers are, below the table.
  var note = ""

  var markup: Markup {
    element("div", ["class": "table"]) {
      element("table") {
        element("thead") {
          element("tr") {
            columns.map { column in
              element("th", ["scope": "col", "class": column.kind]) { column.title }
            }
          }
        }
        element("tbody") { rows.map(written) }
      }
      note.isEmpty ? nil : paragraph(note, "note")
    }
  }

  private func written(_ row: Row) -> Markup {
    switch row {
    case .group(let title):
      element("tr", ["class": "group"]) {
        element("th", ["colspan": "\(columns.count)", "scope": "rowgroup"]) { title }
      }
    case .cells(let cells): written(cells, kind: "")
    case .emphasized(let cells): written(cells, kind: "emphasized")
    }
  }

  private func written(_ cells: [Markup], kind: String) -> Markup {
    precondition(
      cells.count == columns.count, "table: \(cells.count) cells, \(columns.count) columns")
    return element("tr", ["class": kind]) {
      zip(cells.indices, cells).map { index, cell in
        index == 0
          ? element("th", ["scope": "row"]) { cell }
          : element("td", ["class": columns[index].kind]) { cell }
      }
    }
  }
}

/// A drawing with its caption.
func figure(_ caption: String, @MarkupBuilder content: () -> Markup) -> Markup {
  element("figure") {
    content()
    element("figcaption") { unbroken(caption) }
  }
}

func paragraph(_ text: String, _ kind: String = "") -> Markup {
  element("p", ["class": kind]) { unbroken(text) }
}

/// The text with numbers and their `%` on one line.
func unbroken(_ text: String) -> String {
  text.replacing(" %", with: "\(NumberText.noBreak)%")
}

/// A section of the page with its anchor.
struct PageSection {
  let anchor: String
  let title: String
  let body: Markup

  init(_ anchor: String, _ title: String, @MarkupBuilder body: () -> Markup) {
    self.anchor = anchor
    self.title = title
    self.body = body()
  }

  var markup: Markup {
    element("section", ["id": anchor]) {
      element("h2") { title }
      body
    }
  }
}
