"""What a case file holds, as values and as files, from the store at one moment. Draws and signs nothing.

Posts whose platform does not let them be handed on go in as ids alone. Contacts, homes, notes of people and
exact places never go in.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.pipeline import asking
from bot.pipeline.casework import named, named_match
from bot.pipeline.road import Road
from bot.services import review
from bot.services.cases import facts
from bot.services.review import Card
from store import case_profiles, casefiles, cases, photos, posts
from store.codec import to_json
from store.db import Transaction
from store.errors import NotAllowed
from store.records.case import CaseStep
from store.records.casefile import CaseFile
from store.records.permit import Use
from store.records.post import Observation
from store.records.registry import Standing

CHAIN = "audit-chain.jsonl"
_KINDS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "image/gif": "gif",
}
_CASE_FIELDS = (
    *("id", "full_name", "sex", "date_of_birth", "description", "marks"),
    *("last_seen_on", "last_seen_place"),
)
_POST_FIELDS = (
    *("key", "platform", "native_id", "version", "author", "text", "language", "created_at", "received_at"),
    *("zone_offset_min", "hashtags", "mentions", "reply_to", "quote_of", "visibility", "content_warning"),
    *("edited_at", "permalink", "raw"),
)


@dataclass(frozen=True, slots=True)
class Content:
    """All that a case file says. `why_id_alone` are the words of the rule that lets the post's id alone go,
    "" if the post may be handed on; then the pictures are there too. Pictures are our own JPEG."""

    card: Card
    standing: Standing
    steps: tuple[CaseStep, ...]
    observations: tuple[Observation, ...]
    registered: bytes
    seen: bytes
    originals: Mapping[str, bytes]
    why_id_alone: str


def gather(road: Road, match_key: str, *, by: str, originals: bool, until: datetime) -> Content:
    """The content for a confirmed candidate, as this person may know it; steps after `until` are left out.

    Raises Missing for a hidden or forgotten one, NotAllowed where the case's source lets no record leave.
    """
    card = review.card(road, match_key, viewer=by)
    with road.store.reading() as tx:
        _need_let_out(road, tx, card)
        permit = asking.permit_of(road, tx, card.post)
        why = asking.refusal(permit, Use.SHOW)
        given = _originals(road, tx, card) if originals and not why else {}
        found = Content(
            card=card,
            standing=case_profiles.standing(tx, card.case.case.id),
            steps=tuple(step for step in cases.steps(tx, card.case.case.id) if step.at <= until),
            observations=tuple(o for o in posts.observations_of(tx, card.post.key) if o.seen_at <= until),
            registered=b"",
            seen=b"",
            originals=given,
            why_id_alone=why,
        )
    pictures = review.photos_of(road, card, viewer=by)
    return _with_pictures(found, pictures["registered"], b"" if why else pictures["seen"])


def _with_pictures(found: Content, registered: bytes, seen: bytes) -> Content:
    return Content(
        found.card, found.standing, found.steps, found.observations, registered, seen,
        found.originals, found.why_id_alone,
    )  # fmt: skip


def _need_let_out(road: Road, tx: Transaction, card: Card) -> None:
    known = facts(road, tx, card.case, by="")
    if known.is_imported and not (known.permission and known.permission.publish):
        source = card.case.case.source_name
        raise NotAllowed(
            card.case.case.id,
            f"comes from {source}, which does not permit that its records leave;"
            f" `cases source {source} --publish`",
        )


def _originals(road: Road, tx: Transaction, card: Card) -> dict[str, bytes]:
    """The post's photos as they came, by name: with what the camera wrote, so a person asks for them."""
    found: dict[str, bytes] = {}
    for digest in dict.fromkeys(row.photo for row in posts.media_of(tx, card.post.key) if row.photo):
        photo = photos.get(tx, digest)
        allowed, _ = asking.permit_of_photo(road, tx, photo, card.post)
        if photos.is_served(tx, photo.served) and not asking.refusal(allowed, Use.STORE):
            found[f"original-{len(found) + 1}.{_KINDS.get(photo.mime, 'bin')}"] = road.blobs.get(digest)
    return found


# ── as files ─────────────────────────────────────────────────────────────────────────────────────


