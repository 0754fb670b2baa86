import Testing

@Suite("Imaging")
struct ImagingSuite {}
