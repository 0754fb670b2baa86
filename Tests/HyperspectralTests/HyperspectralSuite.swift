import Testing

@Suite("Hyperspectral")
struct HyperspectralSuite {}
