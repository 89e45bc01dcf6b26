"""The last arrow: whatever the platform does, a reply goes out at most once, and its row says so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.pipeline import optouts, work
from bot.pipeline import reply as reply_arrow
from bot.pipeline.road import Road
from bot.rules.caps import Caps
from bot.senders.fake import FakeSender, Fault
from bot.services import brake, replies
from store import outbox, posts, steps
from store.errors import Conflict, LeaseLost, NeedsPerson, NotAllowed, RateLimited, Unreachable, UsageError
from store.records.post import Gone, Platform, Post
from store.records.reply import NEXT_STATES, Level, Receipt, Reply, ReplyState, Unknown
from store.records.work import Job, Stage
from tests import makers
from tests.desk import Desk, open_desk
from tests.stores import START

S = ReplyState


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Opens a desk; `honours_keys` and `can_list` shape its platform, the rest its reply plan."""
    made: list[Road] = []

    def build(**options: Any) -> Desk:
        desk = open_desk(tmp_path, **options)
        made.append(desk.road)
        return desk

    yield build
    steps.listen(None)
    for road in made:
        road.store.close()


@pytest.fixture
def desk(make: Callable[..., Desk]) -> Desk:
    return make()


def test_a_reply_goes_out_once_with_its_receipt(desk: Desk) -> None:
    key = desk.draft()
    desk.run()
    row = desk.row(key)
    assert (row.state, desk.standing, desk.platform.made) == (S.SENT, 1, 1)
    assert row.receipt_id == "r1" and row.receipt_url and row.sent_at == START
    assert row.approved_by == "policy: auto"
    assert desk.audited(key) == ["reply.drafted", "reply.sent"]
    assert desk.road.engine.due_in(desk.clock()) is None


def test_the_same_post_drafted_again_is_one_row_and_one_reply(desk: Desk) -> None:
    key = desk.draft()
    desk.run()
    with desk.road.store.transaction() as tx:
        reply_arrow.make_certain(desk.road, tx, posts.get(tx, desk.row(key).post_key))
        desk.road.engine.enqueue(tx, Stage.SEND, key)
    desk.run()
    assert desk.platform.made == 1


@pytest.mark.parametrize("honours_keys", [True, False])
def test_a_lost_answer_is_unknown_then_found_then_sent(make: Callable[..., Desk], honours_keys: bool) -> None:
    desk = make(honours_keys=honours_keys)
    key = desk.draft()
    desk.sender.faults.append(Fault.LOSE_ANSWER)
    desk.off()
    assert desk.row(key).state is S.UNKNOWN
    assert desk.row(key).why == "no answer came"
    desk.off()
    assert desk.row(key).state is S.UNKNOWN, "it is looked up only after a pause"
    desk.run()
    assert (desk.row(key).state, desk.row(key).receipt_id) == (S.SENT, "r1")
    assert (desk.standing, desk.platform.made) == (1, 1)


@pytest.mark.parametrize("honours_keys", [True, False])
def test_a_lost_request_is_sent_again_once(make: Callable[..., Desk], honours_keys: bool) -> None:
    desk = make(honours_keys=honours_keys)
    key = desk.draft()
    desk.sender.faults.append(Fault.LOSE_REQUEST)
    desk.run()
    row = desk.row(key)
    assert (row.state, row.attempt) == (S.SENT, 2)
    assert (desk.standing, desk.platform.made) == (1, 1)


def test_requests_that_are_always_lost_end_after_a_limited_number_of_tries(desk: Desk) -> None:
    key = desk.draft()
    desk.sender.faults.extend([Fault.LOSE_REQUEST] * 50)
    desk.run()
    row = desk.row(key)
    assert row.state is S.REFUSED and "not sent after" in row.why
    assert len(desk.sender.faults) == 50 - desk.road.plan.attempts
    assert desk.standing == 0


