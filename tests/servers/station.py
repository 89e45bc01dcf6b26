"""A whole Homeward in a temporary folder, pointed at the servers of a test: real config, collectors, store.

`Station` polls, follows and says what is stored. It decides nothing and knows no platform.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy as sa

from bot import wiring
from bot.config import load
from bot.home import Home
from bot.pipeline import collect, work
from bot.pipeline.source import Source
from store import counters, hourly, sources
from store import tables as t
from store.errors import SourceError
from store.records.work import Stage

TAG = "found"
READING = (Stage.COLLECT, Stage.BACKFILL)
CONFIG = """
campaign:
  hashtags: ["{tag}"]
  sources:
    - {{name: source, {options}}}
  schedule: {{jitter_s: 0}}
contact: {{address: tests@homeward.example}}
legal: {{responsible: Tests, country: CN, face_basis: tests, privacy_contact: tests@homeward.example}}
accounts:
  mastodon: {{server: "https://sample.example", handle: homeward}}
"""


class Moved:
    """The real clock, moved forward by what a test has no time to wait for."""

    def __init__(self, of: Callable[[], datetime]) -> None:
        self._of = of
        self._by = timedelta()

    def __call__(self) -> datetime:
        return self._of() + self._by

    def skip(self, seconds: float) -> None:
        """So much later."""
        self._by += timedelta(seconds=seconds)


class Station:
    """One source named `source`. `skip` moves the clock that the servers of the test share."""

    def __init__(
        self,
        folder: Path,
        places: Path,
        options: str,
        secrets: Mapping[str, str],
        clock: Callable[[], datetime],
        skip: Callable[[float], None],
        tag: str = TAG,
    ) -> None:
        data = folder / "data"
        data.mkdir(parents=True)
        shutil.copy(places, data / "places.sqlite")
        file = folder / "config.yaml"
        file.write_text(CONFIG.format(options=options, tag=tag))
        self._config = load(file, env=dict(secrets))
        self._home = Home(data, False)
        self._clock = clock
        self._skip = skip
        self.troubles: Counter[str] = Counter()

    def __enter__(self) -> Station:
        self.built = wiring.build(self._config, self._home, clock=self._clock)
        wiring.put_in_force(self.built)
        self._renew()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.source.collector.close()
        self.built.close()

    def _renew(self) -> None:
        self.active: dict[str, Source] = self.built.sources_of(self._config)
        (self.source,) = self.active.values()

    def restart(self) -> None:
        """The program ends and begins again: nothing is left but what is in the store."""
        self.source.collector.close()
        self.built.close()
        self.__enter__()

    # Reading

    def work_off(self, *stages: Stage) -> None:
        """Do what the queue holds of these stages."""
        ways = work.arrows(lambda: self.active)
        assert work.work_off(self.built.road, ways, stages or READING) == 0

    def poll(self, tag: str = TAG) -> None:
        """One poll, as the schedule asks for it; what the source asks to wait is waited for before."""
        road = self.built.road
        with road.store.reading() as tx:
            health = sources.health(tx, "source")
        if health is not None and health.next_try_at is not None:
            self._skip(max(0.0, (health.next_try_at - road.clock()).total_seconds()) + 0.01)
        with road.store.transaction() as tx:
            collect.enqueue_poll(road, tx, "source", tag)
        self.work_off()
        with road.store.reading() as tx:
            health = sources.health(tx, "source")
        if health is not None and health.failures:
            self.troubles[health.detail.partition(": ")[2][:60]] += 1

    def poll_until_well(self, tag: str = TAG, most: int = 30) -> None:
        """Polls until one has succeeded."""
        for _ in range(most):
            self.poll(tag)
            with self.built.road.store.reading() as tx:
                health = sources.health(tx, "source")
            if health is not None and health.failures == 0:
                return
        raise AssertionError(f"{most} polls did not succeed: {dict(self.troubles)}")

    # What is stored

    def _rows(self, query: Any) -> list[Any]:
        with self.built.road.store.reading() as tx:
            return list(tx.execute(query).all())

    def texts(self) -> dict[str, str]:
        """The words of each post that is there, by its key."""
        columns = t.posts.c
        query = sa.select(columns.key, columns.text).where(columns.gone_at.is_(None))
        return {row.key: row.text for row in self._rows(query)}

    def gone(self) -> set[str]:
        """The keys of posts that were there and are taken back."""
        columns = t.posts.c
        return {row.key for row in self._rows(sa.select(columns.key).where(columns.gone_at.is_not(None)))}

    def counted(self) -> int:
        """How many posts and versions of posts were counted as new: one that counts twice shows here."""
        since, until = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
        with self.built.road.store.reading() as tx:
            return sum(hourly.counts(tx, "source", since=since, until=until).values())

    def made(self) -> int:
        """How often a post was put into the store for the first time."""
        with self.built.road.store.reading() as tx:
            return counters.value(tx, "posts")

    def earlier(self) -> dict[str, list[str]]:
        """The earlier words of each post that was edited, sorted."""
        columns, found = t.post_versions.c, dict[str, list[str]]()
        for row in self._rows(sa.select(columns.post_key, columns.text).order_by(columns.text)):
            found.setdefault(row.post_key, []).append(row.text)
        return found


class Following:
    """A stream in a thread, begun again after each failure as the daemon does, without its pauses."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="following")
        self.failures: list[SourceError] = []
        self.crash: Exception | None = None

    def __enter__(self) -> Following:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(20)
        if error is None:
            assert not self._thread.is_alive(), "the stream does not stop"
            if self.crash is not None:
                raise self.crash

    def _run(self) -> None:
        station = self._station
        while not self._stop.is_set():
            try:
                collect.follow(station.built.road, station.source, self._stop)
            except SourceError as error:
                self.failures.append(error)
                station.troubles[type(error).__name__] += 1
                collect.failed(station.built.road, station.source, error)
            except Exception as error:  # noqa: BLE001 - the test that waits has to hear of it
                self.crash = error
                return
            self._stop.wait(0.01)

    def wait(self, is_done: Callable[[], bool], timeout_s: float = 30) -> None:
        """Until it is done. AssertionError when that takes too long or the stream broke for good."""
        deadline = time.monotonic() + timeout_s
        while not is_done():
            if self.crash is not None:
                raise self.crash
            assert time.monotonic() < deadline, f"waited in vain; {dict(self._station.troubles)}"
            time.sleep(0.02)
