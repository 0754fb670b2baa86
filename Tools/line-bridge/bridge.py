#!/usr/bin/env python3
"""Brings the lines of any line scan camera to Mirage: the example to start from.

Replace `camera_lines` by your vendor's SDK; the rest is the protocol of PROTOCOL.md and needs
nothing but Python. Run: bridge.py tcp:127.0.0.1:5577, or bridge.py unix:/tmp/camera [LINES [RATE]],
then: mirage-train record tcp://127.0.0.1:5577 --out Recordings/first
"""
import array, os, queue, random, socket, struct, sys, threading, time, zlib

SAMPLES, BANDS, FULL_SCALE = 640, 224, 4095
UINT8, UINT16, MONO12P, MONO12PACKED = 1, 2, 3, 4


def sealed(record):
    """A header or record with its checksum."""
    return record + struct.pack("<I", zlib.crc32(record))


def header(stream, rate):
    wavelengths = [400 + 600 * band / (BANDS - 1) for band in range(BANDS)]
    name = "Example camera".encode()
    length = 64 + 8 * len(wavelengths) + len(name) + 4
    return sealed(
        b"MIRLINES"
        + struct.pack("<HHIIIIHH", 1, UINT16, length, SAMPLES, BANDS, len(wavelengths),
                      FULL_SCALE, len(name))
        + struct.pack("<Qdd8x", stream, rate, 0.0)
        + struct.pack("<%dd" % len(wavelengths), *wavelengths) + name)


def line(number, nanoseconds, millimeters, counts):
    """One line; counts are bands x samples, as bytes. No encoder: give float("nan")."""
    return sealed(
        b"LINE" + struct.pack("<IQQd", len(counts), number, nanoseconds, millimeters) + counts)


def note(text):
    """A sign of life, due each second in which no line comes."""
    return sealed(b"NOTE" + struct.pack("<I", len(text.encode())) + text.encode())


def end(next_number):
    return sealed(b"ENDS" + struct.pack("<IQ", 8, next_number))


def camera_lines(count, rate):
    """Here the SDK comes in: number, time in ns, belt position in mm, counts of each line.

    The number must count every line that the camera took, also those that the SDK lost.
    """
    start = time.monotonic_ns()
    for number in range(count):
        time.sleep(max(0, start / 1e9 + number / rate - time.monotonic()))
        counts = array.array("H", ((number + index) % FULL_SCALE for index in range(SAMPLES * BANDS)))
        if sys.byteorder == "big":
            counts.byteswap()
        yield number, time.monotonic_ns() - start, float("nan"), counts.tobytes()


def take(lines, waiting):
    """The camera's own thread: it never waits for the receiver; what finds no room is a gap."""
    following = 0
    for taken in lines:
        following = taken[0] + 1
        try:
            waiting.put_nowait(taken)
        except queue.Full:
            pass
    waiting.put(following)


def main(address, count, rate):
    kind, _, place = address.partition(":")
    if kind == "unix":
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(place)
    else:
        host, _, port = place.rpartition(":")
        listener = socket.create_server((host, int(port)))
    listener.listen(1)
    stream = random.getrandbits(64)  # Names this count of lines, also over reconnections.
    connection, _ = listener.accept()
    waiting = queue.Queue(256)
    threading.Thread(target=take, args=(camera_lines(count, rate), waiting), daemon=True).start()
    is_new = True
    while True:
        try:
            taken = waiting.get(timeout=1)
            ended = isinstance(taken, int)
            record = end(taken) if ended else line(*taken)
        except queue.Empty:
            ended, record = False, note("no line for a second")
        try:
            if connection is None:
                connection, _ = listener.accept()
                is_new = True
            connection.sendall(header(stream, rate) + record if is_new else record)
            is_new = False
        except OSError:  # The receiver is gone; the numbers tell it later what it missed.
            connection = None
        if ended:
            break
    if kind == "unix":
        os.unlink(place)


if __name__ == "__main__":
    main(
        sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1 << 62,
        float(sys.argv[3]) if len(sys.argv) > 3 else 100.0)
