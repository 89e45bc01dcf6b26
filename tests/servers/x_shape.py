"""How the stand-in for X writes posts as JSON: fields, expansions, both spellings, and what reading costs.

Takes visible posts; finding them is x_search's work.
"""

from __future__ import annotations

import html
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.servers.stand_in import Rules, words
from tests.servers.x_meter import Meter
from tests.servers.x_problem import bad, hidden, missing
from tests.servers.x_world import MENTION, TAG, XMedia, XPost, XUser, XWorld

_TO_POST = {
    "referenced_tweets": "referenced_posts",
    "edit_history_tweet_ids": "edit_history_post_ids",
    "note_tweet": "note_post",
}
_TO_TWEET = {new: old for old, new in _TO_POST.items()}
_POST_FIELDS = words(
    "article attachments author_id card_uri community_id context_annotations conversation_id created_at "
    "display_text_range edit_controls edit_history_tweet_ids entities geo id in_reply_to_user_id lang "
    "media_metadata non_public_metrics note_tweet organic_metrics possibly_sensitive promoted_metrics "
    "public_metrics referenced_tweets reply_settings scopes source text withheld"
)
_USER_FIELDS = words(
    "created_at description entities id location most_recent_tweet_id name pinned_tweet_id "
    "profile_image_url protected public_metrics url username verified verified_type withheld"
)
_MEDIA_FIELDS = words(
    "alt_text duration_ms height media_key preview_image_url public_metrics type url variants width"
)
_PLACE_FIELDS = words("contained_within country country_code full_name geo id name place_type")
_EXPANSIONS = words(
    "article.cover_media article.media_entities attachments.media_keys attachments.poll_ids author_id "
    "edit_history_tweet_ids entities.mentions.username geo.place_id in_reply_to_user_id "
    "referenced_tweets.id referenced_tweets.id.author_id referenced_tweets.id.attachments.media_keys"
)
SHAPE_PARAMETERS = {
    *words("tweet.fields post.fields user.fields media.fields place.fields poll.fields expansions")
}
_ROOTS = {"author_id": "author_id", "attachments.media_keys": "attachments", "geo.place_id": "geo"}


