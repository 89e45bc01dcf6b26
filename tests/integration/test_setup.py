"""`setup_env.py` on a folder of its own, with made-up packages and no network at all."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "http://127.0.0.1:9/simple"


def make_wheel(folder: Path, name: str, version: str) -> None:
    """The smallest package that pip installs."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"version = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(path, text)


class Project:
    """A copy of the set-up in a folder of its own."""

    def __init__(self, folder: Path, wheels: Path) -> None:
        self.folder = folder
        self.wheels = wheels
        (folder / "setup_env.py").write_bytes((ROOT / "setup_env.py").read_bytes())
        self.ask_for("lantern==1.0")

    def ask_for(self, *packages: str) -> None:
        """What requirements.txt wants from now on."""
        (self.folder / "requirements.txt").write_text("\n".join(packages) + "\n")
        (self.folder / "requirements-dev.txt").write_text("-r requirements.txt\noil==2.0\n")

    def set_up(self, *arguments: str, **variables: str) -> tuple[int, str]:
        """Run it; exit code and everything that it said."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        env |= {
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            **variables,
        }
        done = subprocess.run(
            [sys.executable, str(self.folder / "setup_env.py"), *arguments],
            capture_output=True,
            text=True,
            env=env,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def has(self, name: str) -> bool:
        """True if the environment can import the package."""
        python = self.folder / ".venv" / "bin" / "python"
        return (
            subprocess.run([python, "-c", f"import {name}"], capture_output=True, check=False).returncode == 0
        )

    @property
    def state_file(self) -> Path:
        """Where the set-up remembers what it did."""
        return self.folder / ".venv" / "homeward-setup.json"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    for name, version in (
        ("lantern", "1.0"),
        ("lantern", "1.1"),
        ("oil", "2.0"),
        ("match", "3.0"),
        ("flint", "4.0"),
    ):
        make_wheel(folder, name, version)
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Project:
    """A project that was set up once, shared because making an environment takes seconds."""
    project = Project(tmp_path_factory.mktemp("a folder with spaces"), wheels)
    code, said = project.set_up()
    assert (code, "Installed 1 package into .venv" in said) == (0, True), said
    return project


@pytest.fixture
def fresh(tmp_path: Path, wheels: Path) -> Project:
    """A project that was never set up."""
    return Project(tmp_path, wheels)


def test_the_second_run_does_and_says_nothing_and_needs_no_network(made: Project) -> None:
    made.ask_for("lantern==1.0")
    before = made.state_file.stat().st_mtime_ns
    code, said = made.set_up(PIP_NO_INDEX="0", PIP_INDEX_URL=NOWHERE, PIP_FIND_LINKS="", HTTPS_PROXY=NOWHERE)
    assert (code, said) == (0, "")
    assert made.state_file.stat().st_mtime_ns == before


def test_what_the_tests_need_is_added_only_when_asked_for_and_then_serves_both(made: Project) -> None:
    made.ask_for("lantern==1.0")
    assert made.set_up("--dev")[0] == 0
    assert made.has("oil")
    assert made.set_up() == (0, "")
    assert made.set_up("--dev") == (0, "")


def test_a_changed_requirement_is_installed_into_the_same_environment(made: Project) -> None:
    made.ask_for("lantern==1.0", "match==3.0")
    marker = made.folder / ".venv" / "kept"
    marker.touch()
    code, said = made.set_up()
    assert code == 0, said
    assert made.has("match")
    assert marker.exists()


@pytest.mark.servers
def test_a_package_that_cannot_be_had_is_one_sentence_and_harms_nothing(made: Project) -> None:
    made.ask_for("lantern==9.9")
    code, said = made.set_up()
    assert code == 1
    assert re.fullmatch(r"There is no lantern==9\.9 for Python [\d.]+ on this machine; .*\n", said)
    made.ask_for("lantern==1.1")
    code, said = made.set_up()
    assert (code, "afresh" in said) == (0, False), said


@pytest.mark.servers
def test_a_registry_that_cannot_be_reached_is_one_sentence(made: Project) -> None:
    made.ask_for("lantern==1.0", "kindling==1.0")
    code, said = made.set_up(PIP_NO_INDEX="0", PIP_INDEX_URL=NOWHERE, PIP_RETRIES="1")
    assert code == 1
    assert said.startswith("The package registry cannot be reached")
    assert said.count("\n") == 1
    made.ask_for("lantern==1.0")
    assert made.set_up()[0] == 0


@pytest.mark.servers
def test_an_install_that_was_cut_off_is_made_afresh(made: Project) -> None:
    made.ask_for("lantern==1.0")
    made.set_up()
    state = json.loads(made.state_file.read_text())
    made.state_file.write_text(json.dumps({**state, "done": False}))
    # Half a package, as a kill leaves it: pip believes that it is there.
    (broken,) = (made.folder / ".venv").glob("lib/python*/site-packages/lantern.py")
    broken.unlink()
    code, said = made.set_up()
    assert (code, "An earlier set-up broke off" in said) == (0, True)
    assert made.has("lantern")
    assert made.set_up() == (0, "")


@pytest.mark.servers
def test_settings_that_would_lead_pip_elsewhere_are_left_out(made: Project, tmp_path: Path) -> None:
    made.ask_for("lantern==1.0", "flint==4.0")
    code, said = made.set_up(PIP_TARGET=str(tmp_path / "elsewhere"), PIP_USER="1", PIP_QUIET="3")
    assert code == 0, said
    assert made.has("flint")
    assert not (tmp_path / "elsewhere").exists()


def test_a_python_without_ensurepip_or_pip_gets_the_line_that_mends_it(
    fresh: Project, tmp_path: Path
) -> None:
    for name in ("ensurepip", "pip", "virtualenv"):
        (tmp_path / "hidden" / name).mkdir(parents=True)
        (tmp_path / "hidden" / name / "__init__.py").write_text("raise ImportError\n")
    code, said = fresh.set_up(PYTHONPATH=str(tmp_path / "hidden"))
    assert code == 1
    assert said.count("\n") == 1
    line = "sudo apt install python3" if Path("/etc/debian_version").exists() else "ensurepip"
    assert line in said


def test_a_folder_that_cannot_be_written_is_one_sentence(fresh: Project) -> None:
    # A file where a folder must be fails alike for every user; rights do not hold root back.
    (fresh.folder / ".setup").touch()
    code, said = fresh.set_up()
    assert code == 1
    assert re.fullmatch(r"Homeward cannot write into .* \(File exists\); .*\n", said)


def test_an_unknown_argument_is_answered_with_the_usage(fresh: Project) -> None:
    assert fresh.set_up("--fast") == (2, "usage: python3 setup_env.py [--dev]\n")


@pytest.fixture
def module() -> ModuleType:
    """The set-up as a module, to look at its parts."""
    spec = importlib.util.spec_from_file_location("setup_env", ROOT / "setup_env.py")
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def test_an_environment_of_another_place_or_python_is_not_kept(
    made: Project, module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PYTHON", str(made.folder / ".venv" / "bin" / "python"))
    state = {"done": True, "root": module.ROOT, "python": module.venv_version()}
    assert module.is_usable(state)
    assert not module.is_usable({**state, "root": "/moved/from/here"})
    assert not module.is_usable({**state, "python": "3.11.0"})
    assert not module.is_usable({**state, "done": False})
    monkeypatch.setattr(module, "PYTHON", str(made.folder / "nothing" / "python"))
    assert not module.is_usable(state)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device\n", "The disk is full"),
        (
            "WARNING: Retrying ... Temporary failure in name resolution\n",
            "The package registry cannot be reached",
        ),
        (
            "(from versions: none)\nERROR: No matching distribution found for a==1\n",
            "does not offer a==1 at all",
        ),
        (
            "(from versions: 2)\nERROR: No matching distribution found for a==1\n",
            "There is no a==1 for Python",
        ),
        ("line\nERROR: first\nERROR: the last word\n", "could not be installed: the last word"),
        ("", "pip gave no reason"),
    ],
)
def test_what_pip_says_becomes_one_sentence(module: ModuleType, said: str, sentence: str) -> None:
    assert sentence in module.why(said)
    assert "\n" not in module.why(said)


def test_an_old_python_with_no_newer_one_beside_it_is_one_sentence(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEAST", (99, 1))
    with pytest.raises(module.SetUpFailed) as caught:
        module.check_python([])
    said = str(caught.value)
    assert said.startswith("Homeward needs Python 99.1 or newer; this is Python 3.")
    assert "\n" not in said
    assert "sudo apt install python3" in said


def test_an_old_python_hands_over_to_a_newer_one(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(module, "LEAST", (99, 1))
    monkeypatch.setattr(module, "newer_python", lambda: "/opt/python3.12")

    def become(_path: str, arguments: list[str]) -> None:
        started.append(arguments)
        sys.exit(0)

    monkeypatch.setattr(module.os, "execv", become)
    with pytest.raises(SystemExit):
        module.check_python(["--dev"])
    assert started == [["/opt/python3.12", str(ROOT / "setup_env.py"), "--dev"]]


def test_old_pythons_can_read_the_set_up() -> None:
    tree = ast.parse((ROOT / "setup_env.py").read_bytes())
    assert (ROOT / "setup_env.py").read_bytes().isascii()
    newer = (ast.JoinedStr, ast.NamedExpr, ast.AnnAssign, ast.Match, ast.AsyncFunctionDef, ast.Nonlocal)
    assert not [node for node in ast.walk(tree) if isinstance(node, newer)]
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert not [node.name for node in functions if node.returns or node.args.kwonlyargs]


def test_every_promised_command_is_a_target_of_the_makefile() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", text, flags=re.M))
    assert {"setup", "run", "test", "test-servers", "test-browser", "soak", "bench", "lint"} <= targets
    assert targets - {"setup-dev"} <= set(re.search(r"^\.PHONY: (.*)$", text, flags=re.M)[1].split())  # type: ignore[index]
