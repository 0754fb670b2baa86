"""A whole line for Tools/soak and Tools/faults: miraged on the simulated belt in real time, and the
plant around it: a broker, a box with valves, a PLC, people at the page.
"""
import json, os, pathlib, re, signal, socket, struct, subprocess, sys, threading, time
import urllib.error, urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
MOSQUITTO = ROOT / ".build/mosquitto"
# A mesh of waits; a busy machine is no finding.
PATIENCE = 90


class Trouble(Exception):
    """Something is not as it must be."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def wait(condition, what, seconds=PATIENCE, pause=0.05):
    """The first true value of `condition`, and how long it took."""
    start = time.monotonic()
    while time.monotonic() < start + seconds:
        value = condition()
        if value:
            return value, time.monotonic() - start
        time.sleep(pause)
    raise Trouble(f"{what}: not within {seconds} s")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def programs_and_bundle(options):
    """The folder of the built programs and a bundle whose network was never trained."""
    build = ["--configuration", "release", "--scratch-path", ".build/tests", "-Xswiftc",
             "-enable-testing"]
    if options.programs is None:
        say("building programs and tests")
        subprocess.run(["swift", "build", *build, "--build-tests", "--jobs", "2"], cwd=ROOT,
                       check=True, stdout=sys.stderr)
        options.programs = pathlib.Path(subprocess.run(
            ["swift", "build", *build, "--show-bin-path"], cwd=ROOT, check=True,
            capture_output=True, text=True).stdout.strip())
    options.programs = pathlib.Path(options.programs).resolve()
    if options.bundle is None:
        options.bundle = options.folder / "bundle"
        made = subprocess.run(
            [str(options.programs / "MiragePackageTests.xctest"), "--testing-library",
             "swift-testing", "--filter", "EnduranceBundleTests"],
            cwd=ROOT, capture_output=True, text=True,
            env={**os.environ, "MIRAGE_BUNDLE_TO": str(options.bundle)})
        if not options.bundle.exists():
            raise Trouble(f"no bundle was made:\n{made.stdout}{made.stderr}")
    options.bundle = pathlib.Path(options.bundle).resolve()


class Broker:
    """mosquitto, and a client that writes down all that comes below plant/."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.broker = self.client = None
        # It runs as nobody where this runs as root.
        folder.chmod(0o755)
        (folder / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\npersistence false\nlog_type none\n"
            "allow_anonymous true\nmax_queued_messages 0\n")
        self.heard = folder / "heard.txt"
        self.start()

    def begin(self, program, arguments, output=subprocess.DEVNULL):
        path = MOSQUITTO / "usr" / program
        if not path.exists():
            raise Trouble("mosquitto is not unpacked; run Tools/setup")
        return subprocess.Popen(
            [str(path), *arguments], stdout=output, stderr=subprocess.DEVNULL,
            env={**os.environ, "LD_LIBRARY_PATH": str(MOSQUITTO / "libraries")})

    def start(self):
        self.broker = self.begin("sbin/mosquitto", ["-c", str(self.folder / "mosquitto.conf")])

        def answers():
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
            except OSError:
                return False
        wait(answers, "the broker's start")
        with open(self.heard, "ab") as file:
            self.client = self.begin(
                "bin/mosquitto_sub", ["-p", str(self.port), "-q", "1", "-v", "-t", "plant/#"], file)

    def stop(self):
        for process in (self.client, self.broker):
            if process:
                process.kill()
                process.wait()
        self.broker = self.client = None

    def messages(self, topic):
        """The JSON messages that came under a topic's end, once each."""
        found = {}
        for line in self.heard.read_text(errors="replace").splitlines():
            name, _, body = line.partition(" ")
            if name.endswith(topic) and body.startswith("{"):
                try:
                    message = json.loads(body)
                except ValueError:
                    continue  # The last line, not whole yet.
                found[message["session"], message["sequence"]] = message
        return list(found.values())


class Box:
    """Tools/valve-box/box.py."""

    def __init__(self, folder):
        self.file = folder / "box.txt"
        with open(self.file, "wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "Tools/valve-box/box.py"), "udp:127.0.0.1:0"],
                stdout=output)
        wait(lambda: "\n" in self.file.read_text(), "the box's start")
        self.port = json.loads(self.file.read_text().splitlines()[0])["port"]

    def stop(self):
        self.process.kill()
        self.process.wait()


