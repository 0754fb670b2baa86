import Testing

@Suite("Tensors")
struct TensorsSuite {}