def files(content: Content, file: CaseFile) -> dict[str, bytes]:
    """The payload but for the printed report and the chain: JSON and pictures by path."""
    card = content.card
    made = {
        "case.json": _json(_case(content)),
        "posts.json": _json({"posts": [_post(content)]}),
        "candidate.json": _json(_candidate(content, file)),
        "photos/registered.jpg": content.registered,
    }
    if content.seen:
        made["photos/seen.jpg"] = content.seen
    made |= {f"photos/{name}": data for name, data in content.originals.items()}
    digests = {
        "registered": {"original": card.case_photo.digest, "served": card.case_photo.served},
        "seen": {"original": card.photo.digest, "served": card.photo.served},
    }
    made["photos/digests.json"] = _json({"sha256": digests})
    return made


def _case(content: Content) -> dict[str, Any]:
    case, standing = content.card.case.case, content.standing
    found = {name: to_json(getattr(case, name)) for name in _CASE_FIELDS}
    return found | {
        "authority": standing.authority.value if standing.authority else "",
        "authority_name": standing.authority_name,
        "authority_reference": standing.authority_reference,
        "steps": [{"status": s.status.value, "at": s.at.isoformat(), "by": s.by} for s in content.steps],
    }


def _post(content: Content) -> dict[str, Any]:
    post = content.card.post
    seen = [{"source": o.source, "at": o.seen_at.isoformat()} for o in content.observations]
    if content.why_id_alone:
        return {
            "platform": post.platform.value, "key": post.key, "native_id": post.native_id,
            "id_alone_because": content.why_id_alone, "observed": seen,
        }  # fmt: skip
    whole = to_json(post)
    return {name: whole[name] for name in _POST_FIELDS} | {
        "observed": seen,
        "raw_sha256": hashlib.sha256(json.dumps(post.raw, sort_keys=True).encode()).hexdigest(),
    }


def _candidate(content: Content, file: CaseFile) -> dict[str, Any]:
    match, sighting = content.card.row.match, content.card.sighting
    told: dict[str, Any] = {}
    if sighting is not None and not content.why_id_alone:
        told = {
            "where": to_json(sighting.where),
            "when": to_json(sighting.when),
            "who": to_json(sighting.who),
        }
    return {
        "case_file": file.number, "for": file.authority, "purpose": file.purpose,
        "expires_at": file.expires_at.isoformat(),
        "says": "possible resemblance; nothing here proves who anybody is, a DNA test does",
        "similarity": match.similarity, "rank": match.rank, "gallery_size": match.gallery_size,
        "fpir": match.fpir, "model": match.model, "age_gap_years": match.age_gap_years,
        "reasons": to_json(match.reasons), "found_at": content.card.row.found_at.isoformat(),
        "decisions": [
            {"verdict": d.verdict.value, "by": d.by, "at": d.at.isoformat(), "undone": d.undone}
            for d in content.card.decisions if d.at <= file.prepared_at
        ],
        **told,
    }  # fmt: skip


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def digest(payload: Mapping[str, bytes]) -> str:
    """SHA-256 over digest and path of every file but the chain: what the second person releases."""
    lines = (
        f"{hashlib.sha256(payload[path]).hexdigest()}  {path}\n" for path in sorted(payload) if path != CHAIN
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


# ── the chain ────────────────────────────────────────────────────────────────────────────────────


def subjects(road: Road, tx: Transaction, file: CaseFile) -> set[str]:
    """How the audit names what a case file is about: candidate, alert, post, case, the file itself."""
    case = cases.get(tx, file.case_id).case
    candidate = {file.match_key, named_match(road, tx, file.match_key)}
    return {*candidate, file.post_key, file.case_id, named(road, case), subject(file.number)}


def subject(number: int) -> str:
    """How the audit names a case file."""
    return f"casefile:{number}"


def chain(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """The stretch of the audit chain, a JSON object a line: whole rows, and of others number and digest."""
    lines = []
    for row in rows:
        plain = {n: v.isoformat() if isinstance(v, datetime) else v for n, v in row.items()}
        lines.append(json.dumps(plain, ensure_ascii=False, sort_keys=True) + "\n")
    return "".join(lines).encode()


def chain_of(road: Road, tx: Transaction, file: CaseFile) -> bytes:
    """The chain of every step about this file since the first one."""
    return chain(casefiles.stretch(tx, subjects(road, tx, file)))
