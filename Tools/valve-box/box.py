#!/usr/bin/env python3
"""Plays a box with valves for miraged, and is the example to write one after: see PROTOCOL.md.

Run: box.py udp:127.0.0.1:5588 [options], or box.py serial:/dev/ttyUSB0, or box.py pty, which makes a
port of its own and tells its name, then: miraged run --valves udp://127.0.0.1:5588 ...

Each thing that happens is a line of JSON on standard output: listening, session, blast, on, off,
closed. Options are faults to order:
  --nozzles N    nozzles of the box (64)
  --lose SHARE   of messages, there and back, are lost
  --deaf-after S answers nothing and hears nothing from then on
  --fault        is in the state fault
  --boot N       number of this start (1)
"""
import argparse, heapq, json, os, random, select, socket, struct, sys, time, tty, zlib

BEAT, PULSE, BLAST, ANSWER, CLOSE_ALL = 1, 2, 3, 4, 5
READY, CLOSED, FAULT = 0, 1, 2
ACCEPTED, TOO_LATE, NO_SUCH_NOZZLE, NO_ROOM, NOT_READY = 0, 1, 2, 3, 4
ORIGIN = time.monotonic_ns() - 12_345_678_901  # A clock that begins anywhere.
LONGEST_BLAST, MEMORY, ROOM = 10_000_000_000, 1024, 256


def now():
    return time.monotonic_ns() - ORIGIN


def tell(event, **facts):
    print(json.dumps({"event": event, "box": now(), **facts}), flush=True)


def stuffed(message):
    """COBS: no zero byte but the one at the end."""
    result = bytearray()
    for block in message.split(b"\0"):
        while len(block) >= 254:
            result += b"\xff" + block[:254]
            block = block[254:]
        result += bytes([len(block) + 1]) + block
    return bytes(result) + b"\0"


def unstuffed(piece):
    result, place = bytearray(), 0
    while place < len(piece):
        end = place + piece[place]
        if end > len(piece):
            return b""
        result += piece[place + 1:end]
        if piece[place] != 255 and end < len(piece):
            result.append(0)
        place = end
    return bytes(result)


class UDP:
    def __init__(self, host, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, port))
        self.peer = None
        tell("listening", port=self.socket.getsockname()[1])

    def fileno(self):
        return self.socket.fileno()

    def receive(self):
        message, self.peer = self.socket.recvfrom(2048)
        return [message]

    def send(self, message):
        self.socket.sendto(message, self.peer)


class Serial:
    def __init__(self, path):
        if path:
            self.file = os.open(path, os.O_RDWR | os.O_NOCTTY)
        else:
            self.file, self.other = os.openpty()
            path = os.ttyname(self.other)
        tty.setraw(self.file)
        self.rest = b""
        tell("listening", path=path)

    def fileno(self):
        return self.file

    def receive(self):
        pieces = (self.rest + os.read(self.file, 4096)).split(b"\0")
        self.rest = pieces.pop()[-4096:]
        return [unstuffed(piece) for piece in pieces if piece]

    def send(self, message):
        os.write(self.file, stuffed(message))


