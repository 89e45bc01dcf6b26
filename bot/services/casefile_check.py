"""Checking a case file with nothing but the public key of who signed it: bytes, chain, time stamp.

Opens no store. A rewritten row of the audit chain is named by its number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyrage

from bot.pipeline import timestamps
from bot.rules import bag
from bot.services import casefile_content as contents
from store import audit
from store.errors import BadPayload, UsageError

CHAIN_PATH = f"data/{contents.CHAIN}"
AGE = b"age-encryption.org/v1\n"


@dataclass(slots=True)
class Checked:
    """What was found: `problems` in words, empty if the file is whole; who it says it is for."""

    problems: list[str] = field(default_factory=list)
    files: int = 0
    rows: int = 0
    info: dict[str, str] = field(default_factory=dict)
    stamped_at: datetime | None = None
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        stamped = self.stamped_at.isoformat() if self.stamped_at else None
        return {
            "whole": not self.problems, "problems": self.problems, "files": self.files, "rows": self.rows,
            "info": self.info, "stamped_at": stamped, "notes": self.notes,
        }  # fmt: skip


def read(path: Path, identity: str = "") -> dict[str, bytes]:
    """The bag in a ZIP, in a folder, or in an encrypted file that `identity` (AGE-SECRET-KEY-…) opens.

    Raises UsageError for what cannot be read, BadPayload for what is no case file.
    """
    if path.is_dir():
        return _folder(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(str(path), f"cannot be read ({error.strerror})") from error
    if data.startswith(AGE[:18]):
        data = decrypt(data, identity)
    return bag.unpack(data)[1]


def decrypt(data: bytes, identity: str) -> bytes:
    """The content of an encrypted file. Raises UsageError without a key, BadPayload if it does not open."""
    if not identity:
        raise UsageError("FILE", "is encrypted; open it first (`age -d -i KEY -o case-file.zip FILE`)")
    try:
        return bytes(pyrage.decrypt(data, [pyrage.x25519.Identity.from_str(identity.strip())]))
    except (pyrage.IdentityError, UnicodeEncodeError) as error:
        raise UsageError("identity", "is no age secret key") from error
    except pyrage.DecryptError as error:
        raise BadPayload("case file", "does not open: another key, or bytes were changed") from error


def _folder(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for file in sorted(path.rglob("*")):
        if file.is_symlink():
            raise BadPayload(str(file), "is a link; a bag holds files alone")
        if file.is_file():
            if len(found) >= bag.MOST_FILES:
                raise BadPayload(str(path), f"holds more than {bag.MOST_FILES} files")
            found[file.relative_to(path).as_posix()] = file.read_bytes()
    return found


def check(found: Mapping[str, bytes], public_key: bytes, *, roots: str = "") -> Checked:
    """Every byte of a bag against the key; the chain row by row; what was released against what is there."""
    done = Checked(files=len(found), problems=bag.problems(found, public_key))
    done.info = _info(found.get("bag-info.txt", b""))
    payload = {path[5:]: content for path, content in found.items() if path.startswith("data/")}
    try:
        rows = rows_of(payload.get(contents.CHAIN, b""))
    except BadPayload as error:
        done.problems.append(str(error))
        rows = []
    done.rows = len(rows)
    done.problems += chain_problems(rows)
    done.problems += _release_problems(rows, payload)
    _check_stamp(done, found, roots)
    return done


def rows_of(chain: bytes) -> list[dict[str, Any]]:
    """The rows of a chain file. Raises BadPayload for what is none."""
    rows = []
    for number, line in enumerate(chain.splitlines(), 1):
        try:
            row = json.loads(line)
            seq, digest = row["seq"], row["digest"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise BadPayload(contents.CHAIN, f"cannot be read in line {number}") from error
        if not isinstance(seq, int) or not isinstance(digest, str):
            raise BadPayload(contents.CHAIN, f"holds no row in line {number}")
        rows.append(row)
    return rows


def chain_problems(rows: list[dict[str, Any]]) -> list[str]:
    """Rows that do not fit: numbers with gaps, rewritten content, a row that names another before it."""
    found: list[str] = []
    before: dict[str, Any] | None = None
    for row in rows:
        seq = row["seq"]
        if before is not None and seq != before["seq"] + 1:
            found.append(f"audit row {before['seq']} is followed by {seq}: rows are missing")
        if set(row) != {"seq", "digest"}:
            found += _row_problems(row, before)
        before = row
    return found


def _row_problems(row: dict[str, Any], before: dict[str, Any] | None) -> list[str]:
    seq = row["seq"]
    try:
        at = datetime.fromisoformat(row["at"])
        right = audit.digest_of(
            seq, at, row["by"], row["action"], row["subject"], row["detail"], row["previous"]
        )
    except (KeyError, TypeError, ValueError):
        return [f"audit row {seq} cannot be read"]
    found = [f"audit row {seq} was rewritten"] if right != row["digest"] else []
    if before is not None and row["previous"] != before["digest"]:
        found.append(f"audit row {seq} does not follow row {before['seq']}")
    return found


def _release_problems(rows: list[dict[str, Any]], payload: Mapping[str, bytes]) -> list[str]:
    try:
        number = int(json.loads(payload["candidate.json"])["case_file"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ["candidate.json does not say which case file this is"]
    wanted = ("casefile.released", contents.subject(number))
    own = [row for row in rows if (row.get("action"), row.get("subject")) == wanted]
    if not own:
        return ["the chain holds no release of this case file"]
    detail = own[-1].get("detail")
    if not isinstance(detail, dict) or detail.get("content") != contents.digest(payload):
        return ["what is in the file is not what was released"]
    return []


def _check_stamp(done: Checked, found: Mapping[str, bytes], roots: str) -> None:
    if bag.STAMP not in found:
        done.notes.append("no time stamp of a third party")
        return
    try:
        stamp = timestamps.check(found[bag.STAMP], found.get("manifest-sha512.txt", b""), roots)
    except BadPayload as error:
        done.problems.append(str(error))
        return
    done.stamped_at = stamp.at
    if not roots:
        done.notes.append("the time stamp's signature was not checked: name its service's roots")


def _info(content: bytes) -> dict[str, str]:
    lines = content.decode("utf-8", "replace").splitlines()
    return dict(line.split(": ", 1) for line in lines if ": " in line)
