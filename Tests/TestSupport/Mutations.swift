import Foundation
import Tensors

/// Damaged copies of a file, for readers that must refuse or read but never trap.
///
/// Each copy has one to four damages: a byte changed, a run of bytes taken out, doubled or set to
/// 0 or 255, or the end cut off. The same seed gives the same copies.
public func mutations(of data: Data, count: Int, seed: UInt64) -> [Data] {
  var random = SplitMix64(seed: seed, purpose: "mutations")
  return (0..<count).map { _ in
    var bytes = [UInt8](data)
    for _ in 0...random.nextIndex(below: 4) where !bytes.isEmpty {
      damage(&bytes, using: &random)
    }
    return Data(bytes)
  }
}

private func damage(_ bytes: inout [UInt8], using random: inout SplitMix64) {
  let start = random.nextIndex(below: bytes.count)
  let end = min(bytes.count, start + 1 + random.nextIndex(below: 16))
  switch random.nextIndex(below: 6) {
  case 0: bytes[start] = UInt8(truncatingIfNeeded: random.next())
  case 1: bytes[start] ^= 1 << UInt8(random.nextIndex(below: 8))
  case 2: bytes.removeSubrange(start..<end)
  case 3: bytes.insert(contentsOf: Array(bytes[start..<end]), at: start)
  case 4:
    let value: UInt8 = random.nextIndex(below: 2) == 0 ? 0 : 255
    for index in start..<end { bytes[index] = value }
  default: bytes.removeSubrange(start...)
  }
}
