import Testing

@Suite("Cameras")
struct CamerasSuite {}
