import Testing

@Suite("Conveyor")
struct ConveyorSuite {}
