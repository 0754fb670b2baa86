import Diagnostics
import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite("Safetensors files")
struct SafetensorsSuite {
  @Test("numbers of each type that the reference library wrote are read")
  func golden() throws {
    let file = sampleData.appending(path: "Golden/tensors/types.safetensors")
    let (tensors, metadata) = try Safetensors.read(file)
    #expect(metadata == ["made by": "safetensors", "ö": "ü"])
    #expect(
      tensors.map(\.0) == [
        "u8", "i8", "f8", "f4", "u4", "i4", "bf16", "f2", "u2", "i2", "i1", "u1", "bool",
      ])
    for (name, tensor) in tensors {
      var wanted: [Float] = [0, 1, 2, 3, 100, 127]
      if name.hasPrefix("i") { wanted[5] = -128 }
      if name.contains("f") { wanted = wanted.map { $0 / -8 } }
      if name == "bool" { wanted = [0, 0, 1, 1, 1, 1] }
      if name == "bf16" { wanted[5] = -15.875 }
      #expect(tensor.shape == [2, 3])
      #expect(tensor.values == wanted, "\(name)")
    }
  }

  @Test("what was written is read back in order, with its text")
  func roundTrip() throws {
    var random = SplitMix64(seed: 3)
    let tensors = [
      ("b.kernel", Tensor(normal: [3, 2, 5], deviation: 1, using: &random)),
      ("a \"quoted\"/name", Tensor(shape: [2], values: [.infinity, -0])),
      ("empty", Tensor(shape: [0, 4])),
      ("single", Tensor(shape: [], values: [7])),
    ]
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "deep/model.safetensors")
      try Safetensors.write(tensors, metadata: ["seed": "3"], to: file)
      let (found, metadata) = try Safetensors.read(file)
      #expect(found.map(\.0) == ["b.kernel", "a \"quoted\"/name", "empty", "single"])
      #expect(found.map(\.1) == tensors.map(\.1))
      #expect(metadata == ["seed": "3"])
    }
  }

  @Test("the numbers begin at a multiple of eight bytes, as the format wants")
  func alignment() throws {
    let bytes = try Safetensors.encode([("a", Tensor(shape: [1]))])
    #expect(bytes[0] % 8 == 0)
    #expect(bytes.count == 8 + Int(bytes[0]) + 4)
  }

  @Test("two tensors of one name are the programmer's mistake")
  func twice() async {
    await #expect(processExitsWith: .failure) {
      let tensor = Tensor(shape: [1])
      _ = try Safetensors.encode([("a", tensor), ("a", tensor)])
    }
  }

  @Test(
    "each malformed file is refused in words",
    arguments: [
      (
        "length-missing",
        """
        holds 3 bytes, a safetensors file begins with 8 of length
          help: check that this is a safetensors file
        """
      ),
      (
        "header-huge",
        """
        the header is said to be 1152921504606846976 bytes long, at most 100000000 are read
          help: check that this is a safetensors file
        """
      ),
      (
        "header-cut",
        """
        the header is said to be 4000 bytes long, 61 follow
          help: the file was cut short: copy it again
        """
      ),
      (
        "header-without-shape",
        """
        the header cannot be read: the key 'shape' is missing in 'a'
          help: the file is damaged: copy or export it again
        """
      ),
      (
        "type-unknown",
        """
        tensor 'a' has the type 'C64', a whole or floating type was wanted
          help: export the tensor as F32
        """
      ),
      (
        "shape-negative",
        """
        tensor 'a' has the impossible shape [-2]
          help: the file is damaged: copy or export it again
        """
      ),
      (
        "shape-huge",
        """
        tensor 'a' has the impossible shape [1099511627776, 1099511627776]
          help: the file is damaged: copy or export it again
        """
      ),
      (
        "offsets-wrong",
        """
        tensor 'a' lies at [0, 4], its shape and place want [0, 8]
          help: the file is damaged: copy or export it again
        """
      ),
      (
        "offsets-overlap",
        """
        tensor 'b' lies at [4, 12], its shape and place want [8, 16]
          help: the file is damaged: copy or export it again
        """
      ),
      (
        "numbers-cut",
        """
        tensor 'a' ends at byte 8 behind the header, the file at 5
          help: the file was cut short: copy it again
        """
      ),
      (
        "numbers-left",
        """
        3 bytes behind the last tensor belong to none
          help: the file is damaged: copy or export it again
        """
      ),
    ])
  func malformed(name: String, text: String) {
    let path = "SampleData/Malformed/\(name).safetensors"
    let found = complaint { _ = try Safetensors.read(packageRoot.appending(path: path)) }
    #expect(found == "\(path): \(text)")
  }

  @Test("a header that is not JSON is refused in words")
  func brokenHeader() {
    let path = "SampleData/Malformed/header-broken.safetensors"
    let found = complaint { _ = try Safetensors.read(packageRoot.appending(path: path)) }
    // The middle is Foundation's own description.
    #expect(found.hasPrefix("\(path): the header cannot be read: not valid JSON: "))
    #expect(found.hasSuffix("\n  help: the file is damaged: copy or export it again"))
  }

  @Test("a damaged file is read or refused, never more")
  func damaged() throws {
    let bytes = try Data(contentsOf: sampleData.appending(path: "Golden/tensors/types.safetensors"))
    expectNoTrap(reading: bytes, headerCount: 840) { copy in
      _ = try Safetensors.decode(copy, place: "copy")
    }
  }

  @Test("a file that is missing, or a folder, is named")
  func missing() {
    #expect(
      complaint { _ = try Safetensors.read(sampleData.appending(path: "nowhere.safetensors")) }
        == "SampleData/nowhere.safetensors: no such file, or it cannot be read\n"
        + "  help: check the spelling")
    #expect(
      complaint { _ = try Safetensors.read(sampleData.appending(path: "Malformed")) }
        == "SampleData/Malformed: is a folder, a file was wanted")
  }
}
