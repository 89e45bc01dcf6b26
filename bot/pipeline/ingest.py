"""First arrow: a page of posts and its cursor go into the store in one transaction, with permits.

A refused post leaves only cursor and count. Nothing is fetched and no picture is opened here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from bot.pipeline import (
    accounts,
    alert,
    answering,
    asking,
    conversing,
    early,
    erasing,
    floods,
    guarding,
    holding,
    ledger,
    sealing,
    standing,
    withdrawing,
)
from bot.pipeline.road import Road
from bot.rules import moments, permit, young
from store import audit, hidden, kept_open, letting_go, matches, outbox, photos, posts, sources, veils
from store.db import Transaction
from store.errors import StoreError, Unwritable
from store.posts import MediaRow
from store.records.page import Page, SetAside
from store.records.permit import Permit
from store.records.post import Gone, Media, Observation, Post
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
    road: Road,
    source: str,
    tag: str,
    page: Page,
    *,
    folder: Path | None = None,
    again: bool = False,
    past: bool = False,
    live: bool = False,
    within: Callable[[Transaction, Taken], None] | None = None,
) -> Taken:
    """Store a page and move its cursor, all or nothing.

    `folder` is where files beside an imported payload lie. `again` says that the page was
    committed before (an archive read a second time): refusals are not counted twice. `past` says
    that old posts were asked for: they wait behind what comes in now, and what is older than replies
    may be gets none. `live` says that it came through a stream as it was made. `within` writes what
    belongs to the page into its transaction.
    """
    taken = Taken(set_aside=list(page.set_aside))
    decided = [(post, asking.platform_permit_of(road, post)) for post in page.posts]
    ready = [
        (_with_given_photos(road, post, folder, taken) if allowed.may_store else post, allowed)
        for post, allowed in decided
    ]
    step("ingest.before_transaction")
    with road.store.transaction() as tx:
        for post, allowed in ready:
            _take_post(road, tx, source, tag, post, allowed, taken, past=past, live=live)
        step("ingest.half_written")
        for gone in page.gone:
            take_gone(road, tx, gone)
        early.remember(road, tx, source, page.gone)
        _take_accounts(road, tx, page, taken)
        _drop_unneeded(road, tx, _given_blobs(ready))
        _close_page(road, tx, source, tag, page, taken, again)
        if within is not None:
            within(tx, taken)
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
    except Unwritable:
        raise  # The payload waits where it lies: without the disk's trouble its picture is kept.
    except (OSError, StoreError) as error:
        taken.set_aside.append(SetAside(f"{post.key} photo {media.local}", str(error)))
        return replace(media, local="")


def _take_post(
    road: Road,
    tx: Transaction,
    source: str,
    tag: str,
    post: Post,
    allowed: Permit,
    taken: Taken,
    *,
    past: bool,
    live: bool = False,
) -> None:
    now = road.clock()
    if refused := _refused(road, tx, source, post):
        taken.not_kept.setdefault(refused, set()).add(post.key)
        return
    if not allowed.may_store:
        rule = permit.not_kept_rule(allowed)
        taken.not_kept.setdefault(rule, set()).add(post.key)
        # What was stored under another permit (it was public, its author gave no sign) goes too.
        if not _hear(road, tx, post, is_stored=False) or posts.has(tx, post.key):
            take_gone(road, tx, Gone(post.key, post.platform, f"may not be kept any more: {rule}", now))
        return
    signs = young.of_post(post)
    post = guarding.as_kept(road, tx, _doubted(post, live=live), signs)
    before = posts.media_of(tx, post.key)
    is_new = sealing.put(road, tx, post, allowed)
    is_first = posts.observe(tx, Observation(post.key, source, tag, post.native_id, now))
    standing.arrived(road, tx, post.key, source, is_new=is_new, is_first=is_first)
    taken.stored.add(post.key)
    _hear(road, tx, post, is_stored=True)
    if not is_new:
        return
    guarding.kept(road, tx, post, signs)
    forget_unshown(road, tx, post.key, before, "its author took the photo away")
    taken.new.add(post.key)
    if not floods.queue(road, tx, post, past=past):
        return
    is_late = past and now - post.written_at > road.plan.max_age
    if not is_late and asking.may_have_asked(road, post) and asking.consent_of(road, tx, post).given:
        road.engine.enqueue(tx, Stage.REPLY, post.key, priority=5)


def _refused(road: Road, tx: Transaction, source: str, post: Post) -> str:
    """By which rule a post is not taken at all, "" if it may be."""
    if early.was_deleted(road, tx, source, post) and not posts.has(tx, post.key):
        return early.RULE
    return erasing.RULE if erasing.is_forgotten(road, tx, post) else ""


def _hear(road: Road, tx: Transaction, post: Post, *, is_stored: bool) -> bool:
    """What a post says to us: wishes are obeyed, messages kept, answers read. False if it is no answer."""
    conversing.take(road, tx, post, is_stored=is_stored)
    return answering.take(road, tx, post, is_stored=is_stored)


def _doubted(post: Post, *, live: bool) -> Post:
    """The post, marked if its own time is not to be believed."""
    doubt = moments.doubt(post, live=live)
    return replace(post, problems=(*post.problems, doubt)) if doubt else post


def _take_accounts(road: Road, tx: Transaction, page: Page, taken: Taken) -> None:
    """What the page says of whole accounts reaches all their stored posts."""

    def arrive(source: str, tag: str, post: Post) -> None:
        _take_post(road, tx, source, tag, post, asking.platform_permit_of(road, post), taken, past=True)

    accounts.take(road, tx, page.accounts, lambda gone: take_gone(road, tx, gone), arrive)


def take_gone(road: Road, tx: Transaction, gone: Gone, *, tells: bool = True) -> None:
    """Honour a deletion on every copy: text, payload, faces and vectors, open matches, waiting replies.

    Only a sealed copy outlives it, and only where a legal hold covers the post. `tells` is whether the team
    hears of a post that people were shown; it does not where the team itself has everything deleted.
    """
    hidden.drop(tx, [gone.key])
    answering.gone(road, tx, gone.key)
    conversing.gone(tx, gone.key)
    if not posts.stands(tx, gone.key):
        _after_all(road, tx, gone)
        return
    holding.keep_copy(road, tx, gone.key, gone.why)
    before, words = posts.media_of(tx, gone.key), f"the post is gone: {gone.why}"
    shown = [row.match.key for row in matches.of_post(tx, gone.key) if matches.was_shown(row)]
    posts.wipe(tx, gone)
    veils.drop_task(tx, gone.key)
    kept_open.drop(tx, gone.key)
    if shown and tells:
        alert.gone(road, tx, gone.key, shown[0])
    matches.withdraw_of_post(tx, gone.key, words)
    forget_unshown(road, tx, gone.key, before, words)
    # A post that only may not be kept any longer stands where it is, and so may what we wrote below it.
    still_there = gone.why.endswith(permit.STORAGE_LIMIT)
    withdrawing.of_post(road, tx, gone.key, why="the post is gone", also_sent=not still_there)
    outbox.forget_addressees(tx, gone.key)
    audit.write(tx, road.clock(), "homeward", "post.gone", gone.key, why=gone.why)


def _after_all(road: Road, tx: Transaction, gone: Gone) -> None:
    """A post that only the clock had taken is deleted: it counts no longer, what we wrote below it goes."""
    if letting_go.end(tx, gone):
        still_there = gone.why.endswith(permit.STORAGE_LIMIT)
        withdrawing.of_post(road, tx, gone.key, why="the post is gone", also_sent=not still_there)
        audit.write(tx, road.clock(), "homeward", "post.gone", gone.key, why=gone.why)


def forget_unshown(road: Road, tx: Transaction, key: str, before: list[MediaRow], why: str) -> None:
    """Forget photos that the post no longer shows: faces, vectors, matches, bytes.

    Another post may still show the same picture: then it stays, and its match goes over to that one.
    """
    if not before:
        return
    shown = {row.photo for row in posts.media_of(tx, key)}
    for digest in dict.fromkeys(row.photo for row in before if row.photo and row.photo not in shown):
        matches.withdraw_of_photo(tx, digest, why, post_key=key)
        others = photos.posts_with(tx, [digest])
        for other in others:
            road.engine.enqueue(tx, Stage.MATCH, other)
        if not others:
            photos.drop_faces(tx, digest)
            # Bytes go before the commit: a crash in between only makes the page be read again.
            for blob in photos.forget(tx, digest):
                road.blobs.drop(blob)
    _drop_unneeded(road, tx, [row.given for row in before])


def _given_blobs(ready: list[tuple[Post, Permit]]) -> list[str]:
    return [media.local for post, allowed in ready if allowed.may_store for media in post.media]


def _drop_unneeded(road: Road, tx: Transaction, blobs: Iterable[str]) -> None:
    """Files that came beside a payload and belong to no stored post: refused, deleted or known before."""
    for blob in dict.fromkeys(filter(None, blobs)):
        if not photos.is_needed(tx, blob):
            road.blobs.drop(blob)


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
        ledger.take_gap(road, tx, source, tag, page.gap)
    if page.cursor is not None:
        sources.set_cursor(tx, source, tag, page.cursor, now, lease=road.leading.number(source))


def at_place(page: Page, cursor: str) -> Page:
    """The page with the place in its stream set by the caller (archives count their pages)."""
    return replace(page, cursor=cursor)
