"""Pictures that nobody may be shown, as rows: what was put away, why, where it stood. Decides nothing.

The sealed bytes themselves lie in store/evidence.py; which photos were compared is in store/photo_checks.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import sealed_places
from store import tables as t
from store.db import Transaction, insert_new
from store.errors import Conflict, Missing
from store.records.quarantine import Duty, Lead, Place, Quarantined, QuarantineState, Reason

OUT = (QuarantineState.OPEN, QuarantineState.REPORTED, QuarantineState.BARRED, QuarantineState.DESTROYED)
"""In these states nobody is shown the picture; what was released is an ordinary one again."""
PRESERVED = (QuarantineState.OPEN, QuarantineState.REPORTED)
POST, CASE = "post", "case"
VEIL = "quarantine"
"""The kind of veil over posts that carried such a picture."""
_SPREADING = (Lead.LIST, Lead.REPORT, Lead.COPY)
_OUT = [state.value for state in OUT]


def is_preserved(tx: Transaction, photo_digest: str) -> bool:
    """Whether the photo (digest of its original bytes) is evidence that no deletion may destroy.

    Its sealed bytes lie apart from the photo folder; open copies in that folder may always go.
    """
    return state_of(tx, photo_digest) in PRESERVED


def state_of(tx: Transaction, digest: str) -> QuarantineState | None:
    """The state of a picture's quarantine, None if it never was in one."""
    found = tx.execute(sa.select(t.quarantine.c.state).where(t.quarantine.c.digest == digest)).scalar()
    return None if found is None else QuarantineState(found)


def is_out(tx: Transaction, digest: str) -> bool:
    """Whether nobody may be shown this picture."""
    return state_of(tx, digest) in OUT


def is_withheld(tx: Transaction, post_key: str) -> bool:
    """Whether the post carried a picture that nobody may be shown: it is not listed, linked or answered."""
    q, p = t.quarantine.c, t.quarantine_places.c
    query = (
        sa.select(p.digest)
        .join(t.quarantine, q.digest == p.digest)
        .where(p.kind == POST, p.key == post_key, q.state.in_(_OUT))
    )
    return tx.execute(query.limit(1)).first() is not None


def withheld_posts(tx: Transaction) -> list[str]:
    """Keys of all posts that are withheld, in order."""
    q, p = t.quarantine.c, t.quarantine_places.c
    query = sa.select(p.key).join(t.quarantine, q.digest == p.digest).where(p.kind == POST, q.state.in_(_OUT))
    return list(tx.execute(query.distinct().order_by(p.key)).scalars())


def put(tx: Transaction, item: Quarantined) -> bool:
    """Open the quarantine of a picture. False, and nothing changed, if there is one already."""
    row = {name: getattr(item, name) for name in Quarantined.__dataclass_fields__}
    row |= {"state": item.state.value, "duty": item.duty.value, "pdq": " ".join(item.pdq)}
    return insert_new(tx, t.quarantine, row)


def set_fields(tx: Transaction, digest: str, *, expect: Iterable[QuarantineState], **fields: Any) -> None:
    """Change columns of a quarantine that is in an expected state. Raises Missing, Conflict."""
    allowed = list(expect)
    where = (t.quarantine.c.digest == digest) & t.quarantine.c.state.in_([s.value for s in allowed])
    values = {name: _plain(value) for name, value in fields.items()}
    if tx.execute(sa.update(t.quarantine).where(where).values(**values)).rowcount != 1:
        held = get(tx, digest)
        words = " or ".join(state.value for state in allowed)
        raise Conflict(held.reference, f"is {held.state.value}, not {words}; look at it again")


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return " ".join(value)
    return value.value if isinstance(value, QuarantineState | Duty) else value


def get(tx: Transaction, digest: str) -> Quarantined:
    """The quarantine of a picture. Raises Missing."""
    return _one(tx, t.quarantine.c.digest == digest, digest[:12])


def by_reference(tx: Transaction, reference: str) -> Quarantined:
    """The quarantine with this reference. Raises Missing."""
    return _one(tx, t.quarantine.c.reference == reference.strip().upper(), reference[:20])


def _one(tx: Transaction, where: Any, subject: str) -> Quarantined:
    row = tx.execute(sa.select(t.quarantine).where(where)).first()
    if row is None:
        raise Missing(subject, "is no quarantine reference; `run_bot.py quarantine list` shows them")
    return _row(row)


