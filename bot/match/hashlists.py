"""Hash lists of known abuse as programmes exchange them: reading their lines, comparing a photo with them.

Pure: texts and hashes in, entries and hits out. Opens no file and no picture.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bot.match.hash_index import ExactIndex, NearIndex
from store.records.quarantine import Duty, Lead, PhotoPrint, Reason

MAX_BITS = 31
"""Two PDQ hashes that differ in at most so many of 256 bits show one picture (ThreatExchange, pdq/README)."""
LEAST_QUALITY = 50
"""Below it a PDQ hash says nothing (the same page recommends discarding 49 and less)."""
MOST_NAMED = 100
LONGEST_LINE = 4096


class Kind(StrEnum):
    """What a list holds. `CSV` has a header and may hold several kinds."""

    PDQ = "pdq"
    SHA256 = "sha256"
    SHA1 = "sha1"
    MD5 = "md5"
    CSV = "csv"


HEX_DIGITS = {Kind.PDQ: 64, Kind.SHA256: 64, Kind.SHA1: 40, Kind.MD5: 32}


@dataclass(frozen=True, slots=True)
class Entry:
    """One hash of a list: hex digits in small letters, and the list's own id for it if it gives one."""

    kind: Kind
    hash: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that was not used: its number from 1 and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """The entries of a file, and by name what could not be used of it.

    `problems` names the first hundred lines, `bad_lines` counts all of them; `left_out` counts by kind
    what is well-formed but is not compared here (hashes of films, addresses).
    """

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...] = ()
    bad_lines: int = 0
    left_out: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A photo is on a list: which list and version, which entry, how many bits apart (PDQ)."""

    list: str
    version: str
    source: str
    duty: Duty
    entry: Entry
    distance: int | None = None

    def reason(self) -> Reason:
        """The hit as a reason for quarantine."""
        apart = "" if self.distance is None else f", {self.distance} of 256 bits apart"
        known_as = f", entry {self.entry.id}" if self.entry.id else ""
        words = f"on the list {self.list} of {self.source} (version {self.version}): "
        words += f"{self.entry.kind.value}{known_as}{apart}"
        return Reason(Lead.LIST, self.list, self.entry.hash, words, self.duty, self.distance)


class HashList(Protocol):
    """The contract of a list: what it is called, where it comes from, and whether a photo is on it."""

    @property
    def name(self) -> str:
        """The operator's name for it."""
        ...

    @property
    def kind(self) -> str:
        """What it holds."""
        ...

    @property
    def source(self) -> str:
        """Who supplies it."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever its content does."""
        ...

    def matches(self, photo: PhotoPrint) -> Hit | None:
        """The hit of this photo, None if it is not on the list."""
        ...


@dataclass(frozen=True, slots=True)
class Terms:
    """What the operator says about a list: name, kind, supplier, what a hit asks for, how near is a hit."""

    name: str
    kind: Kind
    source: str
    duty: Duty = Duty.REPORT
    max_bits: int = MAX_BITS
    least_quality: int = LEAST_QUALITY


class IndexedList:
    """A list in memory: digests looked up, PDQ hashes searched in the eight turned and mirrored forms."""

    def __init__(self, terms: Terms, version: str, parsed: Parsed) -> None:
        self.terms, self.version = terms, version
        self.size, self.bad_lines = len(parsed.entries), parsed.bad_lines
        self.problems, self.left_out = parsed.problems, parsed.left_out
        self._ids: dict[Kind, list[str]] = {}
        self._exact: dict[Kind, ExactIndex] = {}
        self._near: NearIndex | None = None
        for kind in HEX_DIGITS:
            entries = [entry for entry in parsed.entries if entry.kind is kind]
            if not entries:
                continue
            self._ids[kind] = [entry.id for entry in entries]
            hashes = [entry.hash for entry in entries]
            if kind is Kind.PDQ:
                self._near = NearIndex(hashes, terms.max_bits)
            else:
                self._exact[kind] = ExactIndex(hashes)

    @property
    def name(self) -> str:
        """The operator's name for it."""
        return self.terms.name

    @property
    def kind(self) -> str:
        """What it holds."""
        return self.terms.kind.value

    @property
    def source(self) -> str:
        """Who supplies it."""
        return self.terms.source

    def matches(self, photo: PhotoPrint) -> Hit | None:
        """The first hit: a digest of the original bytes before a PDQ hash within `max_bits`."""
        for kind, value in ((Kind.SHA256, photo.sha256), (Kind.SHA1, photo.sha1), (Kind.MD5, photo.md5)):
            index = self._exact.get(kind)
            at = index.find(value) if index is not None and value else None
            if index is not None and at is not None:
                return self._hit(Entry(kind, index.hash(at), self._ids[kind][at]), None)
        if self._near is None or not photo.pdq or photo.pdq_quality < self.terms.least_quality:
            return None
        found = self._near.nearest(photo.pdq)
        if found is None:
            return None
        at, distance = found
        return self._hit(Entry(Kind.PDQ, self._near.hash(at), self._ids[Kind.PDQ][at]), distance)

    def _hit(self, entry: Entry, distance: int | None) -> Hit:
        terms = self.terms
        return Hit(terms.name, self.version, terms.source, terms.duty, entry, distance)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────

_SEPARATOR = re.compile(r"[,;\t ]+")
_HEX = re.compile(r"[0-9a-f]+\Z")
_QUALITY = ("quality", "pdq_quality", "hash_quality")
_IDS = ("id", "hash_id", "indicator_id", "entry_id", "reference", "uuid", "guid", "iwf_id", "ncmec_id")
_TYPES = ("type", "indicator_type", "signal_type", "hash_type")
_VALUES = ("hash", "indicator", "raw_indicator", "signal_str", "hash_value", "value")
_KINDS = {"pdq": Kind.PDQ, "sha256": Kind.SHA256, "sha1": Kind.SHA1, "md5": Kind.MD5}


