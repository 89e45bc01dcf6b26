"""Tries to come in, and the order of the review pile: what must hold on both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from store import match_votes, matches, tries
from store import tables as t
from store.db import Store
from store.records.match import Match, Tier
from tests import makers
from tests.stores import START, Clock

SPAN = timedelta(minutes=1)


def count(store: Store, *slots: int, at: Clock) -> float:
    with store.transaction() as tx:
        tries.tidy(tx, at(), within=SPAN)
        return tries.count(tx, slots, at(), most=3, within=SPAN)


def test_tries_are_counted_in_every_slot_until_one_has_had_enough(store: Store, clock: Clock) -> None:
    assert [count(store, 7, 8, at=clock) for _ in range(4)] == [0, 0, 0, 60]
    clock.tick(seconds=20)
    assert count(store, 7, 9, at=clock) == 40 and count(store, 9, at=clock) == 0
    with store.reading() as tx:
        assert tries.left_s(tx, [7], clock(), most=3, within=SPAN) == 40
        assert tries.left_s(tx, [9, 10], clock(), most=3, within=SPAN) == 0
    with store.transaction() as tx:
        tries.clear(tx, 7)
    assert count(store, 7, at=clock) == 0
    clock.tick(seconds=61)
    assert count(store, 8, at=clock) == 0
    with store.reading() as tx:
        assert tries.rows(tx) == 1, "what nobody tried within the span is forgotten"


def test_of_many_who_try_at_the_same_moment_no_more_are_let_through_than_may(
    store: Store, clock: Clock
) -> None:
    start, waits = threading.Barrier(6), []

    def attempt(number: int) -> None:
        start.wait(60)
        waits.append(count(store, *((3, 4) if number % 2 else (4, 3)), at=clock))

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert sorted(wait == 0 for wait in waits) == [False] * 3 + [True] * 3


def put(store: Store, number: int, **changes: float | None) -> Match:
    of = makers.face(replace(makers.photo(), digest=f"{number:064x}"))
    made = makers.match(of, f"mastodon:{number}")
    made = replace(made, tier=Tier.REVIEW, **changes)  # type: ignore[arg-type]
    with store.transaction() as tx:
        matches.put(tx, made, START)
    return made


def test_the_pile_is_read_by_what_stands_out_in_pages_and_never_sorted(store: Store) -> None:
    made = [put(store, n, similarity=0.1 * n, score=None if n % 2 else 5.0 - n) for n in range(1, 8)]
    wanted = sorted(made, key=lambda each: (matches.standing_out(each), each.key), reverse=True)
    with store.reading() as tx:
        found, before = [], None
        while rows := matches.queue(tx, Tier.REVIEW, before=before, most=2):
            found += [row.match.key for row in rows]
            before = (matches.standing_out(rows[-1].match), rows[-1].match.key)
        assert found == [each.key for each in wanted]
        if store.is_sqlite:
            m = t.matches.c
            query = sa.select(m.key).where(m.state == "open", m.tier == "review")
            query = query.order_by(m.stands_out.desc(), m.key.desc()).limit(2)
            words = str(query.compile(store.engine, compile_kwargs={"literal_binds": True}))
            plan = " ".join(str(row[-1]) for row in tx.execute(sa.text(f"EXPLAIN QUERY PLAN {words}")))
            assert "ix_matches_queue" in plan and "TEMP B-TREE" not in plan


def test_what_changes_in_a_match_changes_its_place_in_the_pile(store: Store) -> None:
    low, high = put(store, 1, similarity=0.2), put(store, 2, similarity=0.3)
    with store.transaction() as tx:
        matches.put(tx, replace(low, score=4.4), START)
        assert [row.match.key for row in matches.queue(tx, Tier.REVIEW)] == [low.key, high.key]


def test_of_two_who_ask_at_the_same_moment_one_gets_the_candidate(store: Store, clock: Clock) -> None:
    lease, start, won = timedelta(minutes=10), threading.Barrier(4), []

    def claim(who: str) -> None:
        start.wait(60)
        with store.transaction() as tx:
            if match_votes.claim(tx, "one", who, at=clock(), lease=lease):
                won.append(who)

    threads = [threading.Thread(target=claim, args=(f"r{number}",)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert len(won) == 1
    with store.transaction() as tx:
        assert match_votes.claim(tx, "one", won[0], at=clock(), lease=lease), "one's own is taken again"
        clock.tick(minutes=11)
        assert match_votes.claim(tx, "one", "late", at=clock(), lease=lease), "the lease is over"