class Box:
    def __init__(self, line, options):
        self.line, self.options = line, options
        self.random = random.Random(7)
        self.session = self.last_beat = None
        self.silence = 500_000_000
        self.state = FAULT if options.fault else CLOSED
        self.fired = self.failed = 0
        self.answers, self.queue, self.running = {}, [], []

    def lost(self):
        deaf = self.options.deaf_after and time.monotonic() - START > self.options.deaf_after
        return deaf or self.random.random() < self.options.lose

    def send(self, kind, sequence, body):
        count = 16 + len(body) + 4
        message = b"MVLV" + struct.pack("<BBHII", 1, kind, count, self.session, sequence) + body
        if not self.lost():
            self.line.send(message + struct.pack("<I", zlib.crc32(message)))

    def close_all(self, why):
        for end, number, nozzles in self.running:
            tell("off", sequence=number, nozzles=nozzles)
        self.failed += len(self.queue) + len(self.running)
        tell("closed", why=why, forgotten=len(self.queue))
        self.queue, self.running = [], []

    def receive(self, message):
        came = now()
        if len(message) < 20 or message[:4] != b"MVLV" or message[4] != 1:
            return
        if struct.unpack("<I", message[-4:])[0] != zlib.crc32(message[:-4]):
            return
        kind, count, session, sequence = struct.unpack("<BHII", message[5:16])
        body = message[16:-4]
        if count != len(message) or self.lost():
            return
        if kind == BEAT:
            if session != self.session:
                if self.session is not None:
                    self.close_all("another session")
                self.session, self.answers = session, {}
                tell("session", session=session)
            sent, silence = struct.unpack("<QI", body)
            self.last_beat, self.silence = came, silence * 1_000_000
            if self.state == CLOSED:
                self.state = READY
            self.send(PULSE, sequence, struct.pack(
                "<IQQQBBHII", self.options.boot, sent, came, now(), self.state, 0,
                self.options.nozzles, self.fired, self.failed))
        elif session != self.session:
            return
        elif kind == BLAST:
            if sequence not in self.answers:
                self.answers[sequence] = self.answer(sequence, body)
                while len(self.answers) > MEMORY:
                    del self.answers[next(iter(self.answers))]
            verdict = self.answers[sequence]
            if verdict == NOT_READY:
                del self.answers[sequence]
            self.send(ANSWER, sequence, struct.pack("<IB3x", self.options.boot, verdict))
        elif kind == CLOSE_ALL and self.state == READY:
            self.close_all("close all")
            self.state = CLOSED

    def answer(self, sequence, body):
        on, off, first, count = struct.unpack("<QQHH", body[:20])
        bits = int.from_bytes(body[20:20 + count], "little")
        nozzles = [first + bit for bit in range(8 * count) if bits >> bit & 1]
        tell("blast", sequence=sequence, on=on, off=off, nozzles=nozzles)
        if self.state != READY:
            return NOT_READY
        if on <= now() or off <= on or off - on > LONGEST_BLAST:
            return TOO_LATE
        if not nozzles or nozzles[-1] >= self.options.nozzles:
            return NO_SUCH_NOZZLE
        if len(self.queue) >= ROOM:
            return NO_ROOM
        heapq.heappush(self.queue, (on, off, sequence, nozzles))
        return ACCEPTED

    def keep_time(self):
        """Opens and closes what is due; gives the seconds until there is more to do."""
        moment = now()
        if self.state == READY and moment - self.last_beat > self.silence:
            self.close_all("silence")
            self.state = CLOSED
        while self.queue and self.queue[0][0] <= moment:
            on, off, sequence, nozzles = heapq.heappop(self.queue)
            self.fired += 1
            heapq.heappush(self.running, (off, sequence, nozzles))
            tell("on", sequence=sequence, nozzles=nozzles, late=moment - on)
        while self.running and self.running[0][0] <= moment:
            _, sequence, nozzles = heapq.heappop(self.running)
            tell("off", sequence=sequence, nozzles=nozzles)
        due = [queue[0][0] for queue in (self.queue, self.running) if queue]
        return min([0.02] + [max(0, (time - moment) / 1e9) for time in due])

    def run(self):
        while True:
            ready, _, _ = select.select([self.line], [], [], self.keep_time())
            if ready:
                for message in self.line.receive():
                    self.receive(message)


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
parser.add_argument("address")
parser.add_argument("--nozzles", type=int, default=64)
parser.add_argument("--lose", type=float, default=0)
parser.add_argument("--deaf-after", type=float)
parser.add_argument("--fault", action="store_true")
parser.add_argument("--boot", type=int, default=1)
options = parser.parse_args()
START = time.monotonic()
kind, _, rest = options.address.partition(":")
if kind == "udp":
    host, _, port = rest.rpartition(":")
    line = UDP(host, int(port))
else:
    line = Serial(rest)
try:
    Box(line, options).run()
except (KeyboardInterrupt, OSError) as reason:
    tell("ended", why=str(reason))
    sys.exit(0)
