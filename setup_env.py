"""Make or mend the virtual environment: `python3 setup_env.py [--dev]`.

Standard library only, and written so that even an old Python can read it: it then looks for a newer
one, or says in one sentence what is missing. When nothing is to do it prints nothing and touches no
network. pip is called with the machine's own settings (index, proxy, certificates).
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time

LEAST = (3, 11)
TESTED = ("3.13", "3.12", "3.11")

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin", "python")
STATE = os.path.join(VENV, "homeward-setup.json")
WORK = os.path.join(ROOT, ".setup")
LOG = os.path.join(WORK, "install.log")
REQUIREMENTS = {"run": ("requirements.txt",), "dev": ("requirements.txt", "requirements-dev.txt")}

# Settings that would make pip install somewhere else than into our environment, or hide its progress.
NOT_FOR_US = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_QUIET", "PIP_VERBOSE", "PYTHONHOME")
NO_NETWORK = (
    "NewConnectionError",
    "name resolution",
    "Name or service not known",
    "nodename nor servname",
    "Connection refused",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "Network is unreachable",
    "ProxyError",
)


class SetUpFailed(Exception):
    """The set-up cannot go on. Its text is one sentence for the person who started it.

    `harmless` says that the environment is still as it was before.
    """

    def __init__(self, text, harmless=False):
        super(SetUpFailed, self).__init__(text)
        self.harmless = harmless


def say(text):
    """Tell the person, apart from what the program itself prints."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def digest(level):
    """The content of the requirement files of this level, as a digest."""
    total = hashlib.sha256()
    for name in REQUIREMENTS[level]:
        with open(os.path.join(ROOT, name), "rb") as file:
            total.update(file.read())
    return total.hexdigest()


