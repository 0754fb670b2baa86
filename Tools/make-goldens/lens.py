# pip install numpy==2.4.6 safetensors opencv-python-headless==5.0.0.93
"""Writes SampleData/Golden/lens: corners of boards before cameras of known lenses, with noise, and
what OpenCV's calibrateCamera finds from them; and what its remap makes by fixed-point maps.

Each set of corners: board [N, 2] in millimeters, corners [V, N, 2] in pixels, extent, found (fx,
fy, cx, cy, k1, k2, p1, p2, k3), residual (RMS), deviations, truth.
"""

import pathlib

import cv2
import numpy
from safetensors.numpy import save_file

folder = pathlib.Path(__file__).resolve().parents[2] / "SampleData/Golden/lens"
folder.mkdir(parents=True, exist_ok=True)
cv2.setNumThreads(1)


def board(columns, rows, side):
    y, x = numpy.mgrid[0:rows, 0:columns]
    return numpy.stack([x.ravel() * side, y.ravel() * side], axis=1).astype("f4")


def views(random, points, lens, extent, count, distance, tilt):
    """Corners [count, N, 2] of boards that lie wholly in the picture."""
    width, height = extent
    matrix = numpy.array([[lens[0], 0, lens[2]], [0, lens[1], lens[3]], [0, 0, 1]])
    distortion = numpy.array(lens[4:])
    solid = numpy.concatenate([points, numpy.zeros((len(points), 1))], axis=1).astype("f8")
    middle = solid.mean(axis=0)
    found = []
    while len(found) < count:
        axis = random.normal(size=3)
        axis[2] *= 0.3
        angle = numpy.radians(random.uniform(5, tilt))
        turn = cv2.Rodrigues(axis / numpy.linalg.norm(axis) * angle)[0]
        z = distance * random.uniform(0.7, 1.4)
        x = random.uniform(-0.5, 0.5) * width / lens[0] * z
        y = random.uniform(-0.5, 0.5) * height / lens[1] * z
        seen, _ = cv2.projectPoints(
            solid - middle, cv2.Rodrigues(turn)[0], numpy.array([x, y, z]), matrix, distortion)
        seen = seen[:, 0]
        if (seen.min() > 4) and (seen[:, 0].max() < width - 5) and (seen[:, 1].max() < height - 5):
            found.append(seen)
    return numpy.array(found)


def calibrate(name, seed, extent, lens, count, noise, distance, tilt=40, shape=(9, 6, 30)):
    random = numpy.random.default_rng(seed)
    points = board(*shape)
    seen = views(random, points, lens, extent, count, distance, tilt)
    seen = (seen + random.normal(scale=noise, size=seen.shape)).astype("f4")
    solid = numpy.concatenate([points, numpy.zeros((len(points), 1), "f4")], axis=1)
    residual, matrix, distortion, _, _, deviations, _, _ = cv2.calibrateCameraExtended(
        [solid] * count, list(seen), extent, None, None, flags=0,
        criteria=(cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 200, 1e-14))
    found = [matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2], *distortion.ravel()[:5]]
    print(name, "residual", round(residual, 5), numpy.round(found, 4))
    tensors = {
        "board": points, "corners": seen, "extent": numpy.array(extent),
        "found": numpy.array(found), "residual": numpy.array([residual]),
        "deviations": deviations.ravel()[:9], "truth": numpy.array(lens),
    }
    save_file(
        {key: numpy.ascontiguousarray(value.astype("f4")) for key, value in tensors.items()},
        folder / f"{name}.safetensors")


calibrate(
    "plain", 1, (1280, 960), (1100, 1105, 650, 470, 0, 0, 0, 0, 0), 12, 0.1, 700)
calibrate(
    "barrel", 2, (1920, 1080), (1450, 1448, 970, 530, -0.28, 0.11, 0.0008, -0.0005, -0.02), 20,
    0.15, 650)
calibrate(
    "wide", 3, (1920, 1200), (900, 902, 955, 610, -0.31, 0.12, -0.0004, 0.0006, -0.022), 25, 0.3,
    420)
calibrate(
    "long", 4, (2448, 2048), (5200, 5190, 1210, 1040, -0.12, 0.5, 0.0003, 0.0002, 0), 10, 0.08,
    1600, 45)
calibrate(
    "cushion", 5, (640, 480), (610, 612, 322, 236, 0.15, -0.2, 0.001, 0.002, 0.05), 15, 0.05, 600,
    35, (7, 5, 40))


def remap():
    """A picture of noise, a map that bends, turns and leaves it, and OpenCV's fixed-point remap."""
    random = numpy.random.default_rng(6)
    picture = random.integers(0, 256, (40, 48, 3)).astype("u1")
    y, x = numpy.mgrid[0:30, 0:44].astype("f4")
    u, v = x - 21.3, y - 14.7
    bend = 1 + 2e-4 * (u * u + v * v)
    columns = (23.1 + (1.06 * u - 0.2 * v) * bend).astype("f4")
    rows = (19.4 + (0.2 * u + 1.1 * v) * bend).astype("f4")
    places, shares = cv2.convertMaps(columns, rows, cv2.CV_16SC2)
    found = cv2.remap(picture, places, shares, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    tensors = {
        "picture": picture, "columns": columns, "rows": rows, "places": places, "shares": shares,
        "found": found,
    }
    save_file(
        {key: numpy.ascontiguousarray(value.astype("f4")) for key, value in tensors.items()},
        folder / "remap.safetensors")


remap()
