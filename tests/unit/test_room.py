"""Room on the disk: measured in bytes on the disk, judged by a limit and by what must stay free."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.pipeline import room
from bot.pipeline.room import Room, Space


def space(folder: Path | None, timer: Callable[[], float] = lambda: 0.0, **given: int) -> Space:
    return Space(folder, timer=timer, **given)


def test_files_count_as_what_they_take_wherever_they_lie(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "photo").write_bytes(b"x" * 10_000)
    (tmp_path / "link").symlink_to(tmp_path / "a" / "b" / "photo")
    assert 10_000 <= room.used(tmp_path) <= 10_000 + 16 * 1024


@pytest.mark.parametrize(
    ("used", "free", "expected"),
    [
        (0, 1000, Room.ENOUGH),
        (89, 1000, Room.ENOUGH),
        (90, 1000, Room.TIGHT),
        (99, 1000, Room.TIGHT),
        (100, 1000, Room.FULL),
        (0, 19, Room.TIGHT),
        (0, 9, Room.FULL),
    ],
)
def test_the_limit_and_what_must_stay_free_both_speak(used: int, free: int, expected: Room) -> None:
    judged = space(None, max_bytes=100, min_free_bytes=10)
    judged.used_bytes, judged.free_bytes = used, free
    assert judged._judged() is expected


def test_without_a_limit_the_use_is_not_counted(tmp_path: Path) -> None:
    (tmp_path / "photo").write_bytes(b"x" * 10_000)
    here = space(tmp_path)
    assert here.measure() is Room.ENOUGH
    assert here.used_bytes == 0
    assert here.free_bytes > 0


def test_a_folder_that_takes_long_to_count_is_counted_seldom(tmp_path: Path) -> None:
    now = iter([0.0, 2.0, 50.0, 103.0, 104.0])
    here = space(tmp_path, timer=lambda: next(now), max_bytes=10**9)
    here.measure()
    (tmp_path / "photo").write_bytes(b"x" * 100_000)
    here.measure()
    assert here.used_bytes < 100_000, "counted for two seconds: not again at fifty"
    here.measure()
    assert here.used_bytes >= 100_000


def test_what_should_give_way_is_the_larger_of_both_wants() -> None:
    here = space(None, max_bytes=1000, min_free_bytes=100)
    here.used_bytes, here.free_bytes, here.room = 950, 150, Room.TIGHT
    assert here.wanted_bytes() == 100
    here.freed(90)
    assert here.used_bytes == 860
    assert here.wanted_bytes() == 50
