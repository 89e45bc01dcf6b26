"""The one exception to a deletion: while a legal hold covers a post, a sealed copy outlives it.

The copy is encrypted before the post is wiped; nothing here shows it (bot/services/holds.py does, to
the hold's people). It is destroyed at once when the hold ends, by a person or by the clock.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import structlog

from bot.pipeline import screening, sealing
from bot.pipeline.road import Road
from bot.rules import holds as rules
from bot.rules.holds import Cover
from store import audit, holds, life, photos, posts, veils
from store.codec import to_json
from store.db import Transaction
from store.errors import Missing
from store.records.hold import HoldState

log = structlog.get_logger(__name__)


def cover_of(road: Road, tx: Transaction, post_key: str) -> Cover:
    """What the holds that name a post give it now."""
    return rules.cover(holds.of_post(tx, post_key), road.clock(), road.keep.hold_waits)


def keep_copy(road: Road, tx: Transaction, post_key: str, why: str) -> bool:
    """Before a post is wiped: seal a copy of it if a hold covers it. True if one is kept.

    Faces and vectors are not part of it: nothing can be compared with a sealed copy.
    """
    cover = cover_of(road, tx, post_key)
    if cover is Cover.NONE:
        return False
    now = road.clock()
    texts = _parts(road, tx, post_key)
    parts = [road.key.seal(text, row=_row(post_key, at)) for at, text in enumerate(texts)]
    holds.put_sealed(tx, post_key, parts, key_id=road.key.id, why=why, at=now)
    veils.put(tx, post_key, veils.SEALED, now)
    audit.write(tx, now, "homeward", "hold.sealed", _named(road, post_key), cover=cover.value)
    return True


def opened(road: Road, tx: Transaction, post_key: str) -> tuple[str, list[bytes]]:
    """The sealed copy again: the post as JSON, and its photos but for those that nobody may see.

    Raises Missing, Sealed, and PhotoUnavailable while a list of known abuse cannot be read.
    """
    sealed = holds.sealed(tx, post_key)
    if not sealed:
        raise Missing(post_key, "has no sealed copy: it stands, or nothing was kept of it")
    texts = [road.key.open(part, row=_row(post_key, at)) for at, part in enumerate(sealed)]
    data = [base64.b64decode(text) for text in texts[1:]]
    return texts[0], [each for each in data if not screening.is_barred(road, tx, each)]


def _parts(road: Road, tx: Transaction, post_key: str) -> Iterator[str]:
    """The post with its versions as JSON, then each kept photo in base64."""
    rows = posts.media_of(tx, post_key)
    kept = list(dict.fromkeys(row.photo for row in rows if row.photo))
    yield json.dumps(
        {
            "post": to_json(sealing.whole(road, tx, posts.get(tx, post_key))),
            "versions": life.kept_versions(tx, post_key),
            "photos": [to_json(photos.get(tx, digest)) for digest in kept],
            "sealed_at": road.clock().isoformat(),
        },
        ensure_ascii=False,
        default=str,
    )
    for digest in kept:
        try:
            yield base64.b64encode(road.blobs.get(digest)).decode()
        except Missing:
            log.warning("held_photo_missing", photo=digest)


def _row(post_key: str, part: int) -> str:
    return f"hold:{part}:{post_key}"


def _named(road: Road, post_key: str) -> str:
    """A post as the audit names it: who reads the audit is not told which posts are held."""
    return road.key.digest("held-post", post_key)[:16]


def end_due(road: Road) -> int:
    """End holds whose time is over and destroy what they kept; gives how many copies were destroyed."""
    now, ended = road.clock(), 0
    with road.store.transaction() as tx:
        for hold in holds.unended(tx):
            standing = rules.state(hold, now, road.keep.hold_waits)
            if standing in (HoldState.LAPSED, HoldState.EXPIRED):
                holds.end(tx, hold.id, by=rules.BY_CLOCK, why=standing.value, at=now)
                audit.write(tx, now, "homeward", f"hold.{standing.value}", hold.id, posts=len(hold.posts))
                ended += 1
    return destroy_uncovered(road) if ended or _has_copies(road) else 0


def _has_copies(road: Road) -> bool:
    with road.store.reading() as tx:
        return bool(holds.copies(tx))


def destroy_uncovered(road: Road) -> int:
    """Do the deletions that holds put off: destroy each sealed copy that no hold covers any more."""
    destroyed = 0
    with road.store.transaction() as tx:
        for copy in holds.copies(tx):
            if cover_of(road, tx, copy.post_key) is not Cover.NONE:
                continue
            holds.drop_sealed(tx, copy.post_key)
            veils.lift(tx, copy.post_key, veils.SEALED)
            audit.write(tx, road.clock(), "homeward", "hold.destroyed", _named(road, copy.post_key))
            destroyed += 1
    return destroyed
