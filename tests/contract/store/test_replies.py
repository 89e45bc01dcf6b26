"""Opt-outs, switches, levels, words, talks and tasks: what must hold on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store import brake, conversations, levels, optouts, outbox, veils
from store.db import Store
from store.errors import Conflict, Missing
from store.records.reply import Level, Purpose, ReplyState
from store.records.replying import Erasure, HandTask, Marks, OptOut, Release, SelfTest, Talk
from tests import makers
from tests.stores import START

DAY = timedelta(days=1)
TALK = Talk("x:2", "x:1", "x", "ana", "", START, START + DAY, b"sealed", "k")


def test_an_opt_out_is_one_person_under_all_their_digests(store: Store) -> None:
    wish = OptOut("a" * 64, "mastodon", False, "asked", START)
    with store.transaction() as tx:
        assert optouts.put(tx, {"d1", "d2"}, wish) and not optouts.put(tx, {"d1", "d2"}, wish)
        assert optouts.put(tx, {"d1", "d3"}, wish), "another digest of the same person"
        assert optouts.put(tx, {"d4"}, OptOut("b" * 64, "x", True, "asked", START + DAY))
        assert (
            optouts.has_any(tx, {"zz", "d3"})
            and not optouts.has_any(tx, {"zz"})
            and not optouts.has_any(tx, ())
        )
        assert [each.person[0] for each in optouts.listing(tx)] == ["b", "a"] and optouts.count(tx) == 2
        for wrong in ("", "c", "zz%"):
            with pytest.raises(Missing):
                optouts.remove(tx, wrong)
        optouts.remove(tx, "a" * 16)
        assert not optouts.has_any(tx, {"d1", "d2", "d3"}) and optouts.count(tx) == 1


def test_wishes_to_be_erased_come_by_their_day_and_are_done_once(store: Store) -> None:
    late = Erasure("REF2", "x", b"who", "k", START, START + DAY)
    soon = Erasure("REF1", "x", b"who", "k", START, START + DAY / 2)
    with store.transaction() as tx:
        assert (
            optouts.ask_erasure(tx, late)
            and optouts.ask_erasure(tx, soon)
            and not optouts.ask_erasure(tx, soon)
        )
        assert optouts.erasures(tx) == [soon, late] and optouts.erasure(tx, "REF2") == late
        optouts.finish_erasure(tx, "REF1", by="rob", note="done", at=START)
        assert [each.reference for each in optouts.erasures(tx)] == ["REF2", "REF1"]
        with pytest.raises(Conflict):
            optouts.finish_erasure(tx, "REF1", by="rob", note="done", at=START)
        with pytest.raises(Missing):
            optouts.erasure(tx, "REF9")


def test_switches_and_self_tests_are_kept(store: Store) -> None:
    with store.transaction() as tx:
        assert brake.stopping(tx) == [] and brake.switch(tx, brake.PAUSE) is None
        brake.turn(tx, brake.PAUSE, on=True, by="ana", why="a doubt", at=START)
        brake.turn(tx, brake.BREAKER, on=True, by="homeward", why="volume", at=START + DAY)
        assert [each.name for each in brake.stopping(tx)] == ["pause", "breaker"]
        brake.turn(tx, brake.PAUSE, on=False, by="ben", why="it was nothing", at=START + DAY)
        assert [each.by for each in brake.stopping(tx)] == ["homeward"]
        held = brake.switch(tx, brake.PAUSE)
        assert held is not None and (held.on, held.by) == (False, "ben")
        test = SelfTest("channels", START, True, "told 1 of 1")
        brake.put_test(tx, test)
        assert brake.last_test(tx, "channels") == test and brake.last_test(tx, "other") is None


def test_the_last_accepted_level_counts_and_is_decided_once(store: Store) -> None:
    with store.transaction() as tx:
        assert levels.accepted(tx) is None
        first = levels.ask(tx, Level.CONFIRM, by="ana", why="tried", at=START)
        second = levels.ask(tx, Level.AUTO, by="ben", why="tried", at=START)
        levels.decide(tx, second.number, accepted=True, by="ana", at=START + DAY)
        levels.decide(tx, first.number, accepted=False, by="ben", at=START + DAY)
        with pytest.raises(Conflict):
            levels.decide(tx, first.number, accepted=True, by="ben", at=START + DAY)
        held = levels.accepted(tx)
        assert held is not None and (held.level, held.decided_by) == (Level.AUTO, "ana")
        assert [each.number for each in levels.changes(tx)] == [second.number, first.number]
        with pytest.raises(Missing):
            levels.change(tx, 99)


def test_the_newest_approved_words_are_in_force_until_they_are_ended(store: Store) -> None:
    with store.transaction() as tx:
        made = [
            levels.write(tx, Purpose.RECEIPT, "en", f"text {n}", by="ana", why="shorter", at=START)
            for n in range(3)
        ]
        for each, at in ((made[0], START), (made[1], START + DAY)):
            levels.approve(tx, each.number, by="ben", at=at)
        assert [each.text for each in levels.in_force(tx)] == ["text 1"]
        with pytest.raises(Conflict):
            levels.approve(tx, made[1].number, by="ben", at=START)
        levels.end(tx, made[1].number, by="ben", why="wrong", at=START + DAY)
        assert [each.mark for each in levels.in_force(tx)] == [f"receipt/en/{made[0].number}"]
        with pytest.raises(Conflict):
            levels.end(tx, made[1].number, by="ben", why="wrong", at=START + DAY)
        assert len(levels.wordings(tx)) == 3


def test_releases_are_kept_once_a_kind(store: Store) -> None:
    made = Release("c", "family", "ana", "letter", START)
    with store.transaction() as tx:
        assert levels.release(tx, made) and not levels.release(tx, made)
        assert levels.releases(tx, "c") == [made] and levels.releases(tx, "d") == []


def test_what_no_outsider_may_read_is_that_of_all_cases(store: Store) -> None:
    from store import cases

    with store.transaction() as tx:
        cases.add(
            tx, makers.case(1, full_name="A B", last_seen_place="Camden"), by="r", at=START, evidence="x"
        )
        assert {"A B", "Camden", makers.case(1).id} <= set(levels.unsaid(tx)) and "" not in levels.unsaid(tx)


def test_messages_are_kept_forgotten_and_hidden(store: Store) -> None:
    with store.transaction() as tx:
        assert conversations.put(tx, TALK) and not conversations.put(tx, TALK)
        assert conversations.get(tx, "x:2") == TALK and conversations.of_post(tx, "x:1") == [TALK]
        assert conversations.has_private(tx, "ana") and not conversations.has_private(tx, "ben")
        assert (conversations.drop_due(tx, START), conversations.drop_due(tx, START + DAY)) == (0, 1)
        assert conversations.get(tx, "x:2").sealed is None and conversations.waiting(tx) == 1
        veils.put(tx, "x:1", veils.SAFEGUARDING, START)
        assert conversations.listing(tx) == [] and conversations.waiting(tx) == 0
        veils.lift(tx, "x:1", veils.SAFEGUARDING)
        conversations.close(tx, "x:2", by="rob", at=START)
        assert conversations.listing(tx)[0].closed_by == "rob"
        conversations.forget(tx, "x:1")
        assert conversations.find(tx, "x:2") is None
        with pytest.raises(Missing):
            conversations.get(tx, "x:2")


def test_marks_tell_caps_of_thread_and_hashtags_and_versions_of_their_rows(store: Store) -> None:
    row, bare = makers.reply(), makers.reply(key="receipt|p", post_key="p")
    marks = Marks("thread", ("found",), "receipt/en/1", 480, "rob")
    with store.transaction() as tx:
        for each in (row, bare):
            outbox.add(tx, each, to_author="ana")
            approved = outbox.move(tx, each, ReplyState.APPROVED)
            outbox.claim(tx, approved, lease_until=START)
        conversations.mark(tx, row.key, marks)
        assert (
            conversations.marks_of(tx, row.key) == marks and conversations.marks_of(tx, bare.key) == Marks()
        )
        found = {
            (each.to_author, each.thread, tuple(each.hashtags or ()))
            for each in conversations.history(tx, since=START)
        }
        assert found == {("ana", "thread", ("found",)), ("ana", None, ())}
        assert conversations.history(tx, since=START + DAY) == []
        assert conversations.with_wording(tx, "receipt/en/1", [ReplyState.SENDING]) == [row.key]
        assert conversations.to_author(tx, "ana", [ReplyState.SENDING]) == sorted([row.key, bare.key])
        assert outbox.to_names(tx, {"ana"}, [ReplyState.SENDING]) == sorted([row.key, bare.key])
        assert outbox.to_names(tx, {"ana"}, [ReplyState.SENDING], "x") == []


def test_a_task_by_hand_is_done_once_and_goes_with_its_post(store: Store) -> None:
    task = HandTask("k", "x:1", "x", Purpose.PRIVATE_FOLLOW_UP, "en", "words", "named us", START)
    with store.transaction() as tx:
        assert conversations.add_task(tx, task) and not conversations.add_task(tx, task)
        assert conversations.tasks(tx) == [task]
        conversations.finish_task(tx, "k", by="rob", outcome="written", at=START)
        with pytest.raises(Conflict):
            conversations.finish_task(tx, "k", by="rob", outcome="written", at=START)
        with pytest.raises(Missing):
            conversations.finish_task(tx, "z", by="rob", outcome="written", at=START)
        assert conversations.add_task(tx, HandTask("l", "x:1", "x", Purpose.THANKS, "en", "w", "c", START))
        conversations.cancel_tasks(tx, "x:1", why="the post is gone", at=START)
        assert {each.done_by for each in conversations.tasks(tx)} == {"rob", "homeward"}
        conversations.forget(tx, "x:1")
        assert {each.text for each in conversations.tasks(tx)} == {""}
