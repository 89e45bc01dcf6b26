"""A picture that nobody may be shown: found before it is seen, gone everywhere, preserved, released.

All pictures are harmless: drawn shapes and the sample's own, put on lists by the tests.
"""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from bot.config import Config
from bot.config_schema import AbuseList
from bot.faces.embed import DIMENSION
from bot.photos.gate import GateLimits, PhotoGate
from bot.photos.pdq import pdq
from bot.pipeline import forgetting, ingest, screening, unseen, work
from bot.services import overview, people, quarantine, review, sightings
from bot.wiring import Built
from store import audit, matches, migrate, photo_checks, photos, posts, steps
from store import quarantine as rows_of
from store import tables as t
from store.db import Store, sqlite_url
from store.errors import Conflict, Missing, NotAllowed, PhotoRefused, UsageError
from store.photos import Vector
from store.records.page import Page
from store.records.photo import PhotoState
from store.records.post import Gone, Platform
from store.records.quarantine import Lead, QuarantineState
from store.records.work import Stage
from tests.integration.conftest import work_off
from tests.integration.ready import (
    PORTRAIT,
    REGISTERED,
    STREET,
    activate,
    again,
    bring_in,
    mastodon_status,
    quick,
    rows,
    staff,
)
from tests.unit.photos.test_pdq import scene

OPEN, RELEASED = QuarantineState.OPEN, QuarantineState.RELEASED
NOW = datetime(2026, 5, 25, 8, 0, tzinfo=UTC)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def drawn(seed: int) -> bytes:
    """A small drawn picture as a file."""
    out = io.BytesIO()
    scene(200, 150, seed).save(out, "PNG")
    return out.getvalue()


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def pdq_of(data: bytes) -> str:
    return pdq(Image.open(io.BytesIO(data)))[0][0]


def key(number: int) -> str:
    return f"mastodon:https://sample.example/users/lin_sample/statuses/{115600000000009000 + number}"


def status(number: int, *names: str, **changes: Any) -> dict[str, Any]:
    made = mastodon_status(number, f"{names[0]}.jpg", **changes)
    first = made["media_attachments"][0]
    for at, name in enumerate(names[1:], 1):
        other = {"id": f"{first['id']}{at}", "url": f"https://files.sample.example/{name}.jpg"}
        made["media_attachments"].append(first | other)
    return made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def gate() -> Iterator[PhotoGate]:
    with PhotoGate(GateLimits()) as made:
        yield made


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in today's schema with nothing in it."""
    file = tmp_path_factory.mktemp("empty") / "homeward.db"
    store = Store(sqlite_url(file))
    migrate.migrate(store)
    store.close()
    return file


@pytest.fixture(scope="module")
def shared() -> dict[str, Any]:
    """What is the same in every installation and slow to open."""
    return {}


@pytest.fixture
def make(
    build: Callable[..., Built],
    config: Callable[..., Config],
    tmp_path: Path,
    clock: Clock,
    gate: PhotoGate,
    shared: dict[str, Any],
    data: Path,
    empty: Path,
) -> Callable[..., Built]:
    """An installation with one list file, `known.csv` beside its config."""

    def wire(*lines: str, kind: str = "csv", header: str = "id,sha256,md5,pdq") -> Built:
        lists: tuple[AbuseList, ...] = ()
        if lines:
            put_list(tmp_path, *lines, header=header)
            lists = (AbuseList(name="known", path="known.csv", kind=kind, source="these tests"),)
        shutil.copy(empty, data)
        built = quick(build(config(abuse_lists=lists), clock=clock))
        built.road.gate = gate
        built.road.gazetteer = shared.setdefault("gazetteer", built.road.gazetteer)
        people.add(built.road, "olga", "officer", by="test")
        people.add(built.road, "root", "admin", by="test")
        return built

    return wire


def put_list(folder: Path, *lines: str, header: str = "id,sha256,md5,pdq") -> None:
    (folder / "known.csv").write_text("\n".join([header, *lines]) + "\n")


