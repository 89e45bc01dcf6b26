"""A stream through the real collector, page by page into a real store on disk; how long, how much memory."""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any

from benchmarks.stream import frames as made
from bot import wiring
from bot.config import load
from bot.home import Home
from bot.pipeline import collect
from bot.pipeline.source import Source
from bot.wiring import Built
from collectors import registry
from collectors.base import Collector
from collectors.bluesky_stream import Batch
from collectors.context import Context
from collectors.jetstream import Wire
from collectors.payload import from_micros, parse_time
from store.db import utc_now
from store.records.page import Page, TagQuery

_ROOT = Path(__file__).resolve().parents[2]
_CONFIG = """
campaign: {hashtags: ["BringThemHome"], sources: []}
contact: {address: bench@homeward.example}
legal: {responsible: Bench, country: CN, face_basis: bench, privacy_contact: bench@homeward.example}
"""


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds from sent to committed of each post, events read a second, processor time a second."""

    seconds: list[float]
    events_per_s: float
    cpu_share: float


def _built(folder: Path) -> Built:
    folder.mkdir(parents=True)
    file = folder / "config.yaml"
    file.write_text(_CONFIG, encoding="utf-8")
    built = wiring.build(replace(load(file, env={})), Home(folder / "data", False))
    wiring.put_in_force(built)
    return built


class _Timed:
    """The collector; asked for the next page, it knows that the one before is committed."""

    def __init__(self, inner: Collector) -> None:
        self.inner, self.spec, self.name = inner, inner.spec, inner.name
        self.seconds: list[float] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def follow(self, queries: Sequence[TagQuery], cursor: str, stop: Event) -> Iterator[Page]:
        for page in self.inner.follow(queries, cursor, stop):
            yield page
            now = time.time()
            self.seconds += [now - _sent(post.raw).timestamp() for post in page.posts]


def _sent(raw: Any) -> datetime:
    found = from_micros(raw["time_us"]) if "time_us" in raw else parse_time(raw["payload"]["time"])
    assert found is not None
    return found


def latency(folder: Path, wire: Wire, seconds: float, rate: float, wanted: float) -> Took:
    """Follow a host on loopback for so many seconds, with the collector's own defaults."""
    command = [sys.executable, "-m", "benchmarks.stream.host", wire.value, str(rate), str(wanted)]
    built = _built(folder)
    host = subprocess.Popen(
        command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert host.stdout is not None and host.stdin is not None
    try:
        stream_port, network_port = host.stdout.readline().split()
        options = {option.name: option.default for option in registry.specs()["bluesky"].options}
        options |= {"wire": wire.value, "hosts": [f"ws://127.0.0.1:{stream_port}"], "originals": False}
        options |= {"appview": f"http://127.0.0.1:{network_port}"}
        context = Context("bench@homeward.example", {}, utc_now)
        timed = _Timed(registry.build("bluesky", "bench", options, context))
        return _followed(built, timed, seconds, rate)
    finally:
        host.stdin.close()
        host.wait(10)
        host.stdout.close()
        built.close()


def _followed(built: Built, timed: _Timed, seconds: float, rate: float) -> Took:
    source = Source(timed, (TagQuery(any=made.WANTED),), timedelta(seconds=60))
    stop = threading.Event()
    timer = threading.Timer(seconds, stop.set)
    timer.start()
    begun, cpu = time.monotonic(), time.process_time()
    collect.follow(built.road, source, stop)
    took_s = time.monotonic() - begun
    share = (time.process_time() - cpu) / took_s
    timed.close()
    return Took(timed.seconds, rate, share)


class _Poured:
    """A collector whose frames come from memory: the sieve, the reader and the pages are the real ones."""

    spec = registry.specs()["bluesky"]
    name = "poured"

    def __init__(self, events: int, step: int) -> None:
        self.events, self.step = events, step
        self.marks: list[tuple[int, float]] = []

    def follow(self, queries: Sequence[TagQuery], cursor: str, stop: Event) -> Iterator[Page]:
        batch = Batch(self.name, "memory", Wire.V2, queries, 0, 300_000_000)
        for number, data in enumerate(islice(made.endless(5, Wire.V2), self.events), 1):
            batch.add(data, utc_now())
            if batch.is_full:
                yield batch.taken(utc_now())
            if number % self.step == 0:
                self.marks.append((number, resident_mb()))

    def close(self) -> None:
        """Nothing is open."""


def memory(folder: Path, events: int, step: int) -> list[tuple[int, float]]:
    """Resident megabytes after every `step` events that went through follow, page and commit."""
    built = _built(folder)
    try:
        poured: Any = _Poured(events, step)
        source = Source(poured, (TagQuery(any=made.WANTED),), timedelta(seconds=60))
        collect.follow(built.road, source, threading.Event())
        return list(poured.marks)
    finally:
        built.close()


def resident_mb() -> float:
    """What this process holds now; where the system does not tell, what it held at most."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / 1e6