def test_what_the_platform_cannot_tell_is_left_to_a_person_and_never_sent_again(
    make: Callable[..., Desk],
) -> None:
    desk = make(honours_keys=False, can_list=False)
    key = desk.draft()
    desk.sender.faults.append(Fault.LOSE_REQUEST)
    desk.run(hours=30)
    row = desk.row(key)
    assert row.state is S.UNKNOWN
    assert "a person has to look" in row.why
    assert desk.platform.made == 0, "it was never written to again"
    assert desk.audited(key)[-1] == "reply.unknown"
    assert desk.road.engine.due_in(desk.clock()) is None, "and nobody asks for ever"
    desk.platform.can_list = True
    replies.cancel(desk.road, key, by="ana", why="not there")
    assert desk.row(key).state is S.CANCELLED


def test_a_refusal_is_final(desk: Desk) -> None:
    key = desk.draft()
    desk.sender.faults.append(Fault.REFUSE)
    desk.run()
    assert (desk.row(key).state, desk.row(key).why) == (S.REFUSED, "the platform said no")
    assert desk.platform.made == 0
    assert desk.audited(key)[-1] == "reply.refused"


def test_a_rate_limit_waits_as_long_as_asked(desk: Desk) -> None:
    key = desk.draft()
    desk.sender.faults.append(Fault.RATE_LIMIT)
    desk.off()
    assert desk.row(key).state is S.APPROVED
    desk.clock.tick(seconds=59)
    desk.off()
    assert (desk.row(key).state, desk.platform.made) == (S.APPROVED, 0)
    desk.clock.tick(seconds=2)
    desk.off()
    assert (desk.row(key).state, desk.platform.made) == (S.SENT, 1)


def test_many_rate_limits_are_no_failed_tries(desk: Desk) -> None:
    key = desk.draft()
    desk.sender.faults.extend([Fault.RATE_LIMIT] * 12)
    desk.run()
    assert (desk.row(key).state, desk.platform.made) == (S.SENT, 1)


def test_an_unreachable_platform_is_tried_again_after_the_lease(desk: Desk) -> None:
    key = desk.draft()
    desk.sender.faults.append(Fault.UNREACHABLE)
    desk.off()
    assert desk.row(key).state is S.SENDING
    desk.run()
    assert (desk.row(key).state, desk.platform.made) == (S.SENT, 1)


def test_a_paused_outbox_sends_nothing_and_goes_on_when_resumed(desk: Desk) -> None:
    brake.stop(desk.road, by="ana", why="looked into")
    key = desk.draft()
    desk.run(hours=1)
    assert (desk.row(key).state, desk.platform.made) == (S.DRAFTED, 0)
    brake.resume(desk.road, by="ana", why="it was nothing")
    desk.run(hours=1)
    assert (desk.row(key).state, desk.platform.made) == (S.SENT, 1)


def test_a_pause_in_the_last_moment_is_still_in_time(desk: Desk) -> None:
    key = desk.draft()

    def pause(name: str) -> None:
        if name == "send.before_claim":
            steps.listen(None)
            brake.stop(desk.road, by="ana", why="")

    steps.listen(pause)
    desk.run(hours=1)
    assert (desk.row(key).state, desk.platform.made) == (S.APPROVED, 0)
    brake.resume(desk.road, by="ana", why="it was nothing")
    desk.run(hours=1)
    assert desk.platform.made == 1


def test_a_doubtful_reply_is_looked_up_even_while_sending_is_paused(desk: Desk) -> None:
    key = desk.draft()
    desk.sender.faults.append(Fault.LOSE_ANSWER)
    desk.off()
    brake.stop(desk.road, by="ana", why="")
    desk.run(hours=1)
    assert (desk.row(key).state, desk.platform.made) == (S.SENT, 1)


def test_what_is_too_old_expires_unsent(make: Callable[..., Desk]) -> None:
    desk = make(max_age=timedelta(hours=2))
    brake.stop(desk.road, by="ana", why="")
    key = desk.draft()
    desk.clock.tick(hours=3)
    brake.resume(desk.road, by="ana", why="it was nothing")
    desk.run()
    assert (desk.row(key).state, desk.platform.made) == (S.EXPIRED, 0)


