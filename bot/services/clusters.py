"""Candidates that belong together: copies of one picture, and candidates of one active case.

Turning down, putting off and giving to somebody act on all of them; a possible resemblance is said of one
photo alone (bot/services/review.py). They are gathered by picture and by case, never by whose face it is:
children who are not registered are never linked with each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.pipeline.casework import named_match
from bot.pipeline.road import Road
from bot.pipeline.showing import is_same_face
from bot.rules.verdicts import Outcome, outcome
from store import assignments, audit, match_groups, match_votes, matches, photos, pictures, users, veils
from store.assignments import Assignment
from store.case_teams import NOBODY
from store.db import Transaction
from store.errors import Conflict, Missing, UsageError
from store.match_groups import photo_of
from store.matches import MatchRow
from store.records.match import Decision, Verdict
from store.records.picture import KnownPicture, PictureLabel
from store.records.work import Stage


class Scope(StrEnum):
    """What a cluster gathers around one candidate."""

    COPIES = "copies"
    """The same face beside the same child in copies of the picture."""
    PICTURE = "picture"
    """Every undecided candidate in copies of the picture, beside whatever child."""
    CASE = "case"
    """Every undecided candidate of the child's case."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Undecided matches around one, that one first, the most similar before the others."""

    scope: Scope
    rows: tuple[MatchRow, ...]

    @property
    def keys(self) -> list[str]:
        """The keys of its matches."""
        return [row.match.key for row in self.rows]

    @property
    def photos(self) -> int:
        """In how many photos they are."""
        return len({photo_of(row.match.face_key) for row in self.rows})

    @property
    def cases(self) -> int:
        """Beside how many cases they stand."""
        return len({row.match.case_id for row in self.rows})


def of(road: Road, key: str, scope: Scope, *, viewer: str = NOBODY) -> Cluster:
    """The cluster around a match, by the beginning of its key. Raises Missing."""
    with road.store.reading() as tx:
        return gathered(tx, _known(tx, key, viewer), scope, viewer=viewer)


def around(road: Road, key: str, *, viewer: str = NOBODY) -> dict[Scope, Cluster]:
    """The clusters of every scope around a match, in one reading. Raises Missing."""
    with road.store.reading() as tx:
        row = _known(tx, key, viewer)
        return {scope: gathered(tx, row, scope, viewer=viewer) for scope in Scope}


def gathered(tx: Transaction, row: MatchRow, scope: Scope, *, viewer: str) -> Cluster:
    """The undecided matches around one, those of cases that the viewer may know of."""
    match = row.match
    if scope is Scope.CASE:
        found = match_groups.waiting(tx, case_id=match.case_id, viewer=viewer)
    else:
        copies = pictures.group(tx, photo_of(match.face_key))
        case_id = match.case_id if scope is Scope.COPIES else None
        found = match_groups.waiting(tx, case_id=case_id, photos=copies, viewer=viewer)
    others = [other for other in found if other.match.key != match.key]
    if scope is Scope.COPIES:
        others = [other for other in others if is_same_face(tx, match.face_key, other.match.face_key)]
    return Cluster(scope, (row, *others))


def turn_down(
    road: Road, key: str, scope: Scope, *, by: str, note: str = "", is_false: bool = False
) -> Cluster:
    """Say of every candidate of a cluster: not this child. All or nothing.

    `is_false`: the picture is known to be passed around with a story that is not true; it goes into the
    bank of known pictures, so that whoever shows it again waits for nobody. Raises Missing, Conflict.
    """
    return _decided(road, key, scope, Verdict.NOT_THIS_CHILD, by=by, note=note, is_false=is_false)


def put_off(road: Road, key: str, scope: Scope, *, by: str, note: str = "") -> Cluster:
    """Put every candidate of a cluster on the later pile. Raises Missing, Conflict."""
    return _decided(road, key, scope, Verdict.LATER, by=by, note=note)


def _decided(
    road: Road, key: str, scope: Scope, verdict: Verdict, *, by: str, note: str, is_false: bool = False
) -> Cluster:
    if not by.strip():
        raise UsageError("by", "is empty; a verdict has a person behind it")
    with road.store.transaction(durable=True) as tx:
        cluster = gathered(tx, _known(tx, key, by), scope, viewer=by)
        decide(road, tx, cluster, verdict, by=by, note=note, at=road.clock())
        if is_false:
            _know_as_false(road, tx, photo_of(cluster.rows[0].match.face_key), by=by, note=note)
    return cluster


