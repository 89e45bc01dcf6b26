"""Welfare referrals: prepared by one, released by another, handed to a licensed body by a person's hand.

Nothing is sent from here and nothing is public. A referral is about one post; no child in it is compared
or linked with another.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date

from bot.pipeline.road import Road
from bot.rules import compose
from bot.rules import referral as rules
from bot.rules.referral import Body, Language
from bot.services import leads_people
from store import audit, matches, posts, referrals, sightings, users, veils
from store.db import Transaction
from store.errors import Conflict, NotAllowed, UsageError
from store.records.referral import Danger, Details, Referral, ReferralState

PREPARE = frozenset({users.REVIEWER})
RELEASE = frozenset({users.REVIEWER, users.LIAISON, users.SAFEGUARDING})
HAND = frozenset({users.LIAISON, users.SAFEGUARDING, users.REVIEWER})
READ = PREPARE | RELEASE | HAND


@dataclass(frozen=True, slots=True)
class ReferralView:
    """A referral with what it says and the words that go to the body; and what this account may do."""

    referral: Referral
    details: Details
    body: Body | None
    words: dict[str, str]
    next: tuple[ReferralState, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form for a post begins with: the bodies, and what was read from the post."""

    post_key: str
    bodies: tuple[Body, ...]
    where: str
    day: date | None
    has_candidate: bool
    before: tuple[str, ...]


def draft(road: Road, post_key: str, *, by: str) -> Draft:
    """What is known for a referral of a post. Raises Missing, NotAllowed."""
    with road.store.reading() as tx:
        leads_people.need_role(tx, by, PREPARE, "prepare a referral")
        veils.check(tx, post_key)
        posts.get(tx, post_key)
        claim = sightings.get(tx, post_key)
        best = claim.where.best if claim else None
        when = claim.when.best if claim else None
        return Draft(
            post_key,
            road.referrals.bodies,
            (best.district or best.city or best.name) if best else "",
            when.start.date() if when else None,
            _has_candidate(tx, post_key),
            tuple(each.id for each in referrals.of_post(tx, post_key)),
        )


def _has_candidate(tx: Transaction, post_key: str) -> bool:
    """Whether people called the post a possible sighting of a registered child, sealed ones included."""
    return any(row.state == matches.POSSIBLE for row in matches.of_post(tx, post_key))


def prepare(
    road: Road, post_key: str, body: str, signs: frozenset[Danger], details: Details, *, by: str
) -> ReferralView:
    """Write a referral; nothing leaves before somebody else releases it.

    Raises Missing, NotAllowed, UsageError with what is missing, Conflict where one for the post stands.
    """
    now = road.clock()
    with road.store.transaction(durable=True) as tx:
        leads_people.need_role(tx, by, PREPARE, "prepare a referral")
        veils.check(tx, post_key)
        posts.get(tx, post_key)
        refused = rules.refusal(
            signs, details, body, road.referrals, has_candidate=_has_candidate(tx, post_key), today=now.date()
        )
        if refused:
            raise UsageError("referral", refused)
        held = referrals.of_post(tx, post_key)
        if held:
            raise Conflict(held[0].id, "is the referral of this post already; withdraw it first")
        made = Referral(
            _reference(road, post_key, now.isoformat()), post_key, body,
            tuple(sign for sign in Danger if sign in signs), ReferralState.PREPARED, by, now,
        )  # fmt: skip
        made = replace(made, sealed=_sealed(road, made.id, details), key_id=road.key.id)
        if not referrals.add(tx, made):
            raise Conflict(made.id, "was made at the same moment; look at the list")
        audit.write(tx, now, by, "referral.prepared", made.id, signs=[sign.value for sign in made.signs])
        return _view(road, tx, made, by)


def _reference(road: Road, post_key: str, at: str) -> str:
    secret, key = road.key.derived("referral"), f"{post_key}|{at}"
    return compose.reference(secret, key) + compose.reference(secret, f"{key}#")[:2]


