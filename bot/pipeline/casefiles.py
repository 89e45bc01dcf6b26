"""What the clock ends of case files: those that expired, whose post is gone, and bytes that were fetched."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from bot.pipeline.road import Road
from bot.pipeline.source import Source
from store import audit, casefiles, cases, deliveries, matches, posts, veils
from store.db import Transaction
from store.errors import Missing
from store.records.case import CaseStatus
from store.records.casefile import CaseFile, CaseFileState

log = structlog.get_logger(__name__)
HOUSE = "homeward"


def lapse(road: Road, _: Mapping[str, Source] | None = None) -> int:
    """End what may not be handed over any more and destroy bytes whose time is over. How many files ended.

    Bytes go after the row says so: a crash between leaves bytes without a row, which the next round finds by
    the digest that the row still holds.
    """
    now, ended = road.clock(), 0
    with road.store.transaction() as tx:
        for file in casefiles.unended(tx):
            to, why = _end_of(road, tx, file)
            if to is None:
                continue
            casefiles.end(tx, file.number, to=to, why=why, at=now)
            deliveries.end_of(tx, file.number, why)
            audit.write(tx, now, HOUSE, f"casefile.{to.value}", f"casefile:{file.number}", why=why)
            ended += 1
    with road.store.reading() as tx:
        kept = casefiles.kept(tx)
    for file in kept:
        is_over = file.kept_until is not None and file.kept_until <= now
        if not is_over and file.state in (CaseFileState.READY, CaseFileState.DELIVERED):
            continue
        if file.digest:
            road.case_files.files.destroy(file.digest)
        with road.store.transaction() as tx:
            casefiles.destroyed(tx, file.number)
            audit.write(tx, now, HOUSE, "casefile.destroyed", f"casefile:{file.number}", sha256=file.digest)
        log.info("casefile_destroyed", number=file.number)
    return ended


def _end_of(road: Road, tx: Transaction, file: CaseFile) -> tuple[CaseFileState | None, str]:
    """How and why a file ends now, (None, "") if it goes on."""
    if file.expires_at <= road.clock():
        return CaseFileState.EXPIRED, "its day has come"
    gone = CaseFileState.WITHDRAWN
    if not posts.stands(tx, file.post_key):
        return gone, "its post is gone"
    if veils.kinds_of(tx, file.post_key):
        return gone, "its post may not be shown any more"
    try:
        status, state = cases.get(tx, file.case_id).status, matches.get(tx, file.match_key).state
    except Missing:
        return gone, "its case or candidate is gone"
    if status is not CaseStatus.ACTIVE:
        return gone, f"its case is {status.value}"
    if state != matches.POSSIBLE:
        return gone, "the verdict behind it was taken back"
    return None, ""
