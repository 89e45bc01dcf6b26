"""One host of several, as a process of its own: a daemon that collects from a file into a shared database.

Called by tests/integration/test_many_hosts.py with a JSON document; writes down each reading that it makes.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot import wiring
from bot.config import load
from bot.config_engine import EngineBlock
from bot.daemon import Daemon
from bot.home import Home
from bot.observe import set_up_logs
from bot.pipeline.source import Source
from collectors.base import NotSupported, SourceSpec
from store.db import utc_now
from store.records.page import Page, TagQuery
from store.records.post import Platform, Post
from tests import makers
from tests.unit.extract.fake_gazetteer import FakeGazetteer

CONFIG = """
campaign: {hashtags: ["Tag"]}
contact: {address: tests@homeward.example}
legal: {responsible: Tests, country: CN, face_basis: tests, privacy_contact: tests@homeward.example}
"""
EVERY = timedelta(seconds=0.5)


class FilePlatform:
    """A platform that is a file of numbers, a post each. It is polled, or streams what is appended."""

    def __init__(self, file: Path, log: Path, who: str, *, streams: bool) -> None:
        self.name = file.stem
        self.spec = SourceSpec("timeline", Platform.MASTODON, streams=streams, polls=not streams)
        self._file, self._log, self._who = file, log, who

    def _read(self, cursor: str) -> Page:
        lines = self._file.read_text().split()
        start = int(cursor or 0)
        with self._log.open("a") as log:
            log.write(f"{self._who} {self.name} {start} {len(lines)}\n")
        made = tuple(self._post(number) for number in lines[start : start + 2])
        end = start + len(made)
        return Page(posts=made, cursor=str(end), more=end < len(lines))

    def _post(self, number: str) -> Post:
        now = utc_now()
        key = f"mastodon:https://a.example/{self.name}/{number}"
        return replace(makers.post(int(number)), key=key, created_at=now, received_at=now)

    def poll(self, query: TagQuery, cursor: str) -> Page:
        return self._read(cursor)

    def follow(self, queries: Sequence[TagQuery], cursor: str, stop: threading.Event) -> Iterator[Page]:
        while not stop.is_set():
            page = self._read(cursor)
            cursor = page.cursor or cursor
            yield page
            stop.wait(EVERY.total_seconds())

    def mentions(self, cursor: str) -> Page:
        raise NotSupported(f"{self.name}: has no mentions")

    def search(self, *_: object) -> Page:
        raise NotSupported(f"{self.name}: cannot be searched")

    def lookup(self, ids: Sequence[str]) -> list[Any]:
        return []

    def close(self) -> None:
        pass


def main(told: dict[str, Any]) -> None:
    """Work until SIGTERM."""
    set_up_logs(level="INFO", as_json=False)
    folder = Path(told["folder"])
    folder.mkdir(exist_ok=True)
    (folder / "config.yaml").write_text(CONFIG)
    home = Home(folder, False)
    block = EngineBlock.model_validate({"kind": "distributed", "lease_s": told["lease_s"], "dead_after_s": 5})
    config = replace(load(folder / "config.yaml", env={}), database_url=told["url"], engine=block)
    home.prepare()
    home.key.write_text(told["key"])
    built = wiring.build(config, home)
    built.road.gazetteer = FakeGazetteer
    sources = {}
    for file in sorted(Path(told["platforms"]).glob("*.txt")):
        platform = FilePlatform(file, Path(told["log"]), told["who"], streams=file.stem.startswith("stream"))
        query = (TagQuery(any=("Tag",)),)
        sources[platform.name] = Source(platform, query, EVERY, backoff_first=EVERY)
    daemon = Daemon(built.road, home, config, lambda _: sources, roles=("collect",))
    signal.signal(signal.SIGTERM, lambda *_: daemon.stop.set())
    daemon.start()
    while not daemon.stop.wait(0.2):
        pass
    daemon.drain()
    built.close()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
