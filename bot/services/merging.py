"""Two registrations of one child: pairs are offered with the reason, a person merges or parts them.

Never merged by itself, and never by a name alone. Every decision has a history and can be taken back.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from difflib import SequenceMatcher
from itertools import combinations

from bot.pipeline import casework
from bot.pipeline.casework import named
from bot.pipeline.road import Road
from bot.services.cases import CaseView, need, show
from store import audit, case_profiles, case_teams, cases, merges, photos
from store.cases import CaseRow
from store.db import Transaction
from store.errors import Conflict, UsageError
from store.records.case import Case, CaseStatus
from store.records.registry import Merge, MergeKind

NEAR_NAME = 0.85
SAME_PICTURE_BITS = 6
SHORT_NAME = 4
ALIKE = 0.6
"""Cosine of two registered faces from which a pair is offered for a look; nothing follows from it."""
PAGE, MOST_PAIRS, MOST_IN_BLOCK = 500, 200, 400
_FILLED = tuple(
    f.name for f in fields(Case) if f.name not in ("id", "source_name", "source_id", "sealed", "full_name")
)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two cases that may be one child, and why, in words; `strong` ones are named first."""

    one: CaseRow
    other: CaseRow
    reasons: tuple[str, ...]
    strong: bool


def offered(road: Road, *, viewer: str) -> list[Pair]:
    """Pairs that nobody has decided about, of cases that the viewer may know of."""
    with road.store.reading() as tx:
        rows = {row.case.id: row for row in _all(tx, viewer) if row.status is not CaseStatus.CLOSED}
        said = {frozenset((each.kept, each.gone)) for each in merges.standing(tx)}
        found: dict[frozenset[str], list[tuple[str, bool]]] = defaultdict(list)
        clues = (*_by_source(rows), *_by_name(rows), *_by_picture(tx, rows), *_by_face(tx, rows))
        for one, other, words, strong in clues:
            key = frozenset((one, other))
            if key not in said and len(key) == 2:
                found[key].append((words, strong))
    pairs = [
        Pair(
            rows[min(key)],
            rows[max(key)],
            tuple(dict.fromkeys(words for words, _ in clues_)),
            any(s for _, s in clues_),
        )
        for key, clues_ in found.items()
    ]
    return sorted(pairs, key=lambda p: (not p.strong, -len(p.reasons), p.one.case.id))[:MOST_PAIRS]


def _all(tx: Transaction, viewer: str) -> list[CaseRow]:
    found, after = list[CaseRow](), ""
    while page := cases.listing(tx, after=after, most=PAGE, viewer=viewer):
        found += page
        after = page[-1].case.id
    return found


Clue = tuple[str, str, str, bool]


def _by_source(rows: dict[str, CaseRow]) -> Iterable[Clue]:
    """The same id at the source, registered elsewhere under another one."""
    by_id = defaultdict(list)
    for row in rows.values():
        if row.case.source_id:
            by_id[row.case.source_id.casefold()].append(row.case)
    for same in by_id.values():
        for one, other in combinations(same[:MOST_IN_BLOCK], 2):
            at_one_source = one.source_name.casefold() == other.source_name.casefold()
            words = "the same id at the same source" if at_one_source else "the same id, at two sources"
            yield one.id, other.id, words, at_one_source


def _parts(name: str) -> list[str]:
    """The parts of a name without case and accents."""
    folded = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(c if c.isalnum() else " " for c in folded if not unicodedata.combining(c))
    return kept.split()


def near_names(one: str, other: str) -> bool:
    """Whether two names may be spellings of one. Short names (most Chinese ones) have to be equal."""
    if not _parts(one) or not _parts(other):
        return False
    if "".join(_parts(one)) == "".join(_parts(other)):
        return True
    # The order of the parts says nothing: some write the family's name first.
    left, right = (" ".join(sorted(_parts(name))) for name in (one, other))
    if min(len(left), len(right)) <= SHORT_NAME:
        return left == right
    return left == right or SequenceMatcher(None, left, right).ratio() >= NEAR_NAME


