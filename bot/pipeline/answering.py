"""Answers to what we wrote under a post: recognised as they arrive, read, kept, and taken back.

A private message is never kept as a post: what it says of day and place is read from it on arrival,
and the rest is gone.
"""

from __future__ import annotations

import structlog

from bot.extract import answer as extract
from bot.pipeline.asking import is_young
from bot.pipeline.road import Road
from bot.rules import asking as rules
from bot.rules.optout import wish_of
from store import asking, audit, posts, quarantine, sightings
from store.db import Transaction
from store.records.answer import Answer
from store.records.post import Post, Visibility
from store.records.work import Stage

log = structlog.get_logger(__name__)


def take(road: Road, tx: Transaction, post: Post, *, is_stored: bool) -> bool:
    """Keep what the post says if it answers our words under a post of the same author; False if it does not.

    Whoever else answers there is no witness of what the author saw.
    """
    if not post.reply_to or post.repost_of or not (is_stored or post.visibility is Visibility.DIRECT):
        return False
    asked = _asked(road, tx, post)
    if not asked or asked == post.key:
        return False
    original = posts.get(tx, asked)
    if wish_of(post.text) or rules.says_nothing(post.text) or is_young(road, tx, original):
        found = Answer(asked, post.key, post.written_at, is_stored)
    else:
        claim = sightings.get(tx, asked)
        found = extract.read(original, claim, post, road.gazetteer(), road.tagger(), is_stored=is_stored)
    if found in asking.of_post(tx, asked):
        return True
    asking.put(tx, found)
    audit.write(
        tx, road.clock(), "homeward", "answer.kept", asked, where=bool(found.where), when=bool(found.when)
    )
    road.engine.enqueue(tx, Stage.PLACE, asked, priority=5)
    return True


def _asked(road: Road, tx: Transaction, post: Post) -> str:
    """The key of the standing post under which we wrote what this one answers, "" if there is none."""
    if not post.author.id:
        return ""
    to_author = road.key.digest("author", f"{post.platform.value}:{post.author.id}")
    account = road.rules.accounts.get(post.platform)
    hosts = [account.handle.rpartition("@")[2]] if account is not None and "@" in account.handle else []
    ids = rules.ids_in(post.reply_to)
    for key, _, address in asking.addressed(tx, post.platform.value, to_author, ids, post.reply_to):
        known = key == post.reply_to or rules.is_same_server(post.reply_to, address, hosts)
        if known and posts.stands(tx, key) and not quarantine.is_withheld(tx, key):
            return key
    return ""


def gone(road: Road, tx: Transaction, key: str) -> None:
    """A post is gone: what it answered is no longer known, and is read again without it."""
    for asked in asking.forget(tx, key):
        if asked != key and posts.stands(tx, asked):
            road.engine.enqueue(tx, Stage.PLACE, asked, priority=5)
