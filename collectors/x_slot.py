"""The one connection that X gives an app for its stream, when a dead connection still holds it.

X notices most ends by itself, so it is waited for first; what X is asked then ends every connection of
the app, another reader's too, and is therefore asked seldom and said aloud. Never waits by itself.
"""

from __future__ import annotations

from datetime import timedelta

import structlog

from collectors.context import Context
from collectors.payload import Fields
from collectors.x_http import Caller
from store.errors import BadPayload, RateLimited, SourceError

log = structlog.get_logger(__name__)

ROUTE = "/2/connections/all"  # docs.x.com, filtered-stream/integrate/handling-disconnections
PATIENCE = timedelta(seconds=55)  # refused for so long, nobody else is about to let go
FORGETTING = timedelta(minutes=15)  # refusals further apart than this have nothing to do with each other
SELDOM = timedelta(hours=1)
SOON = timedelta(seconds=5)


class Slot:
    """What was refused lately, and when connections were ended last. `is_allowed`: the operator lets it."""

    def __init__(self, caller: Caller, context: Context, *, is_allowed: bool) -> None:
        self._caller = caller
        self._seconds = context.monotonic_s
        self._is_allowed = is_allowed
        self._first_s: float | None = None
        self._last_s: float | None = None
        self._freed_s: float | None = None

    def answer(self, busy: RateLimited) -> RateLimited:
        """What to raise for a refusal: wait on, or come back soon since dead connections were ended."""
        now_s = self._seconds()
        if self._last_s is None or self._first_s is None or now_s - self._last_s > FORGETTING.total_seconds():
            self._first_s = now_s
        self._last_s = now_s
        is_patient = now_s - self._first_s >= PATIENCE.total_seconds()
        is_seldom = self._freed_s is None or now_s - self._freed_s >= SELDOM.total_seconds()
        waiting = RateLimited(busy.subject, busy.detail, busy.retry_after)
        if not (self._is_allowed and is_patient and is_seldom):
            return waiting
        self._freed_s, self._last_s = now_s, None
        try:
            ended = self._end_all()
        except SourceError as error:
            log.warning("stream_slot_not_freed", source=busy.subject, reason=error.detail)
            return waiting
        log.warning("stream_slot_freed", source=busy.subject, connections=ended)
        words = f"{busy.detail}; {ended} connections of this app were ended at X to make room"
        return RateLimited(busy.subject, words, SOON if ended else busy.retry_after)

    def _end_all(self) -> int:
        value = self._caller.call(self._caller.client.request, "DELETE", ROUTE).json()
        if not isinstance(value, dict):
            raise BadPayload(self._caller.subject, f"{ROUTE} answered {type(value).__name__}, not an object")
        return int(Fields(value, []).obj("data").number("successful_kills") or 0)
