"""Work on a registered case beside its life: standing, team, sealing, photos, contact, renewal, removal.

Searches nothing. A case that is past draft is opened again before its fields or photos change.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.pipeline import casework, record_sealing
from bot.pipeline.casework import named
from bot.pipeline.road import Road
from bot.rules import registry as rules
from bot.services import metering
from bot.services.cases import (
    CHANGED,
    CaseView,
    PhotoFile,
    check_text,
    examine,
    expect,
    facts,
    need,
    put_photos,
    seal_contact,
    show,
    suppression_digest,
)
from store import audit, campaign, case_profiles, case_teams, cases, family_links, merges, users
from store.cases import CaseRow
from store.db import Transaction
from store.errors import Conflict, Missing, NotAllowed, UsageError
from store.records.case import CaseStatus, CaseStep
from store.records.registry import Removal, SourcePermission, Standing

TEXTS = (
    "authority_name", "authority_reference", "registry", "registry_record", "relation_evidence",
    "photo_consent_by", "cleared", "adult_basis",
)  # fmt: skip
HOLDING = frozenset({"reference", "authority_only", "relation", "consent", "risks", "of_age"})
MOST_CHARS = 2000


def set_standing(road: Road, standing: Standing, *, by: str) -> CaseView:
    """Say on what a case rests. An active case that this no longer lets be searched leaves the search.

    Raises Missing, UsageError for a value that will not do, Conflict for a case that ended.
    """
    for name in TEXTS:
        value = getattr(standing, name)
        check_text(name, value)
        if len(value) > MOST_CHARS:
            raise UsageError(name, f"has {len(value)} characters; at most {MOST_CHARS} are kept")
    with road.store.transaction() as tx:
        held = cases.seen(tx, standing.case_id, by)
        if held.status is CaseStatus.CLOSED:
            raise Conflict(standing.case_id, "is closed; open it again first")
        before = case_profiles.standing(tx, standing.case_id)
        cleared_by = before.cleared_by if standing.cleared == before.cleared else by
        kept = replace(
            standing, set_by=by, set_at=road.clock(), cleared_by=cleared_by if standing.cleared else ""
        )
        case_profiles.put_standing(tx, kept)
        audit.write(tx, road.clock(), by, "case.standing", named(road, held.case))
        if held.status is CaseStatus.ACTIVE:
            _hold_if_needed(road, tx, held, by)
    return show(road, standing.case_id, viewer=by)


def _hold_if_needed(road: Road, tx: Transaction, held: CaseRow, by: str) -> None:
    found = rules.holds_activating(facts(road, tx, held, by=""), road.registry)
    words = "; ".join(hold.words for hold in found if hold.rule in HOLDING)
    if words:
        casework.move(road, tx, held, CaseStatus.VERIFIED, by, f"held: {words}")
        casework.leave_search(road, tx, held.case.id, "the case is held", drop_vectors=True)


# ── who may know ─────────────────────────────────────────────────────────────────────────────────


def seal(road: Road, case_id: str, *, by: str, why: str) -> CaseView:
    """Hide a case from everybody but its team: its registrar and who seals it, until they add others."""
    need(why, "why", "say on what the sealing rests")
    with road.store.transaction() as tx:
        held = cases.seen(tx, case_id, by)
        sealed = replace(held.case, sealed=True)
        cases.put(tx, sealed)
        for account in (held.registered_by, by):
            case_teams.join(tx, case_id, account, by=by, at=road.clock())
        campaign.notice(tx, f"{casework.NOTICE}{case_id}", "", road.clock())
        audit.write(tx, road.clock(), by, "case.sealed", named(road, sealed), why=why)
    return show(road, case_id, viewer=by)


def unseal(road: Road, case_id: str, *, by: str, why: str) -> CaseView:
    """Show a case to all who may see cases again. Raises Missing for who is not of its team."""
    need(why, "why", "say why it may be seen again")
    with road.store.transaction() as tx:
        held = cases.seen(tx, case_id, by)
        audit.write(tx, road.clock(), by, "case.unsealed", named(road, held.case), why=why)
        cases.put(tx, replace(held.case, sealed=False))
    return show(road, case_id, viewer=by)


def join_team(road: Road, case_id: str, account: str, *, by: str) -> CaseView:
    """Take an account into the team; only who may see the case can. Raises Missing."""
    with road.store.transaction() as tx:
        held = cases.seen(tx, case_id, by)
        if users.get(tx, account).disabled:
            raise NotAllowed(account, "is disabled")
        case_teams.join(tx, case_id, account, by=by, at=road.clock())
        audit.write(tx, road.clock(), by, "case.team", named(road, held.case), joined=account)
    return show(road, case_id, viewer=by)


def leave_team(road: Road, case_id: str, account: str, *, by: str) -> None:
    """Take an account out of the team. Raises Missing, NotAllowed for the last one of a sealed case."""
    with road.store.transaction() as tx:
        held = cases.seen(tx, case_id, by)
        if held.case.sealed and case_teams.members(tx, case_id) == [account]:
            raise NotAllowed(account, "is the last of the team of a sealed case; add somebody first")
        if not case_teams.leave(tx, case_id, account):
            raise Missing(account, "is not in the team")
        audit.write(tx, road.clock(), by, "case.team", named(road, held.case), left=account)


# ── photos and contact ────────────────────────────────────────────────────────────────────────────


def add_photos(road: Road, case_id: str, files: Sequence[PhotoFile], *, by: str) -> CaseView:
    """Photos for a draft: what is searched with was there when somebody verified it. Raises Conflict."""
    with road.store.reading() as tx:
        expect(cases.seen(tx, case_id, by), CaseStatus.DRAFT)
    examined = [examine(road, file) for file in files]
    with road.store.transaction() as tx:
        held = cases.seen(tx, case_id, by)
        expect(held, CaseStatus.DRAFT)
        put_photos(road, tx, held.case, examined)
        words = f"{CHANGED}\nphotos: {len(files)} added"
        cases.remark(tx, CaseStep(case_id, held.status, by, road.clock(), words))
        audit.write(tx, road.clock(), by, "case.photos", named(road, held.case), photos=len(files))
    return show(road, case_id, viewer=by)


def set_contact(road: Road, case_id: str, contact: dict[str, str], *, by: str) -> None:
    """Keep the family's contact under seal; nothing shows it again but the family's own link, in part."""
    for name, value in contact.items():
        check_text(name, value)
    with road.store.transaction() as tx:
        held = cases.seen(tx, case_id, by)
        seal_contact(road, tx, case_id, contact)
        audit.write(tx, road.clock(), by, "case.contact", named(road, held.case))


def open_contact(road: Road, case_id: str, *, by: str, why: str) -> dict[str, str]:
    """The family's contact, for somebody of the case's team with a reason; written down each time.

    Raises Missing, NotAllowed for who is not of the team, UsageError without a reason.
    """
    need(why, "why", "say for what the contact is needed")
    with road.store.transaction(durable=True) as tx:
        held = cases.seen(tx, case_id, by)
        if by not in case_teams.members(tx, case_id):
            raise NotAllowed(by, "is not in this case's team; who is can add you")
        sealed = case_profiles.contact(tx, case_id)
        if sealed is None:
            raise Missing(case_id, "has no contact under seal")
        audit.write(tx, road.clock(), by, "case.contact_opened", named(road, held.case), why=why)
        metering.count(road, tx, by, metering.Kind.CONTACT)
        found = json.loads(record_sealing.open_text(road, tx, sealed, row=f"contact:{case_id}"))
    return {str(name): str(value) for name, value in found.items()}


def reopen(road: Road, case_id: str, *, by: str, why: str) -> CaseView:
    """Back to draft, out of the search: fields and photos can change, then it is verified anew."""
    need(why, "why", "say why the case is opened again")
    with road.store.transaction() as tx:
        held = cases.seen(tx, case_id, by)
        if held.status is CaseStatus.DRAFT:
            raise Conflict(case_id, "is a draft already")
        if merges.merged_into(tx, case_id):
            raise Conflict(case_id, "was merged into another case; take the merge back first")
        casework.end(road, tx, held, CaseStatus.DRAFT, by, why)
    return show(road, case_id, viewer=by)


def renew(road: Road, case_id: str, until: datetime, *, by: str, why: str) -> CaseView:
    """Move the day on which a case expires. Raises UsageError for a moment that has passed."""
    need(why, "why", "say on what word it is renewed")
    if until <= road.clock():
        raise UsageError("until", f"is {until:%Y-%m-%d}, which has passed")
    with road.store.transaction() as tx:
        held = cases.seen(tx, case_id, by)
        if held.status is CaseStatus.CLOSED:
            raise Conflict(case_id, "is closed; open it again first")
        cases.put(tx, replace(held.case, expires_at=until))
        campaign.notice(tx, f"{casework.NOTICE}{case_id}", "", road.clock())
        audit.write(tx, road.clock(), by, "case.renewed", named(road, held.case), until=until.isoformat())
    return show(road, case_id, viewer=by)


# ── removal ──────────────────────────────────────────────────────────────────────────────────────


def remove(road: Road, case_id: str, *, by: str, why: str, keep_away: bool = False) -> Removal:
    """Take a case out: hidden from everybody at once, destroyed when the time to take it back is over.

    `keep_away` puts the record on the suppression list, which every import and form respects.
    """
    need(why, "why", "say why the case is removed")
    now = road.clock()
    with road.store.transaction() as tx:
        held = cases.seen(tx, case_id, by)
        casework.remove(road, tx, held, by=by, why=why, until=now + road.registry.bin)
        if keep_away:
            cases.suppress(tx, suppression_digest(road, held.case), why=why, by=by, at=now)
        removal = merges.removal(tx, case_id)
    assert removal is not None
    return removal


def bring_back(road: Road, case_id: str, *, by: str) -> CaseView:
    """Take a removal back: the case is a draft again, whatever it was. Raises Missing."""
    with road.store.transaction() as tx:
        removal = merges.removal(tx, case_id)
        if removal is None or not _may_know(tx, case_id, by):
            raise Missing(case_id, "is not a removed case")
        held = cases.get(tx, case_id)
        if removal.by.startswith("family:"):
            raise NotAllowed(
                case_id, "was withdrawn by the family; only a new registration of theirs opens it"
            )
        merges.bring_back(tx, case_id)
        cases.unsuppress(tx, suppression_digest(road, held.case))
        casework.move(road, tx, held, CaseStatus.DRAFT, by, "its removal was taken back")
    return show(road, case_id, viewer=by)


def removed(road: Road, *, viewer: str) -> list[Removal]:
    """Removed cases that can still be brought back; sealed ones for their team alone."""
    with road.store.reading() as tx:
        return [each for each in merges.removals(tx) if _may_know(tx, each.case_id, viewer)]


def _may_know(tx: Transaction, case_id: str, viewer: str) -> bool:
    is_open = not cases.get(tx, case_id).case.sealed
    return is_open or viewer in case_teams.members(tx, case_id)


# ── sources, keys ────────────────────────────────────────────────────────────────────────────────


def permit_source(road: Road, permission: SourcePermission, *, by: str) -> SourcePermission:
    """Write down what a source of records permits. Raises UsageError without a basis."""
    need(permission.source, "source", "name the source as its cases do")
    is_any = permission.search or permission.display or permission.publish
    if is_any:
        need(permission.basis, "basis", "say where it is written: the letter, contract or law")
    kept = replace(permission, by=by, at=road.clock())
    with road.store.transaction() as tx:
        family_links.put_permission(tx, kept)
        audit.write(
            tx, road.clock(), by, "source.permitted", permission.source, basis=permission.basis,
            search=permission.search, display=permission.display, publish=permission.publish,
        )  # fmt: skip
    return kept


def source_permissions(road: Road) -> list[SourcePermission]:
    """What was written down, by source."""
    with road.store.reading() as tx:
        return family_links.permissions(tx)


def reseal(road: Road, *, by: str, batch: int = 100) -> int:
    """Bring all private values under the present key; how many were under another one.

    The keys of single rows are wrapped anew; values from before go under keys of their own. Raises Sealed
    for a value that no key in the environment opens: nothing of its batch is changed.
    """
    done, keys = 0, road.contacts
    while True:
        with road.store.transaction() as tx:
            rows = case_profiles.sealed_with_other_key(tx, record_sealing.RECORD, most=batch)
            for kind, key, sealed in rows:
                row = f"{kind}:{key}"
                value = record_sealing.open_text(road, tx, sealed, row=row)
                anew = record_sealing.seal(road, tx, value, row=row)
                done += case_profiles.reseal(tx, kind, key, anew, before=sealed, key_id=record_sealing.RECORD)
            wrapped = record_sealing.rewrap(road, tx, most=batch)
            done += wrapped
            if not rows and not wrapped:
                if done:
                    audit.write(tx, road.clock(), by, "registry.resealed", keys.id, values=done)
                return done
