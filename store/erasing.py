"""What is held of one author, and of single posts, as counts and keys; what of it goes beside the posts.

Decides nothing and opens nothing. Every kind that a person has rows in is named here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction
from store.matches import LATER, OPEN, POSSIBLE
from store.records.match import Tier
from store.records.reply import ReplyState

_P, _R, _M = t.posts.c, t.replies.c, t.matches.c
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Held:
    """An author as rows know them: platform, lasting ids, handles, keyed digest of outbox and messages."""

    platform: str
    ids: tuple[str, ...]
    handles: tuple[str, ...]
    to_authors: tuple[str, ...]


def accounts(tx: Transaction, platform: str, author_id: str, handle: str) -> list[tuple[str, str]]:
    """(lasting id, handle) of stored accounts of this id, or of this handle in any case."""
    plain = handle.lstrip("@").casefold()
    if not (author_id or plain):
        return []
    who = _P.author_id == author_id if author_id else sa.func.lower(_P.author_handle) == plain
    query = sa.select(_P.author_id, _P.author_handle).where(_P.platform == platform, who).distinct()
    return [(row[0], row[1]) for row in tx.execute(query.order_by(_P.author_id, _P.author_handle))]


def posts_of(tx: Transaction, platform: str, ids: Collection[str], handles: Collection[str]) -> list[str]:
    """Keys of the author's standing posts, by lasting id, and by handle where a post has no id."""
    who = sa.or_(
        _P.author_id.in_([each for each in ids if each]),
        sa.and_(_P.author_id == "", _P.author_handle.in_([each for each in handles if each])),
    )
    query = sa.select(_P.key).where(_P.platform == platform, who, _P.gone_at.is_(None)).order_by(_P.key)
    return list(tx.execute(query).scalars())


def showing_the_same(tx: Transaction, keys: Sequence[str]) -> list[str]:
    """Keys of standing posts that show a picture that one of these posts shows, these included."""
    pictures = sa.select(t.media.c.photo).where(t.media.c.post_key.in_(keys), t.media.c.photo.is_not(None))
    query = sa.select(t.media.c.post_key).where(t.media.c.photo.in_(pictures)).distinct()
    return sorted({*tx.execute(query).scalars(), *keys})


def beside_cases(tx: Transaction, keys: Sequence[str]) -> list[str]:
    """Those of these posts on which people work for a case: a shown or possible match, or a lead."""
    found: set[str] = set()
    shown = sa.or_(_M.state == POSSIBLE, _M.state.in_((OPEN, LATER)) & (_M.tier != Tier.SET_ASIDE.value))
    for start in range(0, len(keys), _AT_ONCE):
        part = keys[start : start + _AT_ONCE]
        found |= set(tx.execute(sa.select(_M.post_key).where(_M.post_key.in_(part), shown)).scalars())
        led = sa.select(t.leads.c.post_key).where(t.leads.c.post_key.in_(part))
        found |= set(tx.execute(led).scalars())
    return sorted(found)


def counts(tx: Transaction, keys: Sequence[str]) -> dict[str, int]:
    """How many rows of each kind hang on these posts, with content."""
    total: dict[str, int] = {}
    for start in range(0, len(keys), _AT_ONCE):
        for kind, number in _of_part(tx, keys[start : start + _AT_ONCE]).items():
            total[kind] = total.get(kind, 0) + number
    return total


