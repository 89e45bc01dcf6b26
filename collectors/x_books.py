"""The accounts of one X source: what its readers have used of the month, and whether more may be read.

Nothing durable: every cursor carries the account as it was last known, and the readers' cursors are
joined here. Asks no network; the clock is given.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from collectors import x_budget as budget
from collectors import x_walk as walk
from collectors.http import budget as window_of
from store.errors import BadPayload, RateLimited
from store.records.page import Budget


class Books:
    """Safe to use from several threads."""

    def __init__(
        self, subject: str, caps: budget.Caps, prices: budget.Prices, clock: Callable[[], datetime]
    ) -> None:
        self._subject = subject
        self._caps = caps
        self._prices = prices
        self._clock = clock
        self._lock = threading.Lock()
        self._used: dict[str, budget.Tally] = {}

    def load(self, text: str) -> walk.Cursor:
        """The cursor of a text; what it knows of the account is joined. Raises BadPayload."""
        try:
            cursor = walk.load(text)
        except ValueError as error:
            words = f"the kept cursor cannot be read ({error}); forget it to begin this hashtag anew"
            raise BadPayload(self._subject, words) from None
        with self._lock:
            self._used = budget.merged(self._used, cursor.used)
        return cursor

    def dump(self, cursor: walk.Cursor) -> str:
        """The cursor as text, with the account as it is now."""
        with self._lock:
            return walk.dump(replace(cursor, used=dict(sorted(self._used.items()))))

    def charge(self, reader: str, answer: Any, *, mentions: bool = False) -> None:
        """Count what an answer cost."""
        cost = budget.cost_of(answer, self._prices, mentions=mentions)
        with self._lock:
            self._used = budget.charged(self._used, reader, cost, self._clock(), self._caps)

    def page_size(self, wanted: int, *, spread: bool = True) -> int:
        """How many posts may be asked for, at most `wanted`, so that no limit can be passed.

        `spread` False leaves today's part aside. Raises RateLimited until more may be read.
        """
        now = self._clock()
        held = self._standing(now, spread=spread)
        size = budget.fitting(budget.Cost(held.posts_left, held.micros_left), self._prices)
        if size < budget.LEAST_PAGE:
            raise RateLimited(self._subject, held.words, held.until - now)
        return min(wanted, size)

    def _standing(self, now: datetime, *, spread: bool) -> budget.Standing:
        with self._lock:
            used = self._used
        return budget.standing(used, self._caps, self._prices, now, spread=spread)

    def budget(self, headers: Mapping[str, str]) -> Budget:
        """What is left of the platform's window or of the month, whichever is tighter."""
        now = self._clock()
        return budget.tighter(window_of(headers, now), self._standing(now, spread=False), self._caps)
