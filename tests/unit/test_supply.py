"""What is installed is pinned with digests, and the list of parts holds all of it."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def supply() -> ModuleType:
    spec = importlib.util.spec_from_file_location("supply", ROOT / "deploy" / "supply.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["supply"] = module
    spec.loader.exec_module(module)
    return module


def wanted(name: str) -> dict[str, str]:
    """Package and version as people wrote them."""
    lines = (ROOT / f"{name}.in").read_text("utf-8").splitlines()
    pins = [
        re.split(r"==|;", line.split(" ")[0]) for line in lines if "==" in line and not line.startswith("#")
    ]
    return {re.sub(r"[-_.]+", "-", pin[0].split("[")[0]).lower(): pin[1] for pin in pins}


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_what_is_installed_is_what_was_asked_for_with_digests(supply: ModuleType, name: str) -> None:
    held = {each.name: each for each in supply.pinned(ROOT / f"{name}.txt")}
    asked = wanted(name)
    assert len(asked) > 10
    assert {package: held[package].version for package in asked if package in held} == asked, (
        "run `make pins`"
    )
    assert [each.name for each in held.values() if not each.digests] == []


def test_the_tools_of_the_tests_do_not_change_what_the_program_runs_on(supply: ModuleType) -> None:
    run = {each.name: each for each in supply.pinned(ROOT / "requirements.txt")}
    dev = {each.name: each for each in supply.pinned(ROOT / "requirements-dev.txt")}
    for name, package in run.items():
        assert (dev[name].version, dev[name].digests) == (package.version, package.digests), name


def test_every_line_of_a_pinned_file_is_a_package_a_digest_or_a_comment() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text("utf-8").splitlines()
        odd = [
            line
            for line in lines
            if not re.match(r"#|[a-z0-9][a-z0-9-]*==[^ ]+ |    --hash=sha256:[0-9a-f]{64}", line)
        ]
        assert odd == [], name


def test_the_list_of_parts_holds_every_package_and_every_model(supply: ModuleType) -> None:
    packages = supply.pinned(ROOT / "requirements.txt")
    made = supply.parts(packages)
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    libraries = {each["purl"]: each for each in made["components"] if each["type"] == "library"}
    assert set(libraries) == {f"pkg:pypi/{each.name}@{each.version}" for each in packages}
    for each in packages:
        named = {item["value"] for item in libraries[f"pkg:pypi/{each.name}@{each.version}"]["properties"]}
        assert set(each.digests) <= named
    edges = {each["ref"]: each["dependsOn"] for each in made["dependencies"]}
    assert set(edges) == {"homeward", *libraries} and len(edges["homeward"]) == len(wanted("requirements"))
    reached, todo = set[str](), ["homeward"]
    while todo:
        ref = todo.pop()
        todo += [each for each in edges[ref] if each not in reached]
        reached.add(ref)
    assert {each.split("@")[0] for each in set(edges) - reached} <= {"pkg:pypi/colorama"}, "needed by nothing"
    assert supply.parts(packages) == made


def test_each_model_that_is_used_has_the_digest_that_the_program_wants(supply: ModuleType) -> None:
    listed = {
        each["hashes"][0]["content"]
        for each in supply.parts([])["components"]
        if each["type"] == "machine-learning-model"
    }
    source = "".join(
        (ROOT / "bot" / "faces" / name).read_text("utf-8") for name in ("detect.py", "embed.py", "fusion.py")
    )
    used = set(re.findall(r'"([0-9a-f]{64})"', source))
    assert used and used <= listed


def test_a_command_that_is_none_is_said_so(supply: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert supply.main(["nothing"]) == 2
    assert "pins" in capsys.readouterr().err
