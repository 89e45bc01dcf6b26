"""Telling people that an appeal is closed: only if family and authority agree, where a post names it."""

from __future__ import annotations

from bot.pipeline import asking, casework, drafting
from bot.pipeline.road import Road
from bot.rules import compose, leaks
from store import audit, cases, levels, matches, outbox, posts, veils
from store.cases import CaseRow
from store.db import Transaction
from store.errors import NotAllowed, UsageError
from store.records.case import Case, CaseStatus
from store.records.match import Label
from store.records.post import Post
from store.records.reply import Purpose, Reply
from store.records.replying import Release
from store.records.work import Stage

FAMILY, AUTHORITY = "family", "authority"
KINDS = (FAMILY, AUTHORITY)
_OVER = (CaseStatus.LOCATED, CaseStatus.CLOSED)


def release(road: Road, case_id: str, kind: str, *, by: str, evidence: str) -> list[Release]:
    """Keep that the family, or the authority, agrees; each from another person. Gives all releases.

    Raises Missing, NotAllowed for the person of the other release, UsageError.
    """
    if kind not in KINDS:
        raise UsageError("kind", f"is {kind[:20]!r}; one of {', '.join(KINDS)}")
    if len(evidence.strip()) < 8:
        raise UsageError("evidence", "is missing; say where the agreement is written down")
    with road.store.transaction(durable=True) as tx:
        case = cases.seen(tx, case_id, by)
        if case.status not in _OVER:
            raise NotAllowed(case_id, f"is {case.status.value}; an appeal closes once the child is located")
        held = levels.releases(tx, case_id)
        if any(each.by == by and each.kind != kind for each in held):
            raise NotAllowed(by, "kept the other release; a second person keeps this one")
        if not levels.release(tx, Release(case_id, kind, by, evidence.strip(), road.clock())):
            raise UsageError(kind, "has agreed already")
        audit.write(tx, road.clock(), by, "appeal.released", casework.named(road, case.case), kind=kind)
        return levels.releases(tx, case_id)


def releases(road: Road, case_id: str) -> list[Release]:
    """Who has agreed."""
    with road.store.reading() as tx:
        return levels.releases(tx, case_id)


def close(road: Road, post_key: str, case_id: str, *, by: str) -> Reply:
    """Draft the words "this appeal is closed" for the author of a post. A person approves them in any case.

    Raises NotAllowed where a release, the author's consent or the post's own words are missing.
    """
    with road.store.transaction(durable=True) as tx:
        veils.check(tx, post_key)
        post = posts.get(tx, post_key)
        words = _may_not(tx, post, cases.seen(tx, case_id, by))
        if words:
            raise NotAllowed(post_key, words)
        consent = asking.consent_of(road, tx, post)
        if not consent.given or consent.hotline_only:
            raise NotAllowed(post_key, consent.words)
        key = outbox.key_of(post_key, Purpose.APPEAL_CLOSED)
        made = drafting.draft(road, tx, post, Purpose.APPEAL_CLOSED, key)
        if isinstance(made, compose.Unfit):
            raise UsageError(post_key, made.why)
        row = drafting.row(road, tx, post, Purpose.APPEAL_CLOSED, consent, made)
        drafting.add(road, tx, post, row, rule=consent.rule, written_by=by)
        road.engine.enqueue(tx, Stage.SEND, key, priority=10)
        return outbox.get(tx, key)


def _may_not(tx: Transaction, post: Post, case: CaseRow) -> str:
    """Why this post cannot be told that the appeal is closed, "" if it can."""
    case_id = case.case.id
    if case.status not in _OVER:
        return f"the case is {case.status.value}"
    missing = [kind for kind in KINDS if kind not in {each.kind for each in levels.releases(tx, case_id)}]
    if missing:
        return f"no release of {' and '.join(missing)} is kept"
    return "" if _names(tx, post, case.case) else "the post itself does not name this appeal"


def _names(tx: Transaction, post: Post, case: Case) -> bool:
    """Whether the post is about the appeal by its own words, or shows its poster."""
    if leaks.names(post.text, case.full_name):
        return True
    ids = [each for each in (case.source_id, case.id) if len(each) >= 4]
    if any(each.casefold() in post.text.casefold() for each in ids):
        return True
    found = matches.of_post(tx, post.key)
    return any(row.match.case_id == case.id and row.match.label is Label.POSTER for row in found)