def look(built: Built) -> int:
    """Look at the photos that wait, and do nothing else; how many looks could not be done."""
    return work.work_off(built.road, work.arrows(dict), (Stage.LOOK,))


def bring(built: Built, folder: Path, number: int, *names: str, **pictures: bytes) -> None:
    bring_in(built, folder, f"s{number}", [status(number, *(names or tuple(pictures)))], **pictures)


def states(built: Built, number: int) -> list[PhotoState]:
    with built.road.store.reading() as tx:
        return [row.state for row in posts.media_of(tx, key(number))]


def item_of(built: Built, data: bytes) -> rows_of.Quarantined:
    with built.road.store.reading() as tx:
        return rows_of.get(tx, digest_of(data))


def nothing_of_it(built: Built, data: bytes) -> None:
    """No row and no open byte is left by which the picture could be shown, found or recognised."""
    digest = digest_of(data)
    found = {
        "photos": rows(built, sa.select(t.photos.c.digest).where(t.photos.c.digest == digest)),
        "media": rows(built, sa.select(t.media.c.photo).where(t.media.c.photo == digest)),
        "given": rows(built, sa.select(t.media.c.given).where(t.media.c.given == digest)),
        "faces": rows(built, sa.select(t.faces.c.key).where(t.faces.c.key.contains(digest))),
        "vectors": rows(built, sa.select(t.vectors.c.face_key).where(t.vectors.c.face_key.contains(digest))),
        "codes": rows(built, sa.select(t.picture_codes.c.digest).where(t.picture_codes.c.digest == digest)),
        "bank": rows(built, sa.select(t.known_pictures.c.digest).where(t.known_pictures.c.digest == digest)),
        "cases": rows(built, sa.select(t.case_photos.c.digest).where(t.case_photos.c.digest == digest)),
    }
    assert {name: some for name, some in found.items() if some} == {}
    item = item_of(built, data)
    assert item.swept and not built.road.blobs.has(digest)
    if item.served:
        assert not built.road.blobs.has(item.served)
        with pytest.raises(Missing):
            sightings.served_photo(built.road, item.served)


def test_what_a_list_names_is_put_away_unseen_with_all_that_stands_beside_it(
    make: Callable[..., Built], tmp_path: Path
) -> None:
    listed, beside = again(STREET.read_bytes()), PORTRAIT.read_bytes()
    built = make(f"case-7,,,{pdq_of(STREET.read_bytes())}")
    bring(built, tmp_path, 1, p1=listed, p2=beside)
    bring(built, tmp_path, 2, p3=drawn(3))
    assert work_off(built) == 0
    assert states(built, 1) == [PhotoState.QUARANTINED] * 2 and states(built, 2) == [PhotoState.KEPT]
    unseen.tidy(built.road)
    for data, lead in ((listed, Lead.LIST), (beside, Lead.BESIDE)):
        nothing_of_it(built, data)
        with built.road.store.reading() as tx:
            assert {reason.lead for reason in rows_of.reasons_of(tx, digest_of(data))} >= {lead}
        assert built.road.evidence.get(digest_of(data)) == data
    sealed = list((built.home.folder / "quarantine").iterdir())
    assert len(sealed) == 2 and all(listed[:64] not in file.read_bytes() for file in sealed)
    shown = sightings.latest(built.road)
    assert [view.post.key for view in shown] == [key(2)]
    with pytest.raises(Missing):
        sightings.one(built.road, key(1))
    assert rows(built, sa.select(t.replies.c.post_key)) == [(key(2),)]
    state = overview.overview(built.road)
    assert state.quarantine == {"open": 2, "overdue": 0}
    assert overview.quarantine_words(state.quarantine) == "2 quarantine tasks open"
    told = rows(built, sa.select(t.alerts.c.reference, t.alerts.c.key))
    assert {row.key for row in told} == {f"quarantine:{row.reference}" for row in told} and len(told) == 2
    with built.road.store.reading() as tx:
        assert audit.first_break(tx) is None
        deeds = [entry for entry in audit.entries(tx) if entry.action == "quarantine.opened"]
    assert len(deeds) == 2 and all(key(1) not in str(deed) for deed in deeds)
    task = quarantine.show(built.road, item_of(built, listed).reference, by="olga")
    assert task.where[0].post["permalink"] and task.duty.country == "CN"
    assert "case-7" in task.reasons[0].words


