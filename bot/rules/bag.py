"""A BagIt 1.0 bag (RFC 8493) in memory: made from files, signed, packed into one ZIP, and checked.

Values in, values out: bytes by path. Knows no case and opens no file. Checking finds any changed byte:
what is not covered by a digest has one allowed form only.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence

import regex
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from store.errors import BadPayload

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
SIGNATURE, STAMP = "signature.json", "timestamp.tsr"
SCHEME = "homeward-case-file-1"
ALGORITHMS = ("sha256", "sha512")
MOST_BYTES, MOST_FILES = 512 * 2**20, 2000
_PATH = regex.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def message(scheme: str, content: bytes) -> bytes:
    """What is signed: the scheme's name on a line of its own, then the content."""
    return scheme.encode() + b"\n" + content


def make(
    payload: Mapping[str, bytes], info: Sequence[tuple[str, str]], tags: Mapping[str, bytes] | None = None
) -> dict[str, bytes]:
    """All files of an unsigned bag by path: `payload` lies under data/, `tags` beside the manifests.

    Raises ValueError for a path that is not plain ASCII letters, digits, `._-` and `/`.
    """
    files = {f"data/{path}": content for path, content in payload.items()}
    bag = {"bagit.txt": DECLARATION, "bag-info.txt": _info(info, files), **(tags or {})}
    wrong = sorted(path for path in (*files, *bag) if not _PATH.fullmatch(path))
    if wrong:
        raise ValueError(f"not a plain path: {wrong[0]!r}")
    for name in ALGORITHMS:
        bag[f"manifest-{name}.txt"] = manifest(name, files)
    beside = dict(bag)
    for name in ALGORITHMS:
        bag[f"tagmanifest-{name}.txt"] = manifest(name, beside)
    return bag | files


def manifest(algorithm: str, files: Mapping[str, bytes]) -> bytes:
    """Digest and path of each file, a line each, by path."""
    lines = (f"{hashlib.new(algorithm, files[path]).hexdigest()}  {path}\n" for path in sorted(files))
    return "".join(lines).encode()


def _info(info: Sequence[tuple[str, str]], files: Mapping[str, bytes]) -> bytes:
    oxum = ("Payload-Oxum", f"{sum(len(content) for content in files.values())}.{len(files)}")
    lines = (f"{name}: {' '.join(value.split())}\n" for name, value in (*info, oxum))
    return "".join(lines).encode()


def sign(bag: Mapping[str, bytes], key: Ed25519PrivateKey) -> dict[str, bytes]:
    """The bag with its signature: over the tag manifest, which covers all manifests and tag files."""
    signed = key.sign(message(SCHEME, bag["tagmanifest-sha512.txt"]))
    return {**bag, SIGNATURE: _signature(key.public_key().public_bytes_raw().hex(), signed.hex())}


def _signature(key: str, signed: str) -> bytes:
    content = {"over": "tagmanifest-sha512.txt", "public_key": key, "scheme": SCHEME, "signature": signed}
    return (json.dumps(content, sort_keys=True, indent=1) + "\n").encode()


# ── one file ─────────────────────────────────────────────────────────────────────────────────────


def pack(bag: Mapping[str, bytes], folder: str) -> bytes:
    """The bag as a ZIP with one folder at the top. The same bag, the same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(bag):
            entry = zipfile.ZipInfo(f"{folder}/{path}", _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o100600 << 16
            archive.writestr(entry, bag[path])
    return made.getvalue()


def unpack(data: bytes) -> tuple[str, dict[str, bytes]]:
    """Folder and bag of a ZIP that `pack` made. Raises BadPayload for any other one, however it differs."""
    wrong = BadPayload("case file", "is not the ZIP that was made: bytes outside its files were changed")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            total = sum(entry.file_size for entry in entries)
            if len(entries) > MOST_FILES or total > MOST_BYTES:
                raise BadPayload("case file", f"holds more than {MOST_FILES} files or {MOST_BYTES} bytes")
            if any(entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1 for entry in entries):
                raise wrong
            found = {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, OSError, RuntimeError) as error:
        raise BadPayload("case file", f"is no whole ZIP: {error}") from error
    folders = {name.partition("/")[0] for name in found}
    if len(folders) != 1 or not all(name.partition("/")[2] for name in found):
        raise BadPayload("case file", "does not hold one folder with files")
    folder = folders.pop()
    bag = {name.partition("/")[2]: content for name, content in found.items()}
    if pack(bag, folder) != data:
        raise wrong
    return folder, bag


# ── checking ─────────────────────────────────────────────────────────────────────────────────────


def problems(bag: Mapping[str, bytes], public_key: bytes) -> list[str]:
    """What is wrong with a bag, in words; empty if every byte is as the owner of the key signed it."""
    found = [f"{path} is no plain path" for path in sorted(bag) if not _PATH.fullmatch(path)]
    if bag.get("bagit.txt") != DECLARATION:
        found.append("bagit.txt is not the declaration of BagIt 1.0")
    payload = {path: content for path, content in bag.items() if path.startswith("data/")}
    manifests = {f"{kind}-{name}.txt" for kind in ("manifest", "tagmanifest") for name in ALGORITHMS}
    beside = {
        path: content
        for path, content in bag.items()
        if path not in payload and path != SIGNATURE and not path.startswith("tagmanifest-")
    }
    for name in ALGORITHMS:
        found += _differences(bag, f"manifest-{name}.txt", name, payload)
        found += _differences(bag, f"tagmanifest-{name}.txt", name, beside)
    missing = sorted(manifests | {"bag-info.txt", SIGNATURE})
    found += [f"{path} is missing" for path in missing if path not in bag]
    oxum = f"Payload-Oxum: {sum(map(len, payload.values()))}.{len(payload)}\n".encode()
    if oxum not in bag.get("bag-info.txt", b""):
        found.append("bag-info.txt counts another payload")
    return found + _signature_problems(bag, public_key)


def _differences(
    bag: Mapping[str, bytes], path: str, algorithm: str, files: Mapping[str, bytes]
) -> list[str]:
    listed = bag.get(path, b"").decode("utf-8", "replace").splitlines()
    right = manifest(algorithm, files).decode().splitlines()
    if bag.get(path) == manifest(algorithm, files):
        return []
    named = {line.partition("  ")[2]: line for line in listed}
    wrong = [line.partition("  ")[2] for line in right if named.get(line.partition("  ")[2]) != line]
    extra = sorted(set(named) - {line.partition("  ")[2] for line in right})
    words = [f"{name} is not as {path} says" for name in wrong]
    words += [f"{name} is named in {path} and is not there" for name in extra]
    return words or [f"{path} is not written as it should be"]


def _signature_problems(bag: Mapping[str, bytes], public_key: bytes) -> list[str]:
    if SIGNATURE not in bag:
        return []
    try:
        content = json.loads(bag[SIGNATURE])
        key, signed = str(content["public_key"]), str(content["signature"])
        raw = bytes.fromhex(signed)
    except (ValueError, KeyError, TypeError, RecursionError):
        return [f"{SIGNATURE} cannot be read"]
    if _signature(key, raw.hex()) != bag[SIGNATURE]:
        return [f"{SIGNATURE} is not written as it was"]
    if key != public_key.hex():
        return [f"{SIGNATURE} is by another key ({key[:16]}…) than the one you gave"]
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(
            raw, message(SCHEME, bag.get("tagmanifest-sha512.txt", b""))
        )
    except (InvalidSignature, ValueError):
        return [f"{SIGNATURE} does not hold: bag and signature do not belong together"]
    return []