def test_a_delay_is_kept(make: Callable[..., Desk]) -> None:
    desk = make(delay_min=timedelta(minutes=5), delay_max=timedelta(minutes=5))
    key = desk.draft()
    desk.clock.tick(minutes=4)
    desk.off()
    assert desk.row(key).state is S.DRAFTED
    desk.clock.tick(minutes=2)
    desk.off()
    assert desk.row(key).state is S.SENT


# ── caps ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_cap_an_hour_holds_and_then_lets_go(make: Callable[..., Desk]) -> None:
    desk = make(caps=Caps(per_author_day=10, per_hour=2, per_day=10))
    keys = [desk.draft(n, author=f"a{n}") for n in range(5)]
    desk.off()
    assert desk.platform.made == 2
    desk.clock.tick(minutes=59)
    desk.off()
    assert desk.platform.made == 2
    desk.clock.tick(minutes=2)
    desk.off()
    assert desk.platform.made == 4
    desk.run()
    assert [desk.row(key).state for key in keys] == [S.SENT] * 5


def test_one_author_gets_one_reply_a_day(make: Callable[..., Desk]) -> None:
    desk = make(caps=Caps(per_author_day=1, per_hour=10, per_day=10))
    first, second, other = desk.draft(1), desk.draft(2), desk.draft(3, author="ben")
    desk.off()
    states = {desk.row(key).state for key in (first, second)}
    assert states == {S.SENT, S.APPROVED} and desk.row(other).state is S.SENT
    waiting = next(desk.row(key) for key in (first, second) if desk.row(key).state is S.APPROVED)
    assert "to this author" in waiting.why
    desk.run(hours=23)
    assert desk.platform.made == 2
    desk.run(hours=2)
    assert desk.platform.made == 3


def test_a_reply_in_doubt_counts_for_the_caps(make: Callable[..., Desk]) -> None:
    desk = make(can_list=False, caps=Caps(per_author_day=1, per_hour=10, per_day=10))
    desk.draft(1)
    desk.sender.faults.append(Fault.LOSE_ANSWER)
    desk.off()
    second = desk.draft(2)
    desk.off()
    assert (desk.row(second).state, desk.platform.made) == (S.APPROVED, 1)


def test_a_reply_that_was_taken_back_counts_for_the_caps(make: Callable[..., Desk]) -> None:
    desk = make(caps=Caps(per_author_day=1, per_hour=10, per_day=10))
    first = desk.draft(1)
    desk.off()
    replies.withdraw(desk.road, first, by="ana", why="wrong")
    second = desk.draft(2)
    desk.off()
    assert (desk.row(second).state, desk.platform.made) == (S.APPROVED, 1)


def test_a_rehearsed_reply_uses_up_no_cap(make: Callable[..., Desk]) -> None:
    desk = make(level=Level.DRY_RUN, caps=Caps(per_author_day=1, per_hour=1, per_day=1))
    assert desk.row(desk.draft(1)).level is Level.DRY_RUN
    desk.off()
    desk.road.plan = replace(desk.road.plan, level=Level.AUTO)
    second = desk.draft(2)
    desk.off()
    assert (desk.row(second).state, desk.platform.made) == (S.SENT, 1)


def test_caps_hold_when_the_place_is_taken_between_the_look_and_the_claim(make: Callable[..., Desk]) -> None:
    desk = make(caps=Caps(per_author_day=10, per_hour=1, per_day=10))
    first, second = desk.draft(1, author="a1"), desk.draft(2, author="a2")
    jobs = {job.key: job for job in desk.road.engine.claim([Stage.SEND], desk.clock())}
    ways = work.arrows(dict)

    def other_worker(name: str) -> None:
        if name == "send.before_claim":
            steps.listen(None)
            work.do(desk.road, ways, jobs[second])

    steps.listen(other_worker)
    work.do(desk.road, ways, jobs[first])
    assert desk.platform.made == 1
    assert {desk.row(first).state, desk.row(second).state} == {S.SENT, S.APPROVED}