def _sealed(road: Road, referral_id: str, details: Details) -> bytes:
    plain = {name: getattr(details, name) for name in Details.__dataclass_fields__}
    plain["day"] = details.day.isoformat() if details.day else ""
    return road.key.seal(json.dumps(plain, ensure_ascii=False), row=f"referral:{referral_id}")


def _opened(road: Road, referral: Referral) -> Details:
    if referral.sealed is None:
        return Details()
    plain = json.loads(road.key.open(referral.sealed, row=f"referral:{referral.id}"))
    day = date.fromisoformat(plain["day"]) if plain["day"] else None
    return Details(**plain | {"day": day})


def listing(road: Road, *, by: str) -> list[Referral]:
    """All referrals, the newest first. Raises NotAllowed."""
    with road.store.reading() as tx:
        leads_people.need_role(tx, by, READ, "see referrals")
        return referrals.listing(tx)


def show(road: Road, referral_id: str, *, by: str) -> ReferralView:
    """One referral. Raises Missing, NotAllowed."""
    with road.store.reading() as tx:
        leads_people.need_role(tx, by, READ, "see referrals")
        return _view(road, tx, referrals.get(tx, referral_id), by)


def _view(road: Road, tx: Transaction, referral: Referral, by: str) -> ReferralView:
    details = _opened(road, referral)
    body = next((each for each in road.referrals.bodies if each.name == referral.body), None)
    words = {
        language.value: rules.written(referral.id, referral.signs, details, language) for language in Language
    }
    return ReferralView(referral, details, body, words, tuple(_next(tx, referral, by)))


def _next(tx: Transaction, referral: Referral, by: str) -> list[ReferralState]:
    return [
        to
        for to in ReferralState
        if not rules.release_refusal(referral.state, to, referral.prepared_by, by) and _may(tx, to, by)
    ]


def _may(tx: Transaction, to: ReferralState, by: str) -> bool:
    return bool(leads_people.roles(tx, by) & (RELEASE if to is ReferralState.RELEASED else HAND))


def step(road: Road, referral_id: str, to: ReferralState, *, by: str, why: str = "") -> ReferralView:
    """Release, hand over, answer or withdraw a referral. `why`: to whom it was handed, what was answered,
    why it is withdrawn.

    Raises Missing, NotAllowed for who prepared it or has no such role, UsageError, Conflict.
    """
    now = road.clock()
    with road.store.transaction(durable=True) as tx:
        held = referrals.get(tx, referral_id)
        _need(road, tx, held, to, by, why)
        details, due = _opened(road, held), held.answer_due_at
        sealed = None
        if to is ReferralState.HANDED_OVER:
            due = now + road.referrals.answer
        if to in (ReferralState.ANSWERED, ReferralState.WITHDRAWN):
            due = None
        if to is ReferralState.ANSWERED:
            sealed = _sealed(road, held.id, replace(details, answer=why.strip()))
        kept_why = "" if to is ReferralState.ANSWERED else why.strip()
        referrals.move(
            tx, held, to, by=by, at=now, why=kept_why, answer_due_at=due, sealed=sealed, key_id=road.key.id
        )
        audit.write(tx, now, by, f"referral.{to.value}", held.id)
        return _view(road, tx, referrals.get(tx, held.id), by)


def _need(road: Road, tx: Transaction, held: Referral, to: ReferralState, by: str, why: str) -> None:
    allowed = RELEASE if to is ReferralState.RELEASED else HAND
    leads_people.need_role(tx, by, allowed, f"take the step to {to.value}")
    refused = rules.release_refusal(held.state, to, held.prepared_by, by)
    if refused:
        raise (NotAllowed if to in rules.NEXT[held.state] else Conflict)(held.id, refused)
    if to is not ReferralState.RELEASED and len(why.strip()) < rules.LEAST_WORDS:
        raise UsageError("why", "say to whom it was handed, what was answered, or why it is withdrawn")
    if to is ReferralState.RELEASED:
        if held.body not in {body.name for body in road.referrals.bodies}:
            raise UsageError(held.id, "goes to a body that config.yaml lists no longer")
        if _has_candidate(tx, held.post_key):
            raise NotAllowed(
                held.id, "stands beside a registered child by now: it goes to the police as a lead"
            )
