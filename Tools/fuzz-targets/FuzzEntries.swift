import CalibrationTargets
import CameraCalibration
import CommandKit
import Diagnostics
import Foundation
import Hyperspectral
import Imaging
import Inspections
import LineScan
import Services
import Tensors
import Units

// The entries that libFuzzer calls, one for each reader of outside bytes. A reader may read or
// refuse in words; anything else (a trap, a hang, an error without words, more memory than the
// input justifies) ends the program, and libFuzzer keeps the input.

/// The text of an ENVI header.
@_cdecl("fuzz_envi_header")
public func fuzzHeader(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  attempt { _ = try ENVIHeader(bytes(start, count), place: "input") }
}

/// A header, a zero byte and the numbers, as a pair of files.
@_cdecl("fuzz_envi_cube")
public func fuzzCube(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  attempt { try readAll(CubeFile.open(pair(bytes(start, count))), fileSize: count) }
}

/// The same pair as a map of classes, and as a library of spectra.
@_cdecl("fuzz_envi_labels")
public func fuzzLabelsOfENVI(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  attempt {
    let file = try pair(bytes(start, count))
    attempt { _ = try ENVIClassification.read(file) }
    attempt { _ = try SpectralLibrary.read(file) }
  }
}

/// The same pair for the header doctor: its screen, its table, pictures, spectra and repairs.
@_cdecl("fuzz_envi_doctor")
public func fuzzDoctor(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  attempt {
    let inspection = try CubeInspection(pair(bytes(start, count)))
    precondition(!inspection.text.isEmpty, "a screen without words")
    _ = try JSONFile.line(CubeRow(inspection))
    if let diagnosis = inspection.diagnosis {
      for found in diagnosis.readings { attempt { _ = try diagnosis.repairedText(found) } }
    }
    if let reader = inspection.reader, let pixel = CubeRegion(text: "0,0") {
      _ = try CubePicture(reader)
      _ = SpectrumChart([try RegionSpectrum(pixel, of: reader)], of: reader).svg
    }
  }
}

/// A NumPy cube.
@_cdecl("fuzz_numpy")
public func fuzzNumPy(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = bytes(start, count)
  attempt { _ = try NumPyFile.decode(input, place: "input") }
  return attempt { try readAll(CubeFile.open(file("npy", input)), fileSize: count) }
}

/// A MATLAB file of either kind.
@_cdecl("fuzz_matlab")
public func fuzzMATLAB(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  attempt { try readAll(CubeFile.open(file("mat", bytes(start, count))), fileSize: count) }
}

/// A TIFF cube.
@_cdecl("fuzz_tiff")
public func fuzzTIFF(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  attempt { try readAll(CubeFile.open(file("tif", bytes(start, count))), fileSize: count) }
}

/// A table of single spectra.
@_cdecl("fuzz_spectra_table")
public func fuzzSpectra(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  attempt { try readAll(CubeFile.open(file("csv", bytes(start, count))), fileSize: count) }
}

/// Wavelengths beside a cube of four bands.
@_cdecl("fuzz_wavelengths")
public func fuzzWavelengths(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  attempt {
    _ = try file("wavelengths.json", bytes(start, count))
    try readAll(CubeFile.open(file("npy", fourBands)), fileSize: count)
  }
}

/// Made anew each time: what globals hold may look lost to the check for leaks.
private var fourBands: Data {
  NumPyFile.encode(NumPyArray(shape: [1, 1, 4], values: [1, 2, 3, 4], type: .float32))
}

/// How counts become spectra, as a recording's folder or a bundle stores it.
@_cdecl("fuzz_recipe")
public func fuzzRecipe(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = bytes(start, count)
  return attempt {
    let recipe = try JSONFile.decode(ReflectanceRecipe.self, from: input, place: "input")
    let again = try JSONFile.encode(recipe)
    let back = try JSONFile.decode(ReflectanceRecipe.self, from: again, place: "again")
    precondition(back == recipe, "a recipe that does not come back")
    let bands = (0..<6).map { Wavelength(nanometers: 500 + 50 * Double($0)) }
    func reference(_ level: Float) throws -> DetectorReference {
      try DetectorReference(
        Cube(
          lines: 1, samples: 3, wavelengths: bands, values: [Float](repeating: level, count: 18)),
        name: "reference", options: recipe.radiometry)
    }
    let calibration = try ReflectanceCalibration(
      dark: reference(100), white: reference(3000), recipe: recipe)
    var corrector = try ReflectanceCorrector(
      calibration, layout: LineLayout(samples: 3, bands: 6, type: .uint16))
    guard corrector.count < 1 << 16 else { return }
    var spectra = [Float](repeating: 0, count: corrector.count)
    var target = spectra.mutableSpan
    corrector.correct([UInt8](repeating: 5, count: 36).span.bytes, into: &target)
  }
}

