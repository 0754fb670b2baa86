# pip install numpy opencv-contrib-python-headless pupil-apriltags safetensors
"""Writes SampleData/Golden/boards: pictures of an AprilTag grid and of a chessboard, drawn here
with numpy alone (pinhole, radial and tangential distortion, blur, noise, uneven light), and what
OpenCV (aruco, findChessboardCornersSB) and the AprilTag tool find in them."""

import math
import pathlib

import cv2
import numpy
import pupil_apriltags
from safetensors.numpy import save_file

folder = pathlib.Path(__file__).resolve().parents[2] / "SampleData/Golden/boards"
folder.mkdir(parents=True, exist_ok=True)
random = numpy.random.default_rng(41)
width, height, samples = 480, 360, 6

dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
columns, rows, side, gap = 5, 4, 24.0, 6.0
squares, square = (8, 7), 22.0


def tag_modules(number):
    """8 × 8, true is black, as AprilTag prints it: upside down to OpenCV."""
    return dictionary.generateImageMarker(number, 8)[::-1, ::-1] < 128


def tag_board(x, y):
    """The brightness, 0 to 1, at places in millimeters; nan is not the board."""
    value = numpy.ones_like(x)
    column, row = numpy.floor(x / (side + gap)), numpy.floor(y / (side + gap))
    u, v = x - column * (side + gap), y - row * (side + gap)
    inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows) & (u < side) & (v < side)
    modules = numpy.array([tag_modules(n) for n in range(columns * rows)])
    number = (row * columns + column)[inside].astype(int)
    black = modules[number, (v[inside] * 8 / side).astype(int), (u[inside] * 8 / side).astype(int)]
    value[inside] = 1 - black
    paper = (x > -12) & (x < columns * 30 - gap + 12) & (y > -12) & (y < rows * 30 - gap + 12)
    value[~paper] = numpy.nan
    return value


def chessboard(x, y):
    column, row = numpy.floor(x / square) + 1, numpy.floor(y / square) + 1
    value = ((column + row) % 2 != 0).astype(float)
    inside = (column >= 0) & (column < squares[0]) & (row >= 0) & (row < squares[1])
    value[~inside] = 1
    reach = (squares[0] - 1) * square, (squares[1] - 1) * square
    paper = (x > -square - 12) & (x < reach[0] + 12) & (y > -square - 12) & (y < reach[1] + 12)
    value[~paper] = numpy.nan
    return value


def undistorted(x, y, k1, k2, p1, p2):
    """The directions that the lens bends to (x, y): fixed points, until nothing moves."""
    u, v = x.copy(), y.copy()
    for _ in range(60):
        r2 = u * u + v * v
        radial = 1 + r2 * (k1 + r2 * k2)
        u, v = ((x - 2 * p1 * u * v - p2 * (r2 + 2 * u * u)) / radial,
                (y - p1 * (r2 + 2 * v * v) - 2 * p2 * u * v) / radial)
    return u, v


def draw(pattern, lens, rotation, translation, blur, noise):
    fx, fy, cx, cy, k1, k2, p1, p2 = lens
    places = (numpy.arange(samples) + 0.5) / samples - 0.5
    rays = numpy.stack([rotation[:, 0], rotation[:, 1], translation], 1)
    to_board = numpy.linalg.inv(rays)
    total = numpy.zeros((height, width))
    columns_, rows_ = numpy.meshgrid(numpy.arange(width), numpy.arange(height))
    for place, dy in enumerate(places):
        for dx in places:
            # Each row of places is shifted a little, so that none lie above one another.
            dx = dx + (place + 0.5) / samples ** 2 - 0.5 / samples
            u, v = undistorted((columns_ + dx - cx) / fx, (rows_ + dy - cy) / fy, k1, k2, p1, p2)
            w = to_board[2, 0] * u + to_board[2, 1] * v + to_board[2, 2]
            x = (to_board[0, 0] * u + to_board[0, 1] * v + to_board[0, 2]) / w
            y = (to_board[1, 0] * u + to_board[1, 1] * v + to_board[1, 2]) / w
            value = pattern(x, y)
            total += numpy.where(numpy.isnan(value), 95, 30 + 140 * value)
    picture = cv2.GaussianBlur(total / samples ** 2, (0, 0), blur, borderType=cv2.BORDER_REPLICATE)
    light = 1 + 0.15 * (columns_ - width / 2) / (width / 2) - 0.1 * (rows_ - height / 2) / (height / 2)
    return numpy.clip(numpy.rint(picture * light + random.normal(0, noise, total.shape)), 0, 255
                      ).astype("u1")