def read_state():
    """What the last set-up left behind, {} if it left nothing that can be read."""
    try:
        with open(STATE) as file:
            state = json.load(file)
    except (EnvironmentError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def write_state(state):
    """Record the state in one step: a power cut leaves the old or the new, never a half."""
    draft = STATE + ".new"
    with open(draft, "w") as file:
        json.dump(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, STATE)


def answer(command):
    """What a command prints, "" if it cannot be run or fails."""
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
        out = process.communicate()[0]
    except OSError:
        return ""
    return out.decode("utf-8", "replace").strip() if process.returncode == 0 else ""


def venv_version():
    """The version of the Python in the environment, "" if there is none that runs."""
    return answer([PYTHON, "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"])


def is_ready(level):
    """True if the environment is whole and holds what the requirement files of this level ask for."""
    state = read_state()
    return bool(
        state.get("done")
        and state.get("root") == ROOT
        and state.get(level) == digest(level)
        and state.get("python") == venv_version()
    )


def newer_python():
    """The path of a Python that is new enough, "" if none of the usual names leads to one."""
    test = "import sys; print(sys.executable if sys.version_info[:2] >= %r else '')" % (LEAST,)
    found = (answer(["python" + version, "-c", test]) for version in TESTED)
    return next((path for path in found if path), "")


def check_python(arguments):
    """Go on in a newer Python if this one is too old; raise SetUpFailed if there is none."""
    if sys.version_info[:2] < LEAST:
        newer = newer_python()
        if newer:
            os.execv(newer, [newer, os.path.abspath(__file__)] + arguments)
        raise SetUpFailed(
            "Homeward needs Python %d.%d or newer; this is Python %d.%d.%d, and there is no %s. "
            "Install one (Debian and Ubuntu: sudo apt install python3; macOS: brew install python@3.13) "
            "or name it: make PYTHON=/path/to/python3.12 run"
            % (LEAST + tuple(sys.version_info[:3]) + ("python3.13, python3.12 or python3.11",))
        )
    for module in ("sqlite3", "ssl"):
        if not has_module(module):
            raise SetUpFailed(
                "The Python at %s was built without %s; use another one: make PYTHON=/path/to/python3 run"
                % (sys.executable, module)
            )


def has_module(name):
    """True if this Python can import the module."""
    return bool(answer([sys.executable, "-c", "import %s; print(1)" % name]))


def make_venv():
    """Create the environment, by whichever way this machine has."""
    ways = []
    if has_module("ensurepip"):
        ways.append([[sys.executable, "-m", "venv", VENV]])
    if has_module("virtualenv"):
        ways.append([[sys.executable, "-m", "virtualenv", "--quiet", VENV]])
    if has_module("pip"):
        bare = [sys.executable, "-m", "venv", "--without-pip", VENV]
        pip = [sys.executable, "-m", "pip", "--python", PYTHON, "install", "--quiet", "pip"]
        ways.append([bare, pip])
    said = ""
    for commands in ways:
        clear_venv()
        said = ""
        for command in commands:
            said = said or failure_of(command)
        if not said and answer([PYTHON, "-m", "pip", "--version"]):
            return
    if said and (not os.access(ROOT, os.W_OK) or "Permission denied" in said):
        raise OSError(13, "Permission denied", VENV)
    package = "python%d.%d-venv" % sys.version_info[:2]
    if os.path.exists("/etc/debian_version"):
        raise SetUpFailed(
            "Python cannot make virtual environments yet; mend it with: sudo apt install " + package
        )
    raise SetUpFailed(
        "This Python (%s) cannot make virtual environments%s; install its venv and ensurepip modules."
        % (sys.executable, ": " + said if said else "")
    )


def failure_of(command):
    """Run a command; "" if it went well, otherwise the last line it said."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT, env=environment()
    )
    out = process.communicate()[0].decode("utf-8", "replace").strip()
    return "" if process.returncode == 0 else (out.splitlines() or ["it failed without a word"])[-1]


def clear_venv():
    """Remove what is there of the environment."""
    if os.path.islink(VENV) or os.path.isfile(VENV):
        os.remove(VENV)
    elif os.path.isdir(VENV):
        shutil.rmtree(VENV)


def environment():
    """This process's environment without what would lead pip elsewhere."""
    return {name: value for name, value in os.environ.items() if name not in NOT_FOR_US}


def is_usable(state):
    """True if the environment can be kept and added to: it runs, it has pip, no install broke off in it."""
    version = venv_version()
    if not version or tuple(int(part) for part in version.split(".")[:2]) < LEAST:
        return False
    if state and (not state.get("done") or state.get("root") != ROOT or state.get("python") != version):
        return False
    return bool(answer([PYTHON, "-m", "pip", "--version"]))


def packages(count):
    """The number in words."""
    return "%d package%s" % (count, "" if count == 1 else "s")


class Progress(object):
    """Shows how far the install is: one line that moves on a terminal, single lines elsewhere."""

    def __init__(self):
        self.fetched = 0
        self.total = 0
        self._before = len(self._installed())
        self._moves = sys.stderr.isatty()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._follow)

    def heard(self, line):
        """Take one line of pip's."""
        if line.startswith("Collecting "):
            self.fetched += 1
            if self._moves:
                self._show("Fetching packages ... %d" % self.fetched)
            elif self.fetched == 1:
                say("Fetching packages ...")
        elif line.startswith("Installing collected packages:"):
            self.total = len(line.split(":", 1)[1].split(","))
            if self._moves:
                self._watch.start()
            else:
                say("Installing %s ..." % packages(self.total))

    def end(self):
        """Stop showing, and leave a clean line."""
        self._over.set()
        if self._watch.is_alive():
            self._watch.join()
        if self._moves:
            self._show("")

    def _follow(self):
        while not self._over.wait(0.3):
            done = min(self.total, max(0, len(self._installed()) - self._before))
            self._show("Installing %s ... %d/%d" % (packages(self.total), done, self.total))

    def _show(self, text):
        sys.stderr.write("\r\033[K" + text)
        sys.stderr.flush()

    @staticmethod
    def _installed():
        found = []
        for folder, folders, _ in os.walk(os.path.join(VENV, "lib")):
            found.extend(name for name in folders if name.endswith(".dist-info"))
            if folder.endswith("site-packages"):
                folders[:] = []
        return found


