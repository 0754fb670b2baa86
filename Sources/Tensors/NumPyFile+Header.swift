/// The dictionary in front of the numbers of a `.npy` file.
struct NumPyHeader: Equatable {
  private(set) var type = ScalarType.float32
  private(set) var order = ByteOrder.little
  private(set) var isColumnMajor = false
  private(set) var shape: [Int] = []

  /// NumPy's letter and width for each type it shares with us.
  static let codes: [String: ScalarType] = [
    "b1": .uint8, "u1": .uint8, "i1": .int8, "u2": .uint16, "i2": .int16, "u4": .uint32,
    "i4": .int32, "u8": .uint64, "i8": .int64, "f2": .float16, "f4": .float32, "f8": .float64,
  ]

  /// Parses the dictionary: three keys in any order, each once.
  init(_ text: String, place: String) throws(NumPyError) {
    var scanner = Scanner(text: Array(text.unicodeScalars), place: place)
    var seen: Set<String> = []
    try scanner.expect("{")
    while !scanner.accept("}") {
      let key = try scanner.quoted()
      guard seen.insert(key).inserted else { throw scanner.refusal("'\(key)' comes twice") }
      try scanner.expect(":")
      switch key {
      case "descr":
        if scanner.accept("[") { throw NumPyError(place, .structured) }
        try read(type: scanner.quoted(), place: place)
      case "fortran_order":
        isColumnMajor = try scanner.boolean()
      case "shape":
        shape = try scanner.tuple()
      default: throw scanner.refusal("the key '\(key)' is unknown")
      }
      if !scanner.accept(",") {
        try scanner.expect("}")
        break
      }
    }
    for key in ["descr", "fortran_order", "shape"] where !seen.contains(key) {
      throw scanner.refusal("the key '\(key)' is missing")
    }
    guard shape.count <= 32 else { throw scanner.refusal("the shape has \(shape.count) extents") }
  }

  private mutating func read(type text: String, place: String) throws(NumPyError) {
    guard let mark = text.first, let found = Self.codes[String(text.dropFirst())],
      "<>|=".contains(mark)
    else { throw NumPyError(place, .type(text)) }
    type = found
    order = mark == ">" ? .big : .little
  }

  /// The bytes that the shape wants.
  func byteCount(place: String) throws(NumPyError) -> Int {
    var count = type.byteCount
    for extent in shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: extent)
      guard !overflows else { throw NumPyError(place, .shape(shape)) }
      count = product
    }
    return count
  }

  /// Walks over the few pieces of Python that a header holds.
  private struct Scanner {
    let text: [Unicode.Scalar]
    let place: String
    var position = 0

    func refusal(_ found: String) -> NumPyError { NumPyError(place, .header(found)) }

    mutating func accept(_ wanted: Unicode.Scalar) -> Bool {
      while position < text.count, text[position].properties.isWhitespace { position += 1 }
      guard position < text.count, text[position] == wanted else { return false }
      position += 1
      return true
    }

    mutating func expect(_ wanted: Unicode.Scalar) throws(NumPyError) {
      guard accept(wanted) else {
        let found = position < text.count ? "'\(text[position])'" : "the end"
        throw refusal("\(found) at character \(position + 1), '\(wanted)' was wanted")
      }
    }

    mutating func quoted() throws(NumPyError) -> String {
      let quote: Unicode.Scalar = accept("\"") ? "\"" : "'"
      if quote == "'" { try expect("'") }
      var found = String.UnicodeScalarView()
      while position < text.count, text[position] != quote {
        found.append(text[position])
        position += 1
      }
      try expect(quote)
      return String(found)
    }

    private mutating func word() -> String {
      _ = accept(" ")
      var found = String.UnicodeScalarView()
      while position < text.count, !" \t\n,():{}".unicodeScalars.contains(text[position]) {
        found.append(text[position])
        position += 1
      }
      return String(found)
    }

    mutating func boolean() throws(NumPyError) -> Bool {
      switch word() {
      case "True": return true
      case "False": return false
      case let found: throw refusal("'fortran_order' is '\(found)', True or False was wanted")
      }
    }

    mutating func tuple() throws(NumPyError) -> [Int] {
      try expect("(")
      var extents: [Int] = []
      while !accept(")") {
        let found = word()
        guard let extent = Int(found), extent >= 0 else {
          throw refusal("'shape' holds '\(found)', whole numbers were wanted")
        }
        extents.append(extent)
        if !accept(",") {
          try expect(")")
          break
        }
      }
      return extents
    }
  }
}
