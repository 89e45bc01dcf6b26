"""What is stored of posts, as far as the tag bench counts it: read in bulk, judged by bot/rules.

Hidden posts and posts that are gone are not there. Candidates of sealed cases are not counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import case_teams, veils
from store import tables as t
from store.db import Transaction
from store.records.post import DATE_DOUBT, MediaKind

_P, _S, _M = t.posts.c, t.sightings.c, t.matches.c
_KEPT = "possible"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a post claims, as far as it is counted. `radius_km` is None where the place has no circle."""

    is_own: bool
    lat: float | None
    radius_km: float | None
    seen_from: datetime | None
    seen_until: datetime | None


@dataclass(slots=True)
class Facts:
    """One standing post. `picture` is the perceptual hash of its first kept photo, "" without one.

    `pauses_s` are, for each decision about its candidates, the seconds since the same person's decision
    before; None for a first one.
    """

    key: str
    platform: str
    author_id: str
    author_handle: str
    text: str
    language: str
    hashtags: Sequence[str]
    is_repost: bool
    written_at: datetime
    sources: set[str] = field(default_factory=set)
    has_photo: bool = False
    picture: str = ""
    claim: Claim | None = None
    kept: int = 0
    leads: int = 0
    pauses_s: list[float | None] = field(default_factory=list)


def of(tx: Transaction, keys: Sequence[str]) -> dict[str, Facts]:
    """The facts of those of these posts that stand and are hidden from nobody."""
    found = _posts(tx, keys)
    if not found:
        return {}
    keys = list(found)
    o = t.observations.c
    for key, source in tx.execute(sa.select(o.post_key, o.source).where(o.post_key.in_(keys))):
        found[key].sources.add(source)
    _media(tx, keys, found)
    for row in tx.execute(
        sa.select(
            _S.post_key, _S.first_hand, _S.is_sighting, _S.lat, _S.radius_km, _S.seen_from, _S.seen_until
        ).where(_S.post_key.in_(keys))
    ):
        is_own = row.first_hand == "own" and bool(row.is_sighting)
        found[row.post_key].claim = Claim(is_own, row.lat, row.radius_km, row.seen_from, row.seen_until)
    _people(tx, keys, found)
    return found


def _posts(tx: Transaction, keys: Sequence[str]) -> dict[str, Facts]:
    names = (_P.key, _P.platform, _P.author_id, _P.author_handle, _P.text, _P.language, _P.hashtags,
             _P.repost_of, _P.created_at, _P.received_at, _P.problems)  # fmt: skip
    query = sa.select(*names).where(_P.key.in_(keys), _P.gone_at.is_(None), ~veils.of_veiled(_P.key))
    return {
        row.key: Facts(row.key, row.platform, row.author_id, row.author_handle, row.text, row.language,
                       row.hashtags, bool(row.repost_of), _written_at(row))
        for row in tx.execute(query)
    }  # fmt: skip


def _written_at(row: Any) -> datetime:
    """As `Post.written_at` has it."""
    if row.created_at is None or any(problem.startswith(DATE_DOUBT) for problem in row.problems):
        moment: datetime = row.received_at
    else:
        moment = min(row.created_at, row.received_at)
    return moment


def _media(tx: Transaction, keys: Sequence[str], found: dict[str, Facts]) -> None:
    m, ph = t.media.c, t.photos.c
    query = (
        sa.select(m.post_key, ph.phash)
        .select_from(t.media.outerjoin(t.photos, ph.digest == m.photo))
        .where(m.post_key.in_(keys), m.kind == MediaKind.PHOTO.value)
        .order_by(m.post_key, m.position.desc())
    )
    for row in tx.execute(query):
        facts = found[row.post_key]
        facts.has_photo, facts.picture = True, row.phash or facts.picture


def _people(tx: Transaction, keys: Sequence[str], found: dict[str, Facts]) -> None:
    """What people made of the post's candidates."""
    shown = (_M.post_key.in_(keys), ~case_teams.of_hidden(_M.case_id, case_teams.NOBODY))
    kept = sa.select(_M.post_key, sa.func.count()).where(*shown, _M.state == _KEPT).group_by(_M.post_key)
    for key, number in tx.execute(kept):
        found[key].kept = number
    lead, d = t.leads.c, t.decisions
    open_leads = (lead.post_key.in_(keys), ~case_teams.of_hidden(lead.case_id, case_teams.NOBODY))
    for key, number in tx.execute(
        sa.select(lead.post_key, sa.func.count()).where(*open_leads).group_by(lead.post_key)
    ):
        found[key].leads = number
    before = d.alias()
    last = sa.select(before.c.at).where(before.c.by == d.c.by, before.c.id < d.c.id)
    last_at = last.order_by(before.c.id.desc()).limit(1).scalar_subquery()
    decided = sa.select(_M.post_key, d.c.at, sa.type_coerce(last_at, d.c.at.type).label("last"))
    decided = decided.select_from(t.matches.join(d, d.c.match_key == _M.key)).where(*shown).order_by(d.c.id)
    for row in tx.execute(decided):
        pause = None if row.last is None else (row.at - row.last).total_seconds()
        found[row.post_key].pauses_s.append(pause)


def texts(tx: Transaction, keys: Sequence[str]) -> dict[str, str]:
    """The texts of standing posts that are hidden from nobody, by key."""
    query = sa.select(_P.key, _P.text).where(_P.key.in_(keys), _P.gone_at.is_(None), ~veils.of_veiled(_P.key))
    return {row.key: row.text for row in tx.execute(query)}


def shown(tx: Transaction, keys: Sequence[str]) -> list[Any]:
    """Standing posts that are hidden from nobody, for people: rows of key, platform, author_handle, text,
    language, created_at, permalink, in the order of the keys."""
    names = (_P.key, _P.platform, _P.author_handle, _P.text, _P.language, _P.created_at, _P.hashtags)
    query = sa.select(*names).where(_P.key.in_(keys), _P.gone_at.is_(None), ~veils.of_veiled(_P.key))
    held = {row.key: row for row in tx.execute(query)}
    return [held[key] for key in keys if key in held]
