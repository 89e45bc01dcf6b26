"""Decide what may be done with a post, and say why. Pure: the policy is handed in, nothing is read.

The strictest reading is the default: what no line allows is forbidden, and a copied photo carries the
strictest permit of all its known copies.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.rules import standing as imported
from bot.rules.policy import Policy, PolicyLine, SignRule, parse_policy
from store.records.imports import Standing
from store.records.permit import Legal, Permission, Permit, Use, Why
from store.records.post import AuthorSign, Post, Visibility

__all__ = [
    "Policy",
    "PolicyLine",
    "SignRule",
    "decide",
    "gone_delete_by",
    "not_kept_rule",
    "parse_policy",
    "strictest",
]

NOT_PUBLIC = "not_public"
NO_POLICY_LINE = "no_policy_line"
NOT_STORED = "not_stored"
LEGAL_BLOCK_MISSING = "legal_block_missing"
STORAGE_LIMIT = "storage_limit"

_OPEN = frozenset({Visibility.PUBLIC, Visibility.UNLISTED})
_NEED_LEGAL = frozenset({Use.MATCH, Use.REPLY})


def decide(
    post: Post,
    policy: Policy | None,
    permissions: Iterable[Permission],
    legal: Legal | None,
    now: datetime,
    standing: Standing | None = None,
) -> Permit:
    """Compute the permit of one post at `now` (aware UTC).

    `policy` is the one of the post's platform, None when there is none. A use is allowed when the post
    is public, no sign of its author forbids it, a policy line allows it (or a declared, unexpired
    permission lifts a liftable "no"), and, for matching and replying, the `legal:` block is filled in.
    A post from an import also needs what was stated about it (`standing`, None for all others): that is
    asked besides the platform's rules and lifts none of them.
    A post that may not be stored may not be used at all. `delete_by` is the earliest end of a
    permission that was needed: what it allowed ends with it.
    """
    held = [p for p in permissions if _counts(p, post, now)]
    needed: list[Permission] = []
    why: list[Why] = []
    allowed: dict[Use, bool] = {}
    for use in (Use.STORE, Use.MATCH, Use.REPLY, Use.SHOW):
        reasons = [*_refusals(post, policy, use, now), *_by_policy(policy, post, use, held, needed)]
        reasons += _by_standing(standing, use)
        if use in _NEED_LEGAL and not _filled(legal):
            reasons.append(
                Why(
                    LEGAL_BLOCK_MISSING, use, False, "The legal: block of the configuration is not filled in."
                )
            )
        if use is not Use.STORE and not allowed[Use.STORE]:
            reasons.append(Why(NOT_STORED, use, False, "The post is not kept, so nothing is done with it."))
        allowed[use] = all(reason.allows for reason in reasons)
        # A line that allows is no reason any more once another one forbids.
        why += [reason for reason in reasons if reason.allows is allowed[use]]
    ends = [p.expires_at for p in needed if p.expires_at is not None and allowed[p.use]]
    limit = kept_until(policy, post)
    ends += [limit] if limit is not None else []
    return Permit(
        may_store=allowed[Use.STORE],
        may_match=allowed[Use.MATCH],
        may_reply=allowed[Use.REPLY],
        delete_by=min(ends, default=None),
        why=tuple(why),
    )


def _by_standing(standing: Standing | None, use: Use) -> Iterator[Why]:
    """What was stated about the imports that a post came with."""
    if standing is None or use not in standing.governs:
        return
    if use in standing.uses:
        yield Why(imported.STATED, use, True, standing.told)
    else:
        yield Why(standing.rule, use, False, standing.words)


def held_back(permit: Permit, standing: Standing) -> Permit:
    """The permit without the comparison that `standing` does not let be made."""
    why = (*(line for line in permit.why if line.use is not Use.MATCH), *_by_standing(standing, Use.MATCH))
    return replace(permit, may_match=False, why=why)


def strictest(permits: Iterable[Permit]) -> Permit:
    """The permit of a photo of which several copies are known: all must allow, the earliest end counts.

    Without any permit nothing is allowed.
    """
    known = list(permits)
    if not known:
        return Permit()
    ends = [p.delete_by for p in known if p.delete_by is not None]
    verdict = {
        Use.STORE: all(p.may_store for p in known),
        Use.MATCH: all(p.may_match for p in known),
        Use.REPLY: all(p.may_reply for p in known),
    }
    lines = dict.fromkeys(line for permit in known for line in permit.why)
    return Permit(
        may_store=verdict[Use.STORE],
        may_match=verdict[Use.MATCH],
        may_reply=verdict[Use.REPLY],
        delete_by=min(ends, default=None),
        # Where one copy forbids, the lines that allow for the other copies would mislead.
        why=tuple(line for line in lines if line.allows is verdict.get(line.use, line.allows)),
    )


def not_kept_rule(permit: Permit) -> str:
    """The id of the rule for which a post is not stored; "" when it may be stored."""
    if permit.may_store:
        return ""
    return next(
        (line.rule for line in permit.why if line.use is Use.STORE and not line.allows), NO_POLICY_LINE
    )


def gone_delete_by(policy: Policy | None, seen_gone_at: datetime) -> datetime:
    """When every copy of a post has to be gone after the platform was seen to show it no more."""
    hours = policy.delete_within_h if policy is not None else 0
    return seen_gone_at + timedelta(hours=hours)


def kept_until(policy: Policy | None, post: Post) -> datetime | None:
    """Until when the platform lets a post be kept, counted from its receiving; None without such a limit."""
    if policy is None or policy.keep_days is None or policy.platform is not post.platform:
        return None
    return post.received_at + timedelta(days=policy.keep_days)


def _counts(permission: Permission, post: Post, now: datetime) -> bool:
    """A permission counts when it names basis and grantor, is for this platform, and has not ended."""
    return (
        permission.platform == post.platform
        and bool(permission.basis.strip())
        and bool(permission.grantor.strip())
        and (permission.expires_at is None or now < permission.expires_at)
    )


def _filled(legal: Legal | None) -> bool:
    return legal is not None and all(
        part.strip() for part in (legal.responsible, legal.country, legal.face_basis, legal.privacy_contact)
    )


def _refusals(post: Post, policy: Policy | None, use: Use, now: datetime) -> Iterator[Why]:
    """What the post and its author say against a use, whatever the platform allows."""
    limit = kept_until(policy, post)
    if limit is not None and now >= limit:
        yield Why(STORAGE_LIMIT, use, False, f"{post.platform} lets nobody keep a post as long as this.")
    if post.visibility not in _OPEN or AuthorSign.PROTECTED in post.author.signs:
        yield Why(NOT_PUBLIC, use, False, "The post is not public.")
    for rule in policy.signs if policy is not None else ():
        if use in rule.forbids and rule.sign in post.author.signs:
            yield Why(rule.id, use, False, rule.words, rule.source)


def _by_policy(
    policy: Policy | None, post: Post, use: Use, held: Sequence[Permission], needed: list[Permission]
) -> Iterator[Why]:
    """What the platform's own lines say; permissions that had to be used are added to `needed`."""
    of_platform = policy is not None and policy.platform is post.platform
    lines = [line for line in policy.lines if line.use is use] if policy is not None and of_platform else []
    if not lines:
        yield Why(
            NO_POLICY_LINE, use, False, f"No policy line allows to {use.value} posts of {post.platform}."
        )
    for line in lines:
        granted = [p for p in held if p.use is use] if line.liftable else []
        if line.allows or not granted:
            yield Why(line.id, use, line.allows, line.words, line.source)
            continue
        # The one that lasts longest counts; one without end outlasts all.
        best = max(granted, key=lambda p: p.expires_at.timestamp() if p.expires_at else math.inf)
        needed.append(best)
        words = f"Allowed by a declared permission of {best.grantor}: {best.basis}."
        yield Why(f"{line.id}_lifted", use, True, words, line.source)
