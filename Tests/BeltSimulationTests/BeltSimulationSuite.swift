import Testing

@Suite("BeltSimulation")
struct BeltSimulationSuite {}
