# Python's own library is enough.
"""Writes SampleData/Malformed: one small file for each way to be wrong."""

import json
import math
import pathlib
import struct
import zlib

folder = pathlib.Path(__file__).resolve().parents[2] / "SampleData/Malformed"
folder.mkdir(parents=True, exist_ok=True)


def put(name, content):
    (folder / name).write_bytes(content)


# Safetensors: length, header, numbers.


def safetensors(header, numbers=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + numbers


def entry(start, end, shape, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


eight = struct.pack("<2f", 1, 2)
put("length-missing.safetensors", b"\x01\x02\x03")
put("header-huge.safetensors", safetensors({}, length=1 << 60))
put("header-cut.safetensors", safetensors({"a": entry(0, 8, [2])}, length=4000))
put("header-broken.safetensors", safetensors(b'{"a": '))
put("header-without-shape.safetensors",
    safetensors({"a": {"dtype": "F32", "data_offsets": [0, 8]}}, eight))
put("type-unknown.safetensors", safetensors({"a": entry(0, 8, [1], "C64")}, eight))
put("shape-negative.safetensors", safetensors({"a": entry(0, 8, [-2])}, eight))
put("shape-huge.safetensors", safetensors({"a": entry(0, 8, [1 << 40, 1 << 40])}, eight))
put("offsets-wrong.safetensors", safetensors({"a": entry(0, 4, [2])}, eight))
put("offsets-overlap.safetensors",
    safetensors({"a": entry(0, 8, [2]), "b": entry(4, 12, [2])}, eight + eight))
put("numbers-cut.safetensors", safetensors({"a": entry(0, 8, [2])}, eight[:5]))
put("numbers-left.safetensors", safetensors({"a": entry(0, 8, [2])}, eight + b"\0\0\0"))

# NumPy: magic, version, length, dictionary, numbers.


def npy(header, numbers=b"", version=1, length=None):
    text = header.encode() + b"\n"
    count = len(text) if length is None else length
    size = struct.pack("<H" if version == 1 else "<I", count)
    return b"\x93NUMPY" + bytes([version, 0]) + size + text + numbers


def dictionary(descr="'<f4'", order="False", shape="(2,)"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


put("not-numpy.npy", b"PK\x03\x04 an archive of arrays")
put("version-9.npy", npy(dictionary(), eight, version=9))
put("header-cut.npy", npy(dictionary(), eight, length=4000))
put("header-broken.npy", npy("{'descr': '<f4' 'shape': (2,)}", eight))
put("header-without-shape.npy", npy("{'descr': '<f4', 'fortran_order': False}", eight))
put("order-unknown.npy", npy(dictionary(order="Perhaps"), eight))
put("shape-negative.npy", npy(dictionary(shape="(-2,)"), eight))
put("shape-huge.npy", npy(dictionary(shape="(1099511627776, 1099511627776)"), eight))
put("fields.npy", npy(dictionary("[('a', '<f4'), ('b', '<f4')]", shape="(1,)"), eight))
put("complex.npy", npy(dictionary("'<c8'", shape="(1,)"), eight))
put("objects.npy", npy(dictionary("'|O'", shape="(1,)"), eight))
put("numbers-cut.npy", npy(dictionary(), eight[:5]))
put("numbers-left.npy", npy(dictionary(), eight + b"\0\0\0"))

def png_size(width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return header + struct.pack(">I", zlib.crc32(b"IHDR" + header))


# Pictures: made from the good ones in Golden/pictures.

pictures = folder.parent / "Golden/pictures"
png = (pictures / "color.png").read_bytes()
jpeg = (pictures / "color.jpg").read_bytes()
start = png.index(b"IDAT") + 4
put("empty.png", b"")
put("text.png", b"not a picture at all\n")
put("header-cut.png", png[:20])
put("rows-cut.png", png[: start + 40])
put("rows-damaged.png", png[: start + 20] + bytes([png[start + 20] ^ 255]) + png[start + 21 :])
put("size-huge.png", png[:16] + png_size(1 << 30, 1 << 30) + png[33:])
put("size-zero.png", png[:16] + png_size(0, 13) + png[33:])
put("size-unlikely.png", png[:16] + png_size(10000, 10000) + png[33:])
put("color-labels.png", png)
put("header-cut.jpg", jpeg[:30])
put("rows-cut.jpg", jpeg[:-40])
place = jpeg.index(b"\xff\xc0")
put("size-unlikely.jpg", jpeg[: place + 5] + struct.pack(">HH", 65000, 2000) + jpeg[place + 9 :])
put("size-zero.jpg", jpeg[: place + 5] + struct.pack(">HH", 0, 0) + jpeg[place + 9 :])
put("codes-broken.jpg", jpeg[: jpeg.index(b"\xff\xc4") + 5] + b"\xff" * 8
    + jpeg[jpeg.index(b"\xff\xc4") + 13 :])

# ENVI: a header that is right but for one field, and cubes that do not fit it.

fields = {
    "samples": "5", "lines": "6", "bands": "4", "header offset": "0",
    "file type": "ENVI Standard", "data type": "12", "interleave": "bil", "byte order": "0",
    "wavelength units": "nm", "wavelength": "{400, 500,\n600, 700}",
}
numbers = struct.pack("<120H", *range(120))


def envi(name, cube=None, ending="raw", without=(), **changes):
    changed = fields | {key.replace("_", " "): value for key, value in changes.items()}
    text = "".join(f"{key} = {value}\n" for key, value in changed.items() if key not in without)
    put(f"{name}.hdr", ("ENVI\n" + text).encode())
    if cube is not None:
        put(f"{name}.{ending}", cube)


put("not-envi.hdr", b"samples = 5\n")
envi("lines-missing", without=["lines"])
envi("samples-zero", samples="0")
envi("bands-word", bands="four")
envi("interleave-unknown", interleave="zigzag")
envi("type-unknown", data_type="7")
envi("type-complex", data_type="6")
envi("byte-order-unknown", byte_order="2")
envi("offset-negative", header_offset="-1")
envi("compressed", file_compression="1")
envi("library", file_type="ENVI Spectral Library")
envi("brace-open", wavelength="{400, 500,\n600")
envi("wavelength-count", wavelength="{400, 500, 600}")
envi("wavelength-word", wavelength="{400, 500, red, 700}")
envi("wavelength-unit", wavelength_units="parsec")
envi("wavelength-range", wavelength="{0.4, 0.5, 0.6, 0.7}")
envi("wavelength-riddle", without=["wavelength units"], wavelength="{40, 50, 60, 70}")
envi("bad-bands-count", bbl="{1, 1, 1}")
envi("scale-zero", reflectance_scale_factor="0")
envi("extents-huge", lines="4000000000", samples="4000000000")
envi("cube-missing")
envi("cube-many", numbers)
put("cube-many.dat", numbers)
envi("cube-cut", numbers[:52 + 121])
envi("cube-cut-bands", numbers[:90], interleave="bsq")
envi("cube-fewer-lines", numbers[:160])
envi("cube-wider", numbers + numbers)
envi("cube-in-front", b"0123456789abcdef" * 5 + numbers)
envi("cube-odd", numbers + numbers[:121])
put("header-missing.raw", numbers)

# ENVI: headers that other programs stumble over and that can be understood.

envi("odd-name", numbers, ending="dat", without=["wavelength units"])
envi("odd-unknown-unit", numbers, wavelength_units="Unknown", wavelength="{0.4, 0.5, 0.6, 0.7}")
envi("odd-five-fields", numbers,
    without=["header offset", "file type", "byte order", "wavelength units", "wavelength"])
envi("odd-floating-bbl", numbers, bbl="{ 1.0, 1.000000e+00, 0.0, 1. }")
envi("odd-no-byte-order", numbers, without=["byte order"])
envi("odd-commas-first", numbers, wavelength="{ \n400\n,500\n,600\n,700}")
envi("odd-brackets", numbers, wavelength="[  400.0   500.0   600.0   700.0 ]")
envi("odd-default-band", numbers, default_bands="{713}")
envi("odd-floating-extents", numbers, samples="5.0", lines="6.0", bands="4.0")
envi("odd-trailer", numbers + b"and a remark")
envi("odd-floating-codes", numbers, data_type="12.0", byte_order="0.0", header_offset="0.")
envi("odd-braces", numbers, description="{ lamp {left}, lamp {right} } the best")
envi("odd-index", numbers, wavelength_units="Index", wavelength="{1, 2, 3, 4}")
envi("wavelength-twice-as-many", numbers, wavelength="{400,1, 500,2, 600,3, 700,4}")
envi("gain-count", numbers, data_gain_values="{1, 2}")
envi("gain-bands-huge", without=["wavelength", "wavelength units"], bands="400000000000000000",
    data_gain_values="{1, 2}")
envi("classes", numbers, file_type="ENVI Classification")
put("header-is-numbers.hdr", numbers)
envi("wavelengths-missing", numbers, without=["wavelength"])
envi("reflectance", numbers, reflectance_scale_factor="10000")
envi("counts", numbers)
# As many bytes, and another type: it opens, and the numbers are absurd.
envi("type-same-size", struct.pack("<1440f", *(
    0.3 + 0.2 * math.sin(line / 3) * math.cos(sample / 4) + band / 20
    for line in range(12) for band in range(12) for sample in range(10))),
    data_type="3", samples="10", lines="12", bands="12", without=["wavelength", "wavelength units"])
# References of another width than the recording's, and one of a single line, which is fine.
envi("reference-wider", struct.pack("<32H", *[900] * 32), samples="8", lines="1")
envi("reference-dark", struct.pack("<20H", *[10] * 20), lines="1")
envi("reference-white", struct.pack("<60H", *[900] * 60), lines="3")

# Tables of spectra.

put("spectra-none.csv", b"99,400,500\n")
put("spectra-no-wavelengths.csv", b"class,red,green\n1,0.5,0.6\n")
put("spectra-cut.csv", b"99,400,500,600\n1,0.5,0.6,0.7\n2,0.5")
put("spectra-word.csv", b"99,400,500\n1,0.5,0.6\n2,0.5,high\n")
put("spectra-not-light.csv", b"99,40,50\n1,0.5,0.6\n")
put("spectra-latin.csv", b"99,400,500\nGr\xfcn,0.5,0.6\n")

# Cubes of NumPy.

put("cube-flat.npy", npy(dictionary(shape="(1, 2)"), eight))
put("cube-alone.npy", npy(dictionary(shape="(1, 1, 2)"), eight))
put("cube-side.npy", npy(dictionary(shape="(1, 1, 2)"), eight))
put("cube-side.wavelengths.json", b"[400, 500, 600]\n")
put("cube-micrometers.npy", npy(dictionary(shape="(1, 1, 2)"), eight))
put("cube-micrometers.wavelengths.json", b"[0.4, 0.5]\n")
put("cube-counts.npy", npy(dictionary("'<u2'", shape="(1, 1, 4)"), eight))
put("cube-counts.wavelengths.json", b"[400, 500, 600, 700]\n")

# Videos.


def y4m(name, header, *frames):
    put(name, b"YUV4MPEG2 " + header + b"\n" + b"".join(frames))


frame = b"FRAME\n" + bytes(range(24))  # 4 × 4 pixels, 4:2:0
y4m("line-endless.y4m", b"W4 H4 " * 300, frame)
y4m("size-missing.y4m", b"W4 F25:1", frame)
y4m("size-huge.y4m", b"W60000 H60000 F25:1", frame)
y4m("rate-word.y4m", b"W4 H4 Ffast", frame)
y4m("interlaced.y4m", b"W4 H4 F25:1 It", frame)
y4m("bits-10.y4m", b"W4 H4 F25:1 C420p10", frame)
y4m("frame-cut.y4m", b"W4 H4 F25:1", frame, frame[:20])
y4m("frame-lost.y4m", b"W4 H4 F25:1", frame, b"\0" + frame, frame)
put("empty.mjpeg", b"")
put("neither.avi", b"RIFF\x10\0\0\0AVI LIST")
plain = (folder.parent / "Golden/videos/plain.mjpeg").read_bytes()
first = plain[: plain.index(b"\xff\xd9") + 2]
put("end-missing.mjpeg", first[:-40] + first)
put("cut.mjpeg", first + first[:-40])
put("segment-broken.mjpeg", first + first[:2] + b"\xff\xe0\0\1" + first[2:] + first)
put("codes-broken.mjpeg", first + first[:-50] + b"\x5a" * 48 + b"\xff\xd9" + first)
