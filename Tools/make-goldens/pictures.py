# pip install numpy==2.4.6 safetensors pillow==13.0.0 opencv-python-headless==5.0.0.93
"""Writes SampleData/Golden/pictures: small pictures by Pillow and the pixels it reads from them,
and resampled pictures by OpenCV."""

import io
import pathlib
import struct
import zlib

import cv2
import numpy
from PIL import Image
from safetensors.numpy import save_file

folder = pathlib.Path(__file__).resolve().parents[2] / "SampleData/Golden/pictures"
folder.mkdir(parents=True, exist_ok=True)
pixels = {}

rows, columns = numpy.mgrid[0:13, 0:17]
color = numpy.stack(
    [columns * 15, rows * 19, 128 + 90 * numpy.sin(columns / 2 + rows / 3)], axis=2
).astype("u1")
gray = color[:, :, 2]
picture = Image.fromarray(color)


def keep(name, wanted):
    pixels[name] = numpy.ascontiguousarray(wanted)


picture.save(folder / "color.png")
keep("color.png", color)
Image.fromarray(gray).save(folder / "gray.png")
keep("gray.png", gray[:, :, None])
palette = picture.quantize(7)
palette.save(folder / "palette.png")
keep("palette.png", numpy.array(palette.convert("RGB")))
keep("palette.png labels", numpy.array(palette)[:, :, None])
bits = Image.fromarray(gray > 128)
bits.save(folder / "bits.png")
keep("bits.png", numpy.array(bits.convert("L"))[:, :, None])
keep("bits.png labels", numpy.array(bits)[:, :, None].astype("u1"))
transparent = Image.fromarray(numpy.dstack([color, gray]))
transparent.save(folder / "transparent.png")
keep("transparent.png", color)


def chunk(name, content):
    return (
        struct.pack(">I", len(content)) + name + content
        + struct.pack(">I", zlib.crc32(name + content)))


def interlaced(array):
    """An 8-bit gray PNG in Adam7 order, which Pillow reads but does not write."""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
              (0, 1, 1, 2)]
    stored = b""
    for x, y, step, line in passes:
        for row in array[y::line, x::step]:
            stored += b"\0" + row.tobytes() if row.size else b""
    height, width = array.shape
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 1))
        + chunk(b"gAMA", struct.pack(">I", 100000)) + chunk(b"IDAT", zlib.compress(stored))
        + chunk(b"IEND", b""))


(folder / "interlaced.png").write_bytes(interlaced(gray))
assert (numpy.array(Image.open(folder / "interlaced.png")) == gray).all()
keep("interlaced.png", gray[:, :, None])
labels = (rows * 17 + columns).astype("u2") * 290
Image.fromarray(labels).save(folder / "labels.png")
keep("labels.png labels", labels[:, :, None])
for name, options in {
    "color.jpg": {"quality": 90, "subsampling": 0},
    "halved.jpg": {"quality": 90, "subsampling": 2},
    "progressive.jpg": {"quality": 80, "progressive": True},
}.items():
    picture.save(folder / name, **options)
    keep(name, numpy.array(Image.open(folder / name)))
Image.fromarray(gray).save(folder / "gray.jpg", quality=90)
keep("gray.jpg", numpy.array(Image.open(folder / "gray.jpg"))[:, :, None])

for name, source in {"color": color, "gray": gray}.items():
    for width, height in [(34, 26), (8, 6), (5, 13), (17, 4), (23, 7)]:
        for way, code in {"bilinear": cv2.INTER_LINEAR, "area": cv2.INTER_AREA}.items():
            if way == "area" and (width > 17 or height > 13):
                continue
            result = cv2.resize(source, (width, height), interpolation=code)
            keep(f"{name} {way} {width} {height}", result.reshape(height, width, -1))
save_file(pixels, folder / "pixels.safetensors")
