"""Everything that is held about one author, for that author: JSON by kind, and their photos, in one ZIP.

What concerns other people is left out and said to be: who was resembled, who reviewed, cases, face vectors.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from typing import Any

from bot.pipeline import conversing, forgetting_people, locking, optouts, screening, sealing
from bot.pipeline.road import Road
from bot.rules import erasing as rules
from bot.services import erasure, metering
from bot.services.rights import Right, check
from store import audit, conversations, erasing, hidden, life, photos, posts, quarantine, sightings, users
from store import optouts as stored
from store.codec import to_json
from store.db import Transaction
from store.erasing import Held
from store.errors import Missing, NotAllowed, Sealed, UsageError
from store.records.post import Author, Platform
from store.records.replying import Asker, Erasure, Wants

MOST_POSTS = 5000
LEFT_OUT = (
    "comparisons with registered children and what people decided about them: they concern other people",
    "face vectors: they are of whoever is pictured, and nothing can be read from them",
    "names of the people of the team, internal notes, legal holds",
    "pictures that nobody may be shown",
)


@dataclass(slots=True)
class Copy:
    """The packed file, how many of each kind are in it, and why what was left out."""

    data: bytes = b""
    counts: dict[str, int] = field(default_factory=dict)
    left_out: tuple[str, ...] = LEFT_OUT


def export(road: Road, platform: Platform, account: str, *, by: str, why: str, author_id: str = "") -> Copy:
    """Pack what is held about an author. Counted and written down with its reason.

    Raises NotAllowed without the right or while everything is locked, UsageError without a reason or for a
    handle of several accounts, Missing where nothing is held, Sealed where a key is not there.
    """
    if len(why.strip()) < rules.MIN_CHARS:
        raise UsageError("why", "is missing; say who asked and how the account was proved")
    with road.store.transaction(durable=True) as tx:
        locking.need_unlocked(tx, "export")
        check(by, users.get(tx, by).roles, Right.PERSON_COPY)
        who = forgetting_people.held_of(road, tx, platform, author_id, account.strip())
        made = _collected(road, tx, who)
        if not made.total:
            raise Missing(account, "is nobody of whom anything is held")
        person = optouts.digest(road, platform, Author(author_id, account))[:16]
        audit.write(tx, road.clock(), by, "person.copied", person, why=why.strip(), counts=made.counts)
        metering.count(road, tx, by, metering.Kind.EXPORT)
    return Copy(_packed(road, made), made.counts)


def of_wish(road: Road, reference: str, *, by: str) -> tuple[Copy, Erasure]:
    """The copy that a proved wish asks for. Raises as `export`, and NotAllowed for one that is not proved."""
    view = erasure.show(road, reference)
    held = view.erasure
    if held.kind != Asker.AUTHOR or held.wants != Wants.COPY or held.state not in ("proved", "done"):
        raise NotAllowed(reference, "is not a proved wish of an author for a copy")
    why = f"wish {reference}, proved by {held.proof}"
    made = export(road, Platform(held.platform), view.who.handle, by=by, why=why, author_id=view.who.id)
    with road.store.transaction(durable=True) as tx:
        if held.state == "proved":
            stored.finish_erasure(tx, reference, by=by, note="a copy was made", at=road.clock())
    return made, held


@dataclass(slots=True)
class _Found:
    kinds: dict[str, list[Any]]
    photos: dict[str, str] = field(default_factory=dict)
    """Digest of the copy that is served, by its name in the ZIP."""

    @property
    def counts(self) -> dict[str, int]:
        return {kind: len(rows) for kind, rows in self.kinds.items() if rows} | {"photos": len(self.photos)}

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def _collected(road: Road, tx: Transaction, who: Held) -> _Found:
    keys = erasing.posts_of(tx, who.platform, who.ids, who.handles)
    if len(keys) > MOST_POSTS:
        raise UsageError("account", f"has {len(keys)} posts; at most {MOST_POSTS} are packed at once")
    found = _Found({})
    found.kinds["posts"] = [_post(road, tx, key, found) for key in keys]
    found.kinds["posts put away"] = [
        to_json(each.post)
        for author in who.ids
        for each in hidden.of_author(tx, road.key, Platform(who.platform), author)
    ]
    found.kinds["messages to us"] = [
        {"key": talk.key, "at": talk.at.isoformat(), "wish": talk.wish, "text": _said(road, tx, talk)}
        for talk in conversations.by_author(tx, who.to_authors)
    ]
    found.kinds["our replies"] = erasing.replies_to(tx, who)
    found.kinds["wishes"] = _wishes(road, tx, who)
    return found


def _said(road: Road, tx: Transaction, talk: Any) -> str | None:
    message = conversing.message(road, tx, talk)
    return message.text if message is not None else None


def _wishes(road: Road, tx: Transaction, who: Held) -> list[Any]:
    """That they want no messages, with its day."""
    digests = {
        optouts.digest(road, Platform(who.platform), Author(author, handle))
        for author in who.ids or ("",)
        for handle in who.handles or ("",)
    }
    held = [each for each in stored.listing(tx, most=100_000) if each.person in digests]
    return [{"no_messages": True, "everywhere": o.everywhere, "at": o.at.isoformat()} for o in held]


def _post(road: Road, tx: Transaction, key: str, found: _Found) -> dict[str, Any]:
    """One post as it is kept, with its places opened: they are its author's own."""
    post = posts.get(tx, key)
    problem = ""
    try:
        post = sealing.whole(road, tx, post)
    except Sealed as error:
        problem = error.detail
    claim = sightings.get(tx, key)
    return {
        "post": to_json(post),
        "earlier versions": life.kept_versions(tx, key),
        "what was read from it": to_json(sealing.exact_claim(road, tx, claim)) if not problem else None,
        "delivered by": [posts.to_json_row(each) for each in posts.observations_of(tx, key)],
        "photos": _photos(road, tx, key, found),
        "not opened": problem,
    }


def _photos(road: Road, tx: Transaction, key: str, found: _Found) -> list[dict[str, Any]]:
    if quarantine.is_withheld(tx, key):
        return []
    named = []
    for row in posts.media_of(tx, key):
        if not row.photo or not photos.has(tx, row.photo):
            continue
        photo = photos.get(tx, row.photo)
        if not photo.served or not photos.is_served(tx, photo.served):
            continue
        name = f"photos/{len(found.photos) + 1:04}.jpg"
        found.photos[name] = photo.served
        faces = len(photos.faces_of(tx, row.photo))
        named.append({"file": name, "sha256 of the original": photo.digest, "faces found": faces})
    return named


def _packed(road: Road, found: _Found) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        document = {"made_at": road.clock().isoformat(), "left_out": LEFT_OUT, **found.kinds}
        pack.writestr("data.json", json.dumps(document, ensure_ascii=False, indent=1, default=str))
        for name, digest in found.photos.items():
            try:
                data = road.blobs.get(digest)
            except Missing:
                continue
            with road.store.reading() as tx:
                if screening.is_barred(road, tx, data):
                    continue
            pack.writestr(name, data)
    return out.getvalue()
