import Diagnostics
import Foundation
import Hyperspectral
import Imaging
import Inspections
import Tensors

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

/// The same pair for the header doctor, repair included.
@_cdecl("fuzz_envi_doctor")
public func fuzzDoctor(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  attempt {
    let diagnosis = try HeaderDiagnosis(pair(bytes(start, count)))
    _ = diagnosis.table
    for found in diagnosis.readings { attempt { _ = try diagnosis.repairedText(found) } }
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