/// The spectrum of a lamp: which elements, a share of the start's error, counts of two bytes each.
@_cdecl("fuzz_lamp")
public func fuzzLamp(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = [UInt8](bytes(start, min(count, 258)))
  guard input.count > 2 else { return 0 }
  let elements = LampElement.allCases.enumerated().filter { input[0] & (1 << $0.offset) != 0 }
  let spectrum = stride(from: 2, to: input.count - 1, by: 2).map {
    Double(Int(input[$0]) << 8 + Int(input[$0 + 1]))
  }
  let range = 500 + 2 * Double(input[1])
  let axis = spectrum.indices.map { 400 + range * Double($0) / Double(max(1, spectrum.count - 1)) }
  return attempt {
    let found = try LampReading(elements: elements.map(\.element), saturation: 60_000)
      .read(spectrum, start: axis)
    precondition(found.bound.isFinite && found.wavelengths.allSatisfy(\.isFinite), "no number")
  }
}

/// What a bridge sends, in pieces of any length.
@_cdecl("fuzz_line_stream")
public func fuzzLines(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = [UInt8](bytes(start, count))
  let step = max(1, Int(input.last ?? 1) * 4)
  return attempt {
    var decoder = LineStreamDecoder(place: "input")
    for first in stride(from: 0, to: input.count, by: step) {
      decoder.append(Array(input[first..<min(first + step, input.count)]))
      while try decoder.next() != nil {}
    }
  }
}

/// A configuration, and where its keys stand.
@_cdecl("fuzz_settings")
public func fuzzSettings(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  attempt { _ = try SettingsFile(bytes(start, count), place: "input") }
}

/// What comes with a change over HTTP: an object, and in front of a zero byte a header's value.
@_cdecl("fuzz_change_request")
public func fuzzChange(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = bytes(start, count)
  let mark = input.firstIndex(of: 0) ?? input.startIndex
  let header = String(decoding: input[..<mark], as: UTF8.self)
  let isOurs = ChangeOrigin.isOurs(origin: header, host: "localhost:8080", site: nil)
  precondition(isOurs == (header == "http://localhost:8080"), "another site's page")
  _ = ChangeOrigin.isJSON(header)
  return attempt {
    let kind = ChangeWish.Kind.allCases[count % ChangeWish.Kind.allCases.count]
    let wish = try ChangeWish([UInt8](input[mark...].drop { $0 == 0 }), kind)
    if case .configuration(let name) = wish.wanted {
      precondition(!name.contains("/") && !name.hasPrefix("."), "a file elsewhere")
    }
    precondition(!wish.who.isEmpty && !wish.why.isEmpty && wish.why.count <= 200, "no wish")
  }
}

/// An audit log, followed from its first line.
@_cdecl("fuzz_audit_log")
public func fuzzAudit(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  attempt {
    let log = try file("jsonl", bytes(start, count))
    let (chain, problem) = try AuditChain.verify(log)
    precondition(problem != nil || count == 0 || chain.count > 0, "a log of nothing")
    if let problem { precondition(!problem.problem.isEmpty, "refused without words") }
    attempt { _ = try AuditLog(log) }
  }
}

/// What a box with valves sends over a serial port; and the same bytes as bodies of messages whose
/// checksums are right, which no fuzzer finds.
@_cdecl("fuzz_valve_box")
public func fuzzValves(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var session = ValveSession(number: 0x0101_0101, terms: ValveTerms())
  let input = [UInt8](bytes(start, count))
  var reader = StuffedReader()
  reader.take(input)
  var now = LineInstant(seconds: 1)
  func hear(_ message: [UInt8]) {
    session.receive(message, at: now)
    session.take(
      Blast(
        piece: 1, onAt: now.advanced(by: .milliseconds(40)),
        offAt: now.advanced(by: .milliseconds(60)), nozzles: [1, 9]), at: now)
    now = now.advanced(by: .milliseconds(20))
    session.due(at: now) { $0.count <= 128 }
    precondition(session.status.account.isBalanced, "a blast was lost")
  }
  while let message = reader.next() { hear(message) }
  // Kind, sequence, and a body of up to 40 bytes.
  for first in stride(from: 0, to: input.count - 42, by: 42) {
    let body = input[(first + 2)..<(first + 2 + (input[first] % 5 == 3 ? 8 : 40))]
    var message = Array("MVLV".utf8) + [1, input[first] % 6, UInt8(body.count + 20), 0]
    message += [1, 1, 1, 1, input[first + 1], 0, 0, 0] + body
    LittleEndian.append(CRC32.checksum(message.span), to: &message)
    hear(message)
  }
  return 0
}