def _plain_name(name: str) -> str:
    head, dot, rest = name.partition(".")
    return _TO_TWEET.get(head, head) + dot + rest


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call wants to see, in the tweet spelling; `post_names` answers in the other one."""

    posts: frozenset[str]
    users: frozenset[str]
    media: frozenset[str]
    places: frozenset[str]
    expansions: frozenset[str]
    post_names: bool


def parse_asked(params: Mapping[str, str], rule: Rules, *, post_names: bool) -> Asked:
    """Reads the field parameters; a 400 for unknown names (rule X-57)."""

    def names(parameter: str, known: set[str], always: str) -> frozenset[str]:
        given = [name for name in params.get(parameter, "").split(",") if name]
        for name in given:
            if rule("X-57") and _plain_name(name) not in known:
                raise bad(
                    parameter,
                    name,
                    f"The `{parameter}` query parameter value [{name}] is not one of {sorted(known)}",
                )
        chosen = frozenset(map(_plain_name, given)) | frozenset(always.split())
        return chosen if rule("X-55") or parameter == "expansions" else chosen | known

    expansions = names("expansions", _EXPANSIONS, "")
    posts = names("tweet.fields", _POST_FIELDS, "id text edit_history_tweet_ids")
    posts |= names("post.fields", _POST_FIELDS, "id")
    posts |= {_ROOTS.get(name, name.partition(".")[0]) for name in expansions}
    return Asked(
        posts,
        names("user.fields", _USER_FIELDS, "id name username"),
        names("media.fields", _MEDIA_FIELDS, "media_key type"),
        names("place.fields", _PLACE_FIELDS, "id full_name"),
        expansions,
        rule("X-56") and (post_names or "post.fields" in params),
    )


class Shaper:
    """Writes answers for one call; every post and user shown is charged."""

    def __init__(self, world: XWorld, meter: Meter, asked: Asked, now: datetime) -> None:
        self.world, self.rule, self.meter, self.asked, self.now = world, world.rule, meter, asked, now

    def page(self, posts: Iterable[XPost], *, price: str = "read") -> dict[str, Any]:
        """`data` (absent when empty), `includes` and `errors` of some posts."""
        posts = list(posts)
        for post in posts:
            self.meter.charge(price, post.id, self.now)
        data = [self.post(post) for post in posts]
        includes, errors = self._includes(posts)
        answer: dict[str, Any] = {"data": data} if data or not self.rule("X-20") else {}
        answer |= {"includes": includes} if includes else {}
        return answer | ({"errors": errors} if errors else {})

    def post(self, post: XPost) -> dict[str, Any]:
        names = self.asked.posts
        full = {k: v for k, v in self._fields(post).items() if k in names and v is not None}
        full |= post.extra
        return {_TO_POST.get(k, k): v for k, v in full.items()} if self.asked.post_names else full

    def user(self, user: XUser) -> dict[str, Any]:
        self.meter.charge("user", user.id, self.now)
        full = {
            "id": user.id,
            "username": user.username,
            "name": user.name,
            "location": user.location or None,
            "description": user.description,
            "protected": user.protected,
        }
        return {k: v for k, v in full.items() if k in self.asked.users and v is not None}

    def _fields(self, post: XPost) -> dict[str, Any]:
        text, entities = self._written(post)
        is_cut = self.rule("X-42") and post.is_long and not post.is_repost
        in_reply_to = post.in_reply_to_user_id
        return {
            "id": post.id,
            "text": text,
            "edit_history_tweet_ids": list(post.history),
            "author_id": post.author_id,
            "created_at": self._time(post.created_at),
            "lang": post.lang if post.lang or not self.rule("X-44") else "und",
            "conversation_id": post.conversation_id,
            "in_reply_to_user_id": in_reply_to,
            "attachments": {"media_keys": list(post.media)} if post.media else None,
            "geo": self._geo(post),
            "entities": entities or None,
            "note_tweet": {"text": post.text} if is_cut else None,
            "possibly_sensitive": post.sensitive if self.rule("X-61") else None,
            "reply_settings": post.reply_settings,
            "referenced_tweets": [{"type": kind, "id": target} for kind, target in post.references] or None
            if self.rule("X-49")
            else None,
            "withheld": post.withheld if self.rule("X-54") else None,
            "edit_controls": self._edit_controls(post),
        }

    def _edit_controls(self, post: XPost) -> dict[str, Any]:
        left, until, eligible = self.world.edits_of(post)
        return {"edits_remaining": left, "is_edit_eligible": eligible, "editable_until": self._time(until)}

    def _time(self, at: datetime) -> str:
        exact = self.rule("X-40")
        return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z" if exact else f"{at:%c}"

    def _geo(self, post: XPost) -> dict[str, Any] | None:
        geo: dict[str, Any] = {}
        if post.place_id and self.rule("X-47"):
            geo["place_id"] = post.place_id
        if post.coordinates and self.rule("X-48"):
            geo["coordinates"] = {"type": "Point", "coordinates": list(post.coordinates)}
        return geo or None

    def _written(self, post: XPost) -> tuple[str, dict[str, Any]]:
        """The text as answered and the entities with offsets into it."""
        text, links = post.text, post.links if self.rule("X-43") else []
        for link in links:
            text = text.replace(link, _short(link), 1)
        if post.is_repost and self.rule("X-49"):
            text = text if len(text) <= 140 else text[:139] + "…"
        elif post.is_long and self.rule("X-42"):
            text = text[:270] + "…"
        if self.rule("X-41"):
            text = html.escape(text, quote=False)
        if not self.rule("X-43"):
            return text, {}
        known = {user.username.casefold(): user.id for user in self.world.users.values()}
        found: dict[str, list[dict[str, Any]]] = {"hashtags": [], "mentions": [], "urls": []}
        for m in TAG.finditer(text):
            found["hashtags"].append({"start": m.start(), "end": m.end(), "tag": m[1]})
        for m in MENTION.finditer(text):
            entry = {"start": m.start(), "end": m.end(), "username": m[1]}
            number = known.get(m[1].casefold())
            found["mentions"].append(entry | ({"id": number} if number else {}))
        for link in links:
            start = text.find(_short(link))
            if start >= 0:
                shown = link.removeprefix("https://").removeprefix("http://")
                entry = {"url": _short(link), "expanded_url": link, "display_url": shown}
                found["urls"].append({"start": start, "end": start + len(_short(link)), **entry})
        return text, {kind: entries for kind, entries in found.items() if entries}

    def _media(self, media: XMedia) -> dict[str, Any]:
        full = {name: getattr(media, name) for name in XMedia.__slots__}
        if not self.rule("X-46"):
            full |= {"url": None, "preview_image_url": None, "variants": None, "alt_text": None}
        full["variants"] = full["variants"] or None
        return {k: v for k, v in full.items() if k in self.asked.media and v is not None}

    def _place(self, place_id: str) -> dict[str, Any]:
        place = self.world.places[place_id]
        full = {
            k: getattr(place, k) for k in ("id", "full_name", "name", "country", "country_code", "place_type")
        }
        full["geo"] = {"type": "Feature", "bbox": list(place.bbox), "properties": {}}
        return {k: v for k, v in full.items() if k in self.asked.places}

    def _includes(self, posts: list[XPost]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        want, world = self.asked.expansions, self.world
        referenced, errors = (
            self._referents(posts)
            if "referenced_tweets.id" in want
            or any(name.startswith("referenced_tweets.id.") for name in want)
            else ([], [])
        )
        users: dict[str, None] = {}
        media: dict[str, None] = {}
        for post in posts:
            if "author_id" in want and self.rule("X-45"):
                users[post.author_id] = None
            if "in_reply_to_user_id" in want and post.in_reply_to_user_id:
                users[post.in_reply_to_user_id] = None
            if "attachments.media_keys" in want:
                media |= dict.fromkeys(post.media)
            if "entities.mentions.username" in want:
                users |= {
                    u.id: None for u in world.users.values() if world.mentions_account(post, u.username)
                }
        for post in referenced:
            if "referenced_tweets.id.author_id" in want:
                users[post.author_id] = None
            if "referenced_tweets.id.attachments.media_keys" in want:
                media |= dict.fromkeys(post.media)
        places = {p.place_id: None for p in posts if p.place_id} if "geo.place_id" in want else {}
        for post in referenced:
            self.meter.charge("read", post.id, self.now)
        found = {
            "users": [self.user(world.users[user_id]) for user_id in users],
            "media": [self._media(world.media[key]) for key in media],
            "places": [self._place(place_id) for place_id in places] if self.rule("X-47") else [],
            "posts" if self.asked.post_names else "tweets": [self.post(post) for post in referenced],
        }
        return {name: entries for name, entries in found.items() if entries}, errors

    def _referents(self, posts: list[XPost]) -> tuple[list[XPost], list[dict[str, Any]]]:
        found: dict[str, XPost] = {}
        errors: dict[str, dict[str, Any]] = {}
        for _, target in (reference for post in posts for reference in post.references):
            post = self.world.posts.get(target)
            if post is None or post.deleted:
                errors[target] = missing(target, "referenced_tweets.id")
            elif self.world.users[post.author_id].protected:
                errors[target] = hidden(target, "referenced_tweets.id")
            else:
                found[target] = post
        return list(found.values()), list(errors.values()) if self.rule("X-50") else []


def _short(link: str) -> str:
    return f"https://t.co/{zlib.crc32(link.encode()):010x}"
