"""Checks of photos and the quarantine, on both databases."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from store import photo_checks, photos, posts, quarantine
from store.db import Store
from store.errors import Conflict, Missing, NotAllowed
from store.records.photo import PhotoState
from store.records.quarantine import Duty, Lead, PhotoPrint, Place, Quarantined, QuarantineState, Reason
from tests import makers
from tests.stores import START

A, B = "a" * 64, "b" * 64
HASHES = tuple(f"{n:x}" * 64 for n in range(8))
LISTED = Reason(Lead.LIST, "known", HASHES[0], "on a list", Duty.REPORT, 3)


def put(store: Store, digest: str = A, reference: str = "ABC234", **changes: object) -> Quarantined:
    item = Quarantined(
        digest, reference, QuarantineState.OPEN, Duty.REPORT, START, pdq=HASHES, due_at=START, **changes
    )  # type: ignore[arg-type]
    with store.transaction() as tx:
        assert quarantine.put(tx, item)
    return item


def test_a_photo_may_be_shown_and_embedded_only_once_it_was_compared(store: Store) -> None:
    photo, vector = makers.photo(), np.ones(4, dtype=np.float32)
    face = makers.face(photo)

    def embed(key: str) -> None:
        with store.transaction() as tx:
            photos.put_vector(tx, key, "m", vector, holder=photos.SIGHTING, at=START, expires_at=None)

    with store.transaction() as tx:
        photos.put(tx, photo, START)
        photos.put_faces(tx, [face])
        assert not photos.is_served(tx, photo.served)
    for key in (face.key, f"case:{face.key}"):
        with pytest.raises(NotAllowed):
            embed(key)
    with store.transaction() as tx:
        photo_checks.put(tx, PhotoPrint(photo.digest), lists=photo_checks.UNCHECKED, at=START)
        assert not photos.is_served(tx, photo.served) and photo_checks.get(tx, photo.digest) is None
        photo_checks.put(tx, PhotoPrint(photo.digest), lists="none", at=START)
        assert photos.is_served(tx, photo.served)
    embed(face.key)
    embed(f"case:{face.key}")
    put(store, photo.digest)
    with store.transaction() as tx:
        assert not photos.is_served(tx, photo.served)
        fields = {"expect": [QuarantineState.OPEN], "state": QuarantineState.RELEASED}
        quarantine.set_fields(tx, photo.digest, **fields)  # type: ignore[arg-type]
        assert photos.is_served(tx, photo.served)


def test_a_quarantine_comes_back_as_it_was_put_and_is_opened_once(store: Store) -> None:
    item = put(store, kept=True, size_bytes=7)
    with store.transaction() as tx:
        assert quarantine.get(tx, A) == item == quarantine.by_reference(tx, " abc234 ")
        assert not quarantine.put(tx, item)
        assert quarantine.counts(tx) == {"open": 1}
        assert quarantine.overdue(tx, START) == 0
        assert quarantine.overdue(tx, START + timedelta(seconds=1)) == 1
        assert [found.digest for found in quarantine.unswept(tx)] == [A]
        with pytest.raises(Missing):
            quarantine.by_reference(tx, "NONE22")


def test_what_is_open_or_reported_is_preserved_and_what_is_destroyed_stays_out(store: Store) -> None:
    put(store)
    s = QuarantineState
    for state, preserved, out in (
        (s.OPEN, True, True), (s.REPORTED, True, True), (s.DESTROYED, False, True), (s.BARRED, False, True),
        (s.RELEASED, False, False),
    ):  # fmt: skip
        with store.transaction() as tx:
            quarantine.set_fields(tx, A, expect=s, state=state)
            assert quarantine.is_preserved(tx, A) is preserved and quarantine.is_out(tx, A) is out
    with store.transaction() as tx:
        assert not quarantine.is_preserved(tx, B) and not quarantine.is_out(tx, B)
        with pytest.raises(Conflict, match="ABC234"):
            quarantine.set_fields(tx, A, expect=[s.OPEN], swept=True)


def test_reported_pictures_are_due_for_destruction_on_their_date(store: Store) -> None:
    put(store)
    until = START + timedelta(days=365)
    with store.transaction() as tx:
        quarantine.set_fields(
            tx, A, expect=[QuarantineState.OPEN], state=QuarantineState.REPORTED, preserve_until=until
        )
        assert quarantine.due_for_destruction(tx, until - timedelta(seconds=1)) == []
        assert [item.digest for item in quarantine.due_for_destruction(tx, until)] == [A]


def test_a_cleared_reason_does_not_stand_again_but_another_does(store: Store) -> None:
    other = Reason(Lead.LIST, "known", HASHES[1], "on a list", Duty.REPORT)
    put(store)
    with store.transaction() as tx:
        assert quarantine.add_reasons(tx, A, [LISTED], START) == [LISTED]
        assert quarantine.add_reasons(tx, A, [LISTED], START) == []
        assert [item.digest for item in quarantine.spreading(tx)] == [A]
        quarantine.clear_reasons(tx, A)
        assert quarantine.standing(tx, A, [LISTED, other]) == [other]
        assert quarantine.standing(tx, B, [LISTED]) == [LISTED]
        assert [reason.cleared for reason in quarantine.reasons_of(tx, A)] == [True]
        assert quarantine.spreading(tx) == []


def test_a_picture_leaves_every_post_that_carries_it_and_comes_back_when_released(store: Store) -> None:
    one, two = (makers.post(n, media=(makers.media(), makers.media("b.jpg"))) for n in (1, 2))
    with store.transaction() as tx:
        for post in (one, two):
            posts.put(tx, post, makers.ALL, START)
            posts.set_media(tx, post.key, 1, PhotoState.KEPT, photo=A)
        found = quarantine.bar_attachments(tx, A, state=PhotoState.QUARANTINED.value, why="gone")
        assert found == [(one.key, 1), (two.key, 1)]
        assert [row.state for row in posts.media_of(tx, one.key)] == [
            PhotoState.WANTED, PhotoState.QUARANTINED,
        ]  # fmt: skip
        for key, at in found:
            assert quarantine.add_place(tx, A, Place(quarantine.POST, key, at, b"sealed"), START)
            assert not quarantine.add_place(tx, A, Place(quarantine.POST, key, at), START)
        assert not quarantine.is_withheld(tx, one.key)
    put(store)
    with store.transaction() as tx:
        quarantine.add_reasons(tx, A, [LISTED], START)
        assert quarantine.is_withheld(tx, one.key) and quarantine.company_of(tx, one.key) == "ABC234"
        assert quarantine.withheld_posts(tx) == sorted([one.key, two.key])
        assert [place.sealed for place in quarantine.places_of(tx, A)] == [b"sealed"] * 2
        quarantine.blank_places(tx, A)
        assert [place.sealed for place in quarantine.places_of(tx, A)] == [None] * 2
        back = quarantine.reopen_places(tx, A, state=PhotoState.WANTED.value, has_bytes=True)
        assert back == [one.key, two.key]
        row = posts.media_of(tx, two.key)[1]
        assert (row.state, row.given, row.photo) == (PhotoState.WANTED, A, None)


def test_photos_are_compared_again_when_the_lists_change_until_none_is_left(store: Store) -> None:
    with store.transaction() as tx:
        for number in range(5):
            of = PhotoPrint(f"{number}" * 64, "m", "s", HASHES, 90)
            photo_checks.put(tx, of, lists="v1", at=START)
        assert photo_checks.outdated(tx, "v1", most=10) == []
        assert photo_checks.progress(tx, "v2") == (0, 5)
        while waiting := photo_checks.outdated(tx, "v2", most=2):
            assert len(waiting) <= 2 and all(checked for _, checked in waiting)
            for of, _ in waiting:
                assert of.pdq == HASHES and of.pdq_quality == 90
                photo_checks.put(tx, of, lists="v2", at=START)
        assert photo_checks.progress(tx, "v2") == (5, 5)
        (batch,) = photo_checks.prints(tx)
        assert [(digest[0], pdq) for digest, pdq, _ in batch] == [(str(n), HASHES[0]) for n in range(5)]
        photo_checks.drop(tx, "0" * 64)
        assert not photo_checks.has(tx, "0" * 64) and photo_checks.has(tx, "1" * 64)