class Crash(BaseException):
    """The process dies here."""


@pytest.fixture
def crash_at() -> Iterator[Callable[[str], None]]:
    def at(name: str) -> None:
        def listen(step: str) -> None:
            if step == name:
                steps.listen(None)
                raise Crash(step)

        steps.listen(listen)

    yield at
    steps.listen(None)


STEPS = (
    "look.compared", "quarantine.sealed", "look.photos_kept", "look.before_transaction", "look.checked",
    "quarantine.half_written", "look.half_written", "look.before_commit", "look.after_commit",
    "quarantine.dropped", "quarantine.sweep_half_written", "quarantine.swept",
)  # fmt: skip


KEEPING = ("look.compared", "look.checked", "look.before_commit")
"""At these steps a harmless picture is looked at together with the listed one."""


def test_no_crash_between_two_steps_shows_or_embeds_what_was_not_compared(
    make: Callable[..., Built], tmp_path: Path, crash_at: Callable[[str], None]
) -> None:
    listed = [drawn(100 + number) for number in range(len(STEPS))]
    harmless = [drawn(200 + number) for number in range(len(STEPS))]
    built = make(*(f"{n},{digest_of(data)},," for n, data in enumerate(listed)))
    struck = []
    for number, name in enumerate(STEPS):
        data = {f"a{number}": listed[number]}
        if name in KEEPING:
            data[f"b{number}"] = harmless[number]
        pages = [status(10 * number + which, picture) for which, picture in enumerate(data)]
        bring_in(built, tmp_path, f"s{number}", pages, **data)
        crash_at(name)
        try:
            look(built)
            unseen.tidy(built.road)
        except Crash as crash:
            struck.append(str(crash))
        steps.listen(None)
        _is_unseen(built, listed[number])
        built.road.engine.free_all()
        assert look(built) == 0
        unseen.tidy(built.road)
        nothing_of_it(built, listed[number])
        assert built.road.evidence.has(digest_of(listed[number]))
        if name in KEEPING:
            assert states(built, 10 * number + 1) == [PhotoState.KEPT]
    assert struck == list(STEPS)


def _is_unseen(built: Built, data: bytes) -> None:
    """Whatever lies on disk and in rows: this picture is neither served nor embedded."""
    with built.road.store.transaction() as tx:
        assert not photo_checks.is_viewable(tx, digest_of(data))
        served = rows(built, sa.select(t.photos.c.served).where(t.photos.c.digest == digest_of(data)))
        assert served == []
        with pytest.raises(NotAllowed):
            photos.put_vector(
                tx, f"{digest_of(data)}:0", "m", _vector(), holder=photos.SIGHTING, at=NOW, expires_at=None
            )
        assert rows(built, sa.select(t.vectors.c.face_key)) == []


def _vector() -> Vector:
    import numpy as np

    return np.zeros(DIMENSION, dtype=np.float32)


