extension Graph {
  /// How many numbers training changes.
  public var trainedCount: Int { parts.filter(\.isTrained).reduce(0) { $0 + $1.count } }

  /// Multiply-adds of all convolutions and dense layers for one sample.
  public var multiplyAdds: Int { nodes.reduce(0) { $0 + multiplyAdds(of: $1) } }

  /// Multiply-adds of one node for one sample; 0 where nothing is weighted.
  public func multiplyAdds(of node: Node) -> Int {
    switch node.operation {
    case .convolution(_, _, let kernel, _, _):
      node.value.count * node.inputs[0].channels * kernel * kernel
    case .depthwiseConvolution(_, let kernel, _): node.value.count * kernel * kernel
    case .dense(_, let outputs): outputs * node.inputs[0].channels
    default: 0
    }
  }

  /// A table for people: each node with its shape, its trained numbers and its multiply-adds.
  public func summary() -> String {
    var rows = [["node", "shape", "parameters", "multiply-adds"]]
    for node in nodes {
      let (title, name) = Self.title(of: node.operation)
      let owned = parts.filter { part in
        guard let name, part.isTrained else { return false }
        return part.name.hasPrefix("\(name).") && !part.name.dropFirst(name.count + 1).contains(".")
      }
      rows.append([
        name.map { "\($0) (\(title))" } ?? title,
        "[\(node.value.shape.map(String.init).joined(separator: ", "))]",
        Self.grouped(owned.reduce(0) { $0 + $1.count }), Self.grouped(multiplyAdds(of: node)),
      ])
    }
    rows.append(["total", "", Self.grouped(trainedCount), Self.grouped(multiplyAdds)])
    return Self.table(rows, title: name)
  }

  private static func title(of operation: Operation) -> (String, String?) {
    switch operation {
    case .input(let name): ("input", name)
    case .convolution(let name, _, let kernel, let stride, _):
      ("convolution \(kernel) × \(kernel)" + (stride == 1 ? "" : ", stride \(stride)"), name)
    case .depthwiseConvolution(let name, let kernel, _):
      ("depthwise \(kernel) × \(kernel)", name)
    case .batchNormalization(let name): ("batch normalization", name)
    case .rectifier: ("rectifier", nil)
    case .logistic: ("logistic", nil)
    case .sum: ("sum", nil)
    case .product: ("product", nil)
    case .mean: ("mean", nil)
    case .concatenation: ("concatenation", nil)
    case .averagePool(let size): ("average pool \(size) × \(size)", nil)
    case .maximumPool(let size): ("maximum pool \(size) × \(size)", nil)
    case .globalAverage: ("global average", nil)
    case .dense(let name, _): ("dense", name)
    }
  }

  /// `1234567` as `1 234 567`; nothing for 0.
  private static func grouped(_ number: Int) -> String {
    guard number > 0 else { return "" }
    var text = ""
    for (index, digit) in String(number).reversed().enumerated() {
      if index > 0, index % 3 == 0 { text.append(" ") }
      text.append(digit)
    }
    return String(text.reversed())
  }

  private static func table(_ rows: [[String]], title: String) -> String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        line += column < 2 ? cell + padding + "  " : padding + cell + "  "
      }
      while line.last == " " { line.removeLast() }
      return line
    }
    return ([title] + lines).joined(separator: "\n")
  }
}
