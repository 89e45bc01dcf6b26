"""Second signs and turned-down pairs at the moment of writing: what must hold on both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from bot.engine.local import LocalEngine
from bot.pipeline import showing
from store import cases, matches, merges, photos, posts
from store import tables as t
from store.db import Store, Transaction
from store.records.match import Decision, Match, Tier, Verdict
from store.records.post import Author
from store.records.registry import Merge, MergeKind
from store.records.work import Stage
from tests import makers
from tests.stores import START, Clock

CASE, OTHER = "reg.example/1", "reg.example/2"
NOT_YET_S = 0.5


def road_on(store: Store, clock: Clock) -> Any:
    return cast(Any, SimpleNamespace(clock=clock, engine=LocalEngine(store, clock)))


def found_in(tx: Transaction, letter: str, number: int, case_id: str = CASE) -> Match:
    """A new picture of an author of its own, so like the child that it stands out by itself."""
    face = makers.face(makers.photo(letter))
    post = replace(makers.post(number), author=Author(f"{number}", f"a{number}@social.example"))
    posts.put(tx, post, makers.ALL, START)
    photos.put(tx, makers.photo(letter), START)
    photos.put_faces(tx, [face])
    made = makers.match(face, post.key, score=9.0, tier=Tier.ALERT)
    return replace(made, case_id=case_id, key=f"{face.key}|{case_id}")


def test_of_two_signs_found_at_once_the_second_sees_the_first(store: Store, clock: Clock) -> None:
    road, is_done = road_on(store, clock), threading.Event()
    with store.transaction() as tx:
        cases.add(tx, makers.case(id=CASE), by="ana", at=START, evidence="x")
        one, other = found_in(tx, "a", 1), found_in(tx, "b", 2)

    def write_other() -> None:
        with store.transaction() as tx:
            showing.write(road, tx, [other])
        is_done.set()

    beside = threading.Thread(target=write_other)
    with store.transaction() as tx:
        showing.write(road, tx, [one])
        beside.start()
        assert not is_done.wait(NOT_YET_S), "the second writer did not wait for the first"
    beside.join(30)
    assert is_done.is_set()
    with store.reading() as tx:
        tiers = {key: matches.get(tx, key).match.tier for key in (one.key, other.key)}
        called = set(tx.execute(t.jobs.select().where(t.jobs.c.stage == Stage.MATCH.value)).scalars("key"))
    assert tiers == {one.key: Tier.REVIEW, other.key: Tier.ALERT}
    assert called == {one.post_key}, "the first is compared again, now that it has a second sign"


def test_a_pair_turned_down_beside_one_registration_stays_so_while_the_two_are_merged(
    store: Store, clock: Clock
) -> None:
    road = road_on(store, clock)
    with store.transaction() as tx:
        for case_id in (CASE, OTHER):
            cases.add(tx, makers.case(id=case_id), by="ana", at=START, evidence="x")
        of_other, of_case = found_in(tx, "a", 1, OTHER), found_in(tx, "b", 2, CASE)
        showing.write(road, tx, [of_other, of_case])
        for each in (of_other, of_case):
            matches.decide(tx, Decision(each.key, Verdict.NOT_THIS_CHILD, "rob", START, ""))
        again = [
            replace(of_other, case_id=CASE, key=f"{of_other.face_key}|{CASE}"),
            replace(of_case, reasons=()),
        ]

        def states() -> list[str | None]:
            showing.write(road, tx, again)
            return [matches.get(tx, each.key).state if _has(tx, each.key) else None for each in again]

        assert merges.merged_from(tx, CASE) == []
        number = merges.add(tx, Merge(0, CASE, OTHER, MergeKind.SAME, "one child", "rita", START))
        assert merges.merged_from(tx, CASE) == [OTHER]
        assert states() == [None, matches.REJECTED], "neither comes back beside the merged case"
        merges.undo(tx, number, by="rita", at=START)
        assert states() == [matches.OPEN, matches.REJECTED], "two children: the one verdict stands alone"
        assert matches.get(tx, of_other.key).state == matches.REJECTED


def _has(tx: Transaction, key: str) -> bool:
    return tx.execute(t.matches.select().where(t.matches.c.key == key)).first() is not None
