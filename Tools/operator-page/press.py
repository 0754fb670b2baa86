#!/usr/bin/env python3
"""Presses a recipe's button on the operator's page in a real browser, as an operator would.

usage: Tools/operator-page/press.py HOST:PORT --recipe NAME --token-file FILE [--back]
                                    [--seconds S] [--picture FILE]

Opens the page in Chromium without a window, presses the button, reads what would change, says who
and why, gives a wrong token first and then the right one, and waits for what becomes of it; with
--back presses the way back afterwards. Prints one line of JSON with what was seen.
Exit status: 0 done, 1 something was not as it should be, 4 there is no Chromium.

Chromium is driven through its own protocol (chromedevtools.github.io/devtools-protocol), spoken
here over a WebSocket (RFC 6455) of our own, so that nothing is to be installed but the browser.
"""
import argparse, base64, json, os, pathlib, shutil, socket, struct, subprocess, sys, tempfile, time


class Browser:
    """Chromium with one page, to which expressions of JavaScript are given."""

    def __init__(self, program, folder):
        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-background-networking", "--window-size=1600,900", "--hide-scrollbars",
             "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        told = pathlib.Path(folder) / "DevToolsActivePort"
        wait(lambda: told.exists() and len(told.read_text().splitlines()) == 2, "Chromium's start")
        port, path = told.read_text().splitlines()
        self.socket = socket.create_connection(("127.0.0.1", int(port)), timeout=60)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
            .encode())
        self.rest = b""
        while b"\r\n\r\n" not in self.rest:
            self.rest += self.socket.recv(4096)
        self.rest = self.rest.split(b"\r\n\r\n", 1)[1]
        self.count = 0
        self.session = None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def take(self, count):
        while len(self.rest) < count:
            news = self.socket.recv(1 << 16)
            if not news:
                raise SystemExit("press: Chromium hung up")
            self.rest += news
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def message(self):
        text = b""
        while True:
            first, second = self.take(2)
            length = second & 127
            if length == 126:
                length = struct.unpack(">H", self.take(2))[0]
            elif length == 127:
                length = struct.unpack(">Q", self.take(8))[0]
            text += self.take(length)
            if first & 0x80:
                return json.loads(text)

    def ask(self, method, **parameters):
        self.count += 1
        wish = {"id": self.count, "method": method, "params": parameters}
        if self.session:
            wish["sessionId"] = self.session
        text = json.dumps(wish).encode()
        mask = os.urandom(4)
        head = struct.pack(">BBH", 0x81, 0xFE, len(text)) if len(text) < 65536 else None
        self.socket.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(text)))
        while True:
            answer = self.message()
            if answer.get("id") == self.count:
                if "error" in answer:
                    raise SystemExit(f"press: {method}: {answer['error']['message']}")
                return answer["result"]

    def value(self, expression):
        result = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise SystemExit(f"press: {expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def key(self, name, text=""):
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=name, code=name,
                     windowsVirtualKeyCode={"Enter": 13, "Escape": 27}.get(name, 0),
                     text=text if kind == "keyDown" else "")

    def type(self, text):
        self.ask("Input.insertText", text=text)


def wait(is_so, what, seconds=None):
    end = time.monotonic() + (seconds or limit)
    while time.monotonic() < end:
        if is_so():
            return
        time.sleep(0.05)
    raise SystemExit(f"press: waited in vain for {what}")


def text(id):
    return browser.value(f"document.getElementById({json.dumps(id)}).textContent")


def is_open():
    return browser.value("document.getElementById('ask').open")


def settled():
    wait(lambda: not is_open(), "the dialog to close")
    wait(lambda: text("recipeNote")[:1] in ("✓", "■"), "an end of the change")
    return text("recipeNote")


parser = argparse.ArgumentParser()
parser.add_argument("address")
parser.add_argument("--recipe", required=True)
parser.add_argument("--token-file", required=True)
parser.add_argument("--back", action="store_true")
parser.add_argument("--seconds", type=float, default=60)
parser.add_argument("--picture")
options = parser.parse_args()
limit = options.seconds
program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if not program:
    print("press: there is no Chromium; apt-get install chromium", file=sys.stderr)
    sys.exit(4)
token = pathlib.Path(options.token_file).read_text().strip()
seen = {}
with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
    browser = Browser(program, folder)
    try:
        browser.ask("Page.enable")
        browser.ask("Page.navigate", url=f"http://{options.address}/")
        button = f"document.querySelector('[data-recipe=\"recipe {options.recipe}\"]')"
        wait(lambda: browser.value(f"!!{button} && !{button}.disabled"), "the recipe's button")
        seen["before"] = text("recipeNow")
        seen["buttons"] = browser.value(
            "[...document.querySelectorAll('#recipes button')].map(one => one.textContent)")
        # By keyboard alone from here: the button has the focus, Enter presses it.
        browser.value(f"{button}.focus()")
        browser.key("Enter", "\r")
        wait(is_open, "the dialog")
        seen["changes"] = browser.value(
            "[...document.querySelectorAll('#askChanges li')].map(one => one.textContent)")
        browser.key("Escape")
        wait(lambda: not is_open(), "Escape to close the dialog")
        browser.key("Enter", "\r")
        wait(is_open, "the dialog again")
        browser.key("Enter", "\r")
        seen["missing"] = text("askProblem")
        browser.type("Eva")
        browser.value("document.getElementById('reason').focus()")
        browser.type("trial of the page")
        browser.value("document.getElementById('token').focus()")
        browser.type("not-the-token")
        if options.picture:
            shot = browser.ask("Page.captureScreenshot")["data"]
            pathlib.Path(options.picture).write_bytes(base64.b64decode(shot))
        browser.key("Enter", "\r")
        wait(lambda: "token" in text("askProblem"), "the wrong token to be told")
        seen["wrongToken"] = text("askProblem")
        seen["kept"] = browser.value("sessionStorage.getItem('mirage-token')")
        browser.type(token)
        browser.key("Enter", "\r")
        seen["result"] = settled()
        wait(lambda: text("recipeNow") != seen["before"] or text("recipeNote")[:1] == "■", "the name")
        seen["after"] = text("recipeNow")
        seen["local"] = browser.value("localStorage.length")
        seen["cookies"] = browser.value("document.cookie")
        if options.back:
            back = "document.querySelector('[data-recipe=\"revert\"]')"
            wait(lambda: browser.value(f"!!{back} && !{back}.disabled"), "the way back")
            browser.value(f"{back}.focus()")
            browser.key("Enter", "\r")
            wait(is_open, "the dialog of the way back")
            # Who and the token are known by now.
            browser.type("back again")
            browser.key("Enter", "\r")
            wait(lambda: text("recipeNow") == seen["before"], "the recipe before")
            seen["back"] = settled()
    finally:
        browser.process.kill()
        browser.process.wait()
print(json.dumps(seen, ensure_ascii=False))
