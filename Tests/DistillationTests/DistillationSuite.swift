import Testing

@Suite("Distillation")
struct DistillationSuite {}
