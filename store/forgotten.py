"""What was forgotten, refused or ended here, as keyed digests, so that a restored backup forgets it again.

Holds nothing that can be read back: posts and cases are named by HMAC alone.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import counters, record_keys
from store import tables as t
from store.db import Transaction, UtcDateTime, insert_new, upsert

# Asked for every post that comes in, so built once.
_FORGOTTEN = (
    sa.select(t.forgotten_authors.c.digest)
    .where(t.forgotten_authors.c.digest.in_(sa.bindparam("digests", expanding=True)))
    .limit(1)
)
Digest = Callable[[str, str], str]
"""(purpose, value) → a keyed digest in hex."""
DIGEST_CHARS = 32
_WISHES = {
    "opt_outs": t.opt_outs,
    "suppressions": t.suppressions,
    "erasures": t.erasures,
    "early_deletions": t.early_deletions,
    "forgotten_authors": t.forgotten_authors,
}


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a restored database must be held against.

    `posts` are digests of posts that are gone; `cases` maps the digest of every case that there is to
    (status, sealed); `wishes` are rows of people's wishes by table, which hold no names either; `audit`
    is the last number of the audit chain and its digest. `keys` are the wrapped keys of single sealed
    rows: no backup holds them, so that one destroyed here opens nothing there either.
    """

    at: datetime
    posts: frozenset[str]
    cases: Mapping[str, tuple[str, bool]]
    wishes: Mapping[str, list[dict[str, Any]]]
    audit: tuple[int, str]
    keys: list[dict[str, Any]] = field(default_factory=list)


def collect(tx: Transaction, digest: Digest, at: datetime) -> Ledger:
    """The ledger of this database as it stands."""
    gone = sa.select(t.tombstones.c.post_key)
    cases = sa.select(t.cases.c.id, t.cases.c.status, t.cases.c.sealed)
    head = tx.execute(
        sa.select(t.audit.c.seq, t.audit.c.digest).order_by(t.audit.c.seq.desc()).limit(1)
    ).first()
    return Ledger(
        at,
        frozenset(_of_post(digest, key) for key in tx.execute(gone).scalars()),
        {_of_case(digest, row.id): (row.status, bool(row.sealed)) for row in tx.execute(cases)},
        {name: [dict(r._mapping) for r in tx.execute(sa.select(table))] for name, table in _WISHES.items()},
        (head.seq, head.digest) if head else (0, ""),
        list(record_keys.rows(tx)),
    )


def count(tx: Transaction) -> int:
    """A number that moves whenever the ledger would say something new."""
    wishes = (t.early_deletions, t.opt_outs, t.suppressions, t.erasures, t.forgotten_authors)
    tables = (t.tombstones, t.case_steps, *wishes)
    keys = counters.value(tx, record_keys.DROPPED)
    total = sum(
        int(tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()) for table in tables
    )
    return keys + total + int(tx.execute(sa.select(sa.func.count()).where(t.cases.c.sealed)).scalar_one())


def posts_to_forget(tx: Transaction, ledger: Ledger, digest: Digest) -> Iterator[str]:
    """Keys of posts that stand here and are gone by the ledger, or whose author is to stay forgotten."""
    p = t.posts.c
    authors = {row["digest"] for row in ledger.wishes.get("forgotten_authors", [])}
    query = sa.select(p.key, p.platform, p.author_id, p.author_handle)
    for key, platform, author_id, handle in tx.execute(query.where(p.gone_at.is_(None)).order_by(p.key)):
        named = author_digests(digest, platform, author_id, handle) if authors else set()
        if _of_post(digest, key) in ledger.posts or not authors.isdisjoint(named):
            yield key


def cases_changed(
    tx: Transaction, ledger: Ledger, digest: Digest
) -> Iterator[tuple[str, tuple[str, bool] | None]]:
    """(case id, what the ledger says of it): None for a case that is not there any more.

    Only cases of which the ledger says something else than this database, and could have known.
    """
    c = t.cases.c
    query = sa.select(c.id, c.status, c.sealed).where(c.registered_at < ledger.at).order_by(c.id)
    for row in tx.execute(query):
        said = ledger.cases.get(_of_case(digest, row.id))
        if said != (row.status, bool(row.sealed)):
            yield row.id, said


def author_digests(digest: Digest, platform: str, author_id: str, handle: str) -> set[str]:
    """Under which keyed digests an author stays forgotten: of the lasting id, and of the handle."""
    names = [f"{platform}:{author_id}"] if author_id else []
    plain = handle.lstrip("@").casefold()
    names += [f"{platform}:handle:{plain}"] if plain else []
    return {digest("forgotten author", name) for name in names}


def put_author(tx: Transaction, digests: Iterable[str], platform: str, at: datetime) -> bool:
    """Remember an author who is to stay forgotten. True if any digest is new."""
    rows = [{"digest": each, "platform": platform, "at": at} for each in sorted(digests)]
    return sum(insert_new(tx, t.forgotten_authors, row) for row in rows) > 0


def has_author(tx: Transaction, digests: Iterable[str]) -> bool:
    """Whether an author under one of these digests is to stay forgotten."""
    return tx.execute(_FORGOTTEN, {"digests": list(digests)}).first() is not None


def authors(tx: Transaction) -> int:
    """How many digests of forgotten authors there are."""
    return int(tx.execute(sa.select(sa.func.count()).select_from(t.forgotten_authors)).scalar_one())


def drop_author(tx: Transaction, digests: Iterable[str]) -> bool:
    """The author may be collected again. False if nothing was remembered."""
    where = t.forgotten_authors.c.digest.in_(list(digests))
    return tx.execute(sa.delete(t.forgotten_authors).where(where)).rowcount > 0


def bring_back_keys(tx: Transaction, ledger: Ledger) -> int:
    """Take over the keys of single rows; how many were new."""
    return record_keys.bring_back(tx, (_typed(t.record_keys, row) for row in ledger.keys))


def put_wishes(tx: Transaction, ledger: Ledger) -> int:
    """Take over people's wishes; how many rows the ledger holds of them."""
    for name, rows in ledger.wishes.items():
        upsert(tx, _WISHES[name], [_typed(_WISHES[name], row) for row in rows])
    return sum(len(rows) for rows in ledger.wishes.values())


def _typed(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    """A row that came through JSON with its moments and bytes again."""
    made = dict(row)
    for name, value in row.items():
        kind = table.c[name].type
        if isinstance(value, str) and isinstance(kind, sa.LargeBinary):
            made[name] = base64.b64decode(value)
        elif isinstance(value, str) and isinstance(kind, UtcDateTime):
            made[name] = datetime.fromisoformat(value)
    return made


def seal_case(tx: Transaction, case_id: str) -> None:
    """Seal a case again; its team is whoever was in it."""
    tx.execute(sa.update(t.cases).where(t.cases.c.id == case_id).values(sealed=True))


def end_sessions(tx: Transaction) -> None:
    """No session, sign-in link or family's upload of the past comes back to life."""
    for table in (t.web_sessions, t.login_links):
        tx.execute(sa.delete(table))


def _of_post(digest: Digest, key: str) -> str:
    return digest("forgotten post", key)[:DIGEST_CHARS]


def _of_case(digest: Digest, case_id: str) -> str:
    return digest("kept case", case_id)[:DIGEST_CHARS]
