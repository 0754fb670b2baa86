import Foundation
import Tensors

extension ENVIHeader {
  /// The fields of a header's text in their order, without asking what they mean: for headers
  /// that cannot be understood.
  package static func fields(of bytes: Data, place: String) throws(ENVIError) -> [Field] {
    try ENVIText(bytes, place: place).fields
  }

  /// The type that `data type` names by this number.
  package static func type(code: Int) -> ScalarType? { typeCodes[code] }
}