def _by_name(rows: dict[str, CaseRow]) -> Iterable[Clue]:
    """A near name counts only together with the date of birth, and where no sex speaks against it."""
    by_year = defaultdict(list)
    for row in rows.values():
        if row.case.date_of_birth:
            by_year[row.case.date_of_birth[:4]].append(row.case)
    for born in by_year.values():
        for one, other in combinations(born[:MOST_IN_BLOCK], 2):
            days = one.date_of_birth, other.date_of_birth
            fits = days[0].startswith(days[1]) or days[1].startswith(days[0])
            sexes = {one.sex, other.sex} - {""}
            if fits and len(sexes) < 2 and near_names(one.full_name, other.full_name):
                yield one.id, other.id, "a near name, and nothing in date of birth and sex against it", False


def _by_picture(tx: Transaction, rows: dict[str, CaseRow]) -> Iterable[Clue]:
    shown = defaultdict(set)
    for case_id in rows:
        for item in cases.photos_of(tx, case_id):
            shown[item.photo.digest].add(case_id)
    for digest, holders in shown.items():
        for one, other in combinations(sorted(holders), 2):
            yield one, other, "the same photo file", True
        phash = photos.get(tx, digest).phash
        for near in photos.near_copies(tx, phash, most_bits=SAME_PICTURE_BITS) if phash else ():
            for one in holders:
                for other in shown.get(near, ()) if near > digest else ():
                    if one != other:
                        yield one, other, "nearly the same picture", True


def _by_face(tx: Transaction, rows: dict[str, CaseRow]) -> Iterable[Clue]:
    """Faces of cases that are searched already. It only offers: children look alike to every model."""
    active = [case_id for case_id, row in rows.items() if row.status is CaseStatus.ACTIVE][:MOST_IN_BLOCK]
    of_face = {
        item.face_key: case_id for case_id in active for item in cases.photos_of(tx, case_id) if item.face_key
    }
    found = merges.face_vectors(tx, list(of_face))
    for (left_key, left_model, left), (right_key, right_model, right) in combinations(found, 2):
        one, other = of_face[left_key], of_face[right_key]
        if one != other and left_model == right_model and float(left @ right) >= ALIKE:
            yield one, other, "the registered faces look alike, which proves nothing", False


# ── decisions ────────────────────────────────────────────────────────────────────────────────────


def merge(road: Road, kept: str, gone: str, *, by: str, why: str) -> CaseView:
    """Merge `gone` into `kept`: its photos, notes and whatever `kept` lacks. `gone` leaves the search.

    `kept` has to be a draft, or may gain no photo: what is searched with was there when somebody verified
    it. Raises Missing, UsageError, Conflict.
    """
    need(why, "why", "say by what the two are known to be one child; a like name is not enough")
    if kept == gone:
        raise UsageError("kept", "and the case to merge are the same; name two")
    with road.store.transaction() as tx:
        into, away = cases.seen(tx, kept, by), cases.seen(tx, gone, by)
        for row in (into, away):
            if merges.merged_into(tx, row.case.id):
                raise Conflict(row.case.id, "was merged already; look at its history")
        if into.status is CaseStatus.CLOSED:
            raise Conflict(kept, "is closed; keep the other one or open it again")
        before = _take_over(road, tx, into, away)
        if away.status is not CaseStatus.CLOSED:
            casework.end(road, tx, away, CaseStatus.CLOSED, by, f"merged into {named(road, into.case)}")
        number = merges.add(tx, Merge(0, kept, gone, MergeKind.SAME, why, by, road.clock(), before))
        audit.write(
            tx, road.clock(), by, "case.merged", named(road, into.case), gone=named(road, away.case), n=number
        )
    return show(road, kept, viewer=by)