def decide(
    road: Road, tx: Transaction, cluster: Cluster, verdict: Verdict, *, by: str, note: str, at: datetime
) -> None:
    """Keep one verdict for all matches of a cluster. Raises Conflict when somebody decided meanwhile."""
    matches.hold(tx, *cluster.keys)
    for row in cluster.rows:
        _keep(road, tx, Decision(row.match.key, verdict, by, at, note))
        audit.write(tx, at, by, f"match.{verdict.value}", named_match(road, tx, row.match.key))
    if verdict is not Verdict.LATER:
        assignments.drop(tx, cluster.keys)
    if verdict is Verdict.NOT_THIS_CHILD:
        look_again(road, tx, {row.match.case_id for row in cluster.rows})


def _keep(road: Road, tx: Transaction, decision: Decision) -> None:
    """One verdict, beside what others have said of the match. Raises Conflict."""
    said = matches.decisions_of(tx, decision.match_key)
    needed = 2 if road.rules.second_look else 1
    found = outcome(said, decision.by, decision.verdict, needed=needed)
    if found is Outcome.SAID:
        raise Conflict(decision.match_key, "has your answer already; take that back first")
    if found is Outcome.SETTLED:
        matches.decide(tx, decision)
    else:
        match_votes.cast(tx, decision, to=matches.OPEN if found is Outcome.WAITS else matches.LATER)


def look_again(road: Road, tx: Transaction, case_ids: set[str]) -> None:
    """Have what is looked at first compared again: a sign that it rested on may be gone."""
    for case_id in sorted(case_ids):
        for post in match_groups.looked_at_first(tx, case_id):
            road.engine.enqueue(tx, Stage.MATCH, post)


def come_back(road: Road, tx: Transaction, row: MatchRow) -> None:
    """A pair is open again: copies of its picture that were held back because of it are compared again."""
    copies = pictures.group(tx, photo_of(row.match.face_key))
    for post in photos.posts_with(tx, copies):
        if post != row.match.post_key:
            road.engine.enqueue(tx, Stage.MATCH, post)


def _know_as_false(road: Road, tx: Transaction, digest: str, *, by: str, note: str) -> None:
    known = KnownPicture(digest, PictureLabel.FALSE, note, by, road.clock())
    pictures.put_known(tx, known)
    audit.write(tx, known.at, by, "picture.known", digest, label=known.label.value)
    for showing in pictures.showing(tx, pictures.group(tx, digest)):
        road.engine.enqueue(tx, Stage.MATCH, showing.post_key)


# ── who looks ────────────────────────────────────────────────────────────────────────────────────


def assign(road: Road, key: str, scope: Scope, to: str, *, by: str) -> Cluster:
    """Give the candidates of a cluster to an account.

    Somebody who may not know of a case is given nothing of it. Raises Missing, for an unknown account too,
    and UsageError for one that does not review.
    """
    now = road.clock()
    with road.store.transaction() as tx:
        if not users.get(tx, to).has(users.REVIEWER):
            raise UsageError("to", f"{to} does not review candidates")
        cluster = gathered(tx, _known(tx, key, by), scope, viewer=by)
        for row in cluster.rows:
            matches.check(tx, row.match.key, to)
        assignments.put(tx, cluster.keys, to, by=by, at=now)
        name = named_match(road, tx, cluster.rows[0].match.key)
        audit.write(tx, now, by, "match.assigned", name, to=to, count=len(cluster.rows))
    return cluster


def give_back(road: Road, key: str, scope: Scope, *, by: str) -> Cluster:
    """Take the candidates of a cluster from whoever has them. Raises Missing."""
    now = road.clock()
    with road.store.transaction() as tx:
        cluster = gathered(tx, _known(tx, key, by), scope, viewer=by)
        assignments.drop(tx, cluster.keys)
        name = named_match(road, tx, cluster.rows[0].match.key)
        audit.write(tx, now, by, "match.given_back", name, count=len(cluster.rows))
    return cluster


def given(tx: Transaction, rows: Sequence[MatchRow]) -> dict[str, Assignment]:
    """Who is to look at these matches, by match."""
    return assignments.of(tx, [row.match.key for row in rows])


def _known(tx: Transaction, key: str, viewer: str) -> MatchRow:
    row = matches.get(tx, matches.full_key(tx, key, viewer=viewer))
    veils.check(tx, row.match.post_key)
    if row.state == matches.HIDDEN:
        raise Missing(key, "is not a known match")
    return row
