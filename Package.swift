// swift-tools-version: 6.2
import PackageDescription

// Layers are listed bottom up; ARCHITECTURE.md holds the table and a test enforces it.

let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
]

/// A library of the house: its own folder in `Sources`, and a test target beside it if `tested`.
struct Library {
  let name: String
  let uses: [String]
  let isTested: Bool
  /// What its tests import besides.
  let testsUse: [String]

  init(_ name: String, _ uses: [String] = [], tested: Bool = true, testsUse: [String] = []) {
    self.name = name
    self.uses = uses
    self.isTested = tested
    self.testsUse = testsUse
  }
}

let libraries: [Library] = [
  Library("Diagnostics", ["CCrypto"]),
  Library("CommandKit", ["Diagnostics"]),
  Library("Units", tested: false),
  Library("Tensors", ["Diagnostics"]),
  Library("Pages"),
  Library(
    "NeuralNetworks", ["CLayerKernels", "COneDNN", "Tensors", "Diagnostics"],
    testsUse: ["CAllocationCount"]),
  Library("Imaging", ["CPNG", "CJPEG", "CCairo", "CWebP", "CPixelRows", "Units", "Diagnostics"]),
  Library("Chemometrics", ["CLAPACK", "Tensors"]),
  Library(
    "Hyperspectral",
    [
      "CMATIO", "CNumberTiles", "CTIFF", "Chemometrics", "Imaging", "Tensors", "Units",
      "Diagnostics",
    ]),
  Library("Inspections", ["Imaging", "Hyperspectral", "Tensors", "Units", "Diagnostics"]),
  Library(
    "LineScan", ["CAravis", "Hyperspectral", "Tensors", "Units", "Diagnostics"],
    testsUse: ["CAravis"]),
  Library(
    "CameraCalibration",
    [
      "CLAPACK", "CMinpack", "CPixelRows", "Imaging", "Hyperspectral", "Tensors", "Units",
      "Diagnostics",
    ], testsUse: ["BeltSimulation"]),
  Library(
    "CalibrationTargets",
    [
      "CAprilTag", "CLAPACK", "CameraCalibration", "Imaging", "Tensors", "Units", "Diagnostics",
    ]),
  Library(
    "BeltSimulation",
    ["CameraCalibration", "Imaging", "Hyperspectral", "Tensors", "Units", "Diagnostics"]),
  Library("USBCameraSimulation", ["Imaging", "Units", "Diagnostics"]),
  Library(
    "Cameras", ["CV4L2", "BeltSimulation", "Imaging", "Tensors", "Units", "Diagnostics"],
    testsUse: ["CAllocationCount", "CJPEG", "CV4L2", "USBCameraSimulation"]),
  Library("Conveyor", ["CBeltRows", "Imaging", "Units"]),
  Library("Models", ["NeuralNetworks"]),
  Library(
    "Samples", ["CameraCalibration", "Imaging", "Hyperspectral", "Units", "Diagnostics"]),
  Library(
    "Datasets",
    [
      "Samples", "CameraCalibration", "Imaging", "Hyperspectral", "Tensors", "Units",
      "Diagnostics",
    ]),
  Library(
    "Bundles",
    ["CameraCalibration", "Models", "Samples", "NeuralNetworks", "Tensors", "Diagnostics"]),
  Library("ModelExchange", ["NeuralNetworks", "Tensors", "Diagnostics"]),
  Library(
    "Distillation",
    [
      "Bundles", "Models", "Datasets", "Samples", "NeuralNetworks", "Chemometrics", "Tensors",
      "Diagnostics",
    ]),
  Library(
    "Reports",
    [
      "Distillation", "Datasets", "Samples", "Imaging", "Hyperspectral", "Tensors", "Pages",
      "Diagnostics",
    ]),
  Library(
    "Commissioning",
    [
      "CalibrationTargets", "CameraCalibration", "Cameras", "Imaging", "Hyperspectral", "Tensors",
      "Pages", "Units", "Diagnostics",
    ], testsUse: ["BeltSimulation"]),
  Library(
    "Services",
    ["CGPIO", "CMicroHTTPD", "CModbus", "CMosquitto", "CSQLite", "Units", "Diagnostics"]),
  Library("ShiftReports", ["Services", "Pages", "Diagnostics"]),
  Library(
    "Sorting",
    [
      "Bundles", "Cameras", "CameraCalibration", "Samples", "NeuralNetworks", "Conveyor", "Imaging",
      "Units", "Diagnostics",
    ], testsUse: ["BeltSimulation", "CAllocationCount", "ModelExchange", "Models"]),
]

