#!/usr/bin/env python3
"""Makes SampleData/IndianPines from two Python wheels that anyone can install.

    pip install numpy pillow tensorly==0.10.0 colour-science==0.4.7
    Tools/make-indian-pines.py [FOLDER]

The scene, its ground truth and its wavelengths are inside the wheel `tensorly`; the camera's
spectral sensitivities are inside the wheel `colour-science`. Two runs write the same bytes.
"""

import hashlib
import json
import pathlib
import sys
import warnings

import numpy as np
from PIL import Image

warnings.simplefilter("ignore")  # colour-science warns that matplotlib is absent.
from colour.characterisation import MSDS_CAMERA_SENSITIVITIES  # noqa: E402
from tensorly.datasets import load_indian_pines  # noqa: E402

CAMERA = "Nikon 5100 (NPL)"
LONGEST_VISIBLE = 705.0  # nanometers; the picture sees bands up to here
SHORTEST_INFRARED = 720.0  # nanometers; the cube has bands from here on
COUNTS_AT_NO_LIGHT = 1000  # the publisher stored 500 x radiance + 1000
SCALE = 10_000  # the header's reflectance scale factor: counts become numbers of order one

# Two entries of the wheel's list are misprints: they stand between 2202.30 and 2232.07 nm in a
# spectrometer whose steps are 9.92 to 9.94 nm, and five bands later come 2261.82 and 2271.73 nm.
# The steps around them say what was meant.
MISPRINTS = {2260.22: 2212.22, 2270.15: 2222.15}

CLASSES = [
    "alfalfa", "corn-notill", "corn-mintill", "corn", "grass-pasture", "grass-trees",
    "grass-pasture-mowed", "hay-windrowed", "oats", "soybean-notill", "soybean-mintill",
    "soybean-clean", "wheat", "woods", "buildings-grass-trees-drives", "stone-steel-towers",
]


def corrected(wavelengths):
    """The wheel's wavelengths in nanometers with the two misprints replaced."""
    found = [w for w in wavelengths if w in MISPRINTS]
    if sorted(found) != sorted(MISPRINTS):
        raise SystemExit(f"tensorly: misprints {found} found, {sorted(MISPRINTS)} wanted")
    return np.array([MISPRINTS.get(w, w) for w in wavelengths])


def band_widths(wavelengths):
    """Nanometers that each of the sorted bands stands for (half way to both neighbors)."""
    edges = (wavelengths[1:] + wavelengths[:-1]) / 2
    edges = np.concatenate([[wavelengths[0] * 2 - edges[0]], edges, [LONGEST_VISIBLE]])
    return np.diff(edges)


def color_picture(cube, wavelengths):
    """Light above the offset through the camera's curves, 8 bits a channel, linear."""
    visible = np.argsort(wavelengths)
    visible = visible[wavelengths[visible] <= LONGEST_VISIBLE]
    axis = wavelengths[visible]
    camera = MSDS_CAMERA_SENSITIVITIES[CAMERA]
    curves = np.stack(
        [np.interp(axis, camera.wavelengths, camera.values[:, c], 0, 0) for c in range(3)], 1)
    light = np.maximum(cube[:, :, visible].astype(np.float64) - COUNTS_AT_NO_LIGHT, 0)
    exposed = light @ (curves * band_widths(axis)[:, None])
    # One gain a channel, as a white balance: all but one pixel in a thousand stay below 250.
    gains = 250 / np.percentile(exposed.reshape(-1, 3), 99.9, axis=0)
    return np.clip(np.rint(exposed * gains), 0, 255).astype(np.uint8), gains


def write_cube(folder, cube, wavelengths):
    """ENVI, 16-bit counts, band interleaved by pixel, bands sorted by wavelength."""
    infrared = np.argsort(wavelengths, kind="stable")
    infrared = infrared[wavelengths[infrared] > SHORTEST_INFRARED]
    counts = np.ascontiguousarray(cube[:, :, infrared]).astype("<u2")
    (folder / "cube.raw").write_bytes(counts.tobytes())
    listed = ",\n  ".join(
        ", ".join(f"{w:.2f}" for w in wavelengths[infrared][i:i + 10])
        for i in range(0, len(infrared), 10))
    (folder / "cube.hdr").write_text(f"""ENVI
description = {{ Indian Pines, AVIRIS, 12 June 1992: bands above 720 nm, sorted }}
samples = {cube.shape[1]}
lines = {cube.shape[0]}
bands = {len(infrared)}
header offset = 0
file type = ENVI Standard
data type = 12
interleave = bip
byte order = 0
reflectance scale factor = {SCALE}
wavelength units = Nanometers
wavelength = {{
  {listed} }}
""")
    return len(infrared)


def main():
    default = pathlib.Path(__file__).resolve().parent.parent / "SampleData/IndianPines"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    scene = load_indian_pines()
    cube = np.asarray(scene.tensor)
    labels = np.asarray(scene.ticks[0]).astype(np.uint8)
    wavelengths = corrected(scene.ticks[1])

    bands = write_cube(folder, cube, wavelengths)
    picture, gains = color_picture(cube, wavelengths)
    Image.fromarray(picture).save(folder / "color.png", optimize=True)
    Image.fromarray(labels).save(folder / "labels.png", optimize=True)

    files = ["color.png", "cube.hdr", "cube.raw", "labels.png"]
    manifest = {
        "version": 1,
        "name": "Indian Pines",
        "classes": CLASSES,
        "recordings": [{
            "id": "scene", "group": "1992-06-12", "layout": "scene",
            "color": "color.png", "cube": "cube.hdr",
            "labels": {"kind": "mask", "file": "labels.png"},
        }],
        "digests": {f: hashlib.sha256((folder / f).read_bytes()).hexdigest() for f in files},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")

    print(f"{folder}: {bands} bands, {int((labels > 0).sum())} labelled pixels")
    print("gains of R, G, B:", ", ".join(f"{g:.4g}" for g in gains))
    spread = picture.reshape(-1, 3)
    print("R, G, B mean:", spread.mean(0).round(1), "deviation:", spread.std(0).round(1))


if __name__ == "__main__":
    main()
