# pip install numpy==2.4.6 spectral==0.25 scipy==1.17.1 safetensors h5py==3.16.0 hdf5storage==0.2.2 tifffile==2026.3.3 imagecodecs
"""Writes SampleData/Golden/cubes/envi.safetensors: a tiny cube in every interleave, type, byte
order and offset, header and numbers as Spectral Python wrote them, and the cube of
Tools/make-goldens/cubes.py (run that first) in MATLAB and TIFF files in SampleData/Cubes, by SciPy,
hdf5storage, h5py and tifffile."""

import io
import json
import pathlib
import tempfile

import h5py
import hdf5storage
import numpy
import scipy.io
import spectral.io.envi as envi
import tifffile
from safetensors.numpy import load_file, save_file

root = pathlib.Path(__file__).resolve().parents[2] / "SampleData"
cubes = root / "Cubes"
malformed = root / "Malformed"
(root / "Golden/cubes").mkdir(parents=True, exist_ok=True)
counts = load_file(root / "Golden/spectra/spectra.safetensors")["counts"]
wavelengths = numpy.linspace(400, 1000, 16)
random = numpy.random.default_rng(12)

# Every number of a type may occur, so that a wrong byte cannot hide.
kinds = {1: "u1", 2: "i2", 3: "i4", 4: "f4", 5: "f8", 12: "u2", 13: "u4", 14: "i8", 15: "u8"}
golden = {}
for code, kind in kinds.items():
    shape = (3, 4, 5)
    if kind[0] == "f":
        array = random.normal(0, 1000, shape).astype(kind)
        array[0, 0, 0], array[0, 0, 1] = numpy.inf, numpy.nan
    else:
        limits = numpy.iinfo(kind)
        array = random.integers(limits.min, limits.max, shape, dtype=kind, endpoint=True)
        array[0, 0, 0], array[2, 3, 4] = limits.min, limits.max
    golden[f"{code}.bytes"] = numpy.frombuffer(
        array.astype(array.dtype.newbyteorder("<")).tobytes(), "u1")
    golden[f"{code}.values"] = array.astype("f4")
    for interleave in ["bil", "bip", "bsq"]:
        for order in [0, 1]:
            for offset in [0, 13]:
                with tempfile.TemporaryDirectory() as folder:
                    path = pathlib.Path(folder) / "x.hdr"
                    envi.save_image(
                        str(path), array, dtype=array.dtype, interleave=interleave, ext=".img",
                        byteorder=order, metadata={"wavelength": [400, 500, 600, 700, 800]})
                    numbers = path.with_suffix(".img")
                    if offset:
                        numbers.write_bytes(bytes(range(offset)) + numbers.read_bytes())
                        text = path.read_text().replace(
                            "header offset = 0", f"header offset = {offset}")
                        path.write_text(text)
                    again = numpy.array(envi.open(str(path)).open_memmap(interleave="bip"))
                    assert again.astype(kind).tobytes() == array.tobytes(), (code, interleave)
                    name = f"{code}-{interleave}-{order}-{offset}"
                    golden[name + ".hdr"] = numpy.frombuffer(path.read_bytes(), "u1")
                    golden[name + ".img"] = numpy.frombuffer(numbers.read_bytes(), "u1")
save_file(golden, root / "Golden/cubes/envi.safetensors")

# MATLAB, level 5 by SciPy.
whole = counts.astype("u2")
scipy.io.savemat(cubes / "level-5.mat", {"cube": whole, "wavelength": wavelengths[None, :]})
scipy.io.savemat(
    cubes / "compressed.mat",
    {"small": counts[:2], "cube": counts.astype("f8"), "lambda": wavelengths[:, None] / 1000,
     "remark": "made up"}, do_compression=True)
scipy.io.savemat(
    cubes / "bands-first.mat",
    {"cube": numpy.moveaxis(whole, 2, 0), "wl": wavelengths[None, :]}, do_compression=True)
scipy.io.savemat(
    cubes / "table.mat",
    {"Y": whole.transpose(2, 1, 0).reshape(16, -1), "nRow": 6.0, "nCol": 5.0, "nBand": 16.0})
scipy.io.savemat(
    cubes / "pixel-table.mat",
    {"Y": counts.transpose(1, 0, 2).reshape(-1, 16).astype("f4"), "rows": 6, "cols": 5})
for name in ["table", "pixel-table"]:
    (cubes / f"{name}.wavelengths.json").write_text(json.dumps(wavelengths.tolist()) + "\n")

# MATLAB, level 7.3: by hdf5storage, and by h5py as MATLAB lays it out.
hdf5storage.savemat(
    str(cubes / "level-7-3.mat"), {"cube": whole, "wavelength": wavelengths[None, :]},
    format="7.3", oned_as="row")