def test_a_reported_picture_goes_everywhere_at_once_and_comes_back_when_released(
    make: Callable[..., Built], tmp_path: Path
) -> None:
    built = make()
    staff(built)
    picture, copy = PORTRAIT.read_bytes(), again(PORTRAIT.read_bytes(), scale=0.8)
    case = activate(built, photo=REGISTERED)
    bring(built, tmp_path, 1, p1=picture)
    bring(built, tmp_path, 2, p2=copy)
    assert work_off(built) == 0
    (card, *_) = review.queue(built.road)
    served = card.photo.served
    assert sightings.served_photo(built.road, served)
    reference = quarantine.report(built.road, served, by="rita", note="should not be here")
    with pytest.raises(Missing):
        sightings.served_photo(built.road, served)
    for _ in range(2):
        unseen.tidy(built.road)
    for data in (picture, copy):
        nothing_of_it(built, data)
    assert review.queue(built.road) == [] and sightings.latest(built.road) == []
    with built.road.store.reading() as tx:
        found = matches.of_post(tx, card.post.key)
        assert {row.state for row in found} == {matches.WITHDRAWN}
        assert {row.state_why for row in found} == {"its picture is not available any more"}
    with pytest.raises(Missing):
        quarantine.report(built.road, served, by="rita")
    for wrong in ("root", "rita"):
        with pytest.raises(NotAllowed):
            quarantine.tasks(built.road, by=wrong)
        with pytest.raises(NotAllowed):
            quarantine.show(built.road, reference, by=wrong)
        with pytest.raises(NotAllowed):
            quarantine.release(built.road, reference, by=wrong, why="I want to see it")
    tasks = quarantine.tasks(built.road, by="olga")
    assert {item.state for item in tasks} == {OPEN} and len(tasks) == 2
    for item in tasks:
        quarantine.release(built.road, item.reference, by="olga", why="an adult's portrait")
    assert work_off(built) == 0
    while unseen.tidy(built.road):
        pass
    assert states(built, 1) == states(built, 2) == [PhotoState.KEPT]
    assert sightings.served_photo(built.road, served)
    assert {c.row.match.case_id for c in review.queue(built.road)} == {case}
    assert not built.road.evidence.has(digest_of(picture))
    assert {item_of(built, data).state for data in (picture, copy)} == {RELEASED}
    assert len(sightings.latest(built.road)) == 2


def test_a_registered_photo_that_is_reported_leaves_its_case_and_the_gallery(
    make: Callable[..., Built], tmp_path: Path
) -> None:
    built = make()
    staff(built)
    case = activate(built, photo=REGISTERED)
    assert work_off(built) == 0
    digest = digest_of(REGISTERED.read_bytes())
    quarantine.report(built.road, digest, by="rita")
    nothing_of_it(built, REGISTERED.read_bytes())
    bring(built, tmp_path, 1, p1=PORTRAIT.read_bytes())
    assert work_off(built) == 0
    assert rows(built, sa.select(t.matches.c.key)) == []
    task = quarantine.show(built.road, item_of(built, REGISTERED.read_bytes()).reference, by="olga")
    assert [(where.place.kind, where.place.key) for where in task.where] == [("case", case)]
    with pytest.raises(PhotoRefused, match="officer"):
        activate(built, 2, photo=REGISTERED)