class PLC(threading.Thread):
    """Reads the registers four times a second and takes each result once."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.results, self.reads, self.last = port, 0, 0, 0
        self.is_ended, self.is_away = threading.Event(), threading.Event()
        self.begun = None
        self.start()

    def ask(self, wire, function, address, value):
        self.reads = (self.reads + 1) & 0xFFFF
        wire.sendall(struct.pack(">HHHBBHH", self.reads, 0, 6, 1, function, address, value))
        head = self.take(wire, 7)
        body = self.take(wire, struct.unpack(">H", head[4:6])[0] - 1)
        if body[0] != function:
            raise Trouble(f"register {address}: answered with exception {body[1]}")
        return body

    @staticmethod
    def take(wire, count):
        taken = b""
        while len(taken) < count:
            news = wire.recv(count - len(taken))
            if not news:
                raise OSError("hung up")
            taken += news
        return taken

    def run(self):
        while not self.is_ended.is_set():
            try:
                with socket.create_connection(("127.0.0.1", self.port), 5) as wire:
                    while not self.is_ended.is_set() and not self.is_away.is_set():
                        body = self.ask(wire, 4, 32, 10)
                        words = struct.unpack(">10H", body[2:22])
                        if words[0] not in (0, self.last):
                            self.last = words[0]
                            self.results += 1
                            self.ask(wire, 6, 0, words[0])
                            self.begun = self.begun or time.monotonic()
                        else:
                            time.sleep(0.05)
            except OSError:
                pass
            time.sleep(0.05)


class Viewer(threading.Thread):
    """A person at the page: the state twice a second, and a picture."""

    def __init__(self, line):
        super().__init__(daemon=True)
        self.line, self.is_ended, self.answers = line, threading.Event(), 0
        self.start()

    def run(self):
        while not self.is_ended.is_set():
            for path in ("/api/state", "/api/view.jpg"):
                if self.line.get(path)[0] == 200:
                    self.answers += 1
            time.sleep(0.5)


class Line:
    """The daemon. It is asked by its page as anybody would ask, and by what it writes."""

    def __init__(self, options, folder, arguments=(), command=(), own=()):
        self.folder = folder
        self.name = f"{time.monotonic_ns():x}"
        self.error = folder / f"err-{self.name}.txt"
        self.lines = folder / f"lines-{self.name}.jsonl"
        self.summary = folder / f"summary-{self.name}.json"
        self.started = time.monotonic()
        own = list(own) or [
            "run", "--bundle", str(options.bundle), "--simulate", "--rate", str(options.rate),
            "--speed", "100", "--seconds", "1000000", "--eject", "copper,brass,aluminium"]
        with open(self.error, "wb") as error, open(self.lines, "wb") as lines:
            self.process = subprocess.Popen(
                [*command, str(options.programs / "miraged"), *own, "--http", "127.0.0.1:0",
                 "--summary", str(self.summary), *arguments], stdout=lines, stderr=error)
        try:
            self.port = int(self.told(r"page: http://127\.0\.0\.1:(\d+)/"))
        except Trouble:
            self.process.kill()
            raise

    def told(self, pattern):
        def look():
            found = re.search(pattern, self.error.read_text(errors="replace"))
            if not found and self.process.poll() is not None:
                raise Trouble(f"miraged ended: {self.error.read_text(errors='replace')[-600:]}")
            return found
        return wait(look, f"'{pattern}' of miraged")[0].group(1)

    @property
    def registers(self):
        return int(self.told(r"registers: \S*:(\d+)"))

    def get(self, path, data=None, headers=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=data, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    def state(self):
        status, body = self.get("/api/state")
        return json.loads(body) if status == 200 else None

    def figures(self):
        """The figures of one moment, by name and label."""
        found = {}
        for text in self.get("/metrics")[1].decode().splitlines():
            name, _, value = text.rpartition(" ")
            if name and not name.startswith("#"):
                found[name] = float(value)
        return found

    def figure(self, name):
        return sum(v for k, v in self.figures().items() if k == name or k.startswith(name + "{"))

    def decided(self):
        """Pieces decided up to now, in time or late."""
        return self.figure("mirage_pieces_decided_total")

    def goes_on(self, more=2):
        """Waits until more pieces are decided; how long it took."""
        before = self.decided()
        return wait(lambda: self.decided() >= before + more, "more decisions")[1]

    def alarms(self):
        state = self.state()
        return [one["id"] for one in state["alarms"]] if state else []

    def balances(self):
        """Complains where frames in are not frames out."""
        figures = self.figures()
        exposed = figures["mirage_frames_exposed_total"]
        out = sum(v for k, v in figures.items() if k.startswith("mirage_frames_total{"))
        if exposed != out:
            raise Trouble(f"frames: {exposed:.0f} in, {out:.0f} out")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        """Asks it to end; its summary, whose accounts must balance."""
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=PATIENCE)
        self.seconds_to_end = time.monotonic() - start
        if status != 130:
            raise Trouble(f"ended with status {status}: "
                          f"{self.error.read_text(errors='replace')[-600:]}")
        summary = json.loads(self.summary.read_text())
        check_summary(summary)
        return summary

    def decisions(self):
        """The decisions that were written as lines, whole ones only."""
        found = []
        for text in self.lines.read_text(errors="replace").splitlines():
            try:
                event = json.loads(text)
            except ValueError:
                continue  # Where it was killed.
            if event.get("event") == "decision":
                found.append(event)
        return found


def check_summary(summary):
    """Complains where a run's frames, pieces or blasts are not each accounted for once."""
    frames, pieces = summary["frames"], summary["pieces"]
    if sum(frames.values()) != summary["framesExposed"]:
        raise Trouble(f"frames: {summary['framesExposed']} in, {frames} out")
    parts = sum(v for k, v in pieces.items() if k != "found")
    if parts != pieces["found"]:
        raise Trouble(f"pieces: {pieces}")
    valves = summary["outputs"].get("valves")
    if valves and valves["taken"] != sum(v for k, v in valves.items() if k != "taken"):
        raise Trouble(f"blasts: {valves}")


def stored(file):
    """Numbers of the pieces in a store, each run's own, as any SQLite program reads them."""
    import sqlite3
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=20) as store:
        return store.execute(
            "SELECT setup.run, piece.number FROM piece JOIN setup ON piece.setup = setup.id"
        ).fetchall()
