"""Reading posts that are not stored: one from the command line, or a file of them line by line.

For people who want to see, or score, what Homeward reads from a text. Stores nothing, sends nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from bot.extract import sighting as extract
from bot.extract.place_names import Above, above, language_of
from bot.pipeline.road import Road
from collectors import registry
from store.errors import BadPayload, UsageError
from store.posts import storable
from store.records.post import Author, GeoTag, Platform, Post
from store.records.sighting import Sighting

MAX_LINE_BYTES = 1_000_000
MOST_NAMED = 100
"""So many bad lines are named one by one; the others are only counted."""
PROGRESS_EVERY = 200

Read = Callable[[Post], Sighting]


@dataclass(slots=True)
class Batch:
    """What became of a file: lines read, and bad ones by number with the reason."""

    read: int = 0
    bad: int = 0
    set_aside: list[tuple[int, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        aside = [{"line": number, "reason": reason} for number, reason in self.set_aside]
        return {"read": self.read, "bad": self.bad, "set_aside": aside}


def reader(road: Road) -> Read:
    """What reads a post as the road does, without photos."""
    gazetteer, tagger = road.gazetteer(), road.tagger()
    return lambda post: extract.read(post, (), gazetteer, tagger)


def names_told(road: Road, found: Sighting, reader: str) -> list[Above]:
    """For each reading of the place what it lies in, in the reader's language; as it is read without one.

    Raises UsageError when the language is neither zh nor en.
    """
    if reader.partition("-")[0].lower() not in ("", "zh", "en"):
        raise UsageError("--reader", f"is {reader[:20]!r}; names are known in zh and en")
    names = road.gazetteer() if reader else None
    return [above(c, language_of(reader), names) for c in found.where.candidates]


def moment(text: str, subject: str) -> datetime:
    """A moment in ISO 8601 with its offset. Raises UsageError."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(subject, f"is {text[:40]!r}; write it like 2026-05-25T16:10:00+08:00") from None
    if at.tzinfo is None:
        raise UsageError(subject, f"is {text[:40]!r} without an offset; add one, such as +08:00 or Z")
    try:
        at.astimezone(UTC)
    except OverflowError:
        raise UsageError(subject, f"is {text[:40]!r}, out of range") from None
    return at


def point(text: str, subject: str) -> tuple[float, float]:
    """LAT,LON in degrees. Raises UsageError."""
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(subject, f"is {text[:40]!r}; write LAT,LON such as 30.657,104.081") from None
    if not (math.isfinite(lat) and math.isfinite(lon)):
        raise UsageError(subject, f"is {text[:40]!r}; degrees are finite numbers")
    return lat, lon


def post(
    text: str,
    posted_at: datetime,
    *,
    key: str = "text",
    geo: tuple[float, float] | None = None,
    lang: str = "",
    platform: Platform | None = None,
    author_location: str = "",
) -> Post:
    """A post made of what is known; `posted_at` is aware. A language of no word is told by the script."""
    shift = posted_at.utcoffset() or timedelta()
    spoken = lang or ("zh" if any("\u4e00" <= char <= "\u9fff" for char in text) else "en")
    written = posted_at.astimezone(UTC)
    return Post(
        key=key,
        platform=platform or (Platform.WEIBO if spoken.startswith("zh") else Platform.MASTODON),
        author=Author("", location=storable(author_location)),
        text=storable(text),
        received_at=written,
        created_at=written,
        language=spoken,
        zone_offset_min=int(shift.total_seconds() // 60) or None,
        geotag=GeoTag(*geo) if geo else None,
    )


def post_of(line: Mapping[str, Any]) -> Post:
    """The post of one line: `id text lang platform created_at author_location geo`. Raises UsageError."""
    key, text, geo = line.get("id"), line.get("text"), line.get("geo")
    if isinstance(key, bool) or not isinstance(key, str | int) or key == "":
        raise UsageError("id", "is missing; each line needs a text or a number")
    if not isinstance(text, str):
        raise UsageError("text", "is missing or no text")
    words = {name: line.get(name) or "" for name in ("created_at", "lang", "platform", "author_location")}
    for name, value in words.items():
        if not isinstance(value, str):
            raise UsageError(name, "is no text")
    if words["platform"] not in ("", *registry.platforms()):
        allowed = ", ".join(registry.platforms())
        raise UsageError("platform", f"is {words['platform'][:40]!r}; known are {allowed}")
    platform = Platform(words["platform"]) if words["platform"] else None
    if geo is not None and not _is_point(geo):
        raise UsageError("geo", "is neither null nor two numbers [lat, lon]")
    return post(
        text,
        moment(words["created_at"], "created_at"),
        key=str(key),
        geo=(float(geo[0]), float(geo[1])) if geo is not None else None,
        lang=words["lang"],
        platform=platform,
        author_location=words["author_location"],
    )


def _is_point(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value)
        and all(math.isfinite(v) for v in value)
    )


def many(read: Read, source: Path, out: Path, progress: Callable[[Batch], None] = lambda _: None) -> Batch:
    """Read every line of a JSON Lines file into a line of `out`, in order; bad lines are set aside.

    `out` is there only when all is done. Raises UsageError when a file cannot be read or written.
    """
    part = out.with_name(f".{out.name}.part")
    try:
        with source.open("rb") as lines, part.open("w", encoding="utf-8") as answers:
            batch = _each(read, lines, answers, progress)
        part.replace(out)
    except OSError as error:
        raise UsageError(
            str(error.filename or source), f"cannot be read or written ({error.strerror})"
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return batch


def _each(read: Read, lines: IO[bytes], answers: IO[str], progress: Callable[[Batch], None]) -> Batch:
    batch = Batch()
    for number, raw in _lines(lines):
        try:
            found = extract.as_json(read(post_of(_object(raw))))
        except (UsageError, BadPayload) as error:
            batch.bad += 1
            if len(batch.set_aside) < MOST_NAMED:
                batch.set_aside.append((number, str(error)))
        else:
            batch.read += 1
            answers.write(json.dumps(found, ensure_ascii=False) + "\n")
        if (batch.read + batch.bad) % PROGRESS_EVERY == 0:
            progress(batch)
    return batch


def _lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Lines that are not blank, with their number; None for one that is too long."""
    number = 0
    while raw := stream.readline(MAX_LINE_BYTES):
        number += 1
        if not raw.endswith(b"\n") and len(raw) == MAX_LINE_BYTES:
            while (more := stream.readline(MAX_LINE_BYTES)) and not more.endswith(b"\n"):
                pass
            yield number, None
        elif raw.strip():
            yield number, raw


def _object(raw: bytes | None) -> Mapping[str, Any]:
    if raw is None:
        raise BadPayload("line", f"is longer than {MAX_LINE_BYTES} bytes")
    try:
        found = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadPayload("line", "is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise BadPayload("line", "is not JSON") from error
    if not isinstance(found, dict):
        raise BadPayload("line", "is no JSON object")
    return found