def test_what_is_reported_is_preserved_through_a_deletion_until_its_date(
    make: Callable[..., Built], tmp_path: Path, clock: Clock
) -> None:
    data = drawn(7)
    built = make(f"x,{digest_of(data)},,")
    bring(built, tmp_path, 1, p1=data)
    assert look(built) == 0
    unseen.tidy(built.road)
    digest, item = digest_of(data), item_of(built, data)
    with built.road.store.reading() as tx:
        assert rows_of.is_preserved(tx, digest)
    assert item.due_at == clock.now + timedelta(hours=24)
    _deleted(built, key(1))
    forgetting.forget(built.road)
    task = quarantine.show(built.road, item.reference, by="olga")
    assert task.where[0].post["author"]["handle"] and built.road.evidence.get(digest) == data
    told: dict[str, Any] = {"by": "olga", "to": "12377", "report_reference": "77"}
    with pytest.raises(UsageError, match="no time is known"):
        quarantine.mark_reported(built.road, item.reference, **told)
    with pytest.raises(UsageError, match="past"):
        quarantine.mark_reported(built.road, item.reference, preserve_until=NOW - timedelta(1), **told)
    until = clock.now + timedelta(days=90)
    done = quarantine.mark_reported(built.road, item.reference, preserve_until=until, **told)
    assert (done.state, done.preserve_until) == (QuarantineState.REPORTED, until)
    with pytest.raises(Conflict):
        quarantine.bar(built.road, [item.reference], by="olga", why="no")
    file = tmp_path / "evidence.bin"
    assert quarantine.hand_over(built.road, item.reference, file, by="olga", why="police 7") == len(data)
    assert file.read_bytes() == data and file.stat().st_mode & 0o77 == 0
    with pytest.raises(UsageError):
        quarantine.hand_over(built.road, item.reference, file, by="olga", why="police 7")
    clock.now = until - timedelta(seconds=1)
    assert unseen.destroy_due(built.road) == 0
    clock.now = until
    assert unseen.destroy_due(built.road) == 1 and unseen.destroy_due(built.road) == 0
    assert not built.road.evidence.has(digest) and not list((built.home.folder / "quarantine").iterdir())
    with built.road.store.reading() as tx:
        assert not rows_of.is_preserved(tx, digest) and rows_of.is_out(tx, digest)
        assert all(place.sealed is None for place in rows_of.places_of(tx, digest))
        actions = [entry.action for entry in audit.entries(tx)]
    assert actions.count("quarantine.destroyed") == 1 and "quarantine.handed_over" in actions
    # The same picture in another post is another thing to report.
    bring(built, tmp_path, 2, p9=data)
    assert look(built) == 0
    back = item_of(built, data)
    assert (back.state, back.kept, back.report_reference) == (OPEN, True, "77")


def _deleted(built: Built, post_key: str) -> None:
    gone = Gone(post_key, Platform.MASTODON, "deleted", built.road.clock())
    ingest.take_page(built.road, "sample", "", Page(posts=(), gone=(gone,)))
    with built.road.store.reading() as tx:
        assert posts.is_gone(tx, post_key)