/// A recording whose program was killed: its header, a zero byte, its table, a zero byte, numbers.
@_cdecl("fuzz_line_recording")
public func fuzzRecording(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  attempt {
    let parts = bytes(start, count).split(
      separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
    _ = try file("lines.csv", parts.count > 1 ? Data(parts[1]) : Data())
    _ = try file("raw", parts.count > 2 ? Data(parts[2]) : Data())
    let header = try file("hdr", Data(parts[0]))
    let lines = try LineRecording.repair(header)
    let told = try CubeFile.open(header).shape.lines
    precondition(told == lines, "a repair that does not tell its lines")
  }
}

/// A PNG picture.
@_cdecl("fuzz_png")
public func fuzzPNG(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  attempt { _ = try PictureFile.decode(bytes(start, count), place: "input") }
}

/// A JPEG picture.
@_cdecl("fuzz_jpeg")
public func fuzzJPEG(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  attempt { _ = try PictureFile.decode(bytes(start, count), place: "input") }
}

/// A label map.
@_cdecl("fuzz_labels")
public func fuzzLabels(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  attempt { _ = try LabelMapFile.decode(bytes(start, count), place: "input") }
}

/// A tensor file.
@_cdecl("fuzz_safetensors")
public func fuzzTensors(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  attempt { _ = try Safetensors.decode(bytes(start, count), place: "input") }
}

/// A board's file, laid out on paper.
@_cdecl("fuzz_board")
public func fuzzBoard(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  attempt {
    let board = try JSONFile.decode(
      CalibrationBoard.self, from: bytes(start, count), place: "input")
    _ = try BoardSheet(board, on: .a3, place: "input")
  }
}

/// A gray picture, its width in the first byte, shown to the detectors of both kinds of board.
@_cdecl("fuzz_sighting")
public func fuzzSighting(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = [UInt8](bytes(start, count))
  guard let width = input.first.map(Int.init), width > 0, input.count > width else { return 0 }
  let height = (input.count - 1) / width
  let picture = Picture(
    width: width, height: height, channels: 1, pixels: Array(input[1...width * height]))
  for board in [CalibrationBoard.tags(TagGrid()), .chessboard(Chessboard())] {
    attempt { _ = try BoardDetector(board).sighting(in: picture, named: "input") }
  }
  return 0
}

private func bytes(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Data {
  start.map { Data(bytes: $0, count: count) } ?? Data()
}

/// Runs a reader; every refusal must be in words.
@discardableResult
private func attempt(_ body: () throws -> Void) -> CInt {
  do {
    try body()
  } catch let error as any Explained {
    precondition(!error.problem.isEmpty, "an error without words: \(error)")
  } catch {
    preconditionFailure("an error that explains nothing: \(error)")
  }
  return 0
}

/// Reads a cube to its end, some lines at a time; a line larger than its file is not read.
private func readAll(_ reader: any CubeReader, fileSize: Int) throws {
  var values: [Float] = []
  var line = 0
  while line < reader.shape.lines {
    let end = min(reader.shape.lines, line + max(1, reader.linesAtOnce))
    try reader.read(lines: line..<end, into: &values)
    precondition(values.count == (end - line) * reader.shape.valuesPerLine, "too few numbers")
    line = end
  }
}

/// Files in memory: each run of the fuzzer has its own folder.
private let folder: URL = {
  let memory = URL(filePath: "/dev/shm")
  let base =
    FileManager.default.isWritableFile(atPath: memory.path)
    ? memory : FileManager.default.temporaryDirectory
  return base.appending(path: "mirage-fuzz-\(ProcessInfo.processInfo.processIdentifier)")
}()

private func file(_ ending: String, _ bytes: Data) throws -> URL {
  let file = folder.appending(path: "x.\(ending)")
  if !FileManager.default.fileExists(atPath: folder.path) {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }
  try bytes.write(to: file)
  return file
}

/// What lies before and after the first zero byte; the header's file.
private func pair(_ input: Data) throws -> URL {
  let mark = input.firstIndex(of: 0) ?? input.endIndex
  _ = try file("raw", Data(input[mark...].dropFirst()))
  return try file("hdr", Data(input[..<mark]))
}