def _of_part(tx: Transaction, keys: Sequence[str]) -> dict[str, int]:
    m, f = t.media.c, t.faces.c
    digests = sa.select(m.photo).where(m.post_key.in_(keys), m.photo.is_not(None))
    faces = sa.select(f.key).where(f.photo.in_(digests))
    places = [f"{kind}|{key}" for kind in ("post", "claim") for key in keys]
    wanted: dict[str, Any] = {
        "posts": sa.select(_P.key).where(_P.key.in_(keys), _P.gone_at.is_(None)),
        "versions": sa.select(t.post_versions.c.version).where(t.post_versions.c.post_key.in_(keys)),
        "attachments": sa.select(m.position).where(m.post_key.in_(keys)),
        "photos": sa.select(t.photos.c.digest).where(t.photos.c.digest.in_(digests)),
        "faces": faces,
        "face vectors": sa.select(t.vectors.c.face_key).where(t.vectors.c.face_key.in_(faces)),
        "picture codes": sa.select(t.picture_codes.c.digest).where(t.picture_codes.c.digest.in_(digests)),
        "sightings": sa.select(t.sightings.c.post_key).where(t.sightings.c.post_key.in_(keys)),
        "exact places": sa.select(t.sealed_places.c.key).where(t.sealed_places.c.key.in_(places)),
        "answers": sa.select(t.answers.c.answer_key).where(
            sa.or_(t.answers.c.post_key.in_(keys), t.answers.c.answer_key.in_(keys))
        ),
        "matches": sa.select(_M.key).where(_M.post_key.in_(keys), _M.state.in_((OPEN, LATER, POSSIBLE))),
    }
    return {kind: _number(tx, query) for kind, query in wanted.items()}


def of_author(tx: Transaction, who: Held) -> dict[str, int]:
    """How many rows of each kind name the author beside their posts."""
    h, facts, people = t.hidden_posts.c, t.campaign_facts.c, t.campaign_authors.c
    blocks = t.author_blocks.c
    wanted: dict[str, Any] = {
        "posts put away": sa.select(h.post_key).where(h.platform == who.platform, h.author_id.in_(who.ids)),
        "messages to us": sa.select(t.talks.c.key).where(t.talks.c.to_author.in_(who.to_authors)),
        "our replies that name them": _named_replies(who),
        "campaign numbers": sa.select(facts.post_key).where(
            facts.platform == who.platform, facts.author.in_(who.ids)
        ),
        "campaign authors": sa.select(people.author).where(
            people.platform == who.platform, people.author.in_(who.ids)
        ),
        "blocks": sa.select(blocks.author_id).where(
            blocks.platform == who.platform, blocks.author_id.in_(who.ids)
        ),
        "unreadable payloads": _samples(who),
    }
    return {kind: _number(tx, query) for kind, query in wanted.items()}


def _number(tx: Transaction, query: Any) -> int:
    return int(tx.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one())


def replies_to(tx: Transaction, who: Held) -> list[dict[str, Any]]:
    """What we wrote to the author, or meant to: state, words and day."""
    query = sa.select(_R.purpose, _R.state, _R.text, _R.drafted_at, _R.sent_at)
    rows = tx.execute(query.where(_R.to_author.in_(who.to_authors)).order_by(_R.drafted_at, _R.key))
    return [dict(row._mapping) for row in rows]


def _named_replies(who: Held) -> Any:
    return sa.select(_R.key).where(_R.to_author.in_(who.to_authors), _R.to_handle != "")


def _samples(who: Held) -> Any:
    """Set-aside payloads that hold a name of the author, which is long enough to mean them."""
    c = t.set_aside.c
    names = [each for each in (*who.handles, *who.ids) if len(each) >= 4]
    holds = [c.sample.contains(each, autoescape=True) for each in names]
    return sa.select(c.source, c.where).where(sa.or_(sa.false(), *holds))


def drop_of_author(tx: Transaction, who: Held) -> None:
    """What names an author beside their posts goes; replies keep their state and lose whom they are to."""
    tx.execute(sa.delete(t.talks).where(t.talks.c.to_author.in_(who.to_authors)))
    for row in tx.execute(_samples(who)).all():
        c = t.set_aside.c
        tx.execute(sa.delete(t.set_aside).where(c.source == row[0], c.where == row[1]))
    blocks = t.author_blocks.c
    tx.execute(
        sa.delete(t.author_blocks).where(blocks.platform == who.platform, blocks.author_id.in_(who.ids))
    )
    ended = [s.value for s in ReplyState if s not in (ReplyState.SENDING, ReplyState.WITHDRAWING)]
    rows = sa.select(_R.key, _R.text, _R.to_handle).where(
        _R.to_author.in_(who.to_authors), _R.to_handle != "", _R.state.in_(ended)
    )
    for row in tx.execute(rows).all():
        values = {"text": row.text.removeprefix(f"@{row.to_handle} "), "to_handle": "", "to_native_id": ""}
        tx.execute(sa.update(t.replies).where(_R.key == row.key).values(**values))
