"""Reading PFIF XML, one record after another: persons with their notes, and notes alone.

Reads through defusedxml: no document type, no entity, nothing from elsewhere; size and depth have a limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from bot.services import pfif_words as words
from store.errors import UsageError

MAX_DEPTH = 6
MAX_RECORDS = 500_000


@dataclass(frozen=True, slots=True)
class PfifRecord:
    """One record under PFIF 1.4's names. `kind` is person or note; a person carries its notes."""

    kind: str
    version: str
    fields: dict[str, str]
    notes: tuple[dict[str, str], ...] = field(default=())


def read(path: Path) -> Iterator[tuple[str, PfifRecord | UsageError]]:
    """(where, record or what is wrong with it). A file that breaks off gives what came before, then why.

    Raises UsageError for a file that is no PFIF at all.
    """
    found = 0
    try:
        with path.open("rb") as file:
            for where, record in _records(path.name, file):
                found += 1
                yield where, record
                if found >= MAX_RECORDS:
                    yield path.name, UsageError(path.name, f"has more than {MAX_RECORDS} records; split it")
                    return
    except (ParseError, DefusedXmlException, ValueError) as error:
        # What expat and its guard say names the place in the file, and nothing of its content.
        is_guard = isinstance(error, DefusedXmlException)
        why = f"uses {type(error).__name__}, which no PFIF needs" if is_guard else f"is not XML ({error})"
        if not found:
            raise UsageError(str(path), why) from error
        yield path.name, UsageError(path.name, f"breaks off after {found} records: it {why}")
    except OSError as error:
        raise UsageError(str(path), f"cannot be read ({error.strerror})") from error
    if not found:
        raise UsageError(str(path), "holds no PFIF record (person or note of PFIF 1.1 to 1.4)")


def _records(name: str, file: Any) -> Iterator[tuple[str, PfifRecord | UsageError]]:
    depth, counts = 0, {"person": 0, "note": 0}
    parents: list[Element] = []
    for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
        if event == "start":
            depth += 1
            parents.append(element)
            if depth > MAX_DEPTH:
                raise ValueError(f"nested deeper than {MAX_DEPTH}")
            continue
        depth -= 1
        parents.pop()
        namespace, kind = _split(element.tag)
        if depth != 1 or kind not in counts:
            continue
        counts[kind] += 1
        version = words.NAMESPACES.get(namespace)
        where = f"{name}: {kind} {counts[kind]}"
        if version is None:
            known = ", ".join(words.VERSIONS)
            yield where, UsageError(where, f"is of {namespace[:60]!r}; read are PFIF {known}")
        else:
            yield _named(where, element, kind, version)
        # What was read is dropped, so that a large file is never in memory as a whole.
        element.clear()
        parents[-1].remove(element)


def _named(where: str, element: Element, kind: str, version: str) -> tuple[str, PfifRecord | UsageError]:
    try:
        fields = _fields(element, version, is_note=kind == "note")
        ident = fields.get(f"{kind}_record_id", "")
        where = f"{where} ({ident[:80]})" if ident else where
        inside = [each for each in element if kind == "person" and _split(each.tag)[1] == "note"]
        notes = tuple(_fields(each, version, is_note=True) for each in inside)
        return where, PfifRecord(kind, version, fields, notes)
    except UsageError as error:
        return where, error


def _split(tag: Any) -> tuple[str, str]:
    """Namespace and local name of a tag; comments have neither."""
    if not isinstance(tag, str) or not tag.startswith("{"):
        return "", str(tag)
    namespace, _, name = tag[1:].partition("}")
    return namespace, name


def _fields(element: Element, version: str, *, is_note: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in element:
        namespace, local = _split(each.tag)
        if local == "note" and not is_note:
            continue
        name = local if namespace in words.NAMESPACES else str(each.tag)
        # What `other` holds is marked by its indentation; elsewhere spaces around a value mean nothing.
        value = (each.text or "").strip()
        if len(each):
            raise UsageError(name[:80], "holds further elements; a text is needed")
        if name in found:
            raise UsageError(name[:80], "stands there twice")
        if value:
            found[name] = value
    return words.modern(found, version, is_note=is_note)
