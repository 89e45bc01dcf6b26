"""Sealing rows each with a key of its own, which the installation's key wraps; forgetting destroys the key.

Which rows are sealed so stands in store/record_keys.py. What was sealed before opens as it did, and is
brought over by a round.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import structlog

from bot.pipeline.road import Road
from bot.pipeline.source import Source
from store import counters, record_keys
from store.db import Transaction
from store.errors import Sealed
from store.record_keys import RECORD, Kind
from store.seal import SealKey

log = structlog.get_logger(__name__)

_MARK = b"\x00record\x01"
"""With these bytes begins what a key of its own seals; before stands a random nonce there."""
_KEY_BYTES = 32
BROUGHT = "record-keys:brought"
"""Counter: 1 once nothing from before is left."""
AT_ONCE = 200
MOST_BATCHES = 20


def seal(road: Road, tx: Transaction, value: str, *, row: str) -> bytes:
    """Encrypt `value` for the row named `row` with the row's own key, made if there is none."""
    return seal_bytes(road, tx, value.encode(), row=row)


def seal_bytes(road: Road, tx: Transaction, value: bytes, *, row: str) -> bytes:
    """The same for bytes. Raises Sealed where the row's key does not open."""
    return _MARK + _key(road, tx, row).seal_bytes(value, row=row)


def open_text(road: Road, tx: Transaction, sealed: bytes, *, row: str) -> str:
    """The value again. Raises Sealed: another key, another row, a changed byte, or a destroyed key."""
    return open_bytes(road, tx, sealed, row=row).decode()


def open_bytes(road: Road, tx: Transaction, sealed: bytes, *, row: str) -> bytes:
    """The same for bytes. A value from before opens with the keys of the installation."""
    if not sealed.startswith(_MARK):
        return road.contacts.open_bytes(sealed, row=row)
    held = record_keys.wrapped(tx, row)
    if held is None:
        raise Sealed(row, "cannot be opened: the key of this row was destroyed, or was not restored")
    return _unwrapped(road, held, row).open_bytes(sealed[len(_MARK) :], row=row)


def is_own(sealed: bytes) -> bool:
    """Whether a sealed value lies under a key of its own."""
    return sealed.startswith(_MARK)


def _key(road: Road, tx: Transaction, row: str) -> SealKey:
    held = record_keys.wrapped(tx, row)
    if held is None:
        fresh = os.urandom(_KEY_BYTES)
        made = road.contacts.seal_bytes(fresh, row=_name(row))
        if record_keys.put(tx, row, made, key_id=road.contacts.id, at=road.clock()):
            return SealKey(fresh)
        held = record_keys.wrapped(tx, row) or made  # Somebody else made one meanwhile: that one counts.
    return _unwrapped(road, held, row)


def _unwrapped(road: Road, held: bytes, row: str) -> SealKey:
    return SealKey(road.contacts.open_bytes(held, row=_name(row)))


def _name(row: str) -> str:
    return f"record-key:{row}"


# ── by the clock, and when the installation's key changes ────────────────────────────────────────


def tend(road: Road, _active: Mapping[str, Source] | None = None) -> int:
    """Destroy keys whose rows are gone (how many), bring values from before under keys of their own."""
    with road.store.transaction() as tx:
        gone = record_keys.drop_orphans(tx)
    if gone:
        road.store.empty_log()
        log.info("record_keys_destroyed", count=gone)
    with road.store.reading() as tx:
        is_done = counters.value(tx, BROUGHT)
    if not is_done:
        _bring_over(road)
    return gone


def _bring_over(road: Road) -> None:
    """All values from before, page by page; what does not open today stays as it is and is named."""
    for kind in record_keys.KINDS:
        after = ""
        for _ in range(MOST_BATCHES):
            page = _bring(road, kind, after)
            if len(page) < AT_ONCE:
                break
            after = page[-1]
        else:
            return  # The next round goes on.
    with road.store.transaction() as tx:
        counters.add(tx, BROUGHT, 1 - counters.value(tx, BROUGHT))


def _bring(road: Road, kind: Kind, after: str) -> list[str]:
    """Bring one page of a kind over; gives the keys that were looked at."""
    with road.store.transaction() as tx:
        page = record_keys.under_common_key(tx, kind, after=after, most=AT_ONCE)
        for key, sealed in page:
            row = f"{kind.prefix}{key}"
            if is_own(sealed):
                continue
            try:
                value = open_bytes(road, tx, sealed, row=row)
            except Sealed as error:
                log.warning("sealed_value_left", kind=kind.prefix or "place", reason=error.detail)
                continue
            record_keys.replace(tx, kind, key, seal_bytes(road, tx, value, row=row), before=sealed)
    return [key for key, _ in page]


def rewrap(road: Road, tx: Transaction, *, most: int) -> int:
    """Wrap keys that another key of the ring wraps with the present one; how many. Raises Sealed."""
    done, keys = 0, road.contacts
    for record, held in record_keys.wrapped_by_others(tx, keys.id, most=most):
        anew = keys.seal_bytes(keys.open_bytes(held, row=_name(record)), row=_name(record))
        done += record_keys.rewrap(tx, record, anew, before=held, key_id=keys.id)
    return done


__all__ = [
    "RECORD",
    "is_own",
    "open_bytes",
    "open_text",
    "rewrap",
    "seal",
    "seal_bytes",
    "tend",
]
