"""Opening a registry's file: which format it is, and its rows one after another, each with where it stands.

Reads files; knows nothing of what is registered.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.services import pfif_read
from bot.services.pfif_read import PfifRecord
from store.errors import UsageError

MAX_FILE_MB = 64
PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".gif", ".tif", ".tiff", ".bmp"})
FIELDS_FILE = "case.json"
_AGE = re.compile(r"(?:^|[ _\-(])(\d{1,2}(?:\.\d)?)\s?(?:y|yr|yrs|years?|岁|歲)?\)?$", re.IGNORECASE)
Row = dict[str, Any]
Found = tuple[str, Row | PfifRecord | UsageError]


def rows(path: Path) -> tuple[str, Iterator[Found]]:
    """(format, rows). Formats: csv, json, interpol, pfif, folder. Raises UsageError for what is none."""
    if path.is_dir():
        if not any(_is_child(entry) for entry in path.iterdir()):
            raise UsageError(str(path), "is a folder without photos and without folders of children")
        return "folder", _folder_rows(path)
    try:
        if path.stat().st_size > MAX_FILE_MB * 2**20:
            raise UsageError(str(path), f"is larger than {MAX_FILE_MB} MB; split it")
    except OSError as error:
        raise UsageError(str(path), f"cannot be read ({error.strerror})") from error
    kind = path.suffix.lower()
    if kind in (".xml", ".pfif"):
        return "pfif", pfif_read.read(path)
    if kind == ".csv":
        return "csv", _csv_rows(path, _text(path))
    if kind == ".json":
        return _json_rows(path, _text(path))
    raise UsageError(str(path), "is neither .csv, .json, .xml (PFIF) nor a folder of photos")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(str(path), f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UsageError(str(path), "is not UTF-8; save it as UTF-8") from error


def _csv_rows(path: Path, text: str) -> Iterator[Found]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        for row in reader:
            where = f"{path.name}:{reader.line_num}"
            if None in row:
                yield where, UsageError(where, "has more columns than the header line")
                continue
            yield where, {key.strip(): (value or "").strip() for key, value in row.items()}
    except csv.Error as error:
        yield (
            f"{path.name}:{reader.line_num}",
            UsageError(path.name, f"is not readable CSV from here on ({error})"),
        )


def _json_rows(path: Path, text: str) -> tuple[str, Iterator[Found]]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(str(path), f"is not JSON ({error})") from error
    items, is_interpol = _items(data)
    if items is None:
        raise UsageError(
            str(path), "needs a list of cases, an object with the list under `cases`, or Interpol's notices"
        )
    return ("interpol" if is_interpol else "json"), _objects(path, items)


def _items(data: Any) -> tuple[list[Any] | None, bool]:
    """The list inside, and whether it is one of Interpol's notices."""
    found = data
    if isinstance(data, Mapping):
        embedded = data.get("_embedded")
        if isinstance(embedded, Mapping) and isinstance(embedded.get("notices"), list):
            return embedded["notices"], True
        if "entity_id" in data:
            return [data], True
        found = data.get("cases", data.get("notices"))
    if not isinstance(found, list):
        return None, False
    return found, any(isinstance(item, Mapping) and "entity_id" in item for item in found[:50])


def _objects(path: Path, items: list[Any]) -> Iterator[Found]:
    for number, item in enumerate(items, 1):
        where = f"{path.name}[{number}]"
        yield (
            where,
            item if isinstance(item, dict) else UsageError(where, "is not an object with a case's fields"),
        )


def _folder_rows(folder: Path) -> Iterator[Found]:
    """A folder of photos: each folder inside is a child, its photos named by the age, fields in case.json.

    A photo beside the folders is a child of its own, called by the file's name.
    """
    entries = sorted(folder.iterdir(), key=lambda each: each.name)
    for entry in entries:
        where = f"{folder.name}/{entry.name}"
        if not _is_child(entry):
            continue
        if entry.is_dir():
            yield where, _child(entry, where)
        else:
            name, age = _name_and_age(entry.stem)
            photos = [{"file": entry.name, "age": age}]
            yield where, {"source_id": entry.stem, "full_name": name or entry.stem, "photos": photos}


def _is_child(entry: Path) -> bool:
    """Whether a folder or photo stands for a child; links and hidden files never do."""
    if entry.is_symlink() or entry.name.startswith("."):
        return False
    return entry.is_dir() or entry.suffix.lower() in PICTURES


def _child(folder: Path, where: str) -> Row | UsageError:
    row: Row = {"source_id": folder.name, "full_name": folder.name}
    given = folder / FIELDS_FILE
    if given.is_file():
        try:
            found = json.loads(_text(given))
        except (ValueError, RecursionError, UsageError):
            return UsageError(where, f"has a {FIELDS_FILE} that is not JSON")
        if not isinstance(found, dict):
            return UsageError(where, f"has a {FIELDS_FILE} that is not an object with a case's fields")
        row |= found
    photos = [
        {"file": f"{folder.name}/{each.name}", "age": _name_and_age(each.stem)[1]}
        for each in sorted(folder.iterdir(), key=lambda each: each.name)
        if each.suffix.lower() in PICTURES
    ]
    if not photos and not given.is_file():
        return UsageError(where, f"holds neither a photo nor a {FIELDS_FILE}")
    return {"photos": photos} | row


def _name_and_age(stem: str) -> tuple[str, float | None]:
    """`Li Na 4y` → ("Li Na", 4.0); a number above what a child's age can be is no age."""
    found = _AGE.search(stem)
    if not found or float(found[1]) > 25:
        return stem.strip(" _-("), None
    return stem[: found.start()].strip(" _-("), float(found[1])