@dataclass(slots=True)
class _Account:
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    bad_lines: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    def bad(self, line: int, reason: str) -> None:
        self.bad_lines += 1
        if len(self.problems) < MOST_NAMED:
            self.problems.append(Problem(line, reason))

    def take(self, line: int, kind: Kind, value: str, quality: str, id: str, least_quality: int) -> None:
        value = value.strip().lower().removeprefix("0x")
        if len(value) != HEX_DIGITS[kind] or not _HEX.match(value):
            self.bad(
                line, f"no {kind.value} hash: {HEX_DIGITS[kind]} hex digits are needed, {len(value)} found"
            )
        elif kind is Kind.PDQ and quality and not (quality.isdecimal() and len(quality) <= 3):
            self.bad(line, f"the quality {quality[:20]!r} is no number from 0 to 100")
        elif kind is Kind.PDQ and quality and int(quality) < least_quality:
            self.bad(line, f"quality {int(quality)} is below {least_quality}: the hash says nothing")
        else:
            self.entries.append(Entry(kind, value, id.strip()[:200]))

    def parsed(self) -> Parsed:
        left_out = tuple(sorted(self.left_out.items()))
        return Parsed(tuple(self.entries), tuple(self.problems), self.bad_lines, left_out)


def parse(lines: Iterable[str], kind: Kind, *, least_quality: int = LEAST_QUALITY) -> Parsed:
    """Read a list. Lines that cannot be used are named with number and reason; no line is dropped unnamed.

    Without header: `hash[,quality][,id]` a line, comma, semicolon, tab or space between; `#` begins a
    comment. `CSV`: a header, then either columns named after hashes (pdq, sha256, sha1, md5, with quality
    and id beside them) or a type and a value a line, as ThreatExchange names them (HASH_PDQ, HASH_MD5, …).
    """
    account = _Account()
    rows = _short(lines, account)
    if kind is Kind.CSV:
        _parse_csv(rows, account, least_quality)
    else:
        _parse_plain(rows, kind, account, least_quality)
    return account.parsed()


def _short(lines: Iterable[str], account: _Account) -> Iterator[tuple[int, str]]:
    """Lines with something in them, numbered from 1; over-long ones are named and left out."""
    for number, line in enumerate(lines, 1):
        text = line.strip().removeprefix("\ufeff").strip()
        if len(text) > LONGEST_LINE:
            account.bad(number, f"longer than {LONGEST_LINE} characters")
        elif text and not text.startswith("#"):
            yield number, text


def _parse_plain(rows: Iterator[tuple[int, str]], kind: Kind, account: _Account, least_quality: int) -> None:
    for number, text in rows:
        value, *rest = _SEPARATOR.split(text)
        has_quality = kind is Kind.PDQ and bool(rest) and rest[0].isdecimal() and len(rest[0]) <= 3
        quality, id = (rest[0], rest[1:]) if has_quality else ("", rest)
        account.take(number, kind, value, quality, " ".join(id), least_quality)


def _parse_csv(rows: Iterator[tuple[int, str]], account: _Account, least_quality: int) -> None:
    header: list[str] = []
    delimiter = ","
    for number, text in rows:
        if not header:
            delimiter = max(",;\t", key=text.count)
            try:
                header = [_name(cell) for cell in next(csv.reader([text], delimiter=delimiter))]
            except csv.Error as error:
                account.bad(number, f"a header that cannot be read as CSV ({error})")
                return
            if not _is_usable(header):
                found = ", ".join(header)[:200]
                account.bad(number, f"no known header ({found}); a column pdq, sha256, sha1 or md5 is needed")
                return
            continue
        try:
            cells = next(csv.reader([text], delimiter=delimiter, strict=True))
        except csv.Error as error:
            account.bad(number, f"cannot be read as CSV ({error})")
            continue
        if len(cells) > len(header):
            account.bad(number, f"{len(cells)} cells under {len(header)} columns")
            continue
        _take_row(number, dict(zip(header, cells, strict=False)), account, least_quality)


def _name(cell: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", cell.strip().removeprefix("\ufeff").lower()).strip("_")


def _kind_of(name: str) -> Kind | None:
    """The kind that a column or a type word means: `HASH_SHA256`, `sha-256`, `photo_md5`, `pdq_hash`."""
    bare = _name(name).removeprefix("hash_").removeprefix("photo_").removesuffix("_hash")
    return _KINDS.get(bare.replace("_", ""))


def _is_usable(header: Sequence[str]) -> bool:
    has_pair = any(name in _TYPES for name in header) and any(name in _VALUES for name in header)
    return has_pair or any(_kind_of(name) for name in header)


def _take_row(number: int, row: dict[str, str], account: _Account, least_quality: int) -> None:
    quality = next((row[name].strip() for name in _QUALITY if row.get(name, "").strip()), "")
    id = next((row[name] for name in _IDS if row.get(name)), "")
    type_word = next((row[name] for name in _TYPES if name in row), None)
    if type_word is not None and any(name in row for name in _VALUES):
        kind = _kind_of(type_word)
        if kind is None:
            account.left_out[_name(type_word)[:40] or "no type"] += 1
            return
        value = next(row[name] for name in _VALUES if name in row)
        account.take(number, kind, value, quality, id, least_quality)
        return
    columns = [(kind, value) for name, value in row.items() if (kind := _kind_of(name)) and value.strip()]
    if not columns:
        account.bad(number, "holds no hash")
    for kind, value in columns:
        account.take(number, kind, value, quality if kind is Kind.PDQ else "", id, least_quality)
