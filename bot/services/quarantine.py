"""What the quarantine officer does with pictures that nobody may be shown, and how others report one.

Only the officer sees the list, and even the officer sees no picture. All steps are audited by reference.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.photos.hashlists import ListHealth
from bot.pipeline import quarantining, unseen
from bot.pipeline.road import Road
from bot.rules import abuse_duty
from bot.rules.abuse_duty import AbuseDuty
from bot.services import people
from store import audit, photos, posts, quarantine, users, veils
from store.db import Transaction
from store.errors import Conflict, Missing, NotAllowed, UsageError
from store.records.photo import PhotoState
from store.records.quarantine import Duty, Lead, Place, Quarantined, QuarantineState, Reason
from store.records.work import Stage
from store.steps import step

MAX_NOTE_CHARS = 500
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Where:
    """Where a picture stood, with the post as it was then; `post` is empty where nothing of it is kept."""

    place: Place
    post: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """One task of the officer: the picture by reference, why, where, what is to be done."""

    item: Quarantined
    reasons: tuple[Reason, ...]
    where: tuple[Where, ...]
    duty: AbuseDuty


def officer(road: Road, name: str) -> str:
    """The account, if its role is the officer's. Raises NotAllowed, Missing."""
    user = people.known(road, name)
    if not user.has(users.OFFICER):
        raise NotAllowed(name, f"has the role {user.role}; the quarantine is for the {users.OFFICER} alone")
    return user.name


# ── reporting ────────────────────────────────────────────────────────────────────────────────────


def report(road: Road, picture: str, *, by: str, note: str = "") -> str:
    """A person saw something that nobody should see: it is gone at once, everywhere. Gives the reference.

    `picture` is the digest of a photo or of its copy for showing. Raises Missing for one that is not
    kept, UsageError for a note that is too long.
    """
    if len(note) > MAX_NOTE_CHARS:
        raise UsageError("note", f"has {len(note)} characters; at most {MAX_NOTE_CHARS} are taken")
    if not by.strip():
        raise UsageError("by", "is empty; a report has a person behind it")
    reason = Reason(Lead.REPORT, _PEOPLE, by, posts.storable(note), Duty.LOOK, by=by)
    with road.store.transaction() as tx:
        found = _reported(tx, picture.strip().lower())
        references = [quarantining.put_away_kept(road, tx, digest, [reason]) for digest in found]
        audit.write(tx, road.clock(), by, "quarantine.picture_reported", references[0])
        step("quarantine.report_half_written")
    step("quarantine.reported")
    unseen.sweep(road)
    return references[0]


def _reported(tx: Transaction, picture: str) -> list[str]:
    found = [picture] if _DIGEST.match(picture) and photos.has(tx, picture) else []
    found = found or quarantine.with_served(tx, picture)
    if not found:
        raise Missing(picture[:16], "is not a kept photo; give its whole digest")
    return found


# ── the officer ──────────────────────────────────────────────────────────────────────────────────


def tasks(road: Road, *, by: str, closed: bool = False) -> list[Quarantined]:
    """Open tasks, those due first; with `closed` all of them. Raises NotAllowed."""
    officer(road, by)
    states = tuple(QuarantineState) if closed else (QuarantineState.OPEN,)
    with road.store.reading() as tx:
        return quarantine.listing(tx, states=states)


def show(road: Road, reference: str, *, by: str) -> Task:
    """One task with all that a report needs, but no picture. Raises NotAllowed, Missing. Audited."""
    name = officer(road, by)
    with road.store.transaction() as tx:
        item = quarantine.by_reference(tx, reference)
        audit.write(tx, road.clock(), name, "quarantine.shown", item.reference)
        places = quarantine.places_of(tx, item.digest)
        reasons = tuple(quarantine.reasons_of(tx, item.digest))
    return Task(item, reasons, tuple(_where(road, item, place) for place in places), duty_here(road))


def duty_here(road: Road) -> AbuseDuty:
    """What the operator's country asks for."""
    return abuse_duty.duty_of(road.rules.legal.country if road.rules.legal else "")


def _where(road: Road, item: Quarantined, place: Place) -> Where:
    if place.sealed is None:
        return Where(place, {})
    opened = road.key.open(place.sealed, row=quarantining.row_of(item.digest, place.key))
    return Where(place, json.loads(opened))


def mark_reported(
    road: Road,
    reference: str,
    *,
    by: str,
    to: str,
    report_reference: str,
    preserve_until: datetime | None = None,
) -> Quarantined:
    """The officer reported it: where, under which reference; until when its bytes are preserved.

    Without `preserve_until` the country's own time counts. Raises UsageError where none is known, Conflict
    when the task is not open.
    """
    name, now = officer(road, by), road.clock()
    _need(to, "to", "say to whom it was reported")
    _need(report_reference, "reference", "give the reference of the report, or how it was made")
    with road.store.transaction() as tx:
        item = quarantine.by_reference(tx, reference)
        until = _until(road, item, now, preserve_until)
        earlier = f"{item.report_reference}; " if item.report_reference else ""
        quarantine.set_fields(
            tx, item.digest, expect=[QuarantineState.OPEN], state=QuarantineState.REPORTED,
            reported_at=now, reported_by=name, reported_to=to.strip(), preserve_until=until,
            report_reference=(earlier + report_reference.strip())[-1000:],
        )  # fmt: skip
        audit.write(
            tx, now, name, "quarantine.reported", item.reference, to=to.strip(), until=until.isoformat()
        )
        return quarantine.get(tx, item.digest)


