import Testing

@Suite("Diagnostics")
struct DiagnosticsSuite {}
