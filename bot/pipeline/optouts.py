"""Who wants no messages: known by keyed digests alone, honoured at once, kept whatever else is forgotten."""

from __future__ import annotations

import structlog

from bot.pipeline import erasing, withdrawing
from bot.pipeline.road import Road
from bot.rules.optout import Wish, names_of
from store import audit, conversations, optouts, outbox, posts
from store.db import Transaction
from store.records.post import Author, Platform, Post
from store.records.reply import Reply, ReplyState
from store.records.replying import OptOut

log = structlog.get_logger(__name__)

_LIVE = (*withdrawing.WAITING, ReplyState.SENT)


def digest(road: Road, platform: Platform, author: Author) -> str:
    """The keyed digest of an author on a platform: the one by which a person is known."""
    return road.key.digest("opt-out", f"{platform.value}:{author.id or author.handle}")


def _digests(road: Road, platform: Platform, author: Author) -> tuple[set[str], set[str]]:
    """(digests on this platform, digests of the names that count on all platforms)."""
    here = {digest(road, platform, author)}
    if author.handle:
        handle = author.handle.lstrip("@").casefold()
        here.add(road.key.digest("opt-out", f"{platform.value}:handle:{handle}"))
    return here, {road.key.digest("opt-out", f"name:{name}") for name in names_of(author.handle)}


def has_opted_out(road: Road, tx: Transaction, post: Post) -> bool:
    """Whether the author of a post wants no messages, here or everywhere."""
    here, names = _digests(road, post.platform, post.author)
    return optouts.has_any(tx, here | names)


def put(
    road: Road, tx: Transaction, platform: Platform, author: Author, *, everywhere: bool, why: str
) -> bool:
    """Keep the wish of a person, take back what we wrote to them, stop what waits. True if it is new."""
    now = road.clock()
    here, names = _digests(road, platform, author)
    person = digest(road, platform, author)
    wish = OptOut(person, platform.value, everywhere, why, now)
    is_new = optouts.put(tx, here | names if everywhere else here, wish)
    if is_new:
        audit.write(tx, now, "homeward", "author.opted_out", person[:16], everywhere=everywhere, why=why)
    words = "the author asked for no messages"
    to_author = road.key.digest("author", f"{platform.value}:{author.id}") if author.id else ""
    keys = conversations.to_author(tx, to_author, _LIVE) if to_author else []
    if everywhere or not author.id:
        keys += outbox.to_names(tx, names_of(author.handle), _LIVE, "" if everywhere else platform.value)
    withdrawing.order(road, tx, dict.fromkeys(keys), why=words)
    if to_author:
        conversations.drop_sealed(tx, to_author)
    return is_new


def obey(road: Road, tx: Transaction, post: Post, wish: Wish) -> None:
    """Do what the author of a message to us asks for."""
    if wish is Wish.NONE:
        return
    everywhere = wish is Wish.STOP_EVERYWHERE
    put(road, tx, post.platform, post.author, everywhere=everywhere, why="asked for it in a message to us")
    if wish is Wish.ERASE:
        erasing.of_answer(road, tx, post)


def is_unwanted(road: Road, tx: Transaction, reply: Reply) -> str:
    """Why a row that has just turned out to be sent has to be taken back, "" if it may stand."""
    if posts.is_gone(tx, reply.post_key):
        return "the post is gone"
    digests = {
        road.key.digest("opt-out", f"{reply.platform}:handle:{reply.to_handle.lstrip('@').casefold()}")
    }
    digests |= {road.key.digest("opt-out", f"name:{name}") for name in names_of(reply.to_handle)}
    return "the author asked for no messages" if reply.to_handle and optouts.has_any(tx, digests) else ""
