import Testing

@Suite("CommandKit")
struct CommandKitSuite {}