/// The programs: each wires libraries together and does nothing else.
let programs: [(name: String, path: String, uses: [String])] = [
  (
    "mirage-train", "Sources/mirage-train",
    [
      "Bundles", "CommandKit", "Datasets", "Diagnostics", "Distillation",
      "Hyperspectral", "Imaging", "Inspections", "LineScan", "ModelExchange", "NeuralNetworks",
      "Reports", "Tensors",
    ]
  ),
  (
    "miraged", "Sources/miraged",
    [
      "BeltSimulation", "Bundles", "CameraCalibration", "Cameras", "CommandKit", "Conveyor",
      "Diagnostics", "Imaging", "NeuralNetworks", "Pages", "Services", "ShiftReports", "Sorting",
      "Units",
    ]
  ),
  (
    "mirage-calibrate", "Sources/mirage-calibrate",
    [
      "CalibrationTargets", "CameraCalibration", "Cameras", "CommandKit", "Commissioning",
      "Diagnostics", "Imaging", "LineScan", "Units",
    ]
  ),
  (
    "mirage-simulate", "Tools/mirage-simulate",
    [
      "BeltSimulation", "CalibrationTargets", "CameraCalibration", "Cameras", "CommandKit",
      "Datasets", "Diagnostics", "Hyperspectral", "Imaging", "LineScan", "Tensors", "Units",
    ]
  ),
  (
    "uvc-camera", "Tools/uvc-camera",
    ["CommandKit", "Diagnostics", "USBCameraSimulation", "Units"]
  ),
]

/// `CAravis` is there only in builds with GigE Vision: `swift build --traits GigEVision`.
func dependencies(_ names: [String]) -> [Target.Dependency] {
  names.map { name in
    .byName(name: name, condition: name == "CAravis" ? .when(traits: ["GigEVision"]) : nil)
  }
}

