import Testing

@Suite("Samples")
struct SamplesSuite {}
