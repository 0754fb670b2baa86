/// Numbers by name: `copper=0.8,brass=0.6` on a command line, an object in a file.
public struct NamedNumbers: ArgumentValue, Equatable {
  public static let expectation = "names with numbers, as copper=0.8,brass=0.6"

  public var numbers: [String: Double]

  public init(_ numbers: [String: Double] = [:]) { self.numbers = numbers }

  public init?(argument: String) {
    numbers = [:]
    for pair in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
      let name = parts[0].trimmingPrefix(while: \.isWhitespace)
      guard parts.count == 2, !name.isEmpty, numbers[String(name)] == nil,
        let number = Double(argument: String(parts[1]))
      else { return nil }
      numbers[String(name)] = number
    }
  }

  public var argumentText: String {
    numbers.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
  }

  /// What a file says, as it would be typed.
  static func text(of numbers: [String: Double], for flag: String) throws(UsageError) -> String {
    for name in numbers.keys.sorted() where name.isEmpty || name.contains(where: "=,".contains) {
      throw UsageError("\(flag) takes names without '=' and ',', not '\(name)'")
    }
    return Self(numbers).argumentText
  }
}

extension Flag {
  /// `--name NAME=NUMBER,…`, each number refused outside `bounds`.
  public static func numbers(
    _ name: String, _ property: Property<Options, NamedNumbers>, _ placeholder: String,
    _ help: String, in bounds: Bounds<Double>
  ) -> Self {
    var flag = value(name, property, placeholder, "\(help), each \(bounds.text)")
    flag.takesTable = true
    let take = flag.set
    flag.set = { options, text throws(UsageError) in
      guard !text.isEmpty else {
        options[keyPath: property] = NamedNumbers()
        return
      }
      try take(&options, text)
      for (key, number) in options[keyPath: property].numbers.sorted(by: { $0.key < $1.key })
      where !bounds.contains(number) {
        throw UsageError("\(name) takes \(bounds.text), not '\(number)' for '\(key)'")
      }
    }
    return flag
  }
}
