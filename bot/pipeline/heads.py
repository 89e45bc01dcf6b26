"""Signed heads of the audit chain: what a chain that somebody rewrote from the start would not fit.

Where the operator names a time-stamping service it says when; without one our signature stands alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from bot.pipeline import timestamps
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from bot.rules import bag
from store import chain_heads
from store.chain_heads import Head
from store.errors import ConfigError, Unreachable

log = structlog.get_logger(__name__)
SCHEME = "homeward-audit-head-1"


def content(seq: int, digest: str) -> bytes:
    """What is signed and stamped of a row."""
    return bag.message(SCHEME, f"{seq} {digest}\n".encode())


def keep(road: Road) -> Head | None:
    """Sign the chain's present head, have it stamped where that is configured, and keep it.

    None for an empty chain or a head that is kept already. Raises Unreachable, ConfigError.
    """
    with road.store.reading() as tx:
        last = chain_heads.last_row(tx)
        if last is None or any(head.seq == last[0] for head in chain_heads.listing(tx)):
            return None
    said = content(*last)
    stamp = timestamps.ask(road.case_files.plan, said)
    head = Head(*last, road.case_files.signing.sign(said).hex(), stamp.der if stamp else None, road.clock())
    with road.store.transaction() as tx:
        return head if chain_heads.put(tx, head) else None


def round_of(road: Road, _: Mapping[str, Source] | None = None) -> bool:
    """The clock's call. A service that does not answer is asked again at the next one."""
    try:
        return keep(road) is not None
    except (Unreachable, ConfigError) as error:
        log.warning("audit_head_not_stamped", reason=error.detail)
        return False
