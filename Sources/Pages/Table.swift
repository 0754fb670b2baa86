/// A table of the page: columns, and rows that may stand in groups.
public struct Table {
  /// What a column holds; numbers stand to the right.
  public enum Column {
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

  /// A line of the table, or a line over others.
  public enum Row {
    /// A line over the rows that follow.
    case group(String)
    case cells([Markup])
    /// As `cells`, set off from the others.
    case emphasized([Markup])
  }

  public let columns: [Column]
  public let rows: [Row]
  /// What the numbers are, below the table.
  public var note: String

  public init(columns: [Column], rows: [Row], note: String = "") {
    self.columns = columns
    self.rows = rows
    self.note = note
  }

  public var markup: Markup {
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
public func figure(_ caption: String, @MarkupBuilder content: () -> Markup) -> Markup {
  element("figure") {
    content()
    element("figcaption") { unbroken(caption) }
  }
}

/// A paragraph; `kind` is a class of the style sheet.
public func paragraph(_ text: String, _ kind: String = "") -> Markup {
  element("p", ["class": kind]) { unbroken(text) }
}

/// The text with numbers and their `%` on one line.
public func unbroken(_ text: String) -> String {
  text.replacing(" %", with: "\(NumberText.noBreak)%")
}
