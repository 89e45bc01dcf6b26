"""Messages to the bot: wishes in them are obeyed at once, the rest waits for a person. Writes to nobody.

What somebody wrote in private is kept sealed and only for some days; a public post is kept as any other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

import structlog

from bot.pipeline import erasing, optouts, record_sealing
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from bot.rules import asking as rules
from bot.rules import consent
from bot.rules.optout import wish_of
from store import audit, conversations, posts
from store.db import Transaction
from store.records.post import Author, AuthorSign, Platform, Post, Visibility
from store.records.replying import Talk

log = structlog.get_logger(__name__)

_MOST_CHARS = 4000


def take(road: Road, tx: Transaction, post: Post, *, is_stored: bool) -> bool:
    """Obey what a message to us asks for and keep an answer for the team. False if it is none to us.

    `is_stored` says whether the post itself is kept.
    """
    erasing.hear(road, tx, post)
    account = road.rules.accounts.get(post.platform)
    if account is None:
        return False
    ours, asked = our_posts(road, tx, post)
    if not consent.speaks_to(post, account, ours):
        return False
    answers = consent.answers(post, account, ours)
    wish = wish_of(post.text, is_answer=answers or post.visibility is Visibility.DIRECT)
    optouts.obey(road, tx, post, wish)
    if not (answers or post.visibility is Visibility.DIRECT):
        return True
    now = road.clock()
    keep = not is_stored and not wish
    talk = Talk(
        key=post.key,
        post_key=asked,
        platform=post.platform.value,
        to_author=_author(road, post),
        wish=wish.value,
        at=post.written_at,
        kept_until=now + road.plan.talk_kept,
        sealed=record_sealing.seal(road, tx, _packed(post), row=f"talk:{post.key}") if keep else None,
        key_id=record_sealing.RECORD if keep else "",
        closed_by="homeward" if wish else "",
        closed_at=now if wish else None,
    )
    if conversations.put(tx, talk):
        audit.write(tx, now, "homeward", "talk.kept", post.key, wish=wish.value)
    return True


def _author(road: Road, post: Post) -> str:
    author = post.author.id
    return road.key.digest("author", f"{post.platform.value}:{author}") if author else ""


def our_posts(road: Road, tx: Transaction, post: Post) -> tuple[frozenset[str], str]:
    """(the keys among those the post answers or quotes that are ours, the sighting we wrote under).

    Known by the receipts of the platform; on Mastodon, where other servers count anew, by the server too.
    """
    account = road.rules.accounts.get(post.platform)
    hosts = [account.handle.rpartition("@")[2]] if account is not None and "@" in account.handle else []
    ours, asked = set(), ""
    for key in filter(None, (post.quote_of, post.reply_to)):
        for row in conversations.of_receipt(tx, post.platform.value, rules.ids_in(key)):
            if rules.is_same_server(key, row.receipt_url, hosts):
                ours.add(key)
                asked = row.post_key if posts.stands(tx, row.post_key) else asked
    return frozenset(ours), asked


def _packed(post: Post) -> str:
    """What is needed to show a private message and to answer it."""
    kept = {
        "id": post.author.id, "handle": post.author.handle, "name": post.author.display_name[:200],
        "signs": sorted(sign.value for sign in post.author.signs), "text": post.text[:_MOST_CHARS],
        "native_id": post.native_id, "language": post.language, "reply_to": post.reply_to,
        "at": post.written_at.isoformat(), "received": post.received_at.isoformat(),
        "mentions": list(post.mentions), "visibility": post.visibility.value,
    }  # fmt: skip
    return json.dumps(kept, ensure_ascii=False)


def message(road: Road, tx: Transaction, talk: Talk) -> Post | None:
    """The message itself: the stored post, or what a private one said; None once that is forgotten."""
    if posts.stands(tx, talk.key):
        return posts.get(tx, talk.key)
    if talk.sealed is None:
        return None
    kept = json.loads(record_sealing.open_text(road, tx, talk.sealed, row=f"talk:{talk.key}"))
    author = Author(
        kept["id"], kept["handle"], kept["name"], signs=frozenset(AuthorSign(sign) for sign in kept["signs"])
    )
    return Post(
        key=talk.key, platform=Platform(talk.platform), author=author, text=kept["text"],
        received_at=datetime.fromisoformat(kept["received"]), created_at=datetime.fromisoformat(kept["at"]),
        native_id=kept["native_id"], language=kept["language"], mentions=tuple(kept["mentions"]),
        reply_to=kept["reply_to"], visibility=Visibility(kept["visibility"]),
    )  # fmt: skip


def gone(tx: Transaction, key: str) -> None:
    """A post is gone: the message that it was goes, and messages about it."""
    conversations.forget(tx, key)


def forget_due(road: Road, _active: Mapping[str, Source] | None = None) -> int:
    """Private words whose days are over go. How many."""
    with road.store.transaction() as tx:
        return conversations.drop_due(tx, road.clock())
