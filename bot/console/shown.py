"""Photos as one person is shown them: with that person's name on them, and counted once a day each.

Keeps what it made in memory for a while, for each person apart; a stored copy is never touched.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

from bot.console.renditions import View
from bot.pipeline.road import Road
from bot.services import metering, watermark

# The time on a photo is that of the beginning of such a span, so that going back to a page costs nothing.
SPAN = timedelta(minutes=10)
_KEEP_BYTES = 24 * 2**20
_MOST_COUNTED = 50_000
_REFERENCE_CHARS = 8


class Shown:
    """Stamps and counts. Safe to share between threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, View, datetime], bytes] = OrderedDict()
        self._counted: OrderedDict[tuple[str, str, str], None] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def to(self, road: Road, name: str, digest: str, jpeg: bytes, view: View) -> bytes:
        """The rendition `jpeg` for this person. Raises PhotoRefused."""
        now = road.clock()
        self._count(road, name, digest, now)
        # A whole number of spans since midnight: the same moment for everybody.
        at = now - timedelta(seconds=now.timestamp() % SPAN.total_seconds())
        key = (name, digest, view, at)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        reference = road.key.digest("watermark", name)[:_REFERENCE_CHARS]
        made = watermark.stamp(digest, jpeg, watermark.words_for(name, reference, at))
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._size += len(made)
            while self._size > _KEEP_BYTES:
                _, dropped = self._kept.popitem(last=False)
                self._size -= len(dropped)
        return made

    def _count(self, road: Road, name: str, digest: str, now: datetime) -> None:
        key = (name, now.date().isoformat(), digest)
        with self._lock:
            if key in self._counted:
                return
            self._counted[key] = None
            while len(self._counted) > _MOST_COUNTED:
                self._counted.popitem(last=False)
        metering.note(road, name, metering.Kind.PHOTO)
