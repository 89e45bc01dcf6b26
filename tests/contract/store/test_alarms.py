"""Counts by hashtag, and who has seen which alarm: what must hold on both databases."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from store import acknowledgements, campaign, hourly
from store.db import Store
from store.records.campaign import Acknowledgement, Notice
from tests.stores import START

HOUR = timedelta(hours=1)


def test_counts_are_kept_for_the_source_and_for_each_of_its_tags(store: Store) -> None:
    with store.transaction() as tx:
        hourly.add(tx, "s", START, 3, {"a": 2, "b": 0})
        hourly.add(tx, "s", START, 1, {"a": 1})
        hourly.add(tx, "s", START + HOUR, 5)
        whole = hourly.counts(tx, "s", since=START - HOUR, until=START + 2 * HOUR)
        assert list(whole.values()) == [4, 5]
        until = START + 2 * HOUR
        assert list(hourly.counts(tx, "s", since=START - HOUR, until=until, tag="a").values()) == [3]
        assert list(hourly.counts(tx, "s", since=START - HOUR, until=until, tag="b").values()) == [0]
        found = hourly.by_tag(tx, since=hourly.hour_of(START))
        assert {key: sum(counts.values()) for key, counts in found.items()} == {
            ("s", ""): 9, ("s", "a"): 3, ("s", "b"): 0,
        }  # fmt: skip
        hourly.forget(tx, before=START + 9 * HOUR)
        assert hourly.by_tag(tx, since=START - HOUR) == {}


def test_an_acknowledgement_stands_until_its_alarm_is_over_and_then_is_history(store: Store) -> None:
    said = Acknowledgement("silence:s", START, "quiet", "ana", "server move")
    with store.transaction() as tx:
        campaign.notice(tx, "silence:s", "quiet", START)
        acknowledgements.put(tx, said)
        assert campaign.standing(tx) == [Notice("silence:s", "quiet", START)]
        assert acknowledgements.standing(tx) == {"silence:s": said}
        campaign.notice(tx, "other", "", START)
        assert acknowledgements.standing(tx) == {"silence:s": said}
        campaign.notice(tx, "silence:s", "", START + HOUR)
        assert acknowledgements.standing(tx) == {}
        (kept,) = acknowledgements.history(tx)
        assert (kept.by, kept.note, kept.ended_at) == ("ana", "server move", START + HOUR)


def test_a_notice_that_is_dropped_for_its_age_is_over_too(store: Store) -> None:
    with store.transaction() as tx:
        campaign.notice(tx, "gone:A", "old", START)
        acknowledgements.put(tx, Acknowledgement("gone:A", START, "old", "ana"))
        campaign.drop_notices(tx, "gone:", before=START + HOUR)
        assert acknowledgements.standing(tx) == {}


def test_the_database_knows_each_said_alarm_once(store: Store) -> None:
    with store.transaction() as tx:
        for note in ("first", "the same moment again"):
            acknowledgements.put(tx, Acknowledgement("n", START, "w", "ana", note))
        assert [each.note for each in acknowledgements.history(tx)] == ["the same moment again"]
        assert tx.execute(sa.text("SELECT COUNT(*) FROM acknowledgements")).scalar_one() == 1
