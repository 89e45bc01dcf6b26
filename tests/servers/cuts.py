"""The random cuts of this folder: how many where, which kinds, and the proof that each one happened.

Kinds are dealt like a shuffled deck, so that every kind comes up; a fault that did not befall fails its test.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import Any

from tests.servers.fault_proxy import Door

CUTS = {"bluesky v1": 25, "bluesky v2": 25, "mastodon": 15, "x search": 15, "x stream": 10, "weibo": 10}
"""One hundred over all platforms."""

CUT_WAIT_S = 10.0
ANSWERS = ("delay", "429", "503", "kill", "lose", "truncate")
FRAMES = ("frame_cut", "frame_drop", "frame_double", "cut", "kill", "429", "503", "delay", "lose")
LINES = ("stream_cut", "cut", "kill", "429", "503", "delay")

happened: Counter[str] = Counter()
"""What befell in this run, over all tests; told at its end."""


class Deck:
    """Random faults for one door, all of `kinds` before any comes again."""

    def __init__(
        self,
        door: Door,
        rng: random.Random,
        kinds: tuple[str, ...],
        path: str,
        headers: dict[str, str] | None = None,
        method: str = "",
    ) -> None:
        self.door = door
        self.done = 0
        self._rng = rng
        self._kinds = kinds
        self._left: list[str] = []
        self._where = {"path": path, "method": method}
        self._headers = headers or {"Retry-After": "1"}
        self._expected: Counter[str] = Counter()

    def deal(self) -> str:
        """Order the next fault; gives its kind."""
        if not self._left:
            self._left = self._rng.sample(self._kinds, len(self._kinds))
        kind = self._left.pop()
        self.done += 1
        some = self._rng.randrange(3)
        if kind == "frame_drop":
            # A frame is only lost when its connection dies: it was on its way.
            self._order("frame_drop", some + 1, skip=self._rng.randrange(3), times=some + 1)
            self._order("frame_cut")
        elif kind == "frame_double":
            self._order(kind, some + 1, skip=self._rng.randrange(3), times=some + 1)
        elif kind == "frame_cut":
            self._order(kind, skip=some)
        elif kind == "stream_cut":
            self._order(kind, at=self._rng.randrange(1, 3000))
            self._cut()
        elif kind == "cut":
            self._cut()
        else:
            self._answer(kind)
        return kind

    def _answer(self, kind: str) -> None:
        """A fault of the next answer; what streams has to ask again to get one."""
        if kind in ("429", "503"):
            values: dict[str, Any] = {
                "status": int(kind),
                "headers": self._headers,
                "body": "<html>busy</html>",
            }
            self.door.plan("status", **values, **self._where)
            self._expected[kind] += 1
        elif kind == "delay":
            self._order(kind, seconds=0.1)
        elif kind == "truncate":
            self._order(kind, at=self._rng.random())
        else:
            self._order(kind)
        if "cut" in self._kinds:
            self._cut()

    def _order(self, kind: str, count: int = 1, **values: Any) -> None:
        self.door.plan(kind, **values, **self._where)
        self._expected[kind] += count

    def _cut(self) -> None:
        """Cut what is connected; whoever is just coming back is waited for."""
        before, deadline = self.door.happened["cut"], time.monotonic() + CUT_WAIT_S
        while self.door.happened["cut"] == before:
            assert time.monotonic() < deadline, "there is no connection to cut"
            self.door.cut()
        self._expected["cut"] += 1

    def check(self) -> None:
        """Every fault that was ordered befell, and every kind was among them."""
        deadline = time.monotonic() + CUT_WAIT_S
        # A frame that was doubled is seen a moment later.
        while self.door.waiting and time.monotonic() < deadline:
            time.sleep(0.05)
        told = self.door.happened
        missing = {kind: count for kind, count in self._expected.items() if told[kind] < count}
        assert not missing, f"ordered and never happened: {missing} of {dict(told)}"
        assert self.door.waiting == 0
        if self.done >= len(self._kinds):
            assert set(self._kinds) <= set(self._expected)
        happened.update({kind: told[kind] for kind in self._expected})
