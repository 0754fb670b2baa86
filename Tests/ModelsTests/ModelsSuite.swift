import Testing

@Suite("Models")
struct ModelsSuite {}
