/// The sizes that all networks of one experiment share.
///
/// Both sensors' streams have the same trunk after their stems, so that their features match layer
/// by layer for hints; Source: the recommended belt teacher, a pointwise spectral stem before a
/// small two-dimensional residual trunk (He et al., *Deep Residual Learning for Image Recognition*,
/// 2015, Figure 2).
public struct Architecture: Codable, Equatable, Sendable {
  /// One stage of the trunk: residual blocks with the same number of filters.
  public struct Stage: Codable, Equatable, Sendable {
    public var filters: Int
    /// Stride of the first block; 2 halves rows and columns.
    public var stride: Int
    public var blocks: Int

    public init(filters: Int, stride: Int, blocks: Int = 1) {
      self.filters = filters
      self.stride = stride
      self.blocks = blocks
    }
  }

  /// Rows and columns of the RGB crop.
  public var colorSize: Int
  /// Rows and columns of the cube crop; `colorSize` is this or twice this.
  public var cubeSize: Int
  /// Channels of the cube crop after pretreatment.
  public var bands: Int
  public var classes: Int
  /// Filters of the RGB stem's 3 × 3 convolution and of the spectral stem's last 1 × 1.
  public var stem: Int
  /// Filters of the spectral stem's first 1 × 1 convolution.
  public var spectralStem: Int
  public var stages: [Stage]
  /// Stages of the compact student for the line.
  public var compactStem: Int
  public var compactStages: [Stage]

  public init(
    colorSize: Int, cubeSize: Int, bands: Int, classes: Int, stem: Int = 32,
    spectralStem: Int = 64,
    stages: [Stage] = [Stage(filters: 32, stride: 1), Stage(filters: 64, stride: 2)],
    compactStem: Int = 32,
    compactStages: [Stage] = [Stage(filters: 32, stride: 1), Stage(filters: 64, stride: 2)]
  ) {
    self.colorSize = colorSize
    self.cubeSize = cubeSize
    self.bands = bands
    self.classes = classes
    self.stem = stem
    self.spectralStem = spectralStem
    self.stages = stages
    self.compactStem = compactStem
    self.compactStages = compactStages
  }
}
