"""What each post counts as on the tag bench, and the sets of hashtags that posts carry, as rows.

Authors are digests here and words fingerprints: nothing of a post can be read from these rows. A post that
the clock took has its set's number below zero, and of its author only the digest that tells authors apart.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store import veils
from store.db import Transaction, insert, upsert
from store.tag_numbers import COUNTS

_B, _S = t.bench_posts.c, t.bench_sets.c
_SEPARATOR = "\x1f"
_AT_ONCE = 500
_SUMS = COUNTS[1:]


@dataclass(frozen=True, slots=True)
class TagSet:
    """Hashtags (normalised, in order) that posts carry together, and the language of these posts."""

    tags: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Counted:
    """What one post counts as. Digests are whole numbers, 0 for nothing; `counts` as in tag_numbers."""

    post_key: str
    tags: TagSet
    hour: datetime
    sources: tuple[str, ...]
    author: int
    author_name: int
    author_ident: int
    words: int
    picture: int
    draw: int
    counts: tuple[int, ...]


def digest_of(words: str) -> int:
    """A number that stands for the words: 63 bits, the same everywhere; 0 for none."""
    if not words:
        return 0
    return int.from_bytes(hashlib.blake2b(words.encode("utf-8", "replace"), digest_size=8).digest()) >> 1


def _digest(held: TagSet) -> str:
    return hashlib.sha256(json.dumps([held.tags, held.language]).encode()).hexdigest()[:32]


def set_ids(tx: Transaction, wanted: Iterable[TagSet]) -> dict[TagSet, int]:
    """The numbers of these sets; new ones are kept."""
    named = {_digest(each): each for each in wanted}
    rows = [
        {"digest": d, "tags": list(each.tags), "language": each.language} for d, each in sorted(named.items())
    ]
    if not rows:
        return {}
    tx.execute(insert(tx, t.bench_sets).on_conflict_do_nothing(index_elements=["digest"]), rows)
    query = sa.select(_S.id, _S.digest).where(_S.digest.in_(list(named)))
    return {named[row.digest]: row.id for row in tx.execute(query)}


def sets(tx: Transaction, ids: Iterable[int] | None = None) -> dict[int, TagSet]:
    """Sets by number, all of them without `ids`."""
    query = sa.select(_S.id, _S.tags, _S.language)
    if ids is not None:
        query = query.where(_S.id.in_(sorted(set(ids))))
    return {row.id: TagSet(tuple(row.tags), row.language) for row in tx.execute(query)}


def held(tx: Transaction, keys: Sequence[str]) -> dict[str, Counted]:
    """What these posts were counted as."""
    rows = tx.execute(sa.select(t.bench_posts).where(_B.post_key.in_(keys))).all()
    named = sets(tx, {abs(row.set_id) for row in rows}) if rows else {}
    return {
        row.post_key: Counted(
            row.post_key, named[abs(row.set_id)], row.hour, _parted(row.sources), row.author, row.author_name,
            row.author_ident, row.words, row.picture, row.draw,
            (1, *(getattr(row, name) for name in _SUMS)),
        )
        for row in rows
    }  # fmt: skip


def _parted(sources: str) -> tuple[str, ...]:
    return tuple(sources.split(_SEPARATOR)) if sources else ()


def keep(tx: Transaction, found: Sequence[Counted], gone: Iterable[str]) -> None:
    """Write what posts count as, and forget those that are gone."""
    ids = set_ids(tx, {each.tags for each in found})
    names = ("author", "author_name", "author_ident", "words", "picture", "draw", "hour")
    rows = [
        {
            "post_key": each.post_key,
            "set_id": ids[each.tags],
            "sources": _SEPARATOR.join(each.sources),
            **{name: getattr(each, name) for name in names},
            **dict(zip(_SUMS, each.counts[1:], strict=True)),
        }
        for each in found
    ]
    upsert(tx, t.bench_posts, rows)
    if lost := sorted(gone):
        tx.execute(sa.delete(t.bench_posts).where(_B.post_key.in_(lost)))


def let_go(tx: Transaction, keys: Sequence[str]) -> None:
    """The clock takes these posts: they count as they did, and no more is kept of them than that needs."""
    blank = dict.fromkeys(("author_name", "author_ident", "words", "picture", "draw"), 0)
    where = (_B.post_key.in_(keys), _B.set_id > 0)
    tx.execute(sa.update(t.bench_posts).where(*where).values(set_id=-_B.set_id, **blank))


def add_again(tx: Transaction, keys: Sequence[str]) -> None:
    """Posts that the clock took are in the numbers again."""
    tx.execute(sa.update(t.bench_posts).where(_B.post_key.in_(keys)).values(draw=0))


Shape = Mapping[tuple[int, datetime], tuple[int, ...]]
"""Counts (as in tag_numbers) by set and hour."""


def by_set(tx: Transaction, *, since: datetime | None = None, names: Iterable[int] = ()) -> Shape:
    """Sums of posts by set and hour, of all posts or of those by these authors (digests of name or id)."""
    totals = [sa.func.count(), *(sa.func.sum(_B[name]) for name in _SUMS)]
    query = sa.select(_B.set_id, _B.hour, *totals).group_by(_B.set_id, _B.hour)
    if since is not None:
        query = query.where(_B.hour >= since)
    wanted = sorted(set(names))
    if wanted:
        query = query.where(_B.post_key.in_(_of_names(wanted)))
    return {(row[0], row[1]): tuple(map(int, row[2:])) for row in tx.execute(query)}


def _of_names(names: Sequence[int]) -> sa.Select[tuple[str]] | sa.CompoundSelect[tuple[str]]:
    by_name = sa.select(_B.post_key).where(_B.author_name.in_(names))
    return by_name.union(sa.select(_B.post_key).where(_B.author_ident.in_(names)))


def posts_and_curve(tx: Transaction, *, since: datetime | None = None) -> dict[tuple[int, datetime], int]:
    """How many posts each set has in each hour, those that the clock took under the number below zero.

    Read from an index alone.
    """
    query = sa.select(_B.set_id, _B.hour, sa.func.count()).group_by(_B.set_id, _B.hour)
    if since is not None:
        query = query.where(_B.hour >= since)
    return {(row[0], row[1]): int(row[2]) for row in tx.execute(query)}


def posts_by_set(
    tx: Transaction, *, since: datetime | None = None, set_ids: Iterable[int] | None = None
) -> dict[int, int]:
    """How many posts each set has, of those since the hour and of these sets alone where given."""
    query = sa.select(_B.set_id, sa.func.count()).group_by(_B.set_id)
    if since is not None:
        query = query.where(_B.hour >= since)
    if set_ids is not None:
        query = query.where(_B.set_id.in_(sorted(set(set_ids))))
    found: dict[int, int] = {}
    for ident, number in tx.execute(query):
        found[abs(ident)] = found.get(abs(ident), 0) + int(number)
    return found


def copies(tx: Transaction, set_ids: Iterable[int], *, since: datetime, least: int) -> int:
    """How many posts of these sets since the hour have a text that at least so many of them have."""
    number = sa.func.count()
    query = sa.select(number.label("posts")).where(
        _B.set_id.in_(sorted(set(set_ids))), _B.hour >= since, _B.words != 0
    )
    grouped = query.group_by(_B.words).having(number >= least).subquery()
    return int(tx.execute(sa.select(sa.func.coalesce(sa.func.sum(grouped.c.posts), 0))).scalar_one())


def sample(
    tx: Transaction,
    set_ids: Iterable[int],
    *,
    most: int,
    since: datetime | None = None,
    but: Iterable[int] = (),
) -> list[str]:
    """Keys of posts of these sets, drawn evenly and always alike; not of the authors in `but`."""
    drawn: list[tuple[int, str]] = []
    without = sorted(set(but))
    ids = sorted(set(set_ids))
    for first in range(0, len(ids), _AT_ONCE):
        query = sa.select(_B.draw, _B.post_key).where(_B.set_id.in_(ids[first : first + _AT_ONCE]))
        if since is not None:
            query = query.where(_B.hour >= since)
        if without:
            query = query.where(_B.author_name.not_in(without), _B.author_ident.not_in(without))
        drawn += [(row[0], row[1]) for row in tx.execute(query.order_by(_B.draw, _B.post_key).limit(most))]
    return [key for _, key in sorted(drawn)[:most]]


def sample_of(
    tx: Transaction, set_ids: Iterable[int], *, names: Iterable[int], most: int, since: datetime | None = None
) -> list[str]:
    """The same of these authors alone (digests of name or id)."""
    query = sa.select(_B.draw, _B.post_key, _B.set_id).where(_B.post_key.in_(_of_names(sorted(set(names)))))
    if since is not None:
        query = query.where(_B.hour >= since)
    wanted = set(set_ids)
    drawn = (row for row in tx.execute(query.order_by(_B.draw, _B.post_key)) if row.set_id in wanted)
    return [row.post_key for row, _ in zip(drawn, range(most), strict=False)]


def said(tx: Transaction, set_ids: Iterable[int], *, since: datetime | None = None) -> Iterator[Any]:
    """Standing posts of these sets that are hidden from nobody, with their texts: rows of set_id, hour,
    author_name, author_ident, text; in no order, read while they are taken."""
    p, ids = t.posts.c, sorted(set(set_ids))
    for first in range(0, len(ids), _AT_ONCE):
        query = (
            sa.select(_B.set_id, _B.hour, _B.author_name, _B.author_ident, p.text)
            .select_from(t.bench_posts.join(t.posts, p.key == _B.post_key))
            .where(_B.set_id.in_(ids[first : first + _AT_ONCE]), p.gone_at.is_(None))
            .where(~veils.of_veiled(_B.post_key))
        )
        if since is not None:
            query = query.where(_B.hour >= since)
        yield from tx.execute(query.execution_options(yield_per=2000))


def with_photo(tx: Transaction, set_ids: Iterable[int], *, after: str = "", most: int = 1000) -> list[str]:
    """Keys of posts of these sets that carry a photo, in their order, from behind a key."""
    where = (_B.post_key > after, _B.set_id.in_(sorted(set(set_ids))), _B.photos > 0)
    return list(tx.execute(sa.select(_B.post_key).where(*where).order_by(_B.post_key).limit(most)).scalars())


def newest_read(tx: Transaction, most: int) -> Iterator[tuple[int, int, int, int]]:
    """(set, author, words, first-hand) of the newest posts that were read, newest first."""
    query = sa.select(_B.set_id, _B.author, _B.words, _B.first_hand).where(_B.read > 0)
    rows = tx.execute(query.order_by(_B.hour.desc()).limit(most).execution_options(yield_per=2000))
    yield from ((row.set_id, row.author, row.words, row.first_hand) for row in rows)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Posts of one text or one picture (`what` is its digest) since some hour."""

    what: int
    posts: int
    authors: int
    post_key: str


def clusters(
    tx: Transaction, kind: str, *, since: datetime, least_authors: int, most: int = 50
) -> list[Cluster]:
    """Texts (`words`) or pictures (`picture`) that many authors posted since the hour, busiest first."""
    column, authors = _B[kind], sa.func.count(_B.author.distinct())
    query = (
        sa.select(column, sa.func.count(), authors, sa.func.min(_B.post_key))
        .where(_B.hour >= since, column != 0, _B.originals > 0)
        .group_by(column)
        .having(authors >= least_authors)
        .order_by(authors.desc(), column)
        .limit(most)
    )
    return [Cluster(*row) for row in tx.execute(query)]


def authors_of(tx: Transaction, kind: str, what: int, *, since: datetime) -> list[int]:
    """The digests of those who posted a text or picture since the hour."""
    where = (_B.hour >= since, _B[kind] == what, _B.originals > 0)
    return list(tx.execute(sa.select(_B.author).where(*where).distinct()).scalars())
