"""The accounts of one X source, or of our replies: what was used of the month, and whether more may be.

Nothing durable of its own: every cursor carries the account as it was last known, and the readers' cursors
are joined here; with a shared ledger all sources and the replies count against the same limits. Asks no
network; the clock is given.
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
from collectors.x_ledger import SharedLedger
from store.errors import BadPayload, RateLimited
from store.records.page import Budget


class Books:
    """Safe to use from several threads."""

    def __init__(
        self,
        subject: str,
        caps: budget.Caps,
        prices: budget.Prices,
        clock: Callable[[], datetime],
        shared: SharedLedger | None = None,
        *,
        sets_caps: bool = True,
    ) -> None:
        """`shared` is what others spend of the same money. `sets_caps` False: its limits hold, not `caps`."""
        self._subject = subject
        self._shared = shared
        self._sets_caps = sets_caps
        self._caps = caps
        self._prices = prices
        self._clock = clock
        self._lock = threading.Lock()
        self._used: dict[str, budget.Tally] = {} if shared is None or sets_caps else shared.own()

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
        self.spend(reader, budget.cost_of(answer, self._prices, mentions=mentions))

    def spend(self, reader: str, cost: budget.Cost) -> None:
        """Count a cost."""
        with self._lock:
            self._used = budget.charged(self._used, reader, cost, self._clock(), self._limits())
            if self._shared is not None:
                self._shared.keep(self._used, self._caps if self._sets_caps else None)

    def need(self, cost: budget.Cost) -> None:
        """Raises RateLimited until the month has so much left. Today's part is left aside."""
        now = self._clock()
        held = self._standing(now, spread=False)
        if held.micros_left < cost.micros or held.posts_left < cost.posts:
            raise RateLimited(self._subject, held.words, held.until - now)

    def _limits(self) -> budget.Caps:
        if self._sets_caps or self._shared is None:
            return self._caps
        return self._shared.book().caps or self._caps

    def words(self) -> str:
        """What is left of the month's money, for people."""
        held = self._standing(self._clock(), spread=False)
        return f"{budget.usd(max(held.month_micros_left, 0))} USD of the month's limit are left"

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
            used: budget.Ledger = self._used
        if self._shared is not None:
            used = budget.merged(used, self._shared.others())
        return budget.standing(used, self._limits(), self._prices, now, spread=spread)

    def budget(self, headers: Mapping[str, str]) -> Budget:
        """What is left of the platform's window or of the month, whichever is tighter."""
        now = self._clock()
        return budget.tighter(window_of(headers, now), self._standing(now, spread=False), self._caps)
