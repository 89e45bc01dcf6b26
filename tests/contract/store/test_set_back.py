"""After the clock was set back nothing waits for the hour it showed before."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from store import jobs, outbox, posts, set_back
from store import tables as t
from store.db import Store
from store.records.permit import Permit
from store.records.work import Stage
from tests import makers
from tests.stores import START

DAY = timedelta(days=1)


def test_what_waits_for_tomorrow_by_a_wrong_clock_is_due_as_it_was_meant(store: Store) -> None:
    soon, ahead = timedelta(minutes=5), START + DAY
    with store.transaction() as tx:
        jobs.enqueue(tx, Stage.LOOK, "soon", priority=0, not_before=ahead + soon, now=ahead)
        jobs.enqueue(tx, Stage.LOOK, "due", priority=0, not_before=START - soon, now=ahead)
        jobs.enqueue(tx, Stage.SEND, "held", priority=0, not_before=START - soon, now=ahead)
        jobs.claim(tx, [Stage.SEND], now=ahead, lease=soon, most=1)
        posts.put(tx, makers.post(), Permit(True, True, True), START)
        outbox.add(tx, makers.reply(not_before=ahead + soon), to_author="ana-id")
        assert set_back.move(tx, START, DAY) == 3
    with store.reading() as tx:
        waiting = {row.key: row for row in tx.execute(sa.select(t.jobs))}
        assert waiting["soon"].not_before == START + soon
        assert waiting["due"].not_before == START - soon
        assert waiting["held"].lease_until == START + soon
        assert tx.execute(sa.select(t.replies.c.not_before)).scalar_one() == START + soon


def test_nothing_is_moved_to_before_now(store: Store) -> None:
    with store.transaction() as tx:
        jobs.enqueue(tx, Stage.LOOK, "k", priority=0, not_before=START + timedelta(hours=2), now=START)
        set_back.move(tx, START, DAY)
        assert tx.execute(sa.select(t.jobs.c.not_before)).scalar_one() == START