def _row(row: Any) -> Quarantined:
    plain = {name: getattr(row, name) for name in Quarantined.__dataclass_fields__}
    plain |= {"state": QuarantineState(row.state), "duty": Duty(row.duty), "pdq": tuple(row.pdq.split())}
    return Quarantined(**plain)


def listing(
    tx: Transaction, *, states: Iterable[QuarantineState] = tuple(QuarantineState), most: int = 200
) -> list[Quarantined]:
    """Quarantines in these states, those that are due first before the others."""
    q = t.quarantine.c
    order = (q.due_at.is_(None), q.due_at, q.opened_at, q.reference)
    query = sa.select(t.quarantine).where(q.state.in_([s.value for s in states])).order_by(*order)
    return [_row(row) for row in tx.execute(query.limit(most))]


def counts(tx: Transaction) -> dict[str, int]:
    """How many quarantines are in each state."""
    rows = tx.execute(sa.select(t.quarantine.c.state, sa.func.count()).group_by(t.quarantine.c.state))
    return {row[0]: row[1] for row in rows}


def overdue(tx: Transaction, now: datetime) -> int:
    """How many open tasks are past their date."""
    q = t.quarantine.c
    where = (q.state == QuarantineState.OPEN.value) & (q.due_at < now)
    return int(tx.execute(sa.select(sa.func.count()).where(where)).scalar_one())


def due_for_destruction(tx: Transaction, now: datetime) -> list[Quarantined]:
    """Reported pictures whose preservation is over."""
    q = t.quarantine.c
    where = (q.state == QuarantineState.REPORTED.value) & (q.preserve_until <= now)
    return [_row(row) for row in tx.execute(sa.select(t.quarantine).where(where).order_by(q.digest))]


def unswept(tx: Transaction, *, most: int = 20) -> list[Quarantined]:
    """Pictures of which bytes may still lie where they should not, in whatever state."""
    q = t.quarantine.c
    query = sa.select(t.quarantine).where(~q.swept).order_by(q.digest).limit(most)
    return [_row(row) for row in tx.execute(query)]


def spreading(tx: Transaction) -> list[Quarantined]:
    """Pictures whose near copies are put away too: what lists name and people report, not mere labels."""
    q, r = t.quarantine.c, t.quarantine_reasons.c
    led = sa.select(r.digest).where(r.lead.in_([lead.value for lead in _SPREADING]), ~r.cleared)
    query = sa.select(t.quarantine).where(q.pdq != "", q.state.in_(_OUT), q.digest.in_(led))
    return [_row(row) for row in tx.execute(query.order_by(q.digest))]


# ── why and where ────────────────────────────────────────────────────────────────────────────────


def add_reasons(tx: Transaction, digest: str, reasons: Iterable[Reason], at: datetime) -> list[Reason]:
    """Keep reasons; gives those that are new. One that was cleared stays cleared."""
    new = []
    for reason in reasons:
        row = {name: getattr(reason, name) for name in Reason.__dataclass_fields__}
        row |= {"digest": digest, "lead": reason.lead.value, "duty": reason.duty.value, "at": at}
        if insert_new(tx, t.quarantine_reasons, row):
            new.append(reason)
    return new


def reasons_of(tx: Transaction, digest: str) -> list[Reason]:
    """Why the picture was put away, in the order in which it was found."""
    r = t.quarantine_reasons.c
    query = sa.select(t.quarantine_reasons).where(r.digest == digest).order_by(r.at, r.lead, r.source)
    return [
        Reason(
            Lead(row.lead),
            row.source,
            row.entry,
            row.words,
            Duty(row.duty),
            row.distance,
            row.by,
            row.cleared,
        )
        for row in tx.execute(query)
    ]


def clear_reasons(tx: Transaction, digest: str) -> None:
    """The officer found that the reasons so far do not hold for this picture."""
    where = t.quarantine_reasons.c.digest == digest
    tx.execute(sa.update(t.quarantine_reasons).where(where).values(cleared=True))


def standing(tx: Transaction, digest: str, reasons: Sequence[Reason]) -> list[Reason]:
    """Those of the reasons that were not cleared for this picture."""
    cleared = {(r.lead, r.source, r.entry) for r in reasons_of(tx, digest) if r.cleared}
    return [reason for reason in reasons if (reason.lead, reason.source, reason.entry) not in cleared]


