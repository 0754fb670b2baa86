#!/usr/bin/env python3
"""Plays a PLC that reads miraged's registers and acknowledges its results: see REGISTERS.md.

usage: Tools/modbus/plc.py HOST:PORT [--results N] [--seconds S]

Prints one line of JSON: what the registers say, the results that were acknowledged, and whether
the heartbeat moved. Exit status: 0 read, 1 nobody answers, 4 pymodbus cannot be had.

Uses the pymodbus of this Python, or else installs it with pip into .build/python-modbus.
"""
import argparse, fcntl, json, os, pathlib, subprocess, sys, time, venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOME = ROOT / ".build/python-modbus"


def stop(status, problem):
    print(f"plc: {problem}", file=sys.stderr)
    sys.exit(status)


def find_pymodbus():
    try:
        import pymodbus
        return
    except ImportError:
        pass
    if pathlib.Path(sys.prefix) == HOME:
        stop(4, f"pymodbus is installed but cannot be imported; delete {HOME}, then try again")
    HOME.parent.mkdir(parents=True, exist_ok=True)
    with open(HOME.parent / "python-modbus.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (HOME / "ready").exists():
            try:
                venv.create(HOME, with_pip=True, clear=True)
            except (subprocess.CalledProcessError, OSError) as error:
                stop(4, f"no virtual environment: {error}; run Tools/setup, then try again")
            pip = [HOME / "bin/python", "-m", "pip", "--quiet", "--disable-pip-version-check"]
            if subprocess.run([*pip, "install", "--retries", "2", "pymodbus>=3.6,<4"]).returncode:
                stop(4, "pip could not install pymodbus; check the network, then try again")
            (HOME / "ready").touch()
    os.execv(HOME / "bin/python", [HOME / "bin/python", __file__, *sys.argv[1:]])


def wide(words, place):
    return words[place] << 16 | words[place + 1]


def signed(word):
    return word - 65536 if word > 32767 else word


def read(client, address, count):
    answer = client.read_input_registers(address, count=count)
    if answer.isError():
        stop(1, f"registers {address} to {address + count - 1}: {answer}")
    return answer.registers


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
parser.add_argument("address")
parser.add_argument("--results", type=int, default=0)
parser.add_argument("--seconds", type=float, default=10)
options = parser.parse_args()
find_pymodbus()
from pymodbus.client import ModbusTcpClient

host, _, port = options.address.rpartition(":")
client = ModbusTcpClient(host, port=int(port), timeout=3)
if not client.connect():
    stop(1, f"nobody answers at {options.address}")
end = time.monotonic() + options.seconds
first = read(client, 0, 27)
results, last = [], 0
while len(results) < options.results and time.monotonic() < end:
    words = read(client, 32, 12)
    if words[0] in (0, last):
        time.sleep(0.01)
        continue
    last = words[0]
    results.append({
        "number": last, "piece": wide(words, 1), "class": words[3], "confidence": words[4] / 10000,
        "isEjected": words[5] == 1, "isLate": words[6] == 1, "slack": signed(words[7]),
        "across": signed(words[8]), "waiting": words[9], "dropped": wide(words, 10)})
    if client.write_register(0, last).isError():
        stop(1, "the acknowledgement was refused")
time.sleep(0.6)
words = read(client, 0, 27)
print(json.dumps({
    "version": words[0], "isBeating": words[1] != first[1], "state": words[2],
    "isFit": words[3] == 1, "alarms": words[4], "alarmBits": words[5], "decided": wide(words, 6),
    "late": wide(words, 8), "dropped": wide(words, 10), "lost": wide(words, 12),
    "pieces": wide(words, 14), "minute": words[22], "speed": words[23], "slack": signed(words[24]),
    "rate": words[25] / 10, "valves": words[26], "results": results,
    "refused": [
        client.read_input_registers(46, count=1).isError(),
        client.write_register(1, 5).isError(), client.write_coil(0, True).isError()]}))
