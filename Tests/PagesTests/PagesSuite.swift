import TestSupport
import Testing

@testable import Pages

@Suite("Axis")
struct AxisSuite {
  @Test(
    "steps are 1, 2 or 5 times a power of ten",
    arguments: [(10.0, 5, 2.0), (1, 5, 0.2), (0.03, 4, 0.01), (800, 4, 200), (7, 7, 1), (23, 5, 5)])
  func steps(extent: Double, count: Int, wanted: Double) {
    expectClose(Axis.step(extent, count: count), wanted, absolute: 0, relative: 1e-12)
  }

  @Test("ticks lie on multiples of the step, ends included")
  func ticks() {
    expectClose(
      Axis.ticks(from: -0.3, through: 0.3, step: 0.1), [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3],
      absolute: 1e-12)
    #expect(Axis.ticks(from: 0.2, through: 0.8, step: 1).isEmpty)
  }

  @Test("an axis holds its values between round numbers")
  func holding() {
    let axis = Axis("", holding: [0.823, 0.947, .nan, .infinity], count: 3, factor: 100)
    expectClose(
      [axis.range.lowerBound, axis.range.upperBound], [0.80, 0.95], absolute: 1e-9)
    #expect(axis.ticks.map(axis.label) == ["80", "85", "90", "95"])
    #expect(Axis("", holding: [0, 16.5]).ticks == Array(stride(from: 0, through: 18, by: 2)))
    let flat = Axis("", holding: [3, 3])
    #expect(flat.range.contains(3) && flat.range.upperBound > flat.range.lowerBound)
    #expect(Axis("", holding: []).ticks.count > 1)
  }
}

@Suite("Markup")
struct MarkupSuite {
  @Test("a literal is text, an element is not")
  func escaping() {
    let class_ = "<b>&'\""
    let markup = element("p", ["class": class_]) { "a < b, \(class_)\u{0}" }
    #expect(
      markup.source
        == "<p class=\"&lt;b&gt;&amp;&#39;&quot;\">a &lt; b, &lt;b&gt;&amp;&#39;&quot;\u{FFFD}</p>")
    #expect(leaf("img", ["src": "", "alt": ""]).source == "<img alt=\"\"/>")
  }
}

@Suite("Number text")
struct NumberTextSuite {
  @Test("numbers have signs, groups and units")
  func texts() {
    let space = NumberText.space
    #expect(NumberText.percent(0.9314) == "93.1\(space)%")
    #expect(NumberText.percent(.nan) == "?")
    #expect(NumberText.signed(2.345) == "+2.3")
    #expect(NumberText.signed(-2.345) == "\u{2212}2.3")
    #expect(NumberText.signed(-0.04) == "0.0")
    #expect(NumberText.interval(-1, 2.25, digits: 2) == "[\u{2212}1.00,\u{A0}+2.25]")
    #expect(NumberText.interval(-.infinity, .infinity).isEmpty)
    #expect(NumberText.count(1_234_567) == "1\(space)234\(space)567")
    #expect(NumberText.count(999) == "999")
    #expect(NumberText.scaled(1_234_567) == "1.23\(space)M")
    #expect(NumberText.scaled(45_678) == "45.7\(space)k")
    #expect(NumberText.scaled(12) == "12")
    #expect(NumberText.probability(0.00002) == "<\u{A0}0.001")
    #expect(NumberText.probability(0.04) == "0.040")
    #expect([-0.04, 12.34, -7.96, .nan].map(NumberText.coordinate) == ["0", "12.3", "-8", "0"])
  }
}
