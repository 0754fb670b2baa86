import Foundation
import TestSupport
import Testing

@testable import Hyperspectral

@Suite("Cube files")
struct CubeFileSuite {
  @Test("a NumPy cube is read with the wavelengths beside it, sorted or not")
  func numPy() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "cube.npy")
      try Data(contentsOf: sampleData.appending(path: "Malformed/cube-counts.npy")).write(to: file)
      try Data("[400, 600, 500, 700]".utf8).write(to: folder.appending(path: "wavelengths.json"))
      let cube = try CubeFile.counts(file)
      #expect(cube.shape == [1, 1, 4])
      #expect(cube.wavelengths.map(\.nanometers) == [400, 600, 500, 700])
      // Its own list goes before the folder's.
      try Data("[401, 402, 403, 404]".utf8)
        .write(to: folder.appending(path: "cube.wavelengths.json"))
      #expect(try CubeFile.counts(file).wavelengths[0].nanometers == 401)
    }
  }
}
