import Testing

@Suite("NeuralNetworks")
struct NeuralNetworksSuite {}
