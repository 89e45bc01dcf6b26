"""Counts tries to come in by name and address, in the database: every process of the console sees the same.

Knows no account and checks no password.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.pipeline.road import Road
from store import tries

MOST_TRIES = 5
SPAN = timedelta(minutes=1)
SLOTS = 2**16
"""Whatever strangers write as a name, or from wherever they come: it falls into one of so many slots."""


@dataclass(frozen=True, slots=True)
class TryLimiter:
    """At most `MOST_TRIES` within `SPAN` for one key."""

    road: Road

    def wait(self, keys: tuple[str, ...], now: datetime) -> float:
        """Count a try under each key. 0 if it may go on, else the seconds to wait (it is not counted)."""
        slots, store = [self._slot(key) for key in keys], self.road.store
        # Who has to wait anyway writes nothing: a flood of tries must not hold up those who write.
        with store.reading() as tx:
            left_s = tries.left_s(tx, slots, now, most=MOST_TRIES, within=SPAN)
        if left_s > 0:
            return left_s
        with store.transaction() as tx:
            tries.tidy(tx, now, within=SPAN)
            return tries.count(tx, slots, now, most=MOST_TRIES, within=SPAN)

    def clear(self, key: str) -> None:
        """Forget the tries of a name that came in."""
        with self.road.store.transaction() as tx:
            tries.clear(tx, self._slot(key))

    def _slot(self, key: str) -> int:
        """The slot of a key, by the installation's secret: nobody outside can tell which keys share one."""
        return int(self.road.key.digest("tries", key)[:12], 16) % SLOTS


def address_key(address: str) -> str:
    """One key for one subscriber: an IPv4 address, or the /64 an IPv6 address lies in."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return f"address:{address}"
    if parsed.version == 6:
        return f"address:{ipaddress.ip_network((parsed, 64), strict=False)}"
    return f"address:{parsed}"
