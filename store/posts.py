"""Posts, their versions, observations, copies and attachments, as rows. Decides nothing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from store import campaign_changes, counters, sealed_places, tag_marks, veils
from store import tables as t
from store.codec import from_json, to_json
from store.db import Transaction, insert_new, insert_of, upsert
from store.errors import Missing
from store.records.permit import Permit, Why
from store.records.photo import PhotoState
from store.records.post import Author, AuthorSign, Gone, Media, Observation, Post

_UNSTORABLE = re.compile("[\\x00\ud800-\udfff]")

# Asked for every post that comes in: built once, since putting a statement together costs more than asking.
_KEY: sa.BindParameter[str] = sa.bindparam("key")
_GET = sa.select(t.posts).where(t.posts.c.key == _KEY)
_MEDIA = sa.select(t.media).where(t.media.c.post_key == _KEY).order_by(t.media.c.position)
_HAS = sa.select(t.posts.c.key).where(t.posts.c.key == _KEY)
_STANDS = sa.select(t.posts.c.key).where(t.posts.c.key == _KEY, t.posts.c.gone_at.is_(None))
_VERSION = sa.select(t.posts.c.version).where(t.posts.c.key == _KEY)
_GONE = sa.select(t.posts.c.gone_at).where(t.posts.c.key == _KEY)


@dataclass(frozen=True, slots=True)
class MediaRow:
    """An attachment of a stored post and how far it has come. `given` is a blob that came with it."""

    post_key: str
    position: int
    media: Media
    given: str
    state: PhotoState
    why: str
    photo: str | None


def put(tx: Transaction, post: Post, permit: Permit, at: datetime) -> bool:
    """Store a post with its permit and attachments. True when it is new or a new version.

    A second delivery of the same version changes nothing; an edit keeps what was there as a
    version; an older version that arrives late joins the versions. A deleted post stays deleted,
    whatever version of it is delivered afterwards.
    """
    row = _row(post, permit)
    tag_marks.put(tx, post.key)
    if insert_new(tx, t.posts, row):
        counters.add(tx, "posts", 1)
        campaign_changes.mark(tx, post.key)
        _put_media(tx, post)
        _put_copy(tx, post)
        return True
    held = tx.execute(sa.select(t.posts).where(t.posts.c.key == post.key)).one()
    if held.gone_at is not None or held.version == post.version:
        return False
    if _is_older(post, held):
        return _keep_version(tx, post.key, post.version, post.text, post.raw, post.edited_at, at)
    _keep_version(tx, post.key, held.version, held.text, held.raw, held.edited_at, at)
    changed = {name: value for name, value in row.items() if name not in ("key", "received_at")}
    tx.execute(sa.update(t.posts).where(t.posts.c.key == post.key).values(**changed))
    campaign_changes.mark(tx, post.key)
    beyond = (t.media.c.post_key == post.key) & (t.media.c.position >= len(post.media))
    tx.execute(sa.delete(t.media).where(beyond))  # An edit may take pictures away.
    _put_media(tx, post)
    return True


def _is_older(post: Post, held: Any) -> bool:
    def age(edited: datetime | None, created: datetime | None, version: str) -> tuple[float, int, str]:
        moment = edited or created
        return (moment.timestamp() if moment else 0.0, len(version), version)

    return age(post.edited_at, post.created_at, post.version) < age(
        held.edited_at, held.created_at, held.version
    )


def _keep_version(
    tx: Transaction, key: str, version: str, text: str, raw: Any, edited_at: datetime | None, at: datetime
) -> bool:
    row = {"post_key": key, "version": version, "text": text, "raw": raw, "edited_at": edited_at}
    return insert_new(tx, t.post_versions, {**row, "replaced_at": at})


def _row(post: Post, permit: Permit) -> dict[str, Any]:
    return {
        "key": post.key,
        "platform": post.platform.value,
        "native_id": post.native_id,
        "version": post.version,
        "author_id": post.author.id,
        "author_handle": storable(post.author.handle),
        "author_name": storable(post.author.display_name),
        "author_location": storable(post.author.location),
        "author_signs": sorted(to_json(post.author.signs)),
        "text": storable(post.text),
        "language": post.language,
        "created_at": post.created_at,
        "received_at": post.received_at,
        "zone_offset_min": post.zone_offset_min,
        "geotag": to_json(post.geotag),
        "place_tag": to_json(post.place_tag),
        "hashtags": list(post.hashtags),
        "mentions": list(post.mentions),
        "repost_of": post.repost_of,
        "reply_to": post.reply_to,
        "quote_of": post.quote_of,
        "visibility": post.visibility.value,
        "content_warning": post.content_warning,
        "sensitive": post.sensitive,
        "edited_at": post.edited_at,
        "permalink": post.permalink,
        "raw": post.raw,
        "problems": list(post.problems),
        "may_match": permit.may_match,
        "may_reply": permit.may_reply,
        "delete_by": permit.delete_by,
        "permit_why": to_json(permit.why),
    }


def storable(text: str) -> str:
    """The text as every database can keep it: NUL and lone surrogates become U+FFFD, one for one."""
    return _UNSTORABLE.sub("\ufffd", text)


def _put_media(tx: Transaction, post: Post) -> None:
    rows = [
        {
            "post_key": post.key,
            "position": position,
            "url": media.url,
            "kind": media.kind.value,
            "fallbacks": list(media.fallbacks),
            "alt_text": storable(media.alt_text),
            "referer": media.referer,
            "given": media.local,
            "sensitive": media.sensitive,
            "state": PhotoState.WANTED.value,
            "why": "",
            "photo": None,
        }
        for position, media in enumerate(post.media)
    ]
    if rows:
        tx.execute(_put_medium(tx.dialect.name), rows)


@cache
def _put_medium(dialect: str) -> Any:
    """An edit may bring another picture at the same position: it is wanted again."""
    statement = insert_of(dialect, t.media)
    keys = ("post_key", "position")
    others = {column.name: statement.excluded[column.name] for column in t.media.c if column.name not in keys}
    return statement.on_conflict_do_update(
        index_elements=list(keys), set_=others, where=t.media.c.url != statement.excluded.url
    )


def _put_copy(tx: Transaction, post: Post) -> None:
    if post.repost_of:
        upsert(tx, t.copies, [{"post_key": post.key, "of_key": post.repost_of, "kind": "repost"}], update=())


def observe(tx: Transaction, seen: Observation) -> bool:
    """Keep where a copy of the post was delivered; the first time stays. True if it is the first."""
    is_first = insert_new(tx, t.observations, to_json_row(seen))
    if is_first:
        tag_marks.put(tx, seen.post_key)
    return is_first


def to_json_row(seen: Observation) -> dict[str, Any]:
    """An observation as a row."""
    return {name: getattr(seen, name) for name in ("post_key", "source", "tag", "native_id", "seen_at")}


def get(tx: Transaction, key: str) -> Post:
    """The post with its attachments. Raises Missing."""
    row = tx.execute(_GET, {"key": key}).first()
    if row is None:
        raise Missing(key, "is not a stored post")
    return _post(row, [item.media for item in media_of(tx, key)])


def version_of(tx: Transaction, key: str) -> str | None:
    """The version of a post that is in force, None if it is not stored."""
    return tx.execute(_VERSION, {"key": key}).scalar()


def permit_of(tx: Transaction, key: str) -> Permit:
    """The permit that was decided when the post was stored. Raises Missing."""
    columns = (t.posts.c.may_match, t.posts.c.may_reply, t.posts.c.delete_by, t.posts.c.permit_why)
    row = tx.execute(sa.select(*columns).where(t.posts.c.key == key)).first()
    if row is None:
        raise Missing(key, "is not a stored post")
    why = from_json(tuple[Why, ...], row.permit_why, subject=key)
    return Permit(True, row.may_match, row.may_reply, row.delete_by, why)


def set_permit(tx: Transaction, key: str, permit: Permit) -> None:
    """Replace a stored post's permit by one decided anew."""
    values = {"may_match": permit.may_match, "may_reply": permit.may_reply, "delete_by": permit.delete_by}
    tx.execute(
        sa.update(t.posts).where(t.posts.c.key == key).values(**values, permit_why=to_json(permit.why))
    )


