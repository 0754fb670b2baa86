import Testing

@Suite("Tidy")
struct TidySuite {}
