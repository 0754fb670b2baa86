"""Builds a model with every layer by the official ONNX library and runs it by ONNX Runtime.

pip install numpy==2.4.6 onnx==1.23.2 onnxruntime==1.31.1 safetensors==0.8.0

Writes SampleData/Golden/onnx/every-layer.onnx, whose bytes our writer must match, and
every-layer.safetensors: inputs and outputs of four samples.
"""

import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

FOLDER = pathlib.Path(__file__).parents[2] / "SampleData/Golden/onnx"


def numbers(shape, start):
    """Multiples of 1/16 from -6/16 to 6/16, so that they are the same in every language."""
    count = int(np.prod(shape))
    return np.array([((7 * i + start) % 13 - 6) / 16 for i in range(count)], np.float32).reshape(shape)


nodes, weights = [], []


def weight(name, shape, start, above=0.0):
    weights.append(numpy_helper.from_array(numbers(shape, start) + np.float32(above), name))
    return name


def node(kind, inputs, output, **attributes):
    nodes.append(helper.make_node(kind, inputs, [output], f"{kind} {output}", **attributes))
    return output


def slid(kernel, stride, group=1):
    return dict(group=group, kernel_shape=[kernel] * 2, pads=[kernel // 2] * 4, strides=[stride] * 2)


def pooled():
    return dict(kernel_shape=[2, 2], strides=[2, 2])


node("Transpose", ["color"], "value.0", perm=[0, 3, 1, 2])
node("Conv", ["value.0", weight("stem.kernel", [4, 3, 3, 3], 1)], "value.1", **slid(3, 2))
norm = [weight("norm.scale", [4], 2, 1), weight("norm.shift", [4], 3)]
norm += [weight("norm.runningMean", [4], 4), weight("norm.runningVariance", [4], 5, 1)]
node("BatchNormalization", ["value.1"] + norm, "value.2", epsilon=1e-5)
node("Relu", ["value.2"], "value.3")
node("Conv", ["value.3", weight("depth.kernel", [4, 1, 3, 3], 6)], "value.4", **slid(3, 1, 4))
node("Sigmoid", ["value.4"], "value.5")
node("Add", ["value.3", "value.5"], "value.6")
node("Mul", ["value.3", "value.5"], "value.7")
node("Mean", ["value.6", "value.7"], "value.8")
node("Concat", ["value.8", "value.3"], "value.9", axis=1)
node("AveragePool", ["value.9"], "value.10", **pooled())
node("MaxPool", ["value.9"], "value.11", **pooled())
node("Add", ["value.10", "value.11"], "value.12")
mix = [weight("mix.kernel", [5, 8, 1, 1], 7), weight("mix.bias", [5], 8)]
node("Conv", ["value.12"] + mix, "value.14", **slid(1, 1))
node("GlobalAveragePool", ["value.14"], "value.15.square")
node("Flatten", ["value.15.square"], "value.15", axis=1)
node("Identity", ["position"], "value.16")
node("Concat", ["value.15", "value.16"], "value.17", axis=1)
join = [weight("join.kernel", [3, 7], 9), weight("join.bias", [3], 10)]
node("Gemm", ["value.17"] + join, "value.18", transB=1)
node("Transpose", ["value.12"], "features", perm=[0, 2, 3, 1])
node("Identity", ["value.18"], "logits")


def port(name, *shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *shape])


graph = helper.make_graph(
    nodes,
    "every layer",
    [port("color", 9, 10, 3), port("position", 2)],
    [port("features", 2, 2, 8), port("logits", 3)],
    initializer=weights,
)
model = helper.make_model(
    graph,
    producer_name="Mirage",
    opset_imports=[helper.make_opsetid("", 13)],
    ir_version=7,
)
helper.set_model_props(model, {"classes": "copper, brass", "bundle": "abc"})
onnx.checker.check_model(model, full_check=True)
FOLDER.mkdir(parents=True, exist_ok=True)
file = FOLDER / "every-layer.onnx"
file.write_bytes(model.SerializeToString(deterministic=True))

inputs = {"color": numbers([4, 9, 10, 3], 11), "position": numbers([4, 2], 12)}
session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
outputs = dict(zip(["features", "logits"], session.run(["features", "logits"], inputs)))
save_file(
    {f"inputs/{name}": value for name, value in inputs.items()}
    | {f"outputs/{name}": value for name, value in outputs.items()},
    str(FOLDER / "every-layer.safetensors"),
)
print(outputs["logits"])
