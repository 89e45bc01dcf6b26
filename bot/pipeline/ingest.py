"""First arrow: a page of posts and its cursor go into the store in one transaction, with permits.

A refused post leaves only cursor and count. Nothing is fetched and no picture is opened here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from bot.pipeline import asking
from bot.pipeline.road import Road
from bot.rules import permit
from store import audit, matches, outbox, photos, posts, sources
from store.db import Transaction
from store.errors import StoreError
from store.records.page import Page, SetAside
from store.records.permit import Permit
from store.records.post import Gone, Media, Observation, Post
from store.records.reply import ReplyState
from store.records.work import Stage
from store.steps import step

log = structlog.get_logger(__name__)

MAX_GIVEN_PHOTO_BYTES = 64 * 1024 * 1024


@dataclass(slots=True)
class Taken:
    """What became of a page: keys stored (new or known), keys new, refusals by rule, what was set aside."""

    stored: set[str] = field(default_factory=set)
    new: set[str] = field(default_factory=set)
    not_kept: dict[str, set[str]] = field(default_factory=dict)
    set_aside: list[SetAside] = field(default_factory=list)

    def add(self, other: Taken) -> None:
        """Join the account of another page."""
        self.stored |= other.stored
        self.new |= other.new
        self.set_aside += other.set_aside
        for rule, keys in other.not_kept.items():
            self.not_kept.setdefault(rule, set()).update(keys)


def take_page(
    road: Road, source: str, tag: str, page: Page, *, folder: Path | None = None, again: bool = False
) -> Taken:
    """Store a page and move its cursor, all or nothing.

    `folder` is where files beside an imported payload lie. `again` says that the page was
    committed before (an archive read a second time): refusals are not counted twice.
    """
    taken = Taken(set_aside=list(page.set_aside))
    decided = [(post, asking.permit_of(road, post)) for post in page.posts]
    ready = [(_with_given_photos(road, post, folder, taken), allowed) for post, allowed in decided]
    step("ingest.before_transaction")
    with road.store.transaction() as tx:
        for post, allowed in ready:
            _take_post(road, tx, source, tag, post, allowed, taken)
        step("ingest.half_written")
        for gone in page.gone:
            _take_gone(road, tx, gone)
        _close_page(road, tx, source, tag, page, taken, again)
        step("ingest.before_commit")
    step("ingest.after_commit")
    return taken


def _with_given_photos(road: Road, post: Post, folder: Path | None, taken: Taken) -> Post:
    """Files that lie beside the payload become blobs now: the folder may be gone tomorrow."""
    if not any(media.local for media in post.media):
        return post
    return replace(post, media=tuple(_given(road, post, media, folder, taken) for media in post.media))


def _given(road: Road, post: Post, media: Media, folder: Path | None, taken: Taken) -> Media:
    if not media.local:
        return media
    if folder is None:
        return replace(media, local="")
    path = folder / media.local
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise OSError("lies outside the payload's folder")
        if path.stat().st_size > MAX_GIVEN_PHOTO_BYTES:
            raise OSError(f"is larger than {MAX_GIVEN_PHOTO_BYTES // 2**20} MB")
        return replace(media, local=road.blobs.put(path.read_bytes()))
    except (OSError, StoreError) as error:
        taken.set_aside.append(SetAside(f"{post.key} photo {media.local}", str(error)))
        return replace(media, local="")


def _take_post(
    road: Road, tx: Transaction, source: str, tag: str, post: Post, allowed: Permit, taken: Taken
) -> None:
    if not allowed.may_store:
        taken.not_kept.setdefault(permit.not_kept_rule(allowed), set()).add(post.key)
        return
    now = road.clock()
    is_new = posts.put(tx, post, allowed, now)
    posts.observe(tx, Observation(post.key, source, tag, post.native_id, now))
    taken.stored.add(post.key)
    if not is_new:
        return
    taken.new.add(post.key)
    # Fresh sightings with a photo go first; a repost says nothing of its own.
    road.engine.enqueue(tx, Stage.LOOK, post.key, priority=10 if post.media and not post.repost_of else 0)
    if asking.consent_of(road, tx, post).given:
        road.engine.enqueue(tx, Stage.REPLY, post.key, priority=5)


def _take_gone(road: Road, tx: Transaction, gone: Gone) -> None:
    """Honour a deletion on every copy: text, payload, faces and vectors, open matches, waiting replies."""
    digests = [row.photo for row in posts.media_of(tx, gone.key) if row.photo]
    if not posts.wipe(tx, gone):
        return
    matches.withdraw_of_post(tx, gone.key, f"the post is gone: {gone.why}")
    for digest in digests:
        # Another post may still show the same picture; only then its faces stay.
        if not photos.posts_with(tx, [digest]):
            photos.drop_faces(tx, digest)
    for reply in outbox.of_post(tx, gone.key):
        if reply.state in (ReplyState.DRAFTED, ReplyState.APPROVED):
            outbox.move(tx, reply, ReplyState.CANCELLED, why="the post is gone")
    audit.write(tx, road.clock(), "homeward", "post.gone", gone.key, why=gone.why)


def _close_page(
    road: Road, tx: Transaction, source: str, tag: str, page: Page, taken: Taken, again: bool
) -> None:
    now = road.clock()
    for item in taken.set_aside:
        sources.put_aside(tx, source, item, now)
    if not again:
        refused = Counter({rule: len(keys) for rule, keys in taken.not_kept.items()})
        for rule, amount in refused.items():
            sources.count_not_kept(tx, source, rule, amount)
    if page.gap is not None:
        state = sources.OPEN_GAP if page.gap.recoverable else sources.LOST
        sources.cover(tx, source, tag, page.gap.span, state, page.gap.why)
    if page.cursor is not None:
        sources.set_cursor(tx, source, tag, page.cursor, now)


def at_place(page: Page, cursor: str) -> Page:
    """The page with the place in its stream set by the caller (archives count their pages)."""
    return replace(page, cursor=cursor)