# ── levels ───────────────────────────────────────────────────────────────────────────────────────


def test_confirm_waits_for_a_person(make: Callable[..., Desk]) -> None:
    desk = make(level=Level.CONFIRM)
    key = desk.draft()
    desk.run(hours=3)
    assert (desk.row(key).state, desk.platform.made) == (S.DRAFTED, 0)
    replies.approve(desk.road, key, by="ana")
    desk.off()
    assert (desk.row(key).state, desk.row(key).approved_by, desk.platform.made) == (S.SENT, "ana", 1)
    with pytest.raises(Conflict):
        replies.approve(desk.road, key, by="ana")


def test_what_nobody_confirms_expires(make: Callable[..., Desk]) -> None:
    desk = make(level=Level.CONFIRM, max_age=timedelta(hours=2))
    key = desk.draft()
    desk.run(hours=3)
    assert (desk.row(key).state, desk.platform.made) == (S.EXPIRED, 0)
    with pytest.raises(Conflict):
        replies.approve(desk.road, key, by="ana")


def test_a_dry_run_row_can_never_send(make: Callable[..., Desk]) -> None:
    desk = make(level=Level.DRY_RUN)
    key = desk.draft()
    with pytest.raises(NotAllowed):
        replies.approve(desk.road, key, by="ana")
    desk.run()
    assert (desk.row(key).state, desk.platform.made) == (S.REHEARSED, 0)
    desk.road.plan = replace(desk.road.plan, level=Level.AUTO)
    with desk.road.store.transaction() as tx:
        desk.road.engine.enqueue(tx, Stage.SEND, key)
        reply_arrow.make_certain(desk.road, tx, posts.get(tx, desk.row(key).post_key))
    desk.run()
    assert (desk.row(key).state, desk.platform.made) == (S.REHEARSED, 0)
    assert NEXT_STATES[S.REHEARSED] == frozenset()


def test_a_dry_run_row_that_was_tampered_into_approved_is_not_sent_either(make: Callable[..., Desk]) -> None:
    desk = make(level=Level.DRY_RUN)
    key = desk.draft()
    with desk.road.store.transaction() as tx:
        outbox.move(tx, outbox.get(tx, key), S.APPROVED, approved_by="eve")
    desk.run()
    assert desk.platform.made == 0


def test_a_row_waits_for_a_sender_that_is_not_set_up_yet(desk: Desk) -> None:
    key = desk.draft()
    desk.road.senders = {}
    desk.run(hours=1)
    assert desk.row(key).state is S.APPROVED and "no sender" in desk.row(key).why
    desk.road.senders = {"mastodon": desk.sender}
    desk.run(hours=1)
    assert (desk.row(key).state, desk.platform.made) == (S.SENT, 1)


