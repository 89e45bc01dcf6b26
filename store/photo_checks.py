"""Which photos were compared with which hash lists, as rows. Compares nothing.

A photo may be shown or embedded only with a check here and without a standing quarantine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, upsert
from store.errors import NotAllowed
from store.quarantine import OUT
from store.records.quarantine import PhotoPrint

UNCHECKED = "unchecked"
"""What stands in `lists` for photos of an installation from before there were checks."""


def put(tx: Transaction, of: PhotoPrint, *, lists: str, at: datetime) -> None:
    """Say that a photo was compared with this set of lists; its hashes are kept for the next set."""
    row: dict[str, Any] = {"digest": of.sha256, "md5": of.md5, "sha1": of.sha1, "pdq": " ".join(of.pdq)}
    row |= {"pdq_quality": of.pdq_quality, "lists": lists, "checked_at": at}
    upsert(tx, t.photo_checks, [row])


def get(tx: Transaction, digest: str) -> PhotoPrint | None:
    """The hashes of a compared photo, None if it was not compared."""
    row = tx.execute(sa.select(t.photo_checks).where(t.photo_checks.c.digest == digest)).first()
    return None if row is None or row.lists == UNCHECKED else _print(row)


def _print(row: Any) -> PhotoPrint:
    return PhotoPrint(row.digest, row.md5, row.sha1, tuple(row.pdq.split()), row.pdq_quality)


def has(tx: Transaction, digest: str) -> bool:
    """Whether there is a row for the photo, compared or not."""
    c = t.photo_checks.c
    return tx.execute(sa.select(c.digest).where(c.digest == digest)).first() is not None


def drop(tx: Transaction, digest: str) -> None:
    """Forget a check: the photo went."""
    tx.execute(sa.delete(t.photo_checks).where(t.photo_checks.c.digest == digest))


def is_viewable(tx: Transaction, digest: str) -> bool:
    """Whether a photo was compared and nothing stands against it."""
    return tx.execute(sa.select(sa.literal(1)).where(viewable(sa.literal(digest)))).first() is not None


def viewable(digest: Any) -> Any:
    """The SQL condition that the photo with this digest (column or literal) may be shown."""
    c, q = t.photo_checks.c, t.quarantine.c
    checked = sa.exists().where(c.digest == digest, c.lists != UNCHECKED)
    out = sa.exists().where(q.digest == digest, q.state.in_([state.value for state in OUT]))
    return checked & ~out


def need_viewable(tx: Transaction, digests: Iterable[str]) -> None:
    """Raises NotAllowed if one of the photos was not compared, or was put away."""
    for digest in dict.fromkeys(digests):
        if not is_viewable(tx, digest):
            raise NotAllowed(
                f"photo {digest[:12]}", "was not compared with the hash lists yet, or nobody may see it"
            )


def outdated(tx: Transaction, lists: str, *, most: int) -> list[tuple[PhotoPrint, bool]]:
    """Photos compared with another set of lists than this one: (hashes, whether there are any)."""
    c = t.photo_checks.c
    # Two ranges instead of one inequality: the index then finds the few that are left at once.
    query = sa.select(t.photo_checks).where(sa.or_(c.lists < lists, c.lists > lists)).limit(most)
    return [(_print(row), row.lists != UNCHECKED) for row in tx.execute(query)]


def progress(tx: Transaction, lists: str) -> tuple[int, int]:
    """How many photos were compared with this set of lists, and how many there are."""
    c = t.photo_checks.c
    done = tx.execute(sa.select(sa.func.count()).where(c.lists == lists)).scalar_one()
    return int(done), int(tx.execute(sa.select(sa.func.count()).select_from(t.photo_checks)).scalar_one())


def prints(tx: Transaction, *, batch: int = 2000) -> Iterator[list[tuple[str, str, int]]]:
    """(digest, upright PDQ hash, quality) of all compared photos that have one, in batches."""
    c, after = t.photo_checks.c, ""
    while True:
        query = sa.select(c.digest, c.pdq, c.pdq_quality).where(c.digest > after, c.pdq != "")
        rows = tx.execute(query.order_by(c.digest).limit(batch)).all()
        if not rows:
            return
        yield [(row.digest, row.pdq[:64], row.pdq_quality) for row in rows]
        after = rows[-1].digest
