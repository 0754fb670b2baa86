import Diagnostics
import Foundation

/// What a folder of paired recordings holds: classes, recordings, labels and digests.
///
/// All paths are relative to the folder of the manifest and stay inside it.
public struct Manifest: Codable, Equatable, Sendable {
  /// Name of the file in a recordings folder.
  public static let fileName = "manifest.json"

  /// Version of this format; another number is refused.
  public var version: Int
  public var name: String
  /// Names of the classes; labels count them from 0.
  public var classes: [String]
  public var recordings: [Recording]
  /// Labelled pieces that shall not become samples, each with the reason.
  public var exclude: [Exclusion]
  /// SHA-256 of each file, by path.
  public var digests: [String: Digest]

  public init(
    name: String, classes: [String], recordings: [Recording], exclude: [Exclusion] = [],
    digests: [String: Digest] = [:]
  ) {
    version = 1
    self.name = name
    self.classes = classes
    self.recordings = recordings
    self.exclude = exclude
    self.digests = digests
  }
}

extension Manifest {
  /// A picture and a cube that show the same, and what is known about them.
  public struct Recording: Codable, Equatable, Sendable {
    /// Name of the recording, unique in the manifest; part of each piece's name.
    public var id: String
    /// Batch, day or session: the unit that a split never tears apart.
    public var group: String
    public var layout: Layout
    /// RGB picture, PNG or JPEG.
    public var color: String
    /// The cube: header or numbers of an ENVI pair, or a `.npy` file with its wavelengths beside.
    public var cube: String
    /// Counts without light and of a white tile; both or neither.
    ///
    /// Without them the cube holds
    /// reflectance already.
    public var dark: String?
    public var white: String?
    /// How counts become reflectance, a `ReflectanceRecipe` in JSON; nil takes the defaults.
    ///
    /// Where `dark` and `white` are left out, it names the references itself, as the files of a
    /// rig's calibration do.
    public var correction: String?
    /// The rig's calibration; a belt recording needs one, a scene has none.
    public var calibration: String?
    /// Belt position at which the picture was exposed, in millimeters of travel.
    public var beltMillimeters: Double?
    /// Nil gives no samples; pieces that nobody knows become unlabelled ones as material `?`.
    public var labels: LabelSource?
    /// A published split of a scene.
    public var split: MaskSplit?

    public init(
      id: String, group: String, layout: Layout, color: String, cube: String,
      calibration: String? = nil, labels: LabelSource? = nil
    ) {
      self.id = id
      self.group = group
      self.layout = layout
      self.color = color
      self.cube = cube
      self.calibration = calibration
      self.labels = labels
    }
  }

  /// How pieces lie in a recording.
  public enum Layout: String, Codable, Sendable, CaseIterable {
    /// Pieces on a belt, seen by two cameras with views of their own.
    case belt
    /// A whole scene with a label for each pixel; picture and cube share their pixels.
    case scene
  }

  /// Where the labels of a recording come from.
  public enum LabelSource: Equatable, Sendable {
    /// All pieces are of one class, `?` for unknown. `pieces` is a label map with the number of
    /// the piece at each pixel of the picture; without it pieces are found against the belt.
    case material(class: String, pieces: String?)
    /// A label map with class + 1 at each pixel of the picture, 0 for belt and 65535 for a piece
    /// of unknown class. Without `pieces`, pixels of one class that touch are one piece.
    case mask(file: String, pieces: String?)
    /// Annotations in COCO's format.
    case coco(file: String)
  }

  /// Which pixels of a scene are for training; all other labelled pixels are for the test.
  public struct MaskSplit: Codable, Equatable, Sendable {
    /// Label map with 0 for test pixels and anything else for training pixels.
    public var trainingMask: String
    /// Why patches of the two parts may overlap, in a sentence that the report repeats.
    ///
    /// Without it an overlap is refused.
    public var acceptedOverlap: String?

    public init(trainingMask: String, acceptedOverlap: String? = nil) {
      self.trainingMask = trainingMask
      self.acceptedOverlap = acceptedOverlap
    }
  }

  /// A labelled piece that shall not become a sample.
  public struct Exclusion: Codable, Equatable, Sendable {
    /// Name of the piece: `recording/number`.
    public var piece: String
    public var reason: String

    public init(piece: String, reason: String) {
      self.piece = piece
      self.reason = reason
    }
  }

  /// The name in a label source, and in COCO categories, for a piece of unknown class.
  public static let unknownClass = "?"
}

extension Manifest.Recording {
  /// Every file that the recording names, cubes by their headers.
  public var files: [String] {
    var files = [color, cube]
    files += [dark, white, correction, calibration, split?.trainingMask].compactMap(\.self)
    switch labels {
    case .material(_, let pieces): files += [pieces].compactMap(\.self)
    case .mask(let file, let pieces): files += [file, pieces].compactMap(\.self)
    case .coco(let file): files.append(file)
    case nil: break
    }
    return files
  }

  /// The cubes among the files.
  public var cubes: [String] { [cube] + [dark, white].compactMap(\.self) }
}
