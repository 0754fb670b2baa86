import Diagnostics

extension Manifest {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case version, name, classes, recordings, exclude, digests
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
    version = try container.decode(Int.self, forKey: .version)
    name = try container.decode(String.self, forKey: .name)
    classes = try container.decode([String].self, forKey: .classes)
    recordings = try container.decode([Recording].self, forKey: .recordings)
    exclude = try container.decodeIfPresent([Exclusion].self, forKey: .exclude) ?? []
    digests = try container.decodeIfPresent([String: Digest].self, forKey: .digests) ?? [:]
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(version, forKey: .version)
    try container.encode(name, forKey: .name)
    try container.encode(classes, forKey: .classes)
    try container.encode(recordings, forKey: .recordings)
    if !exclude.isEmpty { try container.encode(exclude, forKey: .exclude) }
    try container.encode(digests, forKey: .digests)
  }
}

extension Manifest.Recording {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case id, group, layout, color, cube, dark, white, correction, calibration, beltMillimeters
    case labels, split
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
    id = try container.decode(String.self, forKey: .id)
    group = try container.decode(String.self, forKey: .group)
    layout = try container.decode(Manifest.Layout.self, forKey: .layout)
    color = try container.decode(String.self, forKey: .color)
    cube = try container.decode(String.self, forKey: .cube)
    dark = try container.decodeIfPresent(String.self, forKey: .dark)
    white = try container.decodeIfPresent(String.self, forKey: .white)
    correction = try container.decodeIfPresent(String.self, forKey: .correction)
    calibration = try container.decodeIfPresent(String.self, forKey: .calibration)
    beltMillimeters = try container.decodeIfPresent(Double.self, forKey: .beltMillimeters)
    labels = try container.decodeIfPresent(Manifest.LabelSource.self, forKey: .labels)
    split = try container.decodeIfPresent(Manifest.MaskSplit.self, forKey: .split)
  }
}

extension Manifest.LabelSource: Codable {
  private enum Kind: String, Codable { case material, mask, coco }
  private enum KindKey: String, CodingKey { case kind }
  private enum MaterialKeys: String, CodingKey, CaseIterable {
    case kind, `class`, pieces
  }
  private enum MaskKeys: String, CodingKey, CaseIterable { case kind, file, pieces }
  private enum COCOKeys: String, CodingKey, CaseIterable { case kind, file }

  public init(from decoder: any Decoder) throws {
    switch try decoder.container(keyedBy: KindKey.self).decode(Kind.self, forKey: .kind) {
    case .material:
      let container = try decoder.strictContainer(keyedBy: MaterialKeys.self)
      self = .material(
        class: try container.decode(String.self, forKey: .class),
        pieces: try container.decodeIfPresent(String.self, forKey: .pieces))
    case .mask:
      let container = try decoder.strictContainer(keyedBy: MaskKeys.self)
      self = .mask(
        file: try container.decode(String.self, forKey: .file),
        pieces: try container.decodeIfPresent(String.self, forKey: .pieces))
    case .coco:
      let container = try decoder.strictContainer(keyedBy: COCOKeys.self)
      self = .coco(file: try container.decode(String.self, forKey: .file))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .material(let name, let pieces):
      var container = encoder.container(keyedBy: MaterialKeys.self)
      try container.encode(Kind.material, forKey: .kind)
      try container.encode(name, forKey: .class)
      try container.encodeIfPresent(pieces, forKey: .pieces)
    case .mask(let file, let pieces):
      var container = encoder.container(keyedBy: MaskKeys.self)
      try container.encode(Kind.mask, forKey: .kind)
      try container.encode(file, forKey: .file)
      try container.encodeIfPresent(pieces, forKey: .pieces)
    case .coco(let file):
      var container = encoder.container(keyedBy: COCOKeys.self)
      try container.encode(Kind.coco, forKey: .kind)
      try container.encode(file, forKey: .file)
    }
  }
}

extension Manifest.MaskSplit {
  enum CodingKeys: String, CodingKey, CaseIterable { case trainingMask, acceptedOverlap }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
    trainingMask = try container.decode(String.self, forKey: .trainingMask)
    acceptedOverlap = try container.decodeIfPresent(String.self, forKey: .acceptedOverlap)
  }
}

extension Manifest.Exclusion {
  enum CodingKeys: String, CodingKey, CaseIterable { case piece, reason }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
    piece = try container.decode(String.self, forKey: .piece)
    reason = try container.decode(String.self, forKey: .reason)
  }
}