def add_place(tx: Transaction, digest: str, place: Place, at: datetime) -> bool:
    """Keep where the picture stood. True when it is new."""
    row = {"digest": digest, "kind": place.kind, "key": place.key, "position": place.position}
    return insert_new(tx, t.quarantine_places, {**row, "sealed": place.sealed, "at": at})


def places_of(tx: Transaction, digest: str) -> list[Place]:
    """Where the picture stood."""
    p = t.quarantine_places.c
    query = sa.select(t.quarantine_places).where(p.digest == digest).order_by(p.kind, p.key, p.position)
    return [Place(row.kind, row.key, row.position, row.sealed) for row in tx.execute(query)]


def blank_places(tx: Transaction, digest: str) -> None:
    """Forget the posts as they were; which posts they were stays, so that they are not shown again."""
    where = t.quarantine_places.c.digest == digest
    tx.execute(sa.update(t.quarantine_places).where(where).values(sealed=None))


# ── taking a picture away everywhere ─────────────────────────────────────────────────────────────


def bar_attachments(tx: Transaction, digest: str, *, state: str, why: str) -> list[tuple[str, int]]:
    """Take the picture out of every post that carries it. Gives (post key, position) of each."""
    m = t.media.c
    where = sa.or_(m.photo == digest, m.given == digest)
    rows = tx.execute(sa.select(m.post_key, m.position).where(where)).all()
    tx.execute(sa.update(t.media).where(where).values(state=state, why=why, photo=None, given=""))
    return sorted((row.post_key, row.position) for row in rows)


def take_off_cases(tx: Transaction, digest: str) -> list[str]:
    """Take the picture off every registered case. Gives the ids of the cases."""
    c = t.case_photos.c
    found = sorted(tx.execute(sa.select(c.case_id).where(c.digest == digest)).scalars())
    tx.execute(sa.delete(t.case_photos).where(c.digest == digest))
    return found


def served_of(tx: Transaction, digest: str) -> str:
    """The digest of the copy that was made for showing, "" if the photo is not kept."""
    return tx.execute(sa.select(t.photos.c.served).where(t.photos.c.digest == digest)).scalar() or ""


def with_served(tx: Transaction, served: str) -> list[str]:
    """Digests of kept photos whose copy for showing is this one: the same pixels in other files."""
    p = t.photos.c
    return list(tx.execute(sa.select(p.digest).where(p.served == served).order_by(p.digest)).scalars())


def drop_photo(tx: Transaction, digest: str) -> bool:
    """Drop the rows by which a photo could be found, shown or recognised. False if it was not kept."""
    sealed_places.drop(tx, [sealed_places.of_photo(digest)])
    for table in (t.known_pictures, t.photo_bands, t.photo_checks):
        tx.execute(sa.delete(table).where(table.c.digest == digest))
    return tx.execute(sa.delete(t.photos).where(t.photos.c.digest == digest)).rowcount > 0


def company_of(tx: Transaction, post_key: str) -> str:
    """The reference of a picture in this post that a list names, "" if there is none."""
    q, p, r = t.quarantine.c, t.quarantine_places.c, t.quarantine_reasons.c
    query = (
        sa.select(q.reference)
        .join(t.quarantine_places, p.digest == q.digest)
        .join(t.quarantine_reasons, r.digest == q.digest)
        .where(p.kind == POST, p.key == post_key, r.lead == Lead.LIST.value, ~r.cleared, q.state.in_(_OUT))
    )
    return tx.execute(query.order_by(q.reference).limit(1)).scalar() or ""


def reopen_places(tx: Transaction, digest: str, *, state: str, has_bytes: bool) -> list[str]:
    """Give a released picture back to the posts it was taken from; gives the keys of those that stand."""
    m, back = t.media.c, []
    values = {"state": state, "why": "", "photo": None, "given": digest if has_bytes else ""}
    for place in places_of(tx, digest):
        where = (m.post_key == place.key) & (m.position == place.position)
        if place.kind == POST and tx.execute(sa.update(t.media).where(where).values(**values)).rowcount:
            back.append(place.key)
    return list(dict.fromkeys(back))
