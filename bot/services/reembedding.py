"""Another face model, as an operator brings it into force: prepared, looked at in the shadow, switched to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.faces.described import Described
from bot.pipeline import reembed
from bot.pipeline.reembed import Tell
from bot.pipeline.road import Road
from store import audit, campaign, case_teams, face_models, matches
from store.errors import Conflict
from store.face_models import ModelRow


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible resemblance that would come or go; `tier` is empty for one that would go."""

    post_key: str
    case_id: str
    tier: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did. Candidates of cases that are hidden from who runs it are left out."""

    source: str
    name: str
    digest: str
    licence: str
    is_tested: bool
    made: int
    skipped: dict[str, str]
    is_whole: bool
    came: tuple[Candidate, ...] = ()
    went: tuple[Candidate, ...] = ()
    stayed: int = 0
    is_switched: bool = False
    matched_again: int = 0

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        names = ("source", "name", "digest", "licence", "made", "stayed", "matched_again")
        document = {name: getattr(self, name) for name in names}
        for name in ("came", "went"):
            document[name] = [
                {"post": c.post_key, "case": c.case_id, "tier": c.tier, "similarity": round(c.similarity, 4)}
                for c in getattr(self, name)
            ]
        flags = {"tested": self.is_tested, "whole": self.is_whole, "switched": self.is_switched}
        return {**document, **flags, "skipped": self.skipped}


def run(
    road: Road,
    source: str,
    *,
    by: str,
    is_shadow: bool,
    tell: Tell = lambda done, total: None,
    halted: Callable[[], bool] = lambda: False,
) -> Report:
    """Make all vectors under the model of `source`; in the shadow say what would change, or else switch.

    A run that was stopped goes on where it was. Raises ModelError for a file that is no such model,
    UsageError for the one in force, Conflict when somebody else switched meanwhile.
    """
    found = _described(road, source)
    model, now = found.load(), road.clock()
    row = ModelRow(found.digest, found.source, found.name, found.dimension, face_models.NEXT, 0, 0, now, now)
    old = reembed.begin(road, row)
    with road.store.transaction() as tx:
        audit.write(tx, now, by, "faces.reembed", found.digest[:16], name=found.name, shadow=is_shadow)
    skipped = reembed.make(road, old, model, tell, halted)
    report = _report(road, found, skipped, is_whole=not halted())
    if halted():
        return report
    if is_shadow:
        return _with_diff(road, report, reembed.shadow(road, model, tell, halted), by)
    again = reembed.switch(road, old, row, skipped)
    with road.store.transaction() as tx:
        campaign.notice(tx, "face model", "", road.clock())
        audit.write(tx, road.clock(), by, "faces.switched", found.digest[:16], name=found.name, was=old[:16])
    return _replaced(report, is_switched=True, matched_again=again)


def _described(road: Road, source: str) -> Described:
    if road.describe_model is None:
        raise Conflict("face model", "cannot be changed here")
    return road.describe_model(source)


def _report(road: Road, found: Described, skipped: dict[str, str], *, is_whole: bool) -> Report:
    with road.store.reading() as tx:
        row = face_models.get(tx, found.digest)
    made = row.done if row is not None else 0
    return Report(
        found.source, found.name, found.digest, found.licence, found.is_tested, made, dict(skipped), is_whole
    )


def _replaced(report: Report, **changes: Any) -> Report:
    given = {name: getattr(report, name) for name in Report.__dataclass_fields__}
    return Report(**given | changes)


def _with_diff(road: Road, report: Report, diff: reembed.Diff, by: str) -> Report:
    with road.store.reading() as tx:
        came = [
            Candidate(item.post_key, item.case_id, item.tier.value, item.similarity)
            for item in diff.came
            if not case_teams.is_hidden(tx, item.case_id, by)
        ]
        rows = [matches.get(tx, key).match for key in diff.went]
        stayed = sum(not case_teams.is_hidden(tx, key.rpartition("|")[2], by) for key in diff.stayed)
        went = [
            Candidate(row.post_key, row.case_id, "", row.similarity)
            for row in rows
            if not case_teams.is_hidden(tx, row.case_id, by)
        ]
    return _replaced(report, came=tuple(came), went=tuple(went), stayed=stayed)


def known(road: Road) -> list[ModelRow]:
    """The models that are, were or may come to be in force."""
    with road.store.reading() as tx:
        return face_models.listing(tx)
