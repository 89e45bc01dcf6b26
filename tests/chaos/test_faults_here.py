"""Faults of the machine: a full disk, a locked database, photos that vanish, a broken model, a poison post.

Each really happens: the disk is a small file system that is filled up, the lock is held by another process.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from bot.faces import fusion
from bot.faces.fake import FakeFaceModel, draw, jpeg
from bot.faces.fusion import FusedModel
from bot.observe import set_up_logs
from bot.photos.gate import GateLimits, PhotoGate
from bot.pipeline import ingest, work
from bot.services import overview
from bot.wiring import Built
from store import db, posts
from store import tables as t
from store.errors import PhotoUnavailable
from store.records.page import Page
from store.records.photo import PhotoState
from store.records.work import Job, Stage
from tests import makers
from tests.chaos import saving
from tests.chaos.ledger import Faults
from tests.integration.photos.test_gate import png
from tests.stores import Clock

pytestmark = pytest.mark.servers

DISK_MB = 24
PICTURE = jpeg(draw([3]))


class Photos:
    """Gives pictures by address; what it does not have is not there just now."""

    def __init__(self, **there: bytes) -> None:
        self.there = there

    def fetch(self, url: str, referer: str = "") -> bytes:
        name = url.rpartition("/")[2].partition(".")[0]
        if name not in self.there:
            raise PhotoUnavailable(url, "not there")
        return self.there[name]


@contextmanager
def installation(folder: Path, clock: Clock, **there: bytes) -> Iterator[Built]:
    folder.mkdir(exist_ok=True, parents=True)
    with saving.opened(folder, clock) as built:
        built.road.fetcher = Photos(**there)  # type: ignore[assignment]
        yield built


def post_with(built: Built, number: int, name: str) -> str:
    post = makers.post(number, media=(makers.media(f"{name}.jpg"),))
    ingest.take_page(built.road, "live", "Tag", Page(posts=(post,)))
    return post.key


def off(built: Built) -> int:
    return work.work_off(built.road, work.arrows(dict))


def through(built: Built, clock: Clock, rounds: int = 12) -> None:
    """Work off with growing time, as hours would pass."""
    for _ in range(rounds):
        off(built)
        clock.tick(minutes=6)


def states(built: Built) -> dict[str, PhotoState]:
    with built.road.store.reading() as tx:
        rows = tx.execute(sa.select(t.media.c.post_key, t.media.c.state))
        return {row.post_key: PhotoState(row.state) for row in rows}


def dead(built: Built) -> list[Any]:
    return list(overview.overview(built.road).dead_jobs)


def placed(built: Built) -> set[str]:
    with built.road.store.reading() as tx:
        return set(tx.execute(sa.select(t.sightings.c.post_key)).scalars())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    asked = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(asked, capture_output=True, check=False).returncode:
        pytest.skip("a small file system cannot be mounted here: that needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def fill(disk: Path, leave_kb: int = 0) -> Path:
    """Fill it up with a ballast, but for so many kilobytes."""
    ballast = disk / "ballast"
    blocks = (shutil.disk_usage(disk).free - leave_kb * 1024) // 4096
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        for _ in range(blocks if leave_kb else blocks + 2):
            file.write(bytes(4096))
    return ballast


def test_a_photo_that_finds_the_disk_full_is_kept_when_there_is_room_again(
    small_disk: Path, tmp_path: Path, clock: Clock, faults: Faults
) -> None:
    photos = small_disk / "photos"
    photos.mkdir()
    (tmp_path / "here" / "data").mkdir(parents=True)
    (tmp_path / "here" / "data" / "photos").symlink_to(photos)
    with installation(tmp_path / "here", clock, a=PICTURE) as built:
        key = post_with(built, 1, "a")
        ballast = fill(small_disk)
        assert off(built) > 0, "nothing was hindered"
        through(built, clock, 30)
        assert not dead(built), "hours of a full disk set a photo aside"
        ballast.unlink()
        through(built, clock)
        assert states(built) == {key: PhotoState.KEPT}
        faults.befell("disk full while a photo is written", lost=len(dead(built)))
        assert not list(photos.rglob("tmp*")), "half a photo was left"


def test_a_database_that_finds_the_disk_full_takes_everything_or_nothing(
    small_disk: Path, clock: Clock, faults: Faults
) -> None:
    with installation(small_disk / "here", clock) as built:
        ballast, refused, taken = fill(small_disk, 200), 0, set()
        pages = [page_of(first) for first in range(0, 400, 20)]
        left = []
        for page in pages:
            try:
                ingest.take_page(built.road, "live", "Tag", page)
                taken |= {post.key for post in page.posts}
            except sa.exc.OperationalError:
                refused += 1
                left.append(page)
        assert refused, "the disk was never full"
        with built.road.store.reading() as tx:
            assert set(tx.execute(sa.select(t.posts.c.key)).scalars()) == taken
        ballast.unlink()
        for page in left:
            ingest.take_page(built.road, "live", "Tag", page)
        with built.road.store.reading() as tx:
            stored = list(tx.execute(sa.select(t.posts.c.key)).scalars())
            assert tx.execute(sa.text("PRAGMA integrity_check")).scalar_one() == "ok"
        faults.befell(
            "disk full while the database is written",
            refused,
            lost=400 - len(set(stored)),
            doubled=len(stored) - len(set(stored)),
        )


def page_of(first: int) -> Page:
    return Page(posts=tuple(makers.post(n, text="x" * 3000) for n in range(first, first + 20)))


def test_a_log_that_finds_the_disk_full_stops_nobody_and_goes_on_later(
    small_disk: Path, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    ballast, file = fill(small_disk), small_disk / "log"
    with file.open("w", buffering=1) as stream, Path(os.devnull).open("w") as nowhere:
        monkeypatch.setattr(sys, "stderr", nowhere)
        set_up_logs(level="INFO", stream=stream)
        try:
            for number in range(200):
                structlog.get_logger("test").warning("a line", number=number, filling="x" * 200)
            size = file.stat().st_size
            ballast.unlink()
            for _ in range(100):
                structlog.get_logger("test").warning("room again")
        finally:
            set_up_logs(level="ERROR", stream=nowhere)
    assert size < 200 * 200, "the disk was not full"
    assert "room again" in file.read_text(errors="replace")
    faults.befell("disk full while the log is written", 1)


def test_a_database_locked_by_another_process_delays_and_loses_nothing(
    tmp_path: Path, clock: Clock, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "BUSY_TIMEOUT_MS", 100)
    with installation(tmp_path / "here", clock, a=PICTURE) as built:
        key = post_with(built, 1, "a")
        (job,) = built.road.engine.claim([Stage.LOOK], clock())
        with locked(built.home.database):
            assert not work.do(built.road, work.arrows(dict), job)
            with pytest.raises(sa.exc.OperationalError):
                ingest.take_page(built.road, "live", "Tag", Page(posts=(makers.post(2),)))
            with built.road.store.reading() as tx:
                assert posts.has(tx, key), "reading goes on"
        clock.tick(minutes=10)
        through(built, clock, 4)
        assert states(built) == {key: PhotoState.KEPT}
        faults.befell("database locked by another process", lost=len(dead(built)))


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Another process holds the write lock."""
    words = (
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "db.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", words, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None and holder.stdin is not None
        assert holder.stdout.readline() == "held\n"
        yield
        holder.stdin.close()


def test_photos_that_vanish_or_rot_on_disk_are_fetched_again(
    tmp_path: Path, clock: Clock, faults: Faults
) -> None:
    with installation(tmp_path / "here", clock, a=PICTURE, b=jpeg(draw([5]))) as built:
        gone, rotten = post_with(built, 1, "a"), post_with(built, 2, "b")
        through(built, clock, 2)
        digests = {key: _digest(built, key) for key in (gone, rotten)}
        folder = built.home.photos
        next(folder.rglob(digests[gone])).unlink()
        spoilt = next(folder.rglob(digests[rotten]))
        spoilt.write_bytes(b"\0" + spoilt.read_bytes()[1:])
        with built.road.store.transaction() as tx:
            for key in (gone, rotten):
                built.road.engine.enqueue(tx, Stage.LOOK, key)
        through(built, clock, 2)
        assert not dead(built)
        lost = sum(hindered(built, digest) for digest in digests.values())
        faults.befell("photo vanished from disk", lost=lost)
        faults.befell("photo damaged on disk", lost=lost)


def hindered(built: Built, digest: str) -> bool:
    try:
        return not built.road.blobs.get(digest)
    except Exception:  # noqa: BLE001  (whatever it is, the picture cannot be had)
        return True


def _digest(built: Built, key: str) -> str:
    with built.road.store.reading() as tx:
        (row,) = posts.media_of(tx, key)
    assert row.photo
    return row.photo


def test_with_a_broken_face_model_posts_go_on_and_their_faces_wait(
    tmp_path: Path, clock: Clock, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "model.dat"
    broken.write_bytes(fusion._path().read_bytes()[:-1000])
    with installation(tmp_path / "here", clock, a=PICTURE) as built:
        with monkeypatch.context() as patch:
            patch.setattr(fusion, "_path", lambda: broken)
            built.road.faces = FusedModel
            key = post_with(built, 1, "a")
            through(built, clock, 3)
        assert states(built) == {key: PhotoState.KEPT}
        assert placed(built) == {key}, "the post is read although nobody looks for faces"
        found = dead(built)
        assert {job["stage"] for job in found} == {"look", "match"}, "set aside at once, no loop of crashes"
        assert all("reinstall" in job["reason"] for job in found)
        built.road.faces = lambda: model
        model = FakeFaceModel()
        assert overview.retry_dead(built.road, Stage.LOOK, key)
        through(built, clock, 2)
        with built.road.store.reading() as tx:
            faces = tx.execute(sa.select(sa.func.count()).select_from(t.faces)).scalar_one()
        faults.befell("face model file damaged", lost=len(dead(built)) + (faces != 1))


def test_a_picture_that_eats_memory_is_refused_and_its_neighbours_are_seen(
    tmp_path: Path, clock: Clock, faults: Faults
) -> None:
    bomb = png(7000, 7000, zlib.compress(bytes((7000 * 4 + 1) * 7000), 1), colour=6, depth=8)
    with installation(tmp_path / "here", clock, a=bomb, b=PICTURE) as built:
        with PhotoGate(GateLimits(memory_mb=400)) as tight:
            built.road.gate, own = tight, built.road.gate
            hostile, good = post_with(built, 1, "a"), post_with(built, 2, "b")
            through(built, clock, 3)
            built.road.gate = own
        assert states(built) == {hostile: PhotoState.REFUSED, good: PhotoState.KEPT}
        with built.road.store.reading() as tx:
            (row,) = posts.media_of(tx, hostile)
        assert "memory" in row.why or "damaged" in row.why
        faults.befell("hostile photo eats the decoder's memory", lost=len(dead(built)))


def test_a_killed_decoder_is_replaced_by_the_next_photo(tmp_path: Path, clock: Clock, faults: Faults) -> None:
    pictures = {f"p{n}": jpeg(draw([n])) for n in range(5)}
    with installation(tmp_path / "here", clock, **pictures) as built:
        killed = 0
        for number, name in enumerate(pictures):
            post_with(built, number, name)
            through(built, clock, 1)
            pid = built.road.gate._workers[0].pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)  # The decoder that this installation started itself.
            killed += 1
        through(built, clock, 2)
        seen = list(states(built).values())
        faults.befell(
            "kill -9 of the photo decoder", killed, lost=sum(s is not PhotoState.KEPT for s in seen)
        )


def test_a_poison_post_is_set_aside_with_its_reason_and_retried_on_demand(
    tmp_path: Path, clock: Clock, faults: Faults
) -> None:
    with installation(tmp_path / "here", clock, a=PICTURE, b=PICTURE) as built:
        poison, good = post_with(built, 1, "a"), post_with(built, 2, "b")
        ways = dict(work.arrows(dict))
        whole, tries = ways[Stage.PLACE], []

        def poisoned(road: Any, job: Job) -> None:
            if job.key == poison:
                tries.append(job.attempt)
                raise ZeroDivisionError("a bug of ours")
            whole(road, job)

        ways[Stage.PLACE] = poisoned
        for _ in range(20):
            work.work_off(built.road, ways)
            clock.tick(minutes=6)
        assert placed(built) == {good}
        assert tries == list(range(1, built.config.limits.job_attempts + 1))
        (job,) = dead(built)
        assert (job["stage"], job["key"]) == ("place", poison) and "ZeroDivisionError" in job["reason"]
        assert retried(built, poison)
        clock.tick(days=3650)  # The command has the machine's clock.
        through(built, clock, 2)
        faults.befell("poison post", lost=len({poison, good} - placed(built)), doubled=len(dead(built)))


def retried(built: Built, key: str) -> bool:
    """By the command, as an operator would."""
    order = [
        sys.executable,
        "run_bot.py",
        "--config",
        str(built.config.file),
        "--data",
        str(built.home.folder),
    ]
    said = subprocess.run(
        [*order, "retry", "place", key], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return said.returncode == 0 or pytest.fail(said.stderr)


ROOT = Path(__file__).resolve().parents[2]
