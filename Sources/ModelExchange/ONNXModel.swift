import Diagnostics
import Foundation
import NeuralNetworks
import Tensors

/// A network as an ONNX model, for programs that are not Mirage.
///
/// The model takes and gives what our plans take and give: pictures `[N, H, W, C]`, vectors
/// `[N, C]`, `Float`, any `N`. Inside it is `[N, C, H, W]`, as the operators of ONNX are.
///
/// Source: *Open Neural Network Exchange, Intermediate Representation*, version 7, operator set 13,
/// https://onnx.ai/onnx/repo-docs/IR.html.
public struct ONNXModel: Sendable, Equatable {
  /// The file's content.
  public let data: Data

  private static let intermediateRepresentation = 7
  private static let operatorSet = 13
  /// ONNX's number for 32-bit floats.
  private static let floatType = 1

  /// Writes down `graph` with `parameters`; `outputs` are all of the graph's unless named.
  ///
  /// What only other outputs need is left out. `metadata` is kept in the model under its keys.
  /// Throws a `Complaint` where a parameter is missing, misshapen or not finite.
  public init(
    _ graph: Graph, parameters: Parameters, outputs: [String]? = nil,
    metadata: [(key: String, value: String)] = []
  ) throws {
    let names = outputs ?? graph.outputs.map(\.name)
    precondition(!names.isEmpty, "ONNX model '\(graph.name)': no outputs found, one wanted")
    var writer = ONNXGraphWriter(graph, parameters: parameters)
    try writer.write(outputs: names)
    data = Self.model(writer.message, metadata: metadata).bytes
  }

  /// Writes the model to `file`, whole or not at all.
  public func write(to file: URL) throws { try AtomicFile.write(data, to: file) }

  private static func model(
    _ graph: ProtobufMessage, metadata: [(key: String, value: String)]
  ) -> ProtobufMessage {
    var model = ProtobufMessage()
    model.integer(1, intermediateRepresentation)
    model.string(2, "Mirage")
    model.message(7, graph)
    model.message(8) { set in
      set.string(1, "")
      set.integer(2, operatorSet)
    }
    for entry in metadata {
      model.message(14) { property in
        property.string(1, entry.key)
        property.string(2, entry.value)
      }
    }
    return model
  }

  /// A named tensor of weights.
  static func tensor(_ name: String, _ tensor: Tensor) -> ProtobufMessage {
    var message = ProtobufMessage()
    message.integers(1, tensor.shape)
    message.integer(2, floatType)
    message.string(8, name)
    var raw = Data(capacity: tensor.count * 4)
    for value in tensor.values { raw.appendLittleEndian(value.bitPattern) }
    message.data(9, raw)
    return message
  }

  /// The name and type of an input or output, whose first extent is the batch.
  static func value(_ name: String, shape: [Int]) -> ProtobufMessage {
    var message = ProtobufMessage()
    message.string(1, name)
    message.message(2) { type in
      type.message(1) { tensor in
        tensor.integer(1, floatType)
        tensor.message(2) { extents in
          extents.message(1) { $0.string(2, "N") }
          for extent in shape { extents.message(1) { $0.integer(1, extent) } }
        }
      }
    }
    return message
  }
}