def set_signs(tx: Transaction, key: str, signs: frozenset[AuthorSign]) -> bool:
    """Keep the signs that the author shows today. True if they differ from those that were kept."""
    wanted = sorted(to_json(signs))
    held = tx.execute(sa.select(t.posts.c.author_signs).where(t.posts.c.key == key)).scalar()
    if held is None or sorted(held) == wanted:
        return False
    tx.execute(sa.update(t.posts).where(t.posts.c.key == key).values(author_signs=wanted))
    return True


def _post(row: Any, media: Iterable[Media]) -> Post:
    names = "key platform native_id version text language created_at received_at zone_offset_min hashtags"
    names += " mentions repost_of reply_to quote_of visibility content_warning sensitive edited_at permalink"
    names += " raw problems geotag place_tag"
    plain = {name: getattr(row, name) for name in names.split()}
    for name in ("created_at", "received_at", "edited_at"):
        plain[name] = to_json(plain[name])
    plain["author"] = to_json(
        Author(row.author_id, row.author_handle, row.author_name, row.author_location, frozenset())
    ) | {"signs": row.author_signs}
    post = from_json(Post, plain, subject=row.key)
    return replace(post, media=tuple(media))


def media_of(tx: Transaction, key: str) -> list[MediaRow]:
    """The attachments of a post in its own order."""
    return [_media_row(row) for row in tx.execute(_MEDIA, {"key": key})]


