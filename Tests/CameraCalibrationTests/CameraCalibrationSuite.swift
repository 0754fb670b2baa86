import Testing

@Suite("CameraCalibration")
struct CameraCalibrationSuite {}