def _take_over(road: Road, tx: Transaction, into: CaseRow, away: CaseRow) -> dict[str, object]:
    """Give `into` what it lacks; says what changed, so that it can be taken back."""
    if into.case.sealed != away.case.sealed:
        raise Conflict(into.case.id, "can only be merged with a case that is as sealed or open as itself")
    missing = {item.photo.digest for item in cases.photos_of(tx, away.case.id)} - {
        item.photo.digest for item in cases.photos_of(tx, into.case.id)
    }
    if missing and into.status is not CaseStatus.DRAFT:
        words = f"is {into.status.value} and would gain photos ({len(missing)}); open it again first"
        raise Conflict(into.case.id, words)
    filled: dict[str, object] = {}
    changes = {}
    if into.status is CaseStatus.DRAFT:
        blank = Case("", "")
        for name in _FILLED:
            theirs = getattr(away.case, name)
            if getattr(into.case, name) == getattr(blank, name) and theirs != getattr(blank, name):
                changes[name], filled[name] = theirs, str(theirs)
        cases.put(tx, replace(into.case, **changes))
    added = merges.take_photos(tx, into.case.id, away.case.id)
    notes = [note.id for note in case_profiles.notes_of(tx, away.case.id)]
    merges.move_notes(tx, notes, into.case.id)
    for account in case_teams.members(tx, away.case.id):
        case_teams.join(tx, into.case.id, account, by=account, at=road.clock())
    return {"photos": added, "notes": notes, "filled": filled, "status": away.status.value}


def different(road: Road, one: str, other: str, *, by: str, why: str) -> int:
    """Say that two cases are two children: the pair is not offered again. Gives the decision's number."""
    need(why, "why", "say by what they are known to be two children")
    if one == other:
        raise UsageError("other", "is the same case; name two")
    with road.store.transaction() as tx:
        rows = cases.seen(tx, one, by), cases.seen(tx, other, by)
        number = merges.add(tx, Merge(0, one, other, MergeKind.DIFFERENT, why, by, road.clock()))
        first, second = (named(road, row.case) for row in rows)
        audit.write(tx, road.clock(), by, "case.different", first, other=second, n=number)
    return number


def undo(road: Road, number: int, *, by: str, why: str) -> Merge:
    """Take a decision back: `kept` loses what it gained, `gone` is a draft that is verified anew.

    Raises Missing (also for a pair that the asker must not know of), Conflict.
    """
    need(why, "why", "say why it is taken back")
    with road.store.transaction() as tx:
        held = merges.get(tx, number)
        rows = [cases.seen(tx, each, by) for each in (held.kept, held.gone)]
        merges.undo(tx, number, by=by, at=road.clock())
        if held.kind is MergeKind.SAME:
            _give_back(road, tx, held, *rows, by=by, why=why)
        audit.write(tx, road.clock(), by, "case.merge_undone", named(road, rows[0].case), n=number, why=why)
        return merges.get(tx, number)


def _give_back(
    road: Road, tx: Transaction, held: Merge, into: CaseRow, away: CaseRow, *, by: str, why: str
) -> None:
    before = held.before
    digests, notes, filled = before.get("photos"), before.get("notes"), before.get("filled")
    if isinstance(digests, list) and digests:
        if into.status is not CaseStatus.DRAFT:
            raise Conflict(
                into.case.id, f"is {into.status.value} by now; open it again first (`cases reopen`)"
            )
        merges.drop_photos(tx, into.case.id, digests)
    if isinstance(notes, list):
        merges.move_notes(tx, notes, away.case.id)
    if isinstance(filled, dict) and into.status is CaseStatus.DRAFT:
        blank = Case("", "")
        # A field that somebody changed meanwhile stays as it is.
        back = {n: getattr(blank, n) for n, v in filled.items() if str(getattr(into.case, n)) == v}
        cases.put(tx, replace(into.case, **back))
    if before.get("status") != CaseStatus.CLOSED.value:
        casework.move(road, tx, away, CaseStatus.DRAFT, by, f"the merge was taken back: {why}")


def history(road: Road, *, viewer: str, most: int = 100) -> list[Merge]:
    """Decisions that stand, about cases that the viewer may know of, the newest first."""
    with road.store.reading() as tx:
        found = [
            each
            for each in merges.standing(tx)
            if not any(case_teams.is_hidden(tx, case_id, viewer) for case_id in (each.kept, each.gone))
        ]
    return found[::-1][:most]
