"""Drafts of hashtags and query: made, compared, put live with a reason, rolled back; never by themselves.

Going live writes config.yaml first, then the version: the file on disk stays the truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.config import campaign_from
from bot.pipeline.road import Road
from bot.rules import tag_words
from bot.services import bench_writing
from bot.services import campaign as versions
from bot.services.bench_query import Selection, selection_of
from collectors.hashtags import distinct
from store import audit, campaign, tag_drafts
from store.errors import Conflict, Missing, UsageError
from store.records.campaign import CampaignVersion
from store.tag_drafts import Draft

MAX_WHY_CHARS = 500


@dataclass(frozen=True, slots=True)
class Change:
    """One setting of two versions: its name, what came in and what went out, as words."""

    name: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def in_force(road: Road) -> Selection:
    """The hashtags and query that count now; empty before the first version."""
    with road.store.reading() as tx:
        held = campaign.current(tx)
    return selection_of(held.content) if held else Selection()


def version(road: Road, number: int) -> CampaignVersion:
    """One version. Raises Missing."""
    for each in versions.versions(road):
        if each.number == number:
            return each
    raise Missing(str(number), "is not the number of a version; `tags versions` lists them")


def make(road: Road, wanted: Selection, *, by: str, why: str) -> Draft:
    """Keep a draft. Raises UsageError for a refused hashtag, ConfigError for what no block may hold."""
    wanted = checked(wanted)
    now = road.clock()
    with road.store.transaction() as tx:
        held = campaign.current(tx)
        content = held.content if held else {}
        # What config.yaml would refuse is refused here as well, in the same words.
        campaign_from({**_without(content), **wanted.content()})
        if held is not None and selection_of(content) == wanted:
            raise UsageError("draft", "is what counts already; change something first")
        made = tag_drafts.put(
            tx, wanted.content(), base=held.number if held else 0, why=_short(why), by=by, at=now
        )
        audit.write(tx, now, by, "tags.draft", str(made.number))
    return made


def _without(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in ("hashtags", "query")}


def checked(wanted: Selection) -> Selection:
    """The selection with each hashtag once. Raises UsageError for one that names a kind of people alone."""
    for tag in (*wanted.hashtags, *wanted.all):
        if reason := tag_words.why(tag):
            raise UsageError(f"#{tag}", f"is refused: {reason}")
    lists = {name: distinct(getattr(wanted, name)) for name in ("hashtags", "all", "none")}
    rest = {name: tuple(dict.fromkeys(getattr(wanted, name))) for name in ("phrases", "langs", "not_authors")}
    return Selection(**lists, **rest)


def _short(why: str) -> str:
    return " ".join(why.split())[:MAX_WHY_CHARS]


def with_change(
    road: Road,
    *,
    adds: tuple[str, ...],
    drops: tuple[str, ...],
    leaves_out: tuple[str, ...],
    by: str,
    why: str,
) -> Draft:
    """A draft of what counts now with hashtags more or less: how a suggestion is accepted."""
    now = in_force(road)
    tags = tuple(tag for tag in (*now.hashtags, *adds) if tag not in drops)
    query = {name: getattr(now, name) for name in ("all", "phrases", "langs", "not_authors")}
    return make(road, Selection(tags, none=(*now.none, *leaves_out), **query), by=by, why=why)


def of_version(road: Road, number: int, *, by: str, why: str = "") -> Draft:
    """A draft that brings back the hashtags and query of an earlier version. Raises Missing, UsageError."""
    return make(
        road, selection_of(version(road, number).content), by=by, why=why or f"back to version {number}"
    )


def listing(road: Road, *, only_open: bool = False) -> list[Draft]:
    """Drafts, newest first."""
    with road.store.reading() as tx:
        return tag_drafts.listing(tx, state=tag_drafts.OPEN if only_open else None)


def get(road: Road, number: int) -> Draft:
    """One draft. Raises Missing."""
    with road.store.reading() as tx:
        return tag_drafts.get(tx, number)


def drop(road: Road, number: int, *, by: str, why: str = "") -> None:
    """Leave a draft aside. Raises Missing, Conflict."""
    now = road.clock()
    with road.store.transaction() as tx:
        tag_drafts.decide(tx, number, tag_drafts.DROPPED, by=by, why=_short(why), at=now)
        audit.write(tx, now, by, "tags.draft_dropped", str(number))


def go_live(road: Road, file: Path | None, number: int, *, by: str, why: str) -> CampaignVersion:
    """Write the draft into config.yaml and make it the version in force.

    Raises UsageError without a reason or a file to write, Conflict where the draft was decided or another
    version came meanwhile, ConfigError where the file would not be valid.
    """
    if not why.strip():
        raise UsageError("why", "is missing; a change of hashtags needs a reason that others can read")
    if file is None:
        raise UsageError("config.yaml", "of the sample is part of the program; begin your own campaign first")
    draft, held = get(road, number), versions.in_force(road)
    if draft.state != tag_drafts.OPEN:
        raise Conflict(str(number), f"is {draft.state} already; make a new draft")
    if (held.number if held else 0) != draft.base:
        raise Conflict(
            str(number),
            f"was made from version {draft.base}, and another counts by now; make it anew and look again",
        )
    checked(selection_of(draft.content))
    _same_as_file(file, held)
    fresh = bench_writing.write(file, draft.content, reason=_short(why))
    made = versions.adopt(road, fresh, reason=_short(why), by=by)
    now = road.clock()
    with road.store.transaction() as tx:
        tag_drafts.decide(tx, number, tag_drafts.LIVE, by=by, why=_short(why), at=now)
        audit.write(tx, now, by, "tags.live", str(number), version=made.number)
    return made


def _same_as_file(file: Path, held: CampaignVersion | None) -> None:
    """Raises Conflict where the file says something else than what counts: somebody is changing it."""
    now = bench_writing.read(file)
    if held is not None and selection_of(now) != selection_of(held.content):
        raise Conflict(
            str(file.name), "was changed by hand and does not count yet; wait, or mend what is wrong with it"
        )


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What differs between the contents of two versions, setting by setting."""
    old, new = selection_of(before), selection_of(after)
    found = []
    for name in ("hashtags", "all", "none", "phrases", "langs", "not_authors"):
        had, has = getattr(old, name), getattr(new, name)
        added, removed = tuple(w for w in has if w not in had), tuple(w for w in had if w not in has)
        if added or removed:
            found.append(Change(name, added, removed))
    others = (name for name in sorted({*before, *after} - {"hashtags", "query"}))
    return found + [
        Change(name, _words(after.get(name)), _words(before.get(name)))
        for name in others
        if before.get(name) != after.get(name)
    ]


def _words(value: Any) -> tuple[str, ...]:
    if value in (None, "", [], {}):
        return ()
    if isinstance(value, list):
        return tuple(str(each.get("name", each)) if isinstance(each, dict) else str(each) for each in value)
    return (
        (", ".join(f"{name}: {each}" for name, each in value.items()),)
        if isinstance(value, dict)
        else (str(value),)
    )
