import Testing

@Suite("Reports")
struct ReportsSuite {}
