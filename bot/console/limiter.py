"""Counts sign-in tries by name and address, in memory. Knows no account and checks no password."""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta

MOST_TRIES = 5
SPAN = timedelta(minutes=1)
_MOST_KEYS = 10_000


class TryLimiter:
    """At most `MOST_TRIES` within `SPAN` for one key. Forgets the keys that were quiet longest."""

    def __init__(self) -> None:
        self._tries: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, keys: tuple[str, ...], now: datetime) -> float:
        """Count a try under each key. 0 if it may go on, else the seconds to wait (it is not counted)."""
        with self._lock:
            waits = [self._left(key, now) for key in keys]
            if max(waits) > 0:
                return max(waits)
            for key in keys:
                self._tries.setdefault(key, deque()).append(now)
                self._tries.move_to_end(key)
            while len(self._tries) > _MOST_KEYS:
                self._tries.popitem(last=False)
            return 0.0

    def _left(self, key: str, now: datetime) -> float:
        tries = self._tries.get(key)
        while tries and now - tries[0] >= SPAN:
            tries.popleft()
        if not tries or len(tries) < MOST_TRIES:
            return 0.0
        return (tries[0] + SPAN - now).total_seconds()

    def clear(self, key: str) -> None:
        """Forget the tries of a name that came in."""
        with self._lock:
            self._tries.pop(key, None)


def address_key(address: str) -> str:
    """One key for one subscriber: an IPv4 address, or the /64 an IPv6 address lies in."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return f"address:{address}"
    if parsed.version == 6:
        return f"address:{ipaddress.ip_network((parsed, 64), strict=False)}"
    return f"address:{parsed}"
