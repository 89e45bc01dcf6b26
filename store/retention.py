"""What the clock lets nobody keep any longer, as questions to the database: posts, photos, closed cases.

Nothing that people are at work on is named: an open or confirmed match, a lead, a hold, a talk, a reply
under way, a sighting kept open.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction
from store.matches import POSSIBLE, STANDING
from store.records.case import CaseStatus
from store.records.match import Tier
from store.records.reply import ReplyState

_UNDER_WAY = (
    ReplyState.DRAFTED,
    ReplyState.APPROVED,
    ReplyState.SENDING,
    ReplyState.UNKNOWN,
    ReplyState.WITHDRAWING,
)


def _in_use(post_key: Any, now: datetime) -> Any:
    """A condition: somebody is at work on the post."""
    m, r = t.matches.c, t.replies.c
    talks, held = t.hand_tasks.c, t.hold_posts.c
    # What lies below the line waits for nobody.
    is_shown = sa.or_(m.state == POSSIBLE, m.state.in_(STANDING) & (m.tier != Tier.SET_ASIDE.value))
    return sa.or_(
        sa.exists().where(m.post_key == post_key, is_shown),
        sa.exists().where(t.leads.c.post_key == post_key),
        sa.exists().where(held.post_key == post_key),
        sa.exists().where(t.kept_open.c.post_key == post_key, t.kept_open.c.until > now),
        sa.exists().where(t.veils.c.post_key == post_key),
        sa.exists().where(r.post_key == post_key, r.state.in_([state.value for state in _UNDER_WAY])),
        sa.exists().where(talks.post_key == post_key, talks.done_at.is_(None)),
    )


def posts_of_no_use(tx: Transaction, now: datetime, before: datetime, *, most: int) -> list[str]:
    """Posts received before `before` that were read and are no sighting, and that nobody works on."""
    p, s = t.posts.c, t.sightings.c
    query = sa.select(p.key).join_from(t.posts, t.sightings, p.key == s.post_key)
    query = query.where(p.received_at < before, p.gone_at.is_(None), ~s.is_sighting, ~_in_use(p.key, now))
    return list(tx.execute(query.order_by(p.received_at, p.key).limit(most)).scalars())


def photos_of_no_use(tx: Transaction, now: datetime, before: datetime, *, most: int) -> list[str]:
    """Digests of photos kept since before `before` that only posts show on which nobody works."""
    ph, m = t.photos.c, t.media.c
    used = sa.exists().where(m.photo == ph.digest, _in_use(m.post_key, now))
    query = sa.select(ph.digest).where(
        ph.kept_at < before,
        sa.exists().where(m.photo == ph.digest),
        ~used,
        ~sa.exists().where(t.case_photos.c.digest == ph.digest),
        ~sa.exists().where(t.known_pictures.c.digest == ph.digest),
    )
    return list(tx.execute(query.order_by(ph.kept_at, ph.digest).limit(most)).scalars())


def cases_of_the_past(tx: Transaction, before: datetime, *, most: int) -> list[str]:
    """Ids of cases closed before `before` on which no lead is open and which no removal awaits."""
    c, s = t.cases.c, t.case_steps.c
    closed = sa.select(s.case_id).where(s.status == CaseStatus.CLOSED.value)
    closed = closed.group_by(s.case_id).having(sa.func.max(s.at) < before)
    query = sa.select(c.id).where(
        c.status == CaseStatus.CLOSED.value,
        c.id.in_(closed),
        ~sa.exists().where(t.case_removals.c.case_id == c.id),
        ~sa.exists().where(t.leads.c.case_id == c.id, t.leads.c.due_at.is_not(None)),
    )
    return list(tx.execute(query.order_by(c.id).limit(most)).scalars())


def posts_showing(tx: Transaction, digest: str) -> list[str]:
    """Keys of posts that show this photo, veiled ones too."""
    query = sa.select(t.media.c.post_key).where(t.media.c.photo == digest).distinct()
    return list(tx.execute(query.order_by(t.media.c.post_key)).scalars())
