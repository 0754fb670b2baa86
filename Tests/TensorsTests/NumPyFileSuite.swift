import Diagnostics
import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite("NumPy files")
struct NumPyFileSuite {
  static let whole: [Float] = [0, 1, 2, 3, 100, 127]

  @Test(
    "numbers of each type that NumPy wrote are read",
    arguments: [
      "little-u1", "little-i1", "little-u2", "little-i2", "little-u4", "little-i4", "little-u8",
      "little-i8", "little-f2", "little-f4", "little-f8", "big-u2", "big-f8", "version-2",
    ])
  func golden(name: String) throws {
    let array = try NumPyFile.read(sampleData.appending(path: "Golden/tensors/\(name).npy"))
    var wanted = Self.whole
    if name.contains("little-i") { wanted[5] = -128 }
    if name.contains("-f") { wanted = wanted.map { $0 / -8 } }
    #expect(array.shape == [2, 3])
    #expect(array.values == wanted)
  }

  @Test("an array stored by columns comes out by rows")
  func columnMajor() throws {
    let array = try NumPyFile.read(sampleData.appending(path: "Golden/tensors/columns-f4.npy"))
    #expect(array.shape == [2, 3, 4])
    #expect(array.values == (0..<24).map(Float.init))
  }

  @Test("a single number and an empty array have their shapes")
  func smallest() throws {
    let single = try NumPyFile.read(sampleData.appending(path: "Golden/tensors/single.npy"))
    #expect(single.shape == [] && single.values == [2.5])
    let empty = try NumPyFile.read(sampleData.appending(path: "Golden/tensors/empty.npy"))
    #expect(empty.shape == [0, 3] && empty.values.isEmpty)
  }

  @Test("what is written is byte for byte what NumPy writes", arguments: ["u1", "i2", "u4", "f8"])
  func write(code: String) throws {
    let golden = try Data(
      contentsOf: sampleData.appending(path: "Golden/tensors/little-\(code).npy"))
    let array = try NumPyFile.decode(golden, place: code)
    let written = NumPyFile.encode(array)
    #expect(written == golden)
    #expect(try NumPyFile.decode(written, place: code) == array)
  }

  @Test(
    "each malformed file is refused in words",
    arguments: [
      (
        "not-numpy",
        """
        does not begin as a .npy file does
          help: save one array with numpy.save; an .npz archive is not read
        """
      ),
      (
        "version-9",
        """
        has the format version 9, 1 to 3 are known
          help: save the array again with numpy.save
        """
      ),
      (
        "header-cut",
        """
        ends inside its header
          help: the file was cut short or is damaged: copy it again
        """
      ),
      (
        "header-broken",
        """
        the header is not a Python dictionary as NumPy writes it: ''' at character 17, \
        '}' was wanted
          help: save the array again with numpy.save
        """
      ),
      (
        "header-without-shape",
        """
        the header is not a Python dictionary as NumPy writes it: the key 'shape' is missing
          help: save the array again with numpy.save
        """
      ),
      (
        "order-unknown",
        """
        the header is not a Python dictionary as NumPy writes it: 'fortran_order' is 'Perhaps', \
        True or False was wanted
          help: save the array again with numpy.save
        """
      ),
      (
        "shape-negative",
        """
        the header is not a Python dictionary as NumPy writes it: 'shape' holds '-2', whole \
        numbers were wanted
          help: save the array again with numpy.save
        """
      ),
      (
        "shape-huge",
        """
        has the impossible shape [1099511627776, 1099511627776]
          help: save the array again with numpy.save
        """
      ),
      (
        "fields",
        """
        holds records of several fields, plain numbers were wanted
          help: save each field as an array of its own
        """
      ),
      (
        "complex",
        """
        holds the type '<c8', whole or floating numbers were wanted
          help: save array.astype('float32') instead
        """
      ),
      (
        "objects",
        """
        holds the type '|O', whole or floating numbers were wanted
          help: save array.astype('float32') instead
        """
      ),
      (
        "numbers-cut",
        """
        the shape [2] of 4-byte numbers wants 8 bytes, 5 follow
          help: the file was cut short or is damaged: copy it again
        """
      ),
      (
        "numbers-left",
        """
        the shape [2] of 4-byte numbers wants 8 bytes, 11 follow
          help: the file was cut short or is damaged: copy it again
        """
      ),
    ])
  func malformed(name: String, text: String) {
    let path = "SampleData/Malformed/\(name).npy"
    let found = complaint { _ = try NumPyFile.read(packageRoot.appending(path: path)) }
    #expect(found == "\(path): \(text)")
  }

  @Test("a damaged file is read or refused, never more")
  func damaged() throws {
    for name in ["little-i4", "columns-f4", "version-2"] {
      let bytes = try Data(contentsOf: sampleData.appending(path: "Golden/tensors/\(name).npy"))
      expectNoTrap(reading: bytes, headerCount: 80) { copy in
        _ = try NumPyFile.decode(copy, place: name)
      }
    }
  }
}