with h5py.File(cubes / "chunked.mat", "w", userblock_size=512) as file:
    data = file.create_dataset(
        "cube", data=counts.astype("f8").transpose(), chunks=True, compression="gzip")
    data.attrs["MATLAB_class"] = numpy.bytes_("double")
with open(cubes / "chunked.mat", "r+b") as file:
    header = b"MATLAB 7.3 MAT-file, by h5py".ljust(116) + bytes(8) + b"\x00\x02IM"
    file.write(header)
(cubes / "chunked.wavelengths.json").write_text(json.dumps(wavelengths.tolist()) + "\n")

# TIFF by tifffile: pages of bands, and one page of many samples.
pages = numpy.moveaxis(whole, 2, 0)
write = lambda name, array, **more: tifffile.imwrite(
    cubes / f"{name}.tif", array, metadata=None, software=False, **more)
write("pages", pages, photometric="minisblack", compression="deflate")
write("pages-float", pages.astype("f4"), photometric="minisblack", byteorder=">")
write("pages-tiled", pages, photometric="minisblack", tile=(16, 16), bigtiff=True,
      compression="lzw", predictor=True)
write("samples", whole, photometric="minisblack", planarconfig="contig", rowsperstrip=4)
write("samples-planes", pages.astype("u4"), photometric="minisblack", planarconfig="separate")
write("samples-tiled", whole.astype("i2"), photometric="minisblack", planarconfig="contig",
      tile=(16, 16), compression="deflate")
write("bytes", (pages // 16).astype("u1"), photometric="minisblack", compression="packbits")
for name in ["pages", "pages-float", "pages-tiled", "samples", "samples-planes", "samples-tiled",
             "bytes"]:
    (cubes / f"{name}.wavelengths.json").write_text(json.dumps(wavelengths.tolist()) + "\n")

# What is refused, one mistake a file.
scipy.io.savemat(malformed / "cube-complex.mat", {"cube": whole[:2, :2, :3] + 1j})
scipy.io.savemat(malformed / "cube-struct.mat", {"scan": {"cube": whole[:2, :2, :3]}})
cell = numpy.empty((1, 1), object)
cell[0, 0] = whole[:2, :2, :3]
scipy.io.savemat(malformed / "cube-cell.mat", {"scan": cell})
scipy.io.savemat(malformed / "cube-flat.mat", {"labels": whole[:, :, 0]})
buffer = io.BytesIO()
scipy.io.savemat(buffer, {"cube": whole})
(malformed / "cube-cut.mat").write_bytes(buffer.getvalue()[:600])
damaged = bytearray((cubes / "compressed.mat").read_bytes())
damaged[1200] ^= 4
(malformed / "cube-sum.mat").write_bytes(damaged)
(malformed / "not-matlab.mat").write_text("cube = [1 2 3]\n" * 20)
small = pages[:, :2, :3]
tifffile.imwrite(malformed / "pages-unlike.tif", pages[0], metadata=None, software=False)
tifffile.imwrite(
    malformed / "pages-unlike.tif", small[0], append=True, metadata=None, software=False)
tifffile.imwrite(
    malformed / "palette.tif", pages[0].astype("u1"), photometric="palette", metadata=None,
    software=False, colormap=numpy.zeros((3, 256), "u2"))
tifffile.imwrite(malformed / "pages-complex.tif", pages[:2].astype("c8"), metadata=None,
                 software=False)
color = numpy.zeros((2, 4, 5, 3), "u1")
tifffile.imwrite(malformed / "pages-color.tif", color, photometric="rgb", metadata=None,
                 software=False)
buffer = io.BytesIO()
tifffile.imwrite(buffer, pages, photometric="minisblack", metadata=None, software=False)
(malformed / "cube-cut.tif").write_bytes(buffer.getvalue()[:700])
buffer = io.BytesIO()
tifffile.imwrite(buffer, pages[0].astype("u1"), tile=(16, 16), metadata=None, software=False)
tile_extents = bytearray(buffer.getvalue())
# ImageWidth, ImageLength, TileWidth and TileLength, as 4-byte numbers in the directory.
for tag, extent in ((256, 512), (257, 512), (322, 8192), (323, 8192)):
    at = next(at for at in range(8, len(tile_extents) - 12)
              if tile_extents[at:at + 2] == tag.to_bytes(2, "little")
              and tile_extents[at + 2] in (3, 4) and tile_extents[at + 4] == 1)
    tile_extents[at + 2:at + 4] = (4).to_bytes(2, "little")
    tile_extents[at + 8:at + 12] = extent.to_bytes(4, "little")
(malformed / "tiles-huge.tif").write_bytes(tile_extents)
(malformed / "not-tiff.tif").write_text("no picture\n")
