import Testing

@Suite("Bundles")
struct BundlesSuite {}
