import Testing

@testable import Services

@Suite("Looking less closely, as it is told")
struct OverloadSuite {
  private func registers(_ line: ToldLine) -> [UInt16] {
    RegisterMap(line.watch.state(), heartbeat: 0, result: nil, dropped: 0).words
  }

  private func alarm(_ line: ToldLine) -> LineReason? {
    line.watch.state().alarms.first { $0.id.hasPrefix("overload-") }
  }

  @Test("a step is in the registers and with the broker before it is in force, then an alarm")
  func steps() throws {
    let line = ToldLine()
    line.begin()
    line.play(seconds: 2)
    #expect(registers(line)[27] == 0 && registers(line)[28] == 0)
    line.tell(OverloadStatus(.full, coming: nil, steps: 0))
    let before = BrokerState(line.watch.state()).urgent
    #expect(registers(line)[27] == 1 && registers(line)[28] == 0)
    line.tell(OverloadStatus(.full, coming: .fewerViews, steps: 0))
    #expect(registers(line)[27] == 1 && registers(line)[28] == 2)
    #expect(BrokerState(line.watch.state()).urgent != before && alarm(line) == nil)
    line.tell(OverloadStatus(.fewerViews, coming: nil, steps: 1))
    #expect(registers(line)[27] == 2 && registers(line)[28] == 0)
    #expect(alarm(line)?.id == "overload-fewerViews" && alarm(line)?.isUnfit == false)
    line.tell(OverloadStatus(.blind, coming: .color, steps: 3))
    #expect(registers(line)[27] == 4 && registers(line)[28] == 3)
    #expect(alarm(line)?.isUnfit == true)
    let metrics = line.watch.metrics(requests: (0, 0))
    #expect(metrics.contains("mirage_rung{rung=\"blind\"} 1"))
    #expect(metrics.contains("mirage_rung{rung=\"full\"} 0"))
    #expect(metrics.contains("mirage_rung_steps_total 3"))
  }

  @Test("a line that is held says so, and is not fit to sort")
  func held() {
    let line = ToldLine()
    line.watch.hold(LineReason("safe-mode", "three starts failed", remedy: "look at the journal"))
    let state = line.watch.state()
    #expect(state.state == .error && state.word == "SAFE MODE" && !state.isFit)
    #expect(state.alarms.map(\.id) == ["safe-mode"])
  }
}
