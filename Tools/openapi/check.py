#!/usr/bin/env python3
"""Asks a running miraged all that its OpenAPI document says, and holds the answers against it.

usage: Tools/openapi/check.py HOST:PORT --token-file FILE [--examples N] [--seed N]

Schemathesis makes the requests from the document, right ones and wrong ones. What is wrong is
printed. Exit status: 0 all is as documented, 1 something is not, 4 Schemathesis cannot be had.

Uses pip to install it into .build/python-openapi.
"""
import argparse, fcntl, pathlib, subprocess, sys, venv

HOME = pathlib.Path(__file__).resolve().parents[2] / ".build/python-openapi"


def stop(status, problem):
    print(f"openapi: {problem}", file=sys.stderr)
    sys.exit(status)


def install():
    HOME.parent.mkdir(parents=True, exist_ok=True)
    with open(HOME.parent / "python-openapi.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (HOME / "ready").exists():
            return
        try:
            venv.create(HOME, with_pip=True, clear=True)
        except (subprocess.CalledProcessError, OSError) as error:
            stop(4, f"no virtual environment: {error}; run Tools/setup, then try again")
        pip = [HOME / "bin/python", "-m", "pip", "--quiet", "--disable-pip-version-check"]
        if subprocess.run([*pip, "install", "--retries", "2", "schemathesis>=4,<5"]).returncode:
            stop(4, "pip could not install schemathesis; check the network, then try again")
        (HOME / "ready").touch()


parser = argparse.ArgumentParser()
parser.add_argument("address")
parser.add_argument("--token-file", required=True)
parser.add_argument("--examples", type=int, default=15)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
install()
# A body beyond the bound is refused for its size (413) before anybody looks at what is in it.
(HOME / "schemathesis.toml").write_text(
    "[checks.negative_data_rejection]\n"
    'expected-statuses = ["400", "401", "403", "404", "405", "409", "413", "415", "422", "429"]\n')
token = pathlib.Path(options.token_file).read_text().strip()
# That the line is not fit to sort is told with status 503 and documented; an undocumented status is
# found by another check. No more than five changes a second are looked at.
ran = subprocess.run(
    [HOME / "bin/st", "run", f"http://{options.address}/api/openapi.json",
     "--header", f"Authorization: Bearer {token}", "--phases", "examples,coverage,fuzzing",
     "--exclude-checks", "not_a_server_error", "--max-examples", str(options.examples),
     "--seed", str(options.seed), "--rate-limit", "4/s"], cwd=HOME, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
print(ran.stdout)
sys.exit(1 if ran.returncode else 0)
