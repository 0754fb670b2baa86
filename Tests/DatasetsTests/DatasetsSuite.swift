import Testing

@Suite("Datasets")
struct DatasetsSuite {}