def test_a_new_version_of_a_list_reaches_what_is_stored_and_goes_on_where_it_stopped(
    make: Callable[..., Built], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = [drawn(30 + number) for number in range(4)]
    built = make("0," + "0" * 64 + ",,")
    for number, data in enumerate(pictures):
        bring(built, tmp_path, number, **{f"p{number}": data})
    assert look(built) == 0 and not unseen.tidy(built.road)
    assert unseen.progress(built.road) == (4, 4)
    put_list(tmp_path, "a,,," + pdq_of(pictures[2]), f"b,,{hashlib.md5(pictures[0]).hexdigest()},")
    monkeypatch.setattr(unseen, "COMPARED", 3)
    assert unseen.progress(built.road) == (0, 4)
    assert unseen.tidy(built.road)
    done = unseen.progress(built.road)[0]
    assert 0 < done < 4
    while unseen.tidy(built.road):
        pass
    assert unseen.progress(built.road) == (2, 2)
    assert [states(built, n)[0] is PhotoState.QUARANTINED for n in range(4)] == [True, False, True, False]
    for number in (0, 2):
        nothing_of_it(built, pictures[number])
        assert built.road.evidence.get(digest_of(pictures[number])) == pictures[number]
    # Released, it is not taken again for the same entry, but it is for another one.
    quarantine.release(built.road, item_of(built, pictures[2]).reference, by="olga", why="shapes")
    assert look(built) == 0
    put_list(tmp_path, "a,,," + pdq_of(pictures[2]), "c," + "1" * 64 + ",,")
    while unseen.tidy(built.road):
        pass
    assert states(built, 2) == [PhotoState.KEPT]
    put_list(tmp_path, f"a,{digest_of(pictures[2])},,")
    while unseen.tidy(built.road):
        pass
    assert item_of(built, pictures[2]).state is OPEN


def test_while_a_list_cannot_be_read_no_photo_is_looked_at_and_everybody_is_told(
    make: Callable[..., Built], tmp_path: Path, clock: Clock
) -> None:
    built = make("0," + "0" * 64 + ",,")
    (tmp_path / "known.csv").unlink()
    bring(built, tmp_path, 1, p1=drawn(1))
    assert look(built) == 1 and states(built, 1) == [PhotoState.UNAVAILABLE]
    unseen.tidy(built.road)
    assert "cannot be read, no photo is looked at" in str(overview.overview(built.road).notices)
    put_list(tmp_path, "0," + "0" * 64 + ",,")
    clock.now += timedelta(hours=1)
    assert look(built) == 0 and states(built, 1) == [PhotoState.KEPT]
    (tmp_path / "known.csv").write_bytes(b"\xff\xfe\x00broken")
    bring(built, tmp_path, 2, p2=drawn(2))
    assert look(built) == 0 and states(built, 2) == [PhotoState.KEPT]
    unseen.tidy(built.road)
    assert "the version read before stays in use" in str(overview.overview(built.road).notices)


def test_photos_from_before_there_were_checks_are_hidden_until_they_are_compared(
    make: Callable[..., Built], tmp_path: Path
) -> None:
    listed, harmless = drawn(40), drawn(41)
    built = make("0," + "0" * 64 + ",,")
    bring(built, tmp_path, 1, p1=listed)
    bring(built, tmp_path, 2, p2=harmless)
    assert look(built) == 0
    served = dict(rows(built, sa.select(t.photos.c.digest, t.photos.c.served)))
    with built.road.store.transaction() as tx:
        blank = {"lists": photo_checks.UNCHECKED, "md5": "", "sha1": "", "pdq": ""}
        tx.execute(sa.update(t.photo_checks).values(**blank))
    with pytest.raises(Missing):
        sightings.served_photo(built.road, served[digest_of(harmless)])
    put_list(tmp_path, f"x,,{hashlib.md5(listed).hexdigest()},")
    while unseen.tidy(built.road):
        pass
    assert sightings.served_photo(built.road, served[digest_of(harmless)])
    nothing_of_it(built, listed)


def test_a_labelled_post_is_put_away_and_barred_without_telling_the_team(
    make: Callable[..., Built], tmp_path: Path
) -> None:
    built = make()
    data = drawn(50)
    labelled = status(1, "p1", sensitive=True, spoiler_text="nsfw")
    bring_in(built, tmp_path, "s1", [labelled], p1=data)
    assert look(built) == 0
    unseen.tidy(built.road)
    nothing_of_it(built, data)
    assert rows(built, sa.select(t.alerts.c.key)) == []
    assert overview.overview(built.road).quarantine["open"] == 1
    reference = item_of(built, data).reference
    quarantine.bar(built.road, [reference], by="olga", why="advertising")
    assert not built.road.evidence.has(digest_of(data))
    assert overview.overview(built.road).quarantine["open"] == 0
    bring(built, tmp_path, 2, p5=data)
    assert look(built) == 0
    unseen.tidy(built.road)
    assert states(built, 2) == [PhotoState.QUARANTINED]
    assert not built.road.evidence.has(digest_of(data)) and quarantine.tasks(built.road, by="olga") == []


def test_bytes_that_were_sealed_before_they_were_listed_are_not_given_out(
    make: Callable[..., Built], tmp_path: Path
) -> None:
    data, other = drawn(60), drawn(61)
    built = make("0," + "0" * 64 + ",,")

    def barred(picture: bytes) -> bool:
        with built.road.store.reading() as tx:
            return screening.is_barred(built.road, tx, picture)

    assert not barred(data)
    put_list(tmp_path, f"x,{digest_of(data)},,")
    assert barred(data) and not barred(other)
    bring(built, tmp_path, 1, p1=other)
    assert look(built) == 0
    quarantine.report(built.road, digest_of(other), by="root")
    assert barred(other)
