"""Make or mend what the browser tests need: `.venv/bin/python tests/browser/setup_browser.py`.

Into `.browser/`: playwright and axe (PyPI). The browser is Debian's chromium where there is one, or can be
had as root; otherwise the one that playwright fetches. When nothing is to do it prints nothing and touches no
network; what cannot be had is said in one sentence, and only then it ends with exit code 1.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PINS = ROOT / "requirements-browser.txt"
CACHE = ROOT / ".browser"
SITE = CACHE / "site"
BROWSERS = CACHE / "browsers"
STATE = CACHE / "state.json"
LOG = CACHE / "setup.log"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
STEP_TIMEOUT_S = 600
# Settings that would make pip install somewhere else.
NOT_FOR_US = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PYTHONHOME")


class SetUpFailed(Exception):
    """The set-up cannot go on. Its text is one sentence for the person who started it."""


def say(text: str) -> None:
    """Tell the person who started it."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def digest() -> str:
    """What the set-up is made from."""
    return hashlib.sha256(f"{sys.version}{sys.platform}".encode() + PINS.read_bytes()).hexdigest()


def run(what: str, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
    """One step, its words into the log. Raises SetUpFailed with the last of them."""
    whole = {name: value for name, value in os.environ.items() if name not in NOT_FOR_US} | dict(env or {})
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"\n$ {' '.join(command)}\n")
        log.flush()
        try:
            done = subprocess.run(
                command, env=whole, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                timeout=STEP_TIMEOUT_S, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise SetUpFailed(f"{what} took longer than {STEP_TIMEOUT_S} s (all of it: {LOG})") from None
        except OSError as error:
            raise SetUpFailed(f"{what} could not be started: {error.strerror}") from None
    if done.returncode:
        said = [line.strip() for line in LOG.read_text("utf-8", "replace").splitlines() if line.strip()]
        raise SetUpFailed(f"{what} failed: {said[-1][:300]} (all of it: {LOG})")


def system_browser() -> str:
    """The path of a chromium that this machine has, "" if none."""
    return next((found for name in NAMES if (found := shutil.which(name))), "")


def install_packages() -> None:
    """playwright and axe into a folder of their own: the project's environment stays as it is."""
    if SITE.exists():
        shutil.rmtree(SITE)
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    run("pip", [*pip, "--progress-bar", "off", "--target", str(SITE), "-r", str(PINS)])


def find_browser() -> str:
    """A chromium: the machine's, Debian's package, or playwright's own. Raises SetUpFailed."""
    found = system_browser()
    if found:
        return found
    said = []
    if shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        try:
            run("apt-get update", ["apt-get", "update", "-q"], quiet)
            packages = ["chromium", "fonts-noto-cjk"]
            run("apt-get", ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages], quiet)
        except SetUpFailed as failure:
            said.append(str(failure))
        if found := system_browser():
            return found
    env = {"PYTHONPATH": str(SITE), "PLAYWRIGHT_BROWSERS_PATH": str(BROWSERS)}
    try:
        run("playwright install", [sys.executable, "-m", "playwright", "install", "chromium"], env)
    except SetUpFailed as failure:
        said.append(str(failure))
        way = "install a chromium (Debian and Ubuntu: sudo apt install chromium) and run the same again"
        raise SetUpFailed(f"There is no browser here: {'; '.join(said)}; {way}") from None
    return ""


def build() -> None:
    """Bring `.browser/` to what the pins ask for."""
    STATE.unlink(missing_ok=True)
    LOG.write_text("")
    say("Setting up the browser tests (once) ...")
    install_packages()
    draft = STATE.with_suffix(".new")
    draft.write_text(json.dumps({"root": str(ROOT), "digest": digest(), "browser": find_browser()}))
    draft.replace(STATE)


def read_state() -> dict[str, str]:
    """What the last set-up left, {} if nothing that is still true."""
    try:
        state = json.loads(STATE.read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(state, dict) or (state.get("root"), state.get("digest")) != (str(ROOT), digest()):
        return {}
    path = str(state.get("browser", ""))
    return state if SITE.is_dir() and (os.access(path, os.X_OK) if path else BROWSERS.is_dir()) else {}


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Hold the lock of the folder; a second set-up waits for the first."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Set up; exit code 0 if the browser tests can run."""
    try:
        with alone():
            if not read_state():
                build()
    except SetUpFailed as failure:
        say(f"The browser tests cannot be set up: {failure}")
        return 1
    except OSError as error:
        say(f"The browser tests cannot be set up: {error.strerror or error} ({error.filename})")
        return 1
    except KeyboardInterrupt:
        say("Stopped; the same command begins again.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