def _media_row(row: Any) -> MediaRow:
    plain = {
        name: getattr(row, name) for name in ("url", "kind", "fallbacks", "alt_text", "referer", "sensitive")
    }
    media = from_json(Media, {**plain, "local": row.given}, subject=row.post_key)
    return MediaRow(row.post_key, row.position, media, row.given, PhotoState(row.state), row.why, row.photo)


def set_media(
    tx: Transaction, key: str, position: int, state: PhotoState, *, photo: str | None = None, why: str = ""
) -> None:
    """Say how far an attachment has come."""
    where = (t.media.c.post_key == key) & (t.media.c.position == position)
    tx.execute(sa.update(t.media).where(where).values(state=state.value, photo=photo, why=why))
    tag_marks.put(tx, key)


def drop_given(tx: Transaction, key: str, position: int) -> None:
    """The platform's own bytes took the place of those that came in a file."""
    where = (t.media.c.post_key == key) & (t.media.c.position == position)
    tx.execute(sa.update(t.media).where(where).values(given=""))


def copies_of(tx: Transaction, key: str) -> list[str]:
    """Keys of stored reposts and cross-posts of the post."""
    c = t.copies.c
    query = sa.select(c.post_key).where(c.of_key == key, ~veils.of_veiled(c.post_key))
    return list(tx.execute(query).scalars())


def observations_of(tx: Transaction, key: str) -> list[Observation]:
    """Where the post was delivered, oldest first."""
    query = (
        sa.select(t.observations).where(t.observations.c.post_key == key).order_by(t.observations.c.seen_at)
    )
    return [Observation(**row._mapping) for row in tx.execute(query)]


def known_as(tx: Transaction, source: str, native_ids: Sequence[str]) -> dict[str, list[str]]:
    """Keys of the posts that the source delivered under these ids of its own, by id.

    There is no index for this: for a handful of ids now and then, such as deletions that name no key.
    """
    o = t.observations.c
    query = sa.select(o.native_id, o.post_key).where(o.source == source, o.native_id.in_(native_ids))
    found: dict[str, list[str]] = {}
    for row in tx.execute(query.distinct().order_by(o.post_key)):
        found.setdefault(row.native_id, []).append(row.post_key)
    return found


def versions_of(tx: Transaction, key: str) -> list[str]:
    """Versions that were replaced, in no promised order."""
    return list(
        tx.execute(sa.select(t.post_versions.c.version).where(t.post_versions.c.post_key == key)).scalars()
    )


def has(tx: Transaction, key: str) -> bool:
    """Whether the post is stored."""
    return tx.execute(_HAS, {"key": key}).first() is not None


def stands(tx: Transaction, key: str) -> bool:
    """Whether the post is stored and not gone."""
    return tx.execute(_STANDS, {"key": key}).first() is not None


