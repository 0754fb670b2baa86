import Testing

@Suite("ModelExchange")
struct ModelExchangeSuite {}
