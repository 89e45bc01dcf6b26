"""What X is asked for and what of an answer leads on: fields, parameters of a page, ids and tokens. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from collectors import x_walk as walk
from collectors.payload import Fields
from store.records.page import Page

FIELDS = {
    "tweet_fields": (
        "created_at,author_id,lang,geo,attachments,entities,referenced_tweets,in_reply_to_user_id,"
        "conversation_id,possibly_sensitive,edit_history_tweet_ids,edit_controls,note_tweet,"
        "reply_settings,withheld"
    ),
    "expansions": (
        "author_id,attachments.media_keys,geo.place_id,referenced_tweets.id,referenced_tweets.id.author_id"
    ),
    "media_fields": "media_key,type,url,preview_image_url,variants,width,height,alt_text",
    "place_fields": "full_name,name,country,country_code,place_type,geo",
    "user_fields": "username,name,location,description,protected",
}


def paging(place: walk.Place, size: int, token_name: str) -> dict[str, Any]:
    """The parameters of the next page of a walk. X takes an id or a time, never both."""
    asked: dict[str, Any] = {"max_results": size, **FIELDS}
    if place.since_id:
        asked["since_id"] = place.since_id
    elif place.start is not None:
        asked["start_time"] = iso(place.start)
    if place.next_token:
        asked[token_name] = place.next_token
    return asked


def iso(moment: datetime) -> str:
    """Whole seconds in UTC, as X wants them."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seen(value: Any, page: Page) -> walk.Seen:
    """What of an answer matters for its walk: ids, the next token, the oldest time."""
    top = Fields(value, [])
    meta = top.obj("meta")
    ids = [item.ident("id") for item in top.objs("data")]
    ids = [ident for ident in (*ids, meta.ident("newest_id")) if ident.isascii() and ident.isdecimal()]
    times = [post.created_at for post in page.posts if post.created_at]
    return walk.Seen(ids, meta.text("next_token"), min(times, default=None))
