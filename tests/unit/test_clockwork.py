"""The clock: what keeps its phase, what is moved or taken away, what is alarmed, and clocks that jump."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot import clockwork
from bot.clockwork import Clockwork

LONG = timedelta(hours=1)


class Wall:
    """A wall clock that runs with the steady one, until a test sets it."""

    def __init__(self) -> None:
        self.shift = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.shift


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def clock(wall: Wall) -> Iterator[Clockwork]:
    made = Clockwork(wall)
    made.start()
    yield made
    made.stop()


def eventually(is_so: Callable[[], bool], *, within_s: float = 5.0) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.01)
    return is_so()


class Calls:
    """Counts calls by name."""

    def __init__(self) -> None:
        self.of: dict[str, int] = {}

    def __call__(self, name: str) -> Callable[[], None]:
        def call() -> None:
            self.of[name] = self.of.get(name, 0) + 1

        return call


def next_run(clock: Clockwork, name: str) -> datetime | None:
    job = clock._scheduler.get_job(name)
    found: datetime | None = job.next_run_time if job else None
    return found


def test_a_call_comes_at_once_and_then_at_each_interval(clock: Clockwork) -> None:
    calls = Calls()
    clock.every("a", timedelta(seconds=0.05), calls("a"))
    assert eventually(lambda: calls.of.get("a", 0) >= 3)


def test_the_same_call_again_keeps_its_phase_and_takes_the_new_function(clock: Clockwork) -> None:
    calls = Calls()
    clock.every("a", LONG, calls("old"))
    assert eventually(lambda: calls.of == {"old": 1})
    before = next_run(clock, "a")
    clock.every("a", LONG, calls("new"))
    time.sleep(0.1)
    assert next_run(clock, "a") == before
    assert calls.of == {"old": 1}, "the new one waits for its turn"
    clock._scheduler.modify_job("a", next_run_time=datetime.now(UTC))
    assert eventually(lambda: calls.of == {"old": 1, "new": 1})


def test_a_call_that_still_runs_is_not_started_twice_and_that_is_logged(clock: Clockwork) -> None:
    at_once, most, release = 0, 0, threading.Event()

    def slow() -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        release.wait(5)
        at_once -= 1

    with capture_logs() as logs:
        clock.every("slow", timedelta(seconds=0.05), slow)
        alarm = {
            "event": "clock_call_skipped",
            "call": "slow",
            "why": "still running",
            "times": 3,
            "log_level": "warning",
        }
        assert eventually(lambda: alarm in logs)
        told = [line["times"] for line in logs if line["event"] == alarm["event"]]
        assert told[0] == 3, "one late turn is none"
        release.set()
        assert eventually(lambda: at_once == 0)
    assert most == 1


def test_a_slow_call_holds_no_other_up(clock: Clockwork) -> None:
    release, calls = threading.Event(), Calls()
    clock.every("slow", LONG, lambda: release.wait(5) and None)
    clock.every("quick", timedelta(seconds=0.05), calls("quick"))
    assert eventually(lambda: calls.of.get("quick", 0) >= 3)
    release.set()


def test_a_call_that_fails_is_logged_without_its_words_and_comes_again(clock: Clockwork) -> None:
    tries: list[int] = []

    def broken() -> None:
        tries.append(1)
        raise ValueError("a secret in the message")

    with capture_logs() as logs:
        clock.every("broken", timedelta(seconds=0.05), broken)
        assert eventually(lambda: len(tries) >= 2)
        assert eventually(lambda: any(line["event"] == "clock_call_failed" for line in logs))
    failed = next(line for line in logs if line["event"] == "clock_call_failed")
    assert (failed["call"], failed["reason"]) == ("broken", "ValueError")
    assert "secret" not in str(failed)


def test_no_call_is_dropped_for_being_late(clock: Clockwork) -> None:
    """More calls are due at once than there are threads, and each takes a while: all of them run."""
    calls, done = Calls(), threading.Event()

    def slow(name: str) -> Callable[[], None]:
        count = calls(name)

        def call() -> None:
            done.wait(0.15)
            count()

        return call

    with capture_logs() as logs:
        for number in range(30):
            clock.every(f"n{number}", LONG, slow(f"n{number}"))
        assert eventually(lambda: len(calls.of) == 30, within_s=10)
    assert set(calls.of.values()) == {1}
    assert not [line for line in logs if line["event"] == "clock_call_skipped"]


@pytest.mark.parametrize("shift", [timedelta(hours=-3), timedelta(hours=3)])
def test_a_wall_clock_that_jumps_arms_every_call_anew(
    monkeypatch: pytest.MonkeyPatch, wall: Wall, shift: timedelta
) -> None:
    monkeypatch.setattr(clockwork, "JUMP_LOOK_S", 0.05)
    clock, calls = Clockwork(wall), Calls()
    clock.start()
    try:
        with capture_logs() as logs:
            clock.every("a", LONG, calls("a"))
            clock.every("b", LONG, calls("b"))
            assert eventually(lambda: calls.of == {"a": 1, "b": 1})
            time.sleep(0.2)
            assert calls.of == {"a": 1, "b": 1}, "without a jump nothing is armed anew"
            wall.shift = shift
            assert eventually(lambda: calls.of == {"a": 2, "b": 2})
            time.sleep(0.2)
        assert calls.of == {"a": 2, "b": 2}, "once for each jump"
        jumps = [line for line in logs if line["event"] == "clock_jumped"]
        assert [line["seconds"] for line in jumps] == [round(shift.total_seconds())]
    finally:
        clock.stop()


def test_small_drifts_of_the_wall_clock_move_nothing(monkeypatch: pytest.MonkeyPatch, wall: Wall) -> None:
    monkeypatch.setattr(clockwork, "JUMP_LOOK_S", 0.05)
    clock, calls = Clockwork(wall), Calls()
    clock.start()
    try:
        clock.every("a", LONG, calls("a"))
        assert eventually(lambda: calls.of == {"a": 1})
        wall.shift = timedelta(seconds=-10)
        time.sleep(0.25)
        assert calls.of == {"a": 1}
    finally:
        clock.stop()


def test_a_stopped_clock_ticks_no_more_and_can_be_stopped_twice(wall: Wall) -> None:
    clock, calls = Clockwork(wall), Calls()
    clock.start()
    clock.every("a", timedelta(seconds=0.02), calls("a"))
    assert eventually(lambda: bool(calls.of))
    clock.stop()
    before = dict(calls.of)
    time.sleep(0.1)
    assert calls.of == before
    clock.stop()


def test_watch_tells_of_changes_of_its_file_alone_also_when_it_is_replaced(tmp_path: Path) -> None:
    file, other = tmp_path / "config.yaml", tmp_path / "notes.txt"
    file.write_text("a")
    stop, told = threading.Event(), threading.Semaphore(0)
    watcher = threading.Thread(target=clockwork.watch, args=(file, stop, told.release))
    watcher.start()
    try:
        time.sleep(0.3)
        other.write_text("nothing of interest")
        assert not told.acquire(timeout=0.6)
        file.write_text("b")
        assert told.acquire(timeout=5)
        draft = tmp_path / "config.yaml.new"
        draft.write_text("c")
        draft.replace(file)
        assert told.acquire(timeout=5)
    finally:
        stop.set()
        watcher.join(5)
    assert not watcher.is_alive()
