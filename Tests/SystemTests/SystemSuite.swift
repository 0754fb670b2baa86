import Testing

@Suite("System")
struct SystemSuite {}