def project(points, lens, rotation, translation):
    fx, fy, cx, cy, k1, k2, p1, p2 = lens
    seen = points @ rotation[:, :2].T + translation
    x, y = seen[:, 0] / seen[:, 2], seen[:, 1] / seen[:, 2]
    r2 = x * x + y * y
    radial = 1 + r2 * (k1 + r2 * k2)
    return numpy.stack([
        fx * (x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)) + cx,
        fy * (y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y) + cy], 1)


def pose(middle, distance, turns):
    rotation = cv2.Rodrigues(numpy.radians(numpy.array(turns, float)))[0]
    return rotation, numpy.array([0, 0, distance]) - rotation[:, :2] @ numpy.array(middle)


def numbered(found):
    """[n, 3]: number, x, y."""
    return numpy.array(sorted(found), "f8").reshape(-1, 3)


def find_tags(picture):
    settings = cv2.aruco.DetectorParameters()
    settings.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_APRILTAG
    corners, numbers, _ = cv2.aruco.ArucoDetector(dictionary, settings).detectMarkers(picture)
    # Both put the center of the first pixel at (0.5, 0.5) where they lay lines through sides.
    aruco = [(4 * int(numpy.ravel(n)[0]) + (place + 2) % 4, *(point - 0.5))
             for n, c in zip(numbers, corners) for place, point in enumerate(c[0])]
    tool = pupil_apriltags.Detector("tag36h11", quad_decimate=1)
    apriltag = [(4 * tag.tag_id + place, *(tag.corners[3 - place] - 0.5))
                for tag in tool.detect(picture) for place in range(4)]
    return {"opencv": numbered(aruco), "apriltag": numbered(apriltag)}


def find_chessboard(picture):
    across, down = squares[0] - 1, squares[1] - 1
    found, corners = cv2.findChessboardCornersSB(picture, (across, down), cv2.CALIB_CB_ACCURACY)
    assert found
    corners = corners.reshape(down, across, 2)
    # Upside down is the same to OpenCV; the square before the first corner must be black.
    x, y = corners[0, 0] - (corners[1, 1] - corners[0, 0]) / 2
    if picture[int(round(y)), int(round(x))] > 85:
        corners = corners[::-1, ::-1]
    return {"opencv": numbered((row * across + column, *corners[row, column])
                               for row in range(down) for column in range(across))}


tag_corners = numpy.array([
    [(n % columns) * 30 + side * (place in (1, 2)), (n // columns) * 30 + side * (place >= 2)]
    for n in range(columns * rows) for place in range(4)])
chess_corners = numpy.array([
    [c * square, r * square] for r in range(squares[1] - 1) for c in range(squares[0] - 1)])
lenses = [
    [520, 522, 236, 183, 0, 0, 0, 0],
    [480, 478, 244, 176, -0.22, 0.06, 0.0008, -0.0006],
    [430, 431, 239, 181, 0.08, -0.02, -0.001, 0.0005],
]
views = [  # name, lens, distance, rotation vector in degrees, blur, noise
    ("flat", 0, 250, (0, 0, 3), 0.7, 1.5),
    ("tilted", 1, 255, (28, -18, 8), 0.9, 2.5),
    ("blurred", 2, 240, (-20, 22, -12), 1.5, 3),
]
for kind, pattern, points, middle, find in [
        ("tags", tag_board, tag_corners, (72, 57), find_tags),
        ("chessboard", chessboard, chess_corners, (66, 55), find_chessboard)]:
    for name, lens, distance, turns, blur, noise in views:
        rotation, translation = pose(middle, distance, turns)
        picture = draw(pattern, lenses[lens], rotation, translation, blur, noise)
        clean = draw(pattern, lenses[lens], rotation, translation, blur, 0)
        truth = project(points, lenses[lens], rotation, translation)
        tensors = find(picture) | {
            "truth": numpy.column_stack([numpy.arange(len(truth)), truth]),
            "lens": numpy.array(lenses[lens], "f8"), "rotation": rotation,
            "translation": translation, "exposure": numpy.array([blur, noise])}
        cv2.imwrite(str(folder / f"{kind}-{name}.png"), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])
        # Every fourth pixel of every fourth row, without noise, for the renderer.
        tensors["clean"] = clean[::4, ::4].astype("f4")
        save_file({k: numpy.ascontiguousarray(v, "f4" if k == "clean" else "f8")
                   for k, v in tensors.items()}, folder / f"{kind}-{name}.safetensors")
        for peer in ("opencv", "apriltag"):
            if peer in tensors:
                table = tensors[peer]
                offs = table[:, 1:] - truth[table[:, 0].astype(int)]
                print(kind, name, peer, len(table), "of", len(truth), "rms",
                      math.sqrt((offs ** 2).sum(1).mean()), "mean", offs.mean(0))