def test_a_row_waits_until_a_person_has_mended_what_the_sender_lacks(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = desk.draft()

    def lacking(_: Reply) -> str:
        raise NeedsPerson("homeward", "the token has ended; sign in again")

    monkeypatch.setattr(desk.sender, "may_answer", lacking)
    desk.run(hours=5)
    assert (desk.row(key).state, desk.row(key).why) == (S.APPROVED, "the token has ended; sign in again")
    monkeypatch.undo()
    desk.run(hours=1)
    assert (desk.row(key).state, desk.platform.made) == (S.SENT, 1)


def test_without_a_sender_a_row_expires_in_the_end(make: Callable[..., Desk]) -> None:
    desk = make(max_age=timedelta(hours=2))
    key = desk.draft()
    desk.road.senders = {}
    desk.run(hours=4)
    assert desk.row(key).state is S.EXPIRED
    assert desk.road.engine.due_in(desk.clock()) is None


# ── what may have changed since the draft ────────────────────────────────────────────────────────


def test_a_post_that_is_gone_on_its_platform_is_not_answered(desk: Desk) -> None:
    key = desk.draft()
    desk.platform.delete("1")
    desk.run()
    assert (desk.row(key).state, desk.row(key).why) == (S.CANCELLED, "the post is gone")
    assert desk.platform.made == 0


def test_a_post_whose_deletion_we_know_is_not_answered(desk: Desk) -> None:
    key = desk.draft()
    with desk.road.store.transaction() as tx:
        posts.wipe(tx, Gone(desk.row(key).post_key, Platform.MASTODON, "deleted", desk.clock()))
    desk.run()
    assert (desk.row(key).state, desk.platform.made) == (S.CANCELLED, 0)


def test_a_post_that_no_longer_names_us_is_not_answered(desk: Desk) -> None:
    key = desk.draft()
    desk.platform.edit("1", names_us=False)
    desk.run()
    assert (desk.row(key).state, desk.platform.made) == (S.CANCELLED, 0)


def test_an_author_who_opted_out_meanwhile_is_not_answered(make: Callable[..., Desk]) -> None:
    desk = make(delay_min=timedelta(minutes=5), delay_max=timedelta(minutes=5))
    key = desk.draft()
    with desk.road.store.transaction() as tx:
        author = posts.get(tx, desk.row(key).post_key).author
        optouts.put(desk.road, tx, Platform.MASTODON, author, everywhere=False, why="asked")
        assert outbox.get(tx, key).state is S.CANCELLED, "at once"
    desk.run()
    assert (desk.row(key).why, desk.platform.made) == ("the author asked for no messages", 0)


def test_without_the_legal_block_nothing_that_was_drafted_before_goes_out(make: Callable[..., Desk]) -> None:
    desk = make(delay_min=timedelta(minutes=5), delay_max=timedelta(minutes=5))
    key = desk.draft()
    desk.road.rules = replace(desk.road.rules, legal=None)
    desk.run()
    assert (desk.row(key).state, desk.platform.made) == (S.CANCELLED, 0)
    assert "legal" in desk.row(key).why


# ── two workers, late workers, people in between ─────────────────────────────────────────────────


def test_two_workers_on_one_row_send_one_reply(desk: Desk) -> None:
    key = desk.draft()
    with desk.road.store.transaction() as tx:
        outbox.move(tx, outbox.get(tx, key), S.APPROVED, approved_by="ana")
    (job,) = desk.road.engine.claim([Stage.SEND], desk.clock())
    gate = threading.Barrier(2, timeout=10)
    steps.listen(lambda name: gate.wait() if name == "send.before_claim" else None)
    ways = work.arrows(dict)
    threads = [threading.Thread(target=work.do, args=(desk.road, ways, job)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    steps.listen(None)
    assert not gate.broken, "both were at the claim at once"
    desk.run()
    assert (desk.row(key).state, desk.standing, desk.platform.made) == (S.SENT, 1, 1)


def test_a_worker_that_comes_back_after_its_lease_changes_nothing(desk: Desk) -> None:
    """The first worker stalls in the call; the second looks the reply up and finishes."""
    key = desk.draft()
    (job,) = desk.road.engine.claim([Stage.SEND], desk.clock())
    meanwhile: list[ReplyState] = []

    def stall(name: str) -> None:
        if name == "send.after_call":
            steps.listen(None)
            desk.clock.tick(minutes=5)
            desk.off()
            meanwhile.append(desk.row(key).state)

    steps.listen(stall)
    assert not work.do(desk.road, work.arrows(dict), job)
    assert meanwhile == [S.SENT]
    assert (desk.row(key).state, desk.row(key).attempt, desk.platform.made) == (S.SENT, 1, 1)
    assert desk.audited(key).count("reply.sent") == 1


def test_a_row_whose_sender_may_still_be_at_it_is_left_alone(make: Callable[..., Desk]) -> None:
    """A second worker comes before the first has called: that the platform has nothing proves nothing yet."""
    desk = make(honours_keys=False)
    key = desk.draft()
    (job,) = desk.road.engine.claim([Stage.SEND], desk.clock())
    ways, seen = work.arrows(dict), []

    def second(name: str) -> None:
        if name == "send.after_claim":
            steps.listen(None)
            work.do(desk.road, ways, job)
            desk.off()
            seen.append((desk.row(key).state, desk.row(key).attempt))

    steps.listen(second)
    work.do(desk.road, ways, job)
    assert seen == [(S.SENDING, 1)]
    desk.run()
    assert (desk.row(key).state, desk.standing, desk.platform.made) == (S.SENT, 1, 1)


def test_a_request_that_arrives_late_is_found_before_the_second_try(make: Callable[..., Desk]) -> None:
    """The lookup found nothing, and then the slow first request arrives after all."""
    desk = make(honours_keys=False)
    key = desk.draft()
    desk.sender.faults.append(Fault.LOSE_REQUEST)

    def arrive(name: str) -> None:
        row = desk.row(key)
        if name == "send.before_claim" and row.attempt == 1:
            steps.listen(None)
            account = desk.sender.account
            desk.platform.accept(account, row.to_native_id, row.text, row.idempotency_key, desk.clock())

    steps.listen(arrive)
    desk.run()
    assert (desk.row(key).state, desk.row(key).receipt_id) == (S.SENT, "r1")
    assert (desk.standing, desk.platform.made) == (1, 1)


def test_a_worker_that_died_before_the_call_is_followed_by_one_that_sends(desk: Desk) -> None:
    key = desk.draft()

    class Killed(BaseException):
        pass

    def kill(name: str) -> None:
        if name == "send.after_claim":
            steps.listen(None)
            raise Killed

    steps.listen(kill)
    with pytest.raises(Killed):
        desk.off()
    assert desk.row(key).state is S.SENDING
    desk.run()
    assert (desk.row(key).state, desk.platform.made, desk.row(key).attempt) == (S.SENT, 1, 2)


def test_a_person_cannot_cancel_what_is_being_sent(desk: Desk) -> None:
    key = desk.draft()
    tried: list[type[Exception]] = []

    def cancel(name: str) -> None:
        if name == "send.after_call":
            steps.listen(None)
            try:
                replies.cancel(desk.road, key, by="ana", why="stop")
            except Conflict as error:
                tried.append(type(error))

    steps.listen(cancel)
    desk.run()
    assert tried == [Conflict]
    assert (desk.row(key).state, desk.row(key).receipt_id) == (S.SENT, "r1")


def test_a_cancelled_row_is_never_sent(make: Callable[..., Desk]) -> None:
    desk = make(delay_min=timedelta(minutes=5), delay_max=timedelta(minutes=5))
    key = desk.draft()
    replies.cancel(desk.road, key, by="ana", why="")
    desk.run()
    assert (desk.row(key).state, desk.row(key).why, desk.platform.made) == (
        S.CANCELLED,
        "cancelled by ana",
        0,
    )


def test_no_state_may_be_skipped(desk: Desk) -> None:
    key = desk.draft()
    for to in S:
        if to in NEXT_STATES[S.DRAFTED]:
            continue
        with pytest.raises(Conflict), desk.road.store.transaction() as tx:
            outbox.move(tx, outbox.get(tx, key), to)
    assert desk.row(key).state is S.DRAFTED


# ── taking back ──────────────────────────────────────────────────────────────────────────────────


def test_a_sent_reply_can_be_taken_back_once(desk: Desk) -> None:
    key = desk.draft()
    desk.run()
    assert replies.withdraw(desk.road, key, by="ana", why="wrong text").state is S.WITHDRAWN
    assert desk.standing == 0
    with pytest.raises(Conflict):
        replies.withdraw(desk.road, key, by="ana", why="again")


class Broken(FakeSender):
    """A sender whose withdrawal fails in a chosen way."""

    failure: Any = None

    def withdraw(self, receipt: Receipt) -> Any:
        if isinstance(self.failure, BaseException):
            raise self.failure
        return self.failure


@pytest.mark.parametrize(
    ("failure", "raised"),
    [
        (Unknown("no answer"), UsageError),
        (Unreachable("mastodon", "no connection"), Unreachable),
        (RateLimited("mastodon", "asks to wait", timedelta(seconds=9)), RateLimited),
    ],
)
def test_a_withdrawal_that_fails_leaves_the_row_sent(
    desk: Desk, failure: Any, raised: type[Exception]
) -> None:
    key = desk.draft()
    desk.run()
    broken = Broken(desk.platform, desk.clock)
    broken.failure = failure
    desk.road.senders = {"mastodon": broken}
    with pytest.raises(raised):
        replies.withdraw(desk.road, key, by="ana", why="wrong")
    assert desk.row(key).state is S.SENT and "not withdrawn" in desk.row(key).why
    desk.road.senders = {"mastodon": desk.sender}
    assert replies.withdraw(desk.road, key, by="ana", why="wrong").state is S.WITHDRAWN


def test_a_withdrawal_that_was_cut_off_goes_on_when_asked_again(desk: Desk) -> None:
    key = desk.draft()
    desk.run()
    with desk.road.store.transaction() as tx:
        outbox.move(tx, outbox.get(tx, key), S.WITHDRAWING)
    assert replies.withdraw(desk.road, key, by="ana", why="wrong").state is S.WITHDRAWN
    assert desk.standing == 0


# ── the job behind a row ─────────────────────────────────────────────────────────────────────────


def test_a_job_for_an_unknown_row_just_ends(desk: Desk) -> None:
    with desk.road.store.transaction() as tx:
        desk.road.engine.enqueue(tx, Stage.SEND, "receipt|nothing")
    assert desk.off() == 0
    assert desk.road.engine.due_in(desk.clock()) is None


def test_a_platform_that_cannot_be_asked_about_the_post_is_asked_again(desk: Desk) -> None:
    key = desk.draft()
    asked: list[int] = []

    class Hesitant(FakeSender):
        def may_answer(self, reply: Reply) -> str:
            asked.append(1)
            if len(asked) < 3:
                raise Unreachable("mastodon", "no connection")
            return super().may_answer(reply)

    desk.road.senders = {"mastodon": Hesitant(desk.platform, desk.clock)}
    desk.run()
    assert (desk.row(key).state, len(asked), desk.platform.made) == (S.SENT, 3, 1)


def test_a_lost_job_lease_drops_what_was_done(desk: Desk) -> None:
    key = desk.draft()
    (job,) = desk.road.engine.claim([Stage.SEND], desk.clock())
    stale = Job(job.stage, job.key, job.priority, job.attempt, "another token", job.lease_until)
    with pytest.raises(LeaseLost), desk.road.store.transaction() as tx:
        outbox.move(tx, outbox.get(tx, key), S.APPROVED)
        desk.road.engine.finish(tx, stale)
    assert desk.row(key).state is S.DRAFTED


def test_the_post_behind_a_row_is_the_one_that_was_answered(desk: Desk) -> None:
    key = desk.draft(7)
    desk.run()
    (kept,) = desk.platform.replies.values()
    post: Post = makers.post(7)
    assert kept.to_id == post.native_id and desk.row(key).reference in kept.text


def test_every_line_that_is_logged_during_a_job_names_it(desk: Desk) -> None:
    key = desk.draft()
    (job,) = desk.road.engine.claim([Stage.SEND], desk.clock())
    seen: list[dict[str, object]] = []

    def arrow(_road: object, _job: object) -> None:
        seen.append(structlog.contextvars.get_contextvars())

    work.do(desk.road, {Stage.SEND: arrow}, job)
    assert seen == [{"stage": "send", "key": key}]
    assert structlog.contextvars.get_contextvars() == {}, "and nothing after it"
