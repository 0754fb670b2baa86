import Foundation
import Tensors

extension ENVIHeader {
  /// The fields of a header's text in their order, without asking what they mean: for headers
  /// that cannot be understood.
  package static func fields(of bytes: Data, place: String) throws(ENVIError) -> [Field] {
    try ENVIText(bytes, place: place).fields
  }

  /// Whether a header's line ends here.
  ///
  /// A carriage return and a line feed together are one Character. Other characters that end lines
  /// elsewhere are letters of Windows in headers that are not UTF-8.
  package static func isLineBreak(_ character: Character) -> Bool {
    character == "\n" || character == "\r\n" || character == "\r"
  }

  /// The type that `data type` names by this number.
  package static func type(code: Int) -> ScalarType? { typeCodes[code] }
}
