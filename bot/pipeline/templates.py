"""How long the vector of a sighting's face is kept: some days from its first, longer while it is kept open.

Whether it may be kept at all is the permit's matter (bot/pipeline/look.py asks); nothing is compared here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.faces.analyse import FoundFace, analyse
from bot.pipeline.road import Road
from store import kept_open, photos, vectors
from store.db import Transaction
from store.records.work import Stage

MOST_BATCHES = 200


@dataclass(frozen=True, slots=True)
class Embedded:
    """The faces of a photo with their vectors, and the digest of the model that made these."""

    model: str = ""
    faces: tuple[FoundFace, ...] = ()


def embedded(road: Road, served_jpeg: bytes, photo: str) -> Embedded:
    """Find and embed the faces of a photo with the model in force. Raises PhotoRefused, ModelError."""
    model = road.faces()
    return Embedded(model.digest, tuple(analyse(model, served_jpeg, photo)))


def keep(road: Road, tx: Transaction, post_key: str, photo: str, made: Embedded) -> None:
    """Keep the faces of a photo that a post shows, and their vectors for as long as they may be.

    A face whose time is over keeps no vector, however often its photo is looked at again.
    """
    now = road.clock()
    photos.put_faces(tx, [item.face for item in made.faces])
    begun = vectors.since(tx, [item.face.key for item in made.faces if item.embedding is not None], now)
    for item in made.faces:
        if item.embedding is None:
            continue
        until = ends_at(road, tx, photo, begun[item.face.key])
        if until > now:
            photos.put_vector(
                tx, item.face.key, made.model, item.embedding,
                holder=photos.SIGHTING, at=now, expires_at=until,
            )  # fmt: skip
    if made.faces and road.faces().digest != made.model:
        road.engine.enqueue(tx, Stage.LOOK, post_key)  # Another model came into force meanwhile.


def ends_at(road: Road, tx: Transaction, photo: str, since: datetime) -> datetime:
    """Until when a vector first stored at `since` is kept: its days, or while a sighting is kept open."""
    usual = since + timedelta(days=road.rules.template_days)
    kept = kept_open.latest_of_photo(tx, photo)
    return usual if kept is None else max(usual, kept)


def set_ends(road: Road, tx: Transaction, digests: Iterable[str]) -> bool:
    """Compute anew until when the vectors of these photos are kept. False if one has none any more."""
    are_there, model = True, road.faces().digest
    for digest in digests:
        keys = [face.key for face in photos.faces_of(tx, digest)]
        for key, since in vectors.since_of(tx, keys).items():
            vectors.set_end(tx, key, ends_at(road, tx, digest, since))
            are_there &= photos.vector_of(tx, key, model) is not None
    return are_there


def forget_due(road: Road) -> int:
    """Forget the vectors whose time is over, and what was said about sightings kept open until now."""
    gone, now = 0, road.clock()
    for _ in range(MOST_BATCHES):
        with road.store.transaction() as tx:
            kept_open.drop_over(tx, now)
            part = vectors.drop_due(tx, now)
        gone += part
        if not part:
            break
    return gone
