"""All sending stops: by file, person, signal, by itself; at once, for good, without a database too."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy.exc

from bot import main
from bot.pipeline import brake as pipeline
from bot.pipeline import send as send_arrow
from bot.pipeline import work
from bot.pipeline.stopfile import StopFile
from bot.rules.breaker import Limits
from bot.services import alarms, brake, replies
from store import campaign, steps
from store.db import Store
from store.errors import UsageError
from store.records.reply import ReplyState
from tests.desk import Desk, open_desk

S = ReplyState
WHY = "it was looked into"


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def build(**options: object) -> Desk:
        made.append(open_desk(tmp_path, **options))  # type: ignore[arg-type]
        return made[-1]

    yield build
    steps.listen(None)
    for desk in made:
        desk.road.store.close()


@pytest.fixture
def desk(make: Callable[..., Desk]) -> Desk:
    return make()


def file_of(desk: Desk) -> Path:
    assert desk.road.stop_file.path is not None
    return desk.road.stop_file.path


def test_an_empty_file_put_there_by_hand_stops_and_taking_it_away_does_not_let_go(desk: Desk) -> None:
    file_of(desk).touch()
    key = desk.draft()
    desk.run(hours=0.1)
    assert (desk.row(key).state, desk.platform.made) == (S.DRAFTED, 0)
    assert [each.why for each in brake.state(desk.road)] == ["the file STOP is there"]
    assert pipeline.adopt(desk.road) and not pipeline.adopt(desk.road)
    file_of(desk).unlink()
    desk.run(hours=0.1)
    assert desk.platform.made == 0, "a person lets it go on, with a reason"
    with pytest.raises(UsageError, match="why"):
        brake.resume(desk.road, by="ana", why=" ")
    brake.resume(desk.road, by="ana", why=WHY)
    assert brake.state(desk.road) == []
    desk.run(hours=0.1)
    assert (desk.row(key).state, desk.platform.made) == (S.SENT, 1)


def test_a_stop_survives_a_restart(make: Callable[..., Desk]) -> None:
    first = make()
    brake.stop(first.road, by="ana", why="a doubt")
    assert file_of(first).exists()
    again = make(store=first.road.store)
    key = again.draft()
    again.run(hours=0.1)
    assert (again.row(key).state, again.platform.made) == (S.DRAFTED, 0)
    brake.resume(again.road, by="ben", why=WHY)
    assert not file_of(first).exists()
    again.run(hours=0.1)
    assert again.platform.made == 1


def test_the_file_stops_a_row_that_was_claimed_already_and_it_is_not_lost(desk: Desk) -> None:
    key = desk.draft()
    steps.listen(lambda name: file_of(desk).touch() if name == "send.after_claim" else None)
    desk.off()
    assert (desk.row(key).state, desk.platform.made) == (S.APPROVED, 0)
    steps.listen(None)
    brake.resume(desk.road, by="ana", why=WHY)
    desk.run()
    assert (desk.row(key).state, desk.platform.made) == (S.SENT, 1)


def test_sending_stops_with_the_database_down(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object, **__: object) -> None:
        raise sqlalchemy.exc.OperationalError("x", {}, Exception("the database is away"))

    key = desk.draft()
    (job,) = desk.road.engine.claim(list(send_stages()), desk.clock())

    def stop_without_a_database(name: str) -> None:
        if name == "send.after_claim":
            monkeypatch.setattr(Store, "transaction", down)
            monkeypatch.setattr(Store, "reading", down)
            said = brake.stop(desk.road, by="ana", why="a doubt")
            assert "database did not answer" in said
            assert brake.state(desk.road)[0].by == "ana", "every page can say so all the same"

    steps.listen(stop_without_a_database)
    with pytest.raises(sqlalchemy.exc.OperationalError):
        send_arrow.send(desk.road, job)
    assert desk.platform.made == 0, "the platform never heard of it"
    monkeypatch.undo()
    steps.listen(None)
    assert pipeline.adopt(desk.road), "once the database answers, it is kept there too"
    desk.road.engine.free_all()
    desk.run(hours=0.1)
    assert desk.platform.made == 0
    brake.resume(desk.road, by="ana", why=WHY)
    desk.run()
    assert (desk.row(key).state, desk.platform.made) == (S.SENT, 1)


def send_stages() -> tuple[object, ...]:
    return work.ROLES["send"]


def test_everything_stops_within_a_second_while_it_is_at_work(desk: Desk) -> None:
    for number in range(1, 60):
        desk.draft(number, author=f"a{number}")
    late: list[float] = []
    stopped_at, real = [0.0], desk.sender.send

    def slow(reply):  # type: ignore[no-untyped-def]
        if stopped_at[0]:
            late.append(time.monotonic() - stopped_at[0])
        time.sleep(0.01)
        return real(reply)

    desk.sender.send = slow  # type: ignore[method-assign]
    worker = threading.Thread(target=desk.off)
    worker.start()
    while desk.platform.made < 3:
        time.sleep(0.005)
    file_of(desk).touch()
    stopped_at[0] = time.monotonic()
    worker.join(30)
    assert 3 <= desk.platform.made < 59
    assert max(late, default=0.0) < 1.0


def test_the_signal_stops_at_once_and_the_process_goes_on(desk: Desk) -> None:
    signals = (signal.SIGUSR1, signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
    before = {each: signal.getsignal(each) for each in signals}
    stop = threading.Event()
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1)).start()
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGHUP)).start()
    try:
        main._wait(stop, desk.road, stop.set)  # The other signal reads the settings again.
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    assert desk.road.stop_file.is_on
    assert brake.state(desk.road)[0].by == "signal"


def test_a_folder_that_cannot_be_written_still_stops_this_process(tmp_path: Path, desk: Desk) -> None:
    desk.road.stop_file = StopFile(tmp_path / "missing" / "STOP")
    assert "could not be written" in brake.stop(desk.road, by="ana", why="a doubt")
    assert desk.road.stop_file.is_on
    brake.resume(desk.road, by="ana", why=WHY)
    assert not desk.road.stop_file.is_on


def test_unusual_volume_stops_all_sending_by_itself_and_tells_the_team(make: Callable[..., Desk]) -> None:
    desk = make(breaker=Limits(max_10_min=5))
    for number in range(1, 20):
        desk.draft(number, author=f"a{number}")
    desk.run(hours=0.1)
    assert desk.platform.made == 6
    (stopped,) = brake.state(desk.road)
    assert stopped.by == "homeward" and "in ten minutes" in stopped.why
    with desk.road.store.reading() as tx:
        assert "Sending stopped by itself" in campaign.notices(tx)["breaker"]
    assert any("stopped by itself" in each.words for each in alarms.waiting(desk.road))
    desk.clock.tick(hours=1)
    desk.run(hours=0.1)
    assert desk.platform.made == 6, "it does not reset itself"
    brake.resume(desk.road, by="ana", why=WHY)
    desk.run(hours=0.1)
    assert desk.platform.made > 6


def test_too_many_refusals_stop_all_sending(make: Callable[..., Desk]) -> None:
    from bot.senders.fake import Fault

    desk = make(breaker=Limits(max_10_min=100))
    desk.sender.faults.extend([Fault.REFUSE] * 30)
    for number in range(1, 20):
        desk.draft(number, author=f"a{number}")
    desk.run(hours=0.1)
    assert len(desk.sender.faults) == 24, "six tries, then no more"
    assert "refused" in brake.state(desk.road)[0].why
    assert replies.listing(desk.road, state=S.REFUSED)


def test_the_round_trips_it_too(make: Callable[..., Desk]) -> None:
    desk = make()
    for number in range(1, 9):
        desk.draft(number, author=f"a{number}")
    desk.run()
    assert pipeline.watch(desk.road) is None
    desk.road.plan = type(desk.road.plan)(breaker=Limits(max_10_min=7))
    found = pipeline.watch(desk.road)
    assert found is not None and found.rule == "volume"
    assert pipeline.watch(desk.road) is None, "once is enough"
    desk.clock.tick(seconds=timedelta(days=1).total_seconds())
    assert brake.state(desk.road)