def is_gone(tx: Transaction, key: str) -> bool:
    """Whether the platform no longer shows the post."""
    return tx.execute(_GONE, {"key": key}).scalar() is not None


def keys_with_media(tx: Transaction, *, after: str = "", most: int = 1000) -> list[str]:
    """Keys of standing posts that carry attachments, in order, after a key."""
    p = t.posts.c
    carry = sa.exists().where(t.media.c.post_key == p.key)
    query = sa.select(p.key).where(p.key > after, p.gone_at.is_(None), carry).order_by(p.key).limit(most)
    return list(tx.execute(query).scalars())


def withdraw_place(tx: Transaction, post: Post) -> bool:
    """Take a post's place as it is shown now; the payload goes with it. True if there was another.

    For a place that its author took back: the version stays the same, so `put` would change nothing.
    """
    p = t.posts.c
    held = tx.execute(sa.select(p.geotag, p.place_tag).where(p.key == post.key, p.gone_at.is_(None))).first()
    shown = (to_json(post.geotag), to_json(post.place_tag))
    if held is None:
        return False
    had_point = sealed_places.drop(tx, [sealed_places.of_post(post.key)])
    if not had_point and (held.geotag, held.place_tag) == shown:
        return False
    values = {"geotag": shown[0], "place_tag": shown[1], "raw": post.raw}
    tx.execute(sa.update(t.posts).where(p.key == post.key).values(**values))
    earlier = t.post_versions.c.post_key == post.key
    tx.execute(sa.update(t.post_versions).where(earlier).values(raw={}))
    return True


def wipe(tx: Transaction, gone: Gone) -> bool:
    """Honour a deletion: text, payload, attachments and claims go, a tombstone stays.

    False, and nothing changed, if the post is unknown or gone already.
    """
    query = sa.select(t.posts.c.raw).where(t.posts.c.key == gone.key, t.posts.c.gone_at.is_(None))
    row = tx.execute(query).first()
    if row is None:
        return False
    digest = hashlib.sha256(json.dumps(row.raw, sort_keys=True).encode()).hexdigest()
    stone = {"post_key": gone.key, "digest": digest, "why": gone.why, "at": gone.seen_at}
    upsert(tx, t.tombstones, [stone], update=())
    sealed_places.drop(tx, [sealed_places.of_post(gone.key), sealed_places.of_claim(gone.key)])
    campaign_changes.mark(tx, gone.key)
    tag_marks.put(tx, gone.key)
    for table in (t.post_versions, t.media, t.sightings):
        tx.execute(sa.delete(table).where(table.c.post_key == gone.key))
    blank: dict[str, Any] = {"text": "", "raw": {}, "author_name": "", "author_location": ""}
    blank |= {"author_id": "", "author_handle": "", "author_signs": [], "hashtags": [], "mentions": []}
    blank |= {"language": "", "permalink": "", "problems": [], "zone_offset_min": None}
    blank |= {"geotag": None, "place_tag": None, "content_warning": "", "may_match": False}
    blank |= {"gone_at": gone.seen_at, "gone_why": gone.why}
    tx.execute(sa.update(t.posts).where(t.posts.c.key == gone.key).values(**blank, may_reply=False))
    return True


def latest(tx: Transaction, *, before: tuple[datetime, str] | None = None, most: int = 50) -> Sequence[Any]:
    """Newest posts but hidden ones, by keyset: rows of key, platform, received_at, created_at, gone_at."""
    p = t.posts.c
    query = sa.select(p.key, p.platform, p.received_at, p.created_at, p.gone_at, p.repost_of)
    query = query.where(~veils.of_veiled(p.key))
    query = query.order_by(p.received_at.desc(), p.key.desc()).limit(most)
    if before is not None:
        query = query.where(sa.tuple_(p.received_at, p.key) < sa.tuple_(*map(sa.literal, before)))
    return tx.execute(query).all()


def since(tx: Transaction, moment: datetime) -> int:
    """How many posts were received after the moment."""
    p = t.posts.c
    query = sa.select(sa.func.count()).where(p.received_at > moment, ~veils.of_veiled(p.key))
    return int(tx.execute(query).scalar_one())
