"""What a step in the life of a case does to gallery, matches and photos, and what the clock ends.

Who may take which step is decided in bot/services. The round ends expired cases, the search for people
who came of age, and removed cases whose time is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.pipeline.gallery import CASE_PREFIX
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from bot.rules import registry as rules
from store import (
    audit,
    campaign,
    case_profiles,
    case_teams,
    casefiles,
    cases,
    exchange,
    family_links,
    matches,
    merges,
    photos,
    record_keys,
)
from store.cases import CaseRow
from store.db import Transaction
from store.records.case import Case, CaseStatus, CaseStep
from store.records.registry import Removal, Tombstone
from store.steps import step

log = structlog.get_logger(__name__)

NOTICE = "registry:expires:"
HOUSE = "homeward"
PAGE = 200
UPLOADS_KEPT = timedelta(hours=1)


def named(road: Road, case: Case) -> str:
    """What audit and logs call a case: a sealed one goes by a keyed digest, since few may know of it."""
    return f"sealed:{road.key.digest('case', case.id)[:16]}" if case.sealed else case.id


def named_id(road: Road, tx: Transaction, case_id: str) -> str:
    """The same by the case's id; an id of no case stays as it is."""
    return named(road, cases.get(tx, case_id).case) if cases.has(tx, case_id) else case_id


def named_match(road: Road, tx: Transaction, key: str) -> str:
    """What audit and logs call a match, or the alert of one: its key ends in the case's id."""
    before, bar, case_id = key.rpartition("|")
    return f"{before}{bar}{named_id(road, tx, case_id)}" if bar else key


def move(road: Road, tx: Transaction, held: CaseRow, to: CaseStatus, by: str, evidence: str) -> None:
    """Take a step and write it down. Raises Conflict if the case moved meanwhile."""
    now = road.clock()
    cases.move(tx, CaseStep(held.case.id, to, by, now, evidence), expect=held.status)
    audit.write(tx, now, by, f"case.{to.value}", named(road, held.case))


def leave_search(road: Road, tx: Transaction, case_id: str, why: str, *, drop_vectors: bool) -> None:
    """Take a case out of every gallery and its undecided matches off the queue; its vectors if asked."""
    cases.gallery_changed(tx, case_id, "", road.clock())
    matches.withdraw_of_case(tx, case_id, why)
    if not drop_vectors:
        return
    for item in cases.photos_of(tx, case_id):
        # The same picture may stand for another case, which keeps its face.
        if not cases.others_with_face(tx, case_id, item.face_key):
            photos.drop_faces(tx, f"{CASE_PREFIX}{item.photo.digest}")
        cases.set_face(tx, case_id, item.photo.digest, face_key=None, why=why)


def end(road: Road, tx: Transaction, held: CaseRow, to: CaseStatus, by: str, evidence: str) -> None:
    """A step out of the search: at `located` the vectors stay, at any other status they go."""
    move(road, tx, held, to, by, evidence)
    is_kept = to is CaseStatus.LOCATED
    leave_search(road, tx, held.case.id, f"the case is {to.value}", drop_vectors=not is_kept)


def remove(road: Road, tx: Transaction, held: CaseRow, *, by: str, why: str, until: datetime) -> None:
    """Hide a case from everybody and end its search; it is destroyed at `until`."""
    if held.status is not CaseStatus.CLOSED:
        end(road, tx, held, CaseStatus.CLOSED, by, f"removed: {why}")
    merges.remove(tx, Removal(held.case.id, why, by, road.clock(), until))
    audit.write(tx, road.clock(), by, "case.removed", named(road, held.case), until=until.isoformat())


def destroy(road: Road, tx: Transaction, case_id: str, *, by: str) -> None:
    """Delete a case with all that hangs on it: photos that nobody else shows, vectors, matches, contact."""
    held = cases.get(tx, case_id)
    name = named(road, held.case)
    leave_search(road, tx, case_id, "the case is destroyed", drop_vectors=True)
    matches.forget_case(tx, case_id)
    exchange.forget_case(tx, case_id)
    for digest in casefiles.forget_case(tx, case_id):
        road.case_files.files.destroy(digest)
    campaign.notice(tx, f"{NOTICE}{case_id}", "", road.clock())
    for digest in merges.destroy(tx, case_id):
        for blob in photos.forget(tx, digest):
            # Within the transaction, so that nobody who keeps the same bytes meanwhile loses them.
            road.blobs.drop(blob)
    record_keys.drop_orphans(tx)
    audit.write(tx, road.clock(), by, "case.destroyed", name)


