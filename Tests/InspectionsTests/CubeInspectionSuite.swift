import Foundation
import Hyperspectral
import TestSupport
import Testing
import Units

@testable import Inspections

@Suite("Cube inspection")
struct CubeInspectionSuite {
  @Test("bars reach from the least to the largest value")
  func bars() {
    #expect(AmountText.sparkline([0, 1, 2, 7]) == "▁▂▃█")
    #expect(AmountText.sparkline([5, .nan, 5]) == "▁ ▁")
    #expect(AmountText.grouped([1, 2]) == [1, 2])
    #expect(Array(AmountText.grouped((0..<96).map(Double.init)).prefix(2)) == [0.5, 2.5])
  }

  @Test("amounts are said as a person says them")
  func words() {
    #expect(AmountText.words(301 + 1 / 3.0) == "301 and a third")
    #expect(AmountText.words(0.75) == "three quarters")
    #expect(AmountText.words(12) == "12")
    #expect(AmountText.words(7.1) == "7.10")
  }
}
