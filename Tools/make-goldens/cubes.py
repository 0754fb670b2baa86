# pip install numpy==2.4.6 spectral==0.25 scipy==1.17.1 safetensors
"""Writes SampleData/Cubes, one tiny cube in each interleave by Spectral Python, and
SampleData/Golden/spectra: the cube's numbers, reflectance and pretreated spectra by NumPy and
SciPy."""

import json
import pathlib

import numpy
import spectral.io.envi as envi
from safetensors.numpy import save_file
from scipy.signal import savgol_filter
from scipy.stats import zscore

root = pathlib.Path(__file__).resolve().parents[2] / "SampleData"
cubes = root / "Cubes"
golden = root / "Golden/spectra"
cubes.mkdir(parents=True, exist_ok=True)
golden.mkdir(parents=True, exist_ok=True)
random = numpy.random.default_rng(11)

lines, samples, bands = 6, 5, 16
wavelengths = numpy.linspace(400, 1000, bands)
lamp = 3000 * numpy.sin(numpy.linspace(0.02, 2.6, bands)) * numpy.linspace(0.7, 1, samples)[:, None]
truth = 0.4 + 0.35 * numpy.sin(
    numpy.arange(lines)[:, None, None] + numpy.arange(samples)[None, :, None] / 2
    + wavelengths[None, None, :] / 130)
dark = 100 + random.integers(0, 5, (3, samples, bands))
white = 100 + lamp + random.integers(0, 9, (4, samples, bands))
counts = numpy.round(100 + lamp * truth + random.normal(0, 3, truth.shape)).clip(0, 4095)
metadata = {
    "wavelength": [f"{value:g}" for value in wavelengths],
    "wavelength units": "Nanometers",
    "description": "Tiny made-up cube with a lamp that fades to the left",
}


def write(name, array, interleave, kind, order=0, **more):
    envi.save_image(
        str(cubes / f"{name}.hdr"), array.astype(kind), interleave=interleave, ext=".raw",
        byteorder=order, metadata=metadata | more, force=True)


for interleave in ["bil", "bip", "bsq"]:
    write(f"counts-{interleave}", counts, interleave, "u2")
    write(f"big-endian-{interleave}", counts, interleave, "f4", order=1)
write("dark", dark, "bil", "u2")
write("white", white, "bil", "u2")
for code, kind in {1: "u1", 2: "i2", 3: "i4", 5: "f8", 13: "u4", 14: "i8", 15: "u8"}.items():
    # Spectral Python writes some types only as they are; NumPy lays these out, it the header.
    array = (counts // 16).astype("<" + kind)
    text = (
        "ENVI\nsamples = 5\nlines = 6\nbands = 16\nheader offset = 0\n"
        f"data type = {code}\ninterleave = bip\nbyte order = 0\nwavelength units = nm\n"
        "wavelength = {" + ", ".join(metadata["wavelength"]) + "}\n")
    (cubes / f"type-{code}.hdr").write_text(text)
    array.tofile(cubes / f"type-{code}.raw")
    assert (numpy.array(envi.open(str(cubes / f"type-{code}.hdr")).load()) == array).all()

numpy.save(cubes / "rows.npy", counts.astype("<u2"))
numpy.save(cubes / "columns.npy", numpy.asfortranarray(counts.astype(">f8")))
for name in ["rows", "columns"]:
    (cubes / f"{name}.wavelengths.json").write_text(json.dumps(wavelengths.tolist()) + "\n")

dark_mean = dark.mean(0)
reflectance = (counts - dark_mean) / (numpy.floor(white).mean(0) - dark_mean)
tensors = {"counts": counts, "reflectance": reflectance.clip(0, 1.2)}

spectra = truth.reshape(-1, bands) * numpy.linspace(0.2, 1, lines * samples)[:, None]
tensors["spectra"] = spectra
tensors["snv"] = zscore(spectra, axis=1, ddof=1)
tensors["log-mean"] = numpy.log(spectra.mean(1))
tensors["smoothed"] = savgol_filter(spectra, 11, 2, mode="interp")
tensors["derivative"] = savgol_filter(spectra, 11, 2, deriv=1, mode="interp")
tensors["short"] = savgol_filter(spectra[:, :6], 5, 2, mode="interp")
save_file(
    {name: numpy.ascontiguousarray(array, "<f4") for name, array in tensors.items()},
    golden / "spectra.safetensors")
