"""What posts claim (where, when, who), as rows. Reads no text."""

from __future__ import annotations

import sqlalchemy as sa

from store import campaign_changes, tag_marks
from store import tables as t
from store.codec import from_json, to_json
from store.db import Transaction, upsert
from store.records.sighting import FirstHand, Sighting, When, Where, Who


def put(tx: Transaction, sighting: Sighting) -> None:
    """Keep what was read from a post; read again, it is replaced."""
    where, when = sighting.where.best, sighting.when.best
    row = {
        "post_key": sighting.post_key,
        "where": to_json(sighting.where),
        "when": to_json(sighting.when),
        "who": to_json(sighting.who),
        "first_hand": sighting.first_hand.value,
        "first_hand_why": sighting.first_hand_why,
        "first_hand_weight": sighting.first_hand_weight,
        "is_sighting": sighting.is_sighting,
        "seen_from": when.start if when else None,
        "seen_until": when.end if when else None,
        "lat": where.lat if where else None,
        "lon": where.lon if where else None,
        "radius_km": where.radius_km if where else None,
        "place": where.name if where else "",
    }
    upsert(tx, t.sightings, [row])
    campaign_changes.mark(tx, sighting.post_key)
    tag_marks.put(tx, sighting.post_key)


def get(tx: Transaction, post_key: str) -> Sighting | None:
    """What was read from the post, None when nothing was yet."""
    row = tx.execute(sa.select(t.sightings).where(t.sightings.c.post_key == post_key)).first()
    if row is None:
        return None
    return Sighting(
        post_key,
        from_json(Where, row.where, subject=post_key),
        from_json(When, row.when, subject=post_key),
        from_json(Who, row.who, subject=post_key),
        FirstHand(row.first_hand),
        row.first_hand_why,
        row.is_sighting,
        row.first_hand_weight,
    )
