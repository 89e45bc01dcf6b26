"""Reading a post of X as far as a sender has to. Pure: no request leaves from here.

Both spellings of the field names are read (`tweet`, `post`). Source: docs.x.com, data dictionary.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.senders.rows import has_token
from collectors.payload import Fields, bio_signs
from store.records.post import AuthorSign

FIELDS = {
    "tweet_fields": [
        "author_id",
        "created_at",
        "edit_history_tweet_ids",
        "entities",
        "note_tweet",
        "referenced_tweets",
        "reply_settings",
    ],
    "expansions": ["author_id", "referenced_tweets.id"],
    "user_fields": ["description", "protected", "username"],
}
"""What a lookup before a reply asks for: every user and every post that comes costs money."""

_HIDDEN = "not-authorized"


@dataclass(frozen=True, slots=True)
class Us:
    """Our account: its number and its name."""

    id: str
    handle: str


def newest(post: Fields) -> str:
    """The id of the newest version of a post, as far as it says."""
    for name in ("edit_history_tweet_ids", "edit_history_post_ids"):
        ids = post.texts(name)
        if ids:
            return ids[-1]
    return post.ident("id")


def absence(answer: Fields) -> str:
    """Why a lookup that brought no post did not."""
    kinds = [each.text("type") for each in answer.objs("errors")]
    if any(_HIDDEN in kind for kind in kinds):
        return "the post is not public any more"
    return "the post is gone"


def text_of(post: Fields) -> str:
    """The whole text, long posts included."""
    for name in ("note_tweet", "note_post"):
        long = post.obj(name).text("text")
        if long:
            return long
    return post.text("text")


def why_not(answer: Fields, us: Us) -> str:
    """Why the author of this post must not be answered now; "" if nothing stands against it.

    X lets an account answer only who mentioned it in that very post, or quoted a post of it
    (docs.x.com/changelog, 2026-02-23).
    """
    post = answer.obj("data")
    named = _names(post, us)
    if not named and not _quotes(post, answer, us):
        return "the author changed the post and no longer names the campaign account"
    # Whom the author mentioned may answer whatever the setting; who was quoted may not.
    if not named and post.text("reply_settings") not in ("", "everyone"):
        return "the author lets nobody like us answer this post"
    for user in answer.obj("includes").objs("users"):
        if user.ident("id") != post.ident("author_id"):
            continue
        if AuthorSign.NO_BOT in bio_signs(user.text("description")):
            return "the author's profile now asks bots to keep away"
        if user.flag("protected"):
            return "the author's posts are protected now"
    return ""


def _names(post: Fields, us: Us) -> bool:
    wanted = us.handle.lstrip("@").casefold()
    told = {each.text("username").casefold() for each in post.obj("entities").objs("mentions")}
    told |= {each.text("tag").casefold() for each in post.obj("entities").objs("mentions")}
    return wanted in told or has_token(text_of(post).casefold(), f"@{wanted}")


def _quotes(post: Fields, answer: Fields, us: Us) -> bool:
    includes = answer.obj("includes")
    ours = {
        each.ident("id")
        for name in ("tweets", "posts")
        for each in includes.objs(name)
        if each.ident("author_id") == us.id
    }
    return any(
        each.text("type") == "quoted" and each.ident("id") in ours
        for name in ("referenced_tweets", "referenced_posts")
        for each in post.objs(name)
    )


def is_duplicate(answer: Fields) -> bool:
    """Whether a 403 says that this text was posted before (legacy code 187)."""
    said = [answer.text("detail"), *(each.text("message") for each in answer.objs("errors"))]
    return any("duplicate" in words.casefold() for words in said) or any(
        each.ident("code") == "187" for each in answer.objs("errors")
    )
