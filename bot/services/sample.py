"""The sample campaign: made-up posts in the platforms' own formats, and cases that are born active.

Only here, and only in the sample's own folder, does a case become active without a second person.
"""

from __future__ import annotations

from pathlib import Path

from bot.home import Home
from bot.pipeline.road import Road
from bot.services import case_files, importing, people, registering
from store import audit, case_profiles, cases, users
from store.errors import NotAllowed
from store.records.case import CaseStatus, CaseStep
from store.records.imports import Basis, Statement
from store.records.registry import SourcePermission, Standing
from store.records.work import Stage

REGISTRAR, VERIFIER, REVIEWER = "sample-registrar", "sample-verifier", "sample-reviewer"
SOURCE = "sample.example"
MADE_UP = Statement("the makers of Homeward", Basis.FICTIONAL)
EVIDENCE = "sample: born active, a made-up case"


def load(road: Road, home: Home, folder: Path) -> None:
    """Bring the sample's users, cases and posts in; done again, it changes nothing.

    Raises NotAllowed for a folder that is not the sample's.
    """
    if not home.is_sample:
        raise NotAllowed(str(home.folder), "holds real data; the sample is never loaded there")
    with road.store.transaction() as tx:
        for name, roles in (
            (REVIEWER, people.EVERYDAY),
            (REGISTRAR, users.REGISTRAR),
            (VERIFIER, users.REGISTRAR),
        ):
            users.add(tx, name, roles, road.clock())
    report = case_files.import_file(road, folder / "cases.json", by=REGISTRAR, source_name=SOURCE)
    for case_id in (*report.added, *report.unchanged):
        _activate(road, case_id)
    if not any(each.source == SOURCE for each in registering.source_permissions(road)):
        # So that a case file can be walked through: the made-up registry lets its made-up records leave.
        registering.permit_source(road, SourcePermission(SOURCE, True, True, True, EVIDENCE), by=REGISTRAR)
    importing.import_paths(road, [folder / "posts"], by=REGISTRAR, statement=MADE_UP)


def _activate(road: Road, case_id: str) -> None:
    with road.store.transaction() as tx:
        now = road.clock()
        held = cases.get(tx, case_id)
        if not case_profiles.standing(tx, case_id).adult_basis:
            case_profiles.put_standing(
                tx, Standing(case_id, adult_basis=EVIDENCE, set_by=VERIFIER, set_at=now)
            )
        if held.status is CaseStatus.DRAFT:
            cases.move(
                tx, CaseStep(case_id, CaseStatus.VERIFIED, VERIFIER, now, EVIDENCE), expect=CaseStatus.DRAFT
            )
            held = cases.get(tx, case_id)
        if held.status is CaseStatus.VERIFIED:
            cases.move(
                tx, CaseStep(case_id, CaseStatus.ACTIVE, VERIFIER, now, EVIDENCE), expect=CaseStatus.VERIFIED
            )
            audit.write(tx, now, VERIFIER, "case.active", case_id)
            road.engine.enqueue(tx, Stage.ENROL, case_id, priority=20)