let systemLibraries: [Target] = [
  .systemLibrary(name: "COneDNN", providers: [.apt(["libdnnl-dev"])]),
  .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
  .systemLibrary(
    name: "CJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
  .systemLibrary(
    name: "CV4L2", pkgConfig: "libv4lconvert", providers: [.apt(["libv4l-dev"])]),
  .systemLibrary(name: "CCairo", pkgConfig: "cairo", providers: [.apt(["libcairo2-dev"])]),
  .systemLibrary(name: "CWebP", pkgConfig: "libwebpmux", providers: [.apt(["libwebp-dev"])]),
  .systemLibrary(name: "CPixelRows"),
  .systemLibrary(name: "CBeltRows"),
  .systemLibrary(name: "CLayerKernels"),
  .systemLibrary(name: "CNumberTiles"),
  .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
  .systemLibrary(name: "CMATIO", pkgConfig: "matio", providers: [.apt(["libmatio-dev"])]),
  .systemLibrary(name: "CTIFF", pkgConfig: "libtiff-4", providers: [.apt(["libtiff-dev"])]),
  .systemLibrary(name: "CAravis", pkgConfig: "aravis-0.8", providers: [.apt(["libaravis-dev"])]),
  .systemLibrary(
    name: "CAprilTag", pkgConfig: "apriltag", providers: [.apt(["libapriltag-dev"])]),
  .systemLibrary(name: "CLAPACK", pkgConfig: "lapacke", providers: [.apt(["liblapacke-dev"])]),
  .systemLibrary(
    name: "CMinpack", pkgConfig: "cminpack", providers: [.apt(["libcminpack-dev"])]),
  .systemLibrary(
    name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
  .systemLibrary(name: "CModbus", pkgConfig: "libmodbus", providers: [.apt(["libmodbus-dev"])]),
  .systemLibrary(
    name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
  .systemLibrary(name: "CGPIO", pkgConfig: "libgpiod", providers: [.apt(["libgpiod-dev"])]),
  .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
]

let package = Package(
  name: "Mirage",
  products: programs.map { .executable(name: $0.name, targets: [$0.name]) },
  traits: [
    .trait(name: "GigEVision", description: "Takes lines from GigE Vision cameras, through Aravis.")
  ],
  targets: systemLibraries
    + libraries.map {
      .target(name: $0.name, dependencies: dependencies($0.uses), swiftSettings: swiftSettings)
    }
    + programs.map {
      .executableTarget(
        name: $0.name, dependencies: dependencies($0.uses), path: $0.path,
        swiftSettings: swiftSettings)
    }
    + [
      .target(
        name: "TestSupport",
        dependencies: dependencies(["Diagnostics", "Imaging", "Tensors", "Units"]),
        path: "Tests/TestSupport", swiftSettings: swiftSettings),
      // Counts what is asked of malloc, in test programs alone.
      .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
    ]
    + libraries.filter(\.isTested).map { library in
      .testTarget(
        name: library.name + "Tests",
        // Every test may use `Tensors`: goldens are tensor files.
        dependencies: dependencies(
          Set([library.name, "TestSupport", "Tensors"] + library.uses)
            .filter { name in !systemLibraries.contains { $0.name == name } }
            .union(library.testsUse).sorted()),
        swiftSettings: swiftSettings)
    }
    + [
      .testTarget(
        name: "TidyTests", dependencies: dependencies(["Diagnostics", "Tensors", "TestSupport"]),
        swiftSettings: swiftSettings),
      .testTarget(
        name: "SystemTests",
        dependencies: dependencies(
          ["Bundles", "Diagnostics", "Models", "NeuralNetworks", "Samples", "Sorting", "Tensors"]
            + ["BeltSimulation", "CameraCalibration", "Commissioning", "Hyperspectral", "Imaging"]
            + ["LineScan", "Services", "TestSupport", "Units"] + programs.map(\.name)),
        swiftSettings: swiftSettings),
    ]
)

// What libFuzzer calls; Tools/fuzz alone builds it.
if Context.environment["MIRAGE_FUZZ"] != nil {
  package.products.append(.library(name: "FuzzTargets", type: .static, targets: ["FuzzTargets"]))
  package.targets.append(
    .target(
      name: "FuzzTargets",
      dependencies: dependencies([
        "CalibrationTargets", "CameraCalibration", "CommandKit", "LineScan", "Inspections",
        "Hyperspectral", "Imaging", "Services", "Tensors", "Units", "Diagnostics",
      ]), path: "Tools/fuzz-targets", swiftSettings: swiftSettings))
}

// `MIRAGE_ONLY=LineScan swift test …` builds one library with what it imports, and its tests;
// `MIRAGE_ONLY=Cameras,miraged …` programs too.
if let only = Context.environment["MIRAGE_ONLY"]?.split(separator: ",").map(String.init) {
  let named = programs.filter { only.contains($0.name) }
  var wanted: Set = ["TestSupport", "Diagnostics", "Imaging", "Tensors", "Units"]
  wanted.formUnion(only + only.map { $0 + "Tests" } + named.flatMap(\.uses))
  // Libraries are listed bottom up, so one way down finds all that are imported.
  for library in libraries.reversed() where wanted.contains(library.name) {
    wanted.formUnion(library.uses + (only.contains(library.name) ? library.testsUse : []))
  }
  package.targets.removeAll { !wanted.contains($0.name) }
  package.products = named.map { .executable(name: $0.name, targets: [$0.name]) }
}
