# pip install numpy==2.4.6 safetensors ml_dtypes
"""Writes SampleData/Golden/tensors: one array in every stored type, by NumPy and safetensors."""

import pathlib

import ml_dtypes
import numpy
from safetensors.numpy import save_file

folder = pathlib.Path(__file__).resolve().parents[2] / "SampleData/Golden/tensors"
folder.mkdir(parents=True, exist_ok=True)

whole = numpy.array([[0, 1, 2], [3, 100, 127]])
types = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]
stored = {}
for name in types:
    array = whole.astype(name)
    if name[0] == "i":
        array[1, 2] = -128
    if name[0] == "f":
        array = array / numpy.array(-8, name)
    numpy.save(folder / f"little-{name}.npy", array.astype("<" + name))
    stored[name] = array
numpy.save(folder / "big-u2.npy", whole.astype(">u2"))
numpy.save(folder / "big-f8.npy", (whole / -8).astype(">f8"))
numpy.save(
    folder / "columns-f4.npy",
    numpy.asfortranarray(numpy.arange(24, dtype="<f4").reshape(2, 3, 4)))
numpy.save(folder / "single.npy", numpy.float64(2.5))
numpy.save(folder / "empty.npy", numpy.zeros((0, 3), "<f4"))
with open(folder / "version-2.npy", "wb") as file:
    numpy.lib.format.write_array(file, whole.astype("<i4"), version=(2, 0))
stored["bf16"] = (whole / -8).astype(ml_dtypes.bfloat16)
stored["bool"] = whole > 1
save_file(stored, folder / "types.safetensors", metadata={"made by": "safetensors", "ö": "ü"})
