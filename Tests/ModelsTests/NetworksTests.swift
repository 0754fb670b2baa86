import NeuralNetworks
import Testing

@testable import Models

@Suite("Networks")
struct NetworksTests {
  static let architecture = Architecture(colorSize: 32, cubeSize: 16, bands: 20, classes: 5)

  @Test("streams of both sensors have features of one shape, so that hints compare like with like")
  func features() throws {
    let color = Networks.hallucination(Self.architecture)
    let fusion = Networks.fusion(Self.architecture, joining: .product)
    let imagined = try #require(color.output(named: "features"))
    let seen = try #require(fusion.output(named: "spectral.features"))
    #expect(imagined.shape == seen.shape && imagined.shape == [8, 8, 64])
  }

  @Test("the hallucination stream can take every part of the spectral trunk")
  func trunk() {
    let spectral = Networks.spectral(Self.architecture).parts
      .filter { !$0.name.contains(".stem") }
    let names = Set(
      Networks.hallucination(Self.architecture).parts.map { "\($0.name)\($0.shape)" })
    for part in spectral {
      let renamed = "hallucination" + part.name.dropFirst("spectral".count)
      #expect(names.contains("\(renamed)\(part.shape)"))
    }
  }

  @Test("student and two-stream control are the same network", arguments: Networks.Joining.allCases)
  func inputs(joining: Networks.Joining) {
    let student = Networks.student(Self.architecture, joining: joining)
    #expect(student.inputs.map(\.name) == ["color"])
    let fusion = Networks.fusion(Self.architecture, joining: joining)
    #expect(Set(fusion.inputs.map(\.name)) == ["color", "spectra"])
  }

  @Test("the cross-stream product is there only when asked for")
  func product() {
    func products(_ graph: Graph) -> Int {
      graph.nodes.count { if case .product = $0.operation { true } else { false } }
    }
    #expect(products(Networks.fusion(Self.architecture, joining: .mean)) == 0)
    #expect(products(Networks.fusion(Self.architecture, joining: .product)) == 1)
  }
}
