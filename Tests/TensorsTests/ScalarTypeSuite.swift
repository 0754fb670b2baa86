import Foundation
import Testing

@testable import Tensors

@Suite("Stored numbers")
struct ScalarTypeSuite {
  @Test(
    "each type gives back what it stored, in both byte orders",
    arguments: ScalarType.allCases, ByteOrder.allCases)
  func roundTrip(type: ScalarType, order: ByteOrder) {
    let values: [Float] = [0, 1, 2, 96, 127]
    let bytes = type.encoded(values, order: order)
    #expect(bytes.count == 5 * type.byteCount)
    #expect(type.decoded(bytes, order: order) == values)
  }

  @Test("whole types round, stay inside their range and turn what is no number into 0")
  func rounding() {
    let values: [Float] = [-1.6, 2.5, 1e30, -1e30, .nan, .infinity]
    let small = ScalarType.uint8.decoded(ScalarType.uint8.encoded(values))
    #expect(small == [0, 3, 255, 0, 0, 255])
    let signed = ScalarType.int16.decoded(ScalarType.int16.encoded(values))
    #expect(signed == [-2, 3, 32767, -32768, 0, 32767])
    for type in [ScalarType.uint32, .uint64] {
      let found = type.decoded(type.encoded(values + [0x1p31]))
      #expect(found[0...1] == [0, 3] && found[3...4] == [0, 0] && found[6] == 0x1p31)
      #expect(found[2] == found[5] && found[2] >= 0x1p32)
    }
    for type in [ScalarType.int32, .int64] {
      let found = type.decoded(type.encoded(values))
      #expect(found[0] == -2 && found[2] == found[5] && found[2] == -found[3] && found[4] == 0)
    }
  }

  @Test("half a number is the programmer's mistake")
  func partOfNumber() async {
    await #expect(processExitsWith: .failure) {
      _ = ScalarType.uint16.decoded(Data([1, 2, 3]))
    }
  }
}
