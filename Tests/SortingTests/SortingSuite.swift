import Testing

@Suite("Sorting")
struct SortingSuite {}