def install(level, lock):
    """Install what the requirement files ask for, and tell how many packages that were.

    pip inherits the lock: if this process is killed, the next set-up waits until pip has ended too.
    Raises SetUpFailed with the reason in one sentence.
    """
    command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--progress-bar", "off", "--no-warn-script-location"]
    command += ["-r", os.path.join(ROOT, REQUIREMENTS[level][-1])]
    said = []
    progress = Progress()
    inherited = {} if os.name == "nt" else {"pass_fds": (lock.fileno(),)}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT, env=environment(), **inherited
    )
    try:
        with open(LOG, "w", encoding="utf-8") as log:
            for raw in process.stdout:
                line = raw.decode("utf-8", "replace")
                log.write(line)
                said.append(line)
                progress.heard(line)
        process.wait()
    finally:
        progress.end()
        if process.poll() is None:
            process.terminate()
            process.wait()
    if process.returncode != 0:
        raise SetUpFailed(why("".join(said)), harmless=progress.total == 0)
    return progress.total


def why(said):
    """The reason why pip failed, in one sentence."""
    missing = re.search(r"No matching distribution found for (\S+)", said)
    if "No space left on device" in said:
        return "The disk is full; free some space and run the same command again."
    if any(sign in said for sign in NO_NETWORK):
        return "The package registry cannot be reached; connect (or set pip's index) and run the same again."
    if missing and "(from versions: none)" in said:
        return (
            "The package registry does not offer %s at all; look after pip's index and run the same again."
            % (missing.group(1))
        )
    if missing:
        return "There is no %s for Python %s on this machine; Homeward is tested with Python %s." % (
            missing.group(1),
            venv_version(),
            ", ".join(reversed(TESTED)),
        )
    errors = [line for line in said.splitlines() if line.startswith("ERROR: ")]
    last = errors[-1][len("ERROR: ") :] if errors else "pip gave no reason"
    return "The packages could not be installed: %s (all of it: %s)" % (last, LOG)


@contextlib.contextmanager
def alone():
    """Hold the set-up lock of this folder and give its file; a second set-up waits for the first."""
    with open(os.path.join(WORK, "lock"), "w") as file:
        try:
            import fcntl
        except ImportError:  # not on Windows
            yield file
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except EnvironmentError:
            say("Another set-up is running in this folder; waiting for it.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def build(level, lock):
    """Bring the environment to what the requirement files ask for."""
    started = time.time()
    state = read_state()
    if not is_usable(state):
        if state and not state.get("done"):
            say("An earlier set-up broke off; starting it afresh.")
        make_venv()
        state = {}
    state = dict(state, done=True, root=ROOT, python=venv_version())
    write_state(dict(state, done=False))
    try:
        count = install(level, lock)
    except SetUpFailed as failure:
        if failure.harmless:
            write_state(state)
        raise
    state.update((name, digest(name)) for name in (("run", "dev") if level == "dev" else ("run",)))
    write_state(state)
    if count:
        say("Installed %s into .venv (%d s)." % (packages(count), time.time() - started))


def main(arguments):
    """Set up; the exit code is 0 if the environment is ready."""
    if [each for each in arguments if each != "--dev"]:
        say("usage: python3 setup_env.py [--dev]")
        return 2
    level = "dev" if "--dev" in arguments else "run"
    try:
        if is_ready(level):
            return 0
        check_python(arguments)
        if not os.path.isdir(WORK):
            os.makedirs(WORK)
        with alone() as lock:
            if not is_ready(level):
                build(level, lock)
    except SetUpFailed as failure:
        say(str(failure))
        return 1
    except EnvironmentError as error:
        say(
            "Homeward cannot write into %s (%s); put it into a folder that is yours, or mend its rights."
            % (ROOT, error.strerror or error)
        )
        return 1
    except KeyboardInterrupt:
        say("Stopped; the same command goes on from here.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