def _until(road: Road, item: Quarantined, now: datetime, given: datetime | None) -> datetime:
    lawful = duty_here(road).preserve_until(now)
    if given is not None and given <= now:
        raise UsageError("preserve_until", "lies in the past")
    if given is not None and lawful is not None and given < lawful:
        raise UsageError("preserve_until", f"is before {lawful:%Y-%m-%d}, until when it has to be preserved")
    until = given or lawful
    if until is None:
        words = "is missing: no time is known for your country; ask whom you report to, or counsel"
        raise UsageError("preserve_until", words)
    # What was promised at an earlier report of the same picture stands.
    return max(until, item.preserve_until) if item.preserve_until else until


def release(road: Road, reference: str, *, by: str, why: str) -> list[str]:
    """A false positive: an ordinary picture again, looked at anew. Gives the posts that carry it.

    A registered photo is not put back into its case; it can be registered again. Raises Conflict unless
    the task is open or the picture was barred.
    """
    name, now = officer(road, by), road.clock()
    _need(why, "why", "say why it is a false positive")
    with road.store.reading() as tx:
        item = quarantine.by_reference(tx, reference)
    allowed = (QuarantineState.OPEN, QuarantineState.BARRED)
    has_bytes = road.evidence.has(item.digest)
    with road.store.transaction() as tx:
        # If we fall over in the middle, what lies open then is swept away again.
        quarantine.set_fields(tx, item.digest, expect=allowed, swept=False)
    with road.store.transaction() as tx:
        if has_bytes:
            road.blobs.put(road.evidence.get(item.digest))
        _close(tx, item, QuarantineState.RELEASED, allowed, name, why, now)
        quarantine.clear_reasons(tx, item.digest)
        wanted = PhotoState.WANTED.value
        back = quarantine.reopen_places(tx, item.digest, state=wanted, has_bytes=has_bytes)
        for place in quarantine.places_of(tx, item.digest):
            if place.kind == quarantine.POST and not quarantine.is_withheld(tx, place.key):
                veils.lift(tx, place.key, quarantine.VEIL)
        for key in back:
            road.engine.enqueue(tx, Stage.LOOK, key, priority=10)
        quarantine.blank_places(tx, item.digest)
        audit.write(tx, now, name, "quarantine.released", item.reference, posts=len(back))
        step("quarantine.release_half_written")
    step("quarantine.released")
    road.evidence.destroy(item.digest)
    return back


def bar(road: Road, references: Sequence[str], *, by: str, why: str) -> list[Quarantined]:
    """Not reportable, but nothing for this place: it stays out and its bytes are destroyed.

    All of the references or none are open, or Conflict is raised before anything is destroyed.
    """
    name, now = officer(road, by), road.clock()
    _need(why, "why", "say what it is instead")
    with road.store.transaction() as tx:
        items = [quarantine.by_reference(tx, reference) for reference in references]
        for item in items:
            _close(tx, item, QuarantineState.BARRED, (QuarantineState.OPEN,), name, why, now)
            quarantine.set_fields(
                tx, item.digest, expect=[QuarantineState.BARRED], kept=False, destroyed_at=now
            )
            quarantine.blank_places(tx, item.digest)
            audit.write(tx, now, name, "quarantine.barred", item.reference)
    for item in items:
        road.evidence.destroy(item.digest)
    return items


def _close(
    tx: Transaction,
    item: Quarantined,
    to: QuarantineState,
    expect: tuple[QuarantineState, ...],
    by: str,
    why: str,
    now: datetime,
) -> None:
    note = posts.storable(why.strip())[:MAX_NOTE_CHARS]
    fields: dict[str, Any] = {"closed_at": now, "closed_by": by, "closed_why": note, "due_at": None}
    quarantine.set_fields(tx, item.digest, expect=expect, state=to, swept=False, **fields)


def hand_over(road: Road, reference: str, file: Path, *, by: str, why: str) -> int:
    """Write the preserved bytes to a new file that only its owner may read, for an authority. Gives the size.

    Never shows them. Raises Missing where no bytes are kept, UsageError when the file is there already.
    """
    name = officer(road, by)
    _need(why, "why", "say which authority asked, and its reference")
    with road.store.reading() as tx:
        item = quarantine.by_reference(tx, reference)
    if item.state not in quarantine.PRESERVED:
        raise Conflict(item.reference, f"is {item.state.value}; nothing of it is preserved")
    data = road.evidence.get(item.digest)
    with road.store.transaction() as tx:
        audit.write(tx, road.clock(), name, "quarantine.handed_over", item.reference, why=why.strip())
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise UsageError(str(file), f"cannot be made ({error.strerror})") from error
    with os.fdopen(handle, "wb") as out:
        out.write(data)
    return len(data)


def _need(value: str, name: str, words: str) -> None:
    if not value.strip():
        raise UsageError(name, f"is empty; {words}")


# ── for everybody ────────────────────────────────────────────────────────────────────────────────


def lists(road: Road) -> tuple[list[ListHealth], tuple[int, int]]:
    """The hash lists as they stand, and how many photos of how many were compared with them."""
    return road.lists.health(), unseen.progress(road)