# ── what the clock ends ──────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Lapsed:
    """What one round ended."""

    expired: int = 0
    of_age: int = 0
    destroyed: int = 0
    told: int = 0


def lapse(road: Road, _active: Mapping[str, Source] | None = None) -> Lapsed:
    """Do what is due in the registry: expiries, majorities, removals, old links and uploads."""
    done, after, now = Lapsed(), "", road.clock()
    while True:
        with road.store.reading() as tx:
            page = cases.listing(tx, after=after, most=PAGE)
        for held in page:
            _look_at(road, held, now, done)
        if len(page) < PAGE:
            break
        after = page[-1].case.id
    _destroy_due(road, now, done)
    with road.store.transaction() as tx:
        family_links.prune(tx, before=now)
        family_links.drop_uploads(tx, before=now - UPLOADS_KEPT)
    if done.expired or done.of_age or done.destroyed:
        log.info("registry_lapsed", expired=done.expired, of_age=done.of_age, destroyed=done.destroyed)
    return done


def _look_at(road: Road, held: CaseRow, now: datetime, done: Lapsed) -> None:
    if held.status is CaseStatus.CLOSED:
        return
    ends = held.case.expires_at
    if ends is not None and ends <= now:
        _expire(road, held, ends, done)
    elif held.status in (CaseStatus.ACTIVE, CaseStatus.LOCATED) and rules.is_of_age(
        held.case, now.date(), road.registry
    ):
        _come_of_age(road, held, done)
    elif ends is not None and ends - now <= road.registry.tell_before:
        _tell(road, held, ends, done)


def _again(tx: Transaction, held: CaseRow) -> bool:
    """Whether the case still stands as it was read."""
    return cases.has(tx, held.case.id) and cases.get(tx, held.case.id) == held


def _expire(road: Road, held: CaseRow, ends: datetime, done: Lapsed) -> None:
    with road.store.transaction() as tx:
        if not _again(tx, held):
            return
        end(road, tx, held, CaseStatus.CLOSED, HOUSE, f"expired on {ends:%Y-%m-%d}")
        stamp = f"{ends:%Y-%m-%dT%H:%M:%SZ}"
        case_profiles.put_tombstone(tx, Tombstone(held.case.id, expiry_date=stamp, entry_date=stamp))
        campaign.notice(tx, f"{NOTICE}{held.case.id}", "", road.clock())
        step("lapse.expired")
    done.expired += 1


def _come_of_age(road: Road, held: CaseRow, done: Lapsed) -> None:
    with road.store.transaction() as tx:
        has_basis = case_profiles.standing(tx, held.case.id).adult_basis.strip()
        if has_basis or not _again(tx, held):
            return
        words = f"of age ({road.registry.majority_years}): the vectors went; a search needs its own basis"
        to = CaseStatus.VERIFIED if held.status is CaseStatus.ACTIVE else CaseStatus.CLOSED
        move(road, tx, held, to, HOUSE, words)
        leave_search(road, tx, held.case.id, "the person came of age", drop_vectors=True)
        step("lapse.of_age")
    done.of_age += 1


def words_before(case_id: str, ends: datetime) -> str:
    """What is said before a case expires."""
    words = f"The case {case_id} expires on {ends:%Y-%m-%d} and then leaves the search. "
    return f"{words}Renew it with its source (`cases renew`), or let it end."


def _tell(road: Road, held: CaseRow, ends: datetime, done: Lapsed) -> None:
    """A notice before the end. One for a sealed case would tell all; its team alone has it as an alarm."""
    with road.store.transaction() as tx:
        if case_teams.is_hidden(tx, held.case.id, case_teams.NOBODY):
            return
        name = f"{NOTICE}{held.case.id}"
        words = words_before(held.case.id, ends)
        if campaign.notices(tx).get(name) == words:
            return
        campaign.notice(tx, name, words, road.clock())
    done.told += 1


def _destroy_due(road: Road, now: datetime, done: Lapsed) -> None:
    with road.store.reading() as tx:
        due = merges.due(tx, now)
    for case_id in due:
        with road.store.transaction() as tx:
            removal = merges.removal(tx, case_id)
            if removal is None or removal.until > now:
                continue
            destroy(road, tx, case_id, by=HOUSE)
            step("lapse.destroyed")
        done.destroyed += 1
