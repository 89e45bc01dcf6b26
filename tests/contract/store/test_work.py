"""Jobs, outbox, matches, cases, audit, people: what must hold on both databases."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from store import audit, campaign, cases, jobs, matches, outbox, photo_checks, photos, users
from store import tables as t
from store.db import Store
from store.errors import Conflict, LeaseLost, Missing
from store.records.case import CasePhoto, CaseStatus, CaseStep
from store.records.match import Decision, Tier, Verdict
from store.records.quarantine import PhotoPrint
from store.records.reply import Alert, AlertState, Receipt, ReplyState
from store.records.work import Stage
from tests import makers
from tests.stores import START, Clock

LEASE = timedelta(seconds=60)


def add_job(store: Store, key: str = "k", **changes: object) -> None:
    values = {"priority": 0, "not_before": START, "now": START, **changes}
    with store.transaction() as tx:
        jobs.enqueue(tx, Stage.LOOK, key, **values)  # type: ignore[arg-type]


def test_a_job_enqueued_twice_is_one_job_and_goes_when_it_is_done(store: Store) -> None:
    add_job(store)
    add_job(store)
    with store.transaction() as tx:
        (job,) = jobs.claim(tx, [Stage.LOOK], now=START, lease=LEASE, most=10)
        jobs.finish(tx, job)
        assert jobs.waiting(tx) == {}


def test_a_leased_job_is_handed_out_again_only_after_its_lease(store: Store) -> None:
    add_job(store)
    with store.transaction() as tx:
        (first,) = jobs.claim(tx, [Stage.LOOK], now=START, lease=LEASE, most=10)
        assert jobs.claim(tx, [Stage.LOOK], now=START, lease=LEASE, most=10) == []
    with store.transaction() as tx:
        (second,) = jobs.claim(tx, [Stage.LOOK], now=START + LEASE, lease=LEASE, most=10)
    with pytest.raises(LeaseLost), store.transaction() as tx:
        jobs.finish(tx, first)
    with store.transaction() as tx:
        jobs.finish(tx, second)


def test_a_job_enqueued_while_it_is_done_runs_once_more(store: Store) -> None:
    add_job(store)
    with store.transaction() as tx:
        (job,) = jobs.claim(tx, [Stage.LOOK], now=START, lease=LEASE, most=10)
    add_job(store)
    with store.transaction() as tx:
        jobs.finish(tx, job)
        (again,) = jobs.claim(tx, [Stage.LOOK], now=START, lease=LEASE, most=10)
        jobs.finish(tx, again)
        assert jobs.waiting(tx) == {}


def test_jobs_come_by_priority_and_then_by_age(store: Store) -> None:
    for number, (key, priority) in enumerate((("old", 0), ("new", 0), ("urgent", 5))):
        add_job(store, key, priority=priority, now=START + timedelta(seconds=number))
    with store.transaction() as tx:
        order = [job.key for job in jobs.claim(tx, [Stage.LOOK], now=START + LEASE, lease=LEASE, most=10)]
    assert order == ["urgent", "old", "new"]


def test_a_job_set_aside_keeps_its_reason_and_can_be_tried_again(store: Store) -> None:
    add_job(store)
    with store.transaction() as tx:
        (job,) = jobs.claim(tx, [Stage.LOOK], now=START, lease=LEASE, most=10)
        jobs.give_back(tx, job, not_before=START, reason="broken", dead=True)
        assert jobs.claim(tx, [Stage.LOOK], now=START, lease=LEASE, most=10) == []
        assert [row.reason for row in jobs.dead(tx)] == ["broken"]
        assert jobs.revive(tx, Stage.LOOK, "k", START)
        assert len(jobs.claim(tx, [Stage.LOOK], now=START, lease=LEASE, most=10)) == 1


def test_the_next_due_moment_counts_leases_and_pauses(store: Store) -> None:
    add_job(store, not_before=START + timedelta(minutes=5))
    with store.transaction() as tx:
        assert jobs.next_due(tx) == START + timedelta(minutes=5)
    add_job(store, "soon")
    with store.transaction() as tx:
        assert jobs.next_due(tx) == START
        jobs.claim(tx, [Stage.LOOK], now=START, lease=LEASE, most=10)
        assert jobs.next_due(tx) == START + LEASE


def test_an_outbox_row_moves_only_along_its_arrows(store: Store) -> None:
    with store.transaction(durable=True) as tx:
        assert outbox.add(tx, makers.reply(), to_author="x")
        assert not outbox.add(tx, makers.reply(text="other words"), to_author="x")
        row = outbox.get(tx, makers.reply().key)
        assert row.text == makers.reply().text
        for wrong in (ReplyState.SENT, ReplyState.SENDING, ReplyState.UNKNOWN, ReplyState.WITHDRAWN):
            with pytest.raises(Conflict):
                outbox.move(tx, row, wrong)


def test_a_rehearsed_row_can_never_be_sent(store: Store) -> None:
    with store.transaction(durable=True) as tx:
        outbox.add(tx, makers.reply(), to_author="x")
        row = outbox.move(tx, outbox.get(tx, makers.reply().key), ReplyState.REHEARSED)
        for state in ReplyState:
            with pytest.raises(Conflict):
                outbox.move(tx, row, state)


def test_a_worker_that_comes_too_late_cannot_settle_a_claimed_reply(store: Store) -> None:
    with store.transaction(durable=True) as tx:
        outbox.add(tx, makers.reply(), to_author="x")
        approved = outbox.move(tx, outbox.get(tx, makers.reply().key), ReplyState.APPROVED)
        first = outbox.claim(tx, approved, lease_until=START)
        back = outbox.move(tx, first, ReplyState.APPROVED)
        second = outbox.claim(tx, back, lease_until=START)
        receipt = Receipt("9", "https://b.example/9", START, "d")
        with pytest.raises(LeaseLost):
            outbox.sent(tx, first, receipt)
        assert outbox.sent(tx, second, receipt).state is ReplyState.SENT


def test_a_decided_match_stays_decided_and_undo_opens_it_again(store: Store) -> None:
    face = makers.face(makers.photo())
    found = makers.match(face, makers.post().key)
    with store.transaction() as tx:
        photos.put_faces(tx, [face])
        assert matches.put(tx, found, START)
        assert matches.waiting(tx)["review"] == 1
        matches.decide(tx, Decision(found.key, Verdict.NOT_THIS_CHILD, "ana", START))
        assert matches.waiting(tx)["review"] == 0
        with pytest.raises(Conflict):
            matches.decide(tx, Decision(found.key, Verdict.POSSIBLE, "ben", START))
        assert not matches.put(tx, makers.match(face, makers.post().key, similarity=0.9), START)
        assert matches.get(tx, found.key).state == matches.REJECTED
        assert matches.get(tx, found.key).match.similarity == pytest.approx(0.7)
        assert matches.undo(tx, found.key).verdict is Verdict.NOT_THIS_CHILD
        assert matches.get(tx, found.key).state == matches.OPEN
        assert matches.waiting(tx)["review"] == 1
        with pytest.raises(Conflict):
            matches.undo(tx, found.key)


def test_a_withdrawn_match_is_not_reopened_by_a_person_but_by_its_permit(store: Store) -> None:
    face = makers.face(makers.photo())
    found = makers.match(face, makers.post().key)
    with store.transaction() as tx:
        photos.put_faces(tx, [face])
        matches.put(tx, found, START)
        matches.decide(tx, Decision(found.key, Verdict.LATER, "ana", START))
        assert matches.withdraw_of_photo(tx, face.photo, "its permit went") == 1
        photos.drop_faces(tx, face.photo)
        with pytest.raises(Conflict):
            matches.undo(tx, found.key)
        assert matches.waiting(tx)["review"] == 0
        photos.put_faces(tx, [face])
        assert matches.put(tx, found, START)
        assert (matches.get(tx, found.key).state, matches.waiting(tx)["review"]) == (matches.OPEN, 1)


def test_a_verdict_taken_back_after_the_face_is_gone_opens_nothing(store: Store) -> None:
    face = makers.face(makers.photo())
    found = makers.match(face, makers.post().key)
    with store.transaction() as tx:
        photos.put_faces(tx, [face])
        matches.put(tx, found, START)
        matches.decide(tx, Decision(found.key, Verdict.POSSIBLE, "ana", START))
        photos.drop_faces(tx, face.photo)
        matches.undo(tx, found.key)
        assert matches.get(tx, found.key).state == matches.WITHDRAWN
        assert matches.waiting(tx)["review"] == 0


def test_a_match_stays_with_the_first_of_several_posts(store: Store) -> None:
    face = makers.face(makers.photo())
    with store.transaction() as tx:
        photos.put_faces(tx, [face])
        assert matches.put(tx, makers.match(face, makers.post(1).key), START)
        assert not matches.put(tx, makers.match(face, makers.post(2).key), START)
        assert matches.of_post(tx, makers.post(2).key) == []
        assert matches.withdraw_of_photo(tx, face.photo, "gone", post_key=makers.post(2).key) == 0
        assert matches.withdraw_of_photo(tx, face.photo, "gone", post_key=makers.post(1).key) == 1
        assert matches.put(tx, makers.match(face, makers.post(2).key), START)
        assert len(matches.of_post(tx, makers.post(2).key)) == 1


def test_later_keeps_a_match_waiting(store: Store) -> None:
    found = makers.match(makers.face(makers.photo()), makers.post().key)
    with store.transaction() as tx:
        matches.put(tx, found, START)
        matches.decide(tx, Decision(found.key, Verdict.LATER, "ana", START))
        assert matches.waiting(tx)["review"] == 1
        assert [row.match.key for row in matches.queue(tx, Tier.REVIEW, state=matches.LATER)] == [found.key]
        matches.decide(tx, Decision(found.key, Verdict.POSSIBLE, "ana", START))
        assert matches.waiting(tx)["review"] == 0


def test_one_alert_per_match_and_one_more_after_it_was_taken_back(store: Store) -> None:
    alert = Alert("m", "m", "REF234", AlertState.OPEN, START)
    with store.transaction() as tx:
        assert matches.raise_alert(tx, alert)
        assert not matches.raise_alert(tx, alert)
        assert matches.take_back_alert(tx, "m")
        assert matches.raise_alert(tx, alert)
        matches.acknowledge(tx, "m", "ben")
        assert not matches.take_back_alert(tx, "m")


def test_a_key_can_be_named_by_its_beginning_if_that_is_clear(store: Store) -> None:
    one = makers.match(makers.face(makers.photo("a")), makers.post().key)
    two = makers.match(makers.face(makers.photo("a"), 1), makers.post().key)
    with store.transaction() as tx:
        matches.put(tx, one, START)
        matches.put(tx, two, START)
        assert matches.full_key(tx, one.key) == one.key
        with pytest.raises(Conflict):
            matches.full_key(tx, "aaa")
        with pytest.raises(Missing):
            matches.full_key(tx, "zzz")
        with pytest.raises(Missing):
            matches.full_key(tx, "%")


def test_vectors_are_kept_by_face_and_model_and_go_with_the_face(store: Store) -> None:
    photo = makers.photo()
    face = makers.face(photo)
    vector = np.linspace(-1, 1, 128).astype(np.float32)
    with store.transaction() as tx:
        photo_checks.put(tx, PhotoPrint(photo.digest), lists="none", at=START)
        photos.put_faces(tx, [face])
        for model, of in (("m1", vector), ("m2", -vector)):
            photos.put_vector(
                tx, face.key, model, of, holder=photos.SIGHTING, at=START, expires_at=START + LEASE
            )
    with store.transaction() as tx:
        kept = photos.vector_of(tx, face.key, "m1")
        assert kept is not None and np.array_equal(kept, vector)
        assert [key for key, _ in photos.sighting_vectors(tx, "m2")] == [face.key]
        assert photos.drop_vectors_due(tx, START) == 0
        assert photos.drop_vectors_due(tx, START + LEASE) == 2
        photos.put_vector(tx, face.key, "m1", vector, holder=photos.SIGHTING, at=START, expires_at=None)
        assert photos.drop_faces(tx, photo.digest) == 1
        assert photos.vector_of(tx, face.key, "m1") is None


def test_a_case_moves_step_by_step_and_remembers_who(store: Store) -> None:
    with store.transaction() as tx:
        assert cases.add(tx, makers.case(), by="ana", at=START, evidence="call")
        assert not cases.add(tx, makers.case(), by="ana", at=START, evidence="call")
        step = CaseStep("reg.example/1", CaseStatus.VERIFIED, "ben", START, "police")
        cases.move(tx, step, expect=CaseStatus.DRAFT)
        with pytest.raises(Conflict):
            cases.move(tx, step, expect=CaseStatus.DRAFT)
        assert [(s.status, s.by) for s in cases.steps(tx, "reg.example/1")] == [
            (CaseStatus.DRAFT, "ana"),
            (CaseStatus.VERIFIED, "ben"),
        ]
        with pytest.raises(Conflict):
            cases.update(tx, makers.case(full_name="Other"))
        cases.put_photos(tx, [CasePhoto("reg.example/1", "a" * 64, 4.0)])
        assert cases.counts(tx) == {"verified": 1}


def test_gallery_changes_are_followed_in_order(store: Store) -> None:
    with store.transaction() as tx:
        for name in ("a", "b", "a"):
            cases.gallery_changed(tx, name, "m", START)
        changes = cases.gallery_changes(tx, after=0)
        assert [case_id for _, case_id in changes] == ["a", "b", "a"]
        assert cases.gallery_changes(tx, after=changes[1][0]) == [changes[2]]


def test_each_audit_row_carries_the_digest_of_the_row_before(store: Store, clock: Clock) -> None:
    with store.transaction() as tx:
        for number in range(5):
            audit.write(tx, clock.tick(seconds=1), "ana", "case.verified", f"c{number}", number=number)
    with store.reading() as tx:
        rows = audit.entries(tx)
        assert audit.first_break(tx) is None
    assert [row.previous for row in rows] == [audit.GENESIS, *(row.digest for row in rows[:-1])]


@pytest.mark.parametrize("change", [{"by": "eve"}, {"detail": {"number": 9}}, {"subject": "c9"}])
def test_a_rewritten_audit_row_is_found(store: Store, change: dict[str, object]) -> None:
    with store.transaction() as tx:
        for number in range(4):
            audit.write(tx, START, "ana", "case.verified", f"c{number}", number=number)
        tx.execute(sa.update(t.audit).where(t.audit.c.seq == 2).values(**change))
    with store.reading() as tx:
        assert audit.first_break(tx) == 2


def test_a_removed_audit_row_is_found(store: Store) -> None:
    with store.transaction() as tx:
        for number in range(4):
            audit.write(tx, START, "ana", "x", str(number))
        tx.execute(sa.delete(t.audit).where(t.audit.c.seq == 2))
    with store.reading() as tx:
        assert audit.first_break(tx) == 3


def test_an_unchanged_campaign_block_is_no_new_version(store: Store) -> None:
    with store.transaction() as tx:
        one = campaign.put(tx, {"hashtags": ["a"]}, author="file", reason="start", at=START)
        same = campaign.put(tx, {"hashtags": ["a"]}, author="file", reason="again", at=START)
        two = campaign.put(tx, {"hashtags": ["b"]}, author="file", reason="changed", at=START)
        assert (one.number, same.number, two.number) == (1, 1, 2)
        assert [v.number for v in campaign.versions(tx)] == [2, 1]


def test_a_sign_in_link_is_spent_once_and_ends(store: Store) -> None:
    with store.transaction() as tx:
        users.add(tx, "ana", users.ADMIN, START)
        token = users.make_link(tx, "ana", now=START, valid=LEASE)
        old = users.make_link(tx, "ana", now=START, valid=LEASE)
        assert users.use_link(tx, token, START) == "ana"
        assert users.use_link(tx, token, START) is None
        assert users.use_link(tx, old, START + LEASE) is None
        assert users.use_link(tx, "guess", START) is None


def test_a_session_ends_by_time_and_by_leaving(store: Store) -> None:
    with store.transaction() as tx:
        users.add(tx, "ana", users.ADMIN, START)
        token, made = users.open_session(tx, "ana", now=START, valid=LEASE)
        assert users.session(tx, token, START) == made
        assert users.session(tx, token, START + LEASE) is None
        users.close_session(tx, token)
        assert users.session(tx, token, START) is None
