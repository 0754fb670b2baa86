# pip install numpy==2.4.6 safetensors pillow==13.0.0 opencv-python-headless==5.0.0.93
"""Writes SampleData/Golden/videos: one frame of each camera format with OpenCV's pixels of it, and
short video files with Pillow's or OpenCV's pixels."""

import io
import pathlib

import cv2
import numpy
from PIL import Image
from safetensors.numpy import save_file

folder = pathlib.Path(__file__).resolve().parents[2] / "SampleData/Golden/videos"
folder.mkdir(parents=True, exist_ok=True)
random = numpy.random.default_rng(5)
WIDTH, HEIGHT = 38, 6
frames = {}


def keep(name, frame, picture):
    frames[name + " bytes"] = numpy.ascontiguousarray(frame.reshape(-1))
    frames[name + " pixels"] = numpy.ascontiguousarray(picture)


# No luma below black: there OpenCV first cuts luma, and then adds the colors.
packed = random.integers(16, 236, (HEIGHT, WIDTH, 2), "u1")
keep("YUYV", packed, cv2.cvtColor(packed, cv2.COLOR_YUV2RGB_YUY2))
keep("UYVY", packed, cv2.cvtColor(packed, cv2.COLOR_YUV2RGB_UYVY))
planes = random.integers(16, 236, (HEIGHT * 3 // 2, WIDTH), "u1")
keep("NV12", planes, cv2.cvtColor(planes, cv2.COLOR_YUV2RGB_NV12))
mosaic = random.integers(0, 256, (HEIGHT, WIDTH), "u1")
keep("RGGB", mosaic, cv2.cvtColor(mosaic, cv2.COLOR_BayerRGGB2RGB))
keep("BA81", mosaic, cv2.cvtColor(mosaic, cv2.COLOR_BayerBGGR2RGB))
keep("GRBG", mosaic, cv2.cvtColor(mosaic, cv2.COLOR_BayerGRBG2RGB))
keep("GBRG", mosaic, cv2.cvtColor(mosaic, cv2.COLOR_BayerGBRG2RGB))
keep("GREY", mosaic, cv2.cvtColor(mosaic, cv2.COLOR_GRAY2RGB))
color = random.integers(0, 256, (HEIGHT, WIDTH, 3), "u1")
keep("BGR3", color, cv2.cvtColor(color, cv2.COLOR_BGR2RGB))

# Two frames: a wave that moves.
rows, columns = numpy.mgrid[0:12, 0:22]


def scene(number):
    return numpy.stack(
        [columns * 11, rows * 20, 128 + 90 * numpy.sin((columns + 3 * number) / 4)], axis=2
    ).astype("u1")


def jpeg(picture, **options):
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=90, **options)
    return out.getvalue()


def without_tables(content):
    place, kept = 2, content[:2]
    while content[place + 1] != 0xDA:
        end = place + 2 + int.from_bytes(content[place + 2 : place + 4], "big")
        if content[place + 1] != 0xC4:
            kept += content[place:end]
        place = end
    return kept + content[place:]


pictures = [jpeg(scene(n), subsampling=1) for n in range(2)]
wanted = numpy.stack([numpy.array(Image.open(io.BytesIO(p))) for p in pictures])
(folder / "plain.mjpeg").write_bytes(b"".join(pictures))
(folder / "bare.mjpeg").write_bytes(b"".join(map(without_tables, pictures)))
# As a web camera sends it, and with padding behind each picture.
between = b"\0" * 99 + b"\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n"
(folder / "parts.mjpeg").write_bytes(between.join(pictures) + b"\0" * 99)
frames["mjpeg"] = wanted


def y4m(name, header, planes_of):
    content = b"YUV4MPEG2 W22 H12 " + header + b"\n"
    for number in range(2):
        content += b"FRAME\n" + planes_of(scene(number))
    (folder / name).write_bytes(content)


def halved(picture):
    return cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420).tobytes()


y4m("halved.y4m", b"F30000:1001 Ip A1:1 C420jpeg", halved)
frames["halved.y4m"] = numpy.stack(
    [
        cv2.cvtColor(cv2.cvtColor(scene(n), cv2.COLOR_RGB2YUV_I420), cv2.COLOR_YUV2RGB_I420)
        for n in range(2)
    ])


def full(picture):
    """All of JPEG's own Y, Cb, Cr: BT.601 in full range."""
    return numpy.moveaxis(numpy.array(Image.fromarray(picture).convert("YCbCr")), 2, 0)


y4m("full.y4m", b"F15:1 C444 XCOLORRANGE=FULL", lambda p: full(p).tobytes())
frames["full.y4m"] = numpy.stack(
    [numpy.array(Image.fromarray(scene(n)).convert("YCbCr").convert("RGB")) for n in range(2)])


def narrowed(picture):
    y, cb, cr = full(picture)
    return y.tobytes() + cb[:, ::2].tobytes() + cr[:, ::2].tobytes()


y4m("narrowed.y4m", b"F15:1 I? C422 XCOLORRANGE=FULL", narrowed)
frames["narrowed.y4m"] = numpy.stack(
    [
        numpy.array(
            Image.fromarray(
                numpy.stack(
                    [full(scene(n))[0]]
                    + [full(scene(n))[c][:, ::2].repeat(2, axis=1) for c in (1, 2)], axis=2),
                "YCbCr").convert("RGB"))
        for n in range(2)
    ])
y4m("mono.y4m", b"F0:0 Cmono XCOLORRANGE=FULL", lambda p: p[:, :, 0].tobytes())
frames["mono.y4m"] = numpy.stack([scene(n)[:, :, :1].repeat(3, axis=2) for n in range(2)])

save_file({name: value.astype("f4") for name, value in frames.items()},
          folder / "frames.safetensors")
