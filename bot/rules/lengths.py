"""How long a text is, as each platform counts it. Pure: text in, numbers out.

A reply that is too long is refused by its platform or cut, so each rule errs on the long side.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import regex

from bot.rules.urls import find_urls
from store.records.post import Platform


@dataclass(frozen=True, slots=True)
class LengthRule:
    """One platform's limit: the most that may be written, in which unit, and where that is said.

    `count` gives the length of a text in that unit; graphemes where nothing else is said. `max_bytes`
    is a second limit in UTF-8 bytes, None where there is none. `free_lead`: the mention of the answered
    author at the head of a reply is not counted.
    """

    max_length: int
    unit: str
    source: str
    max_bytes: int | None = None
    count: Callable[[str], int] | None = None
    free_lead: bool = False

    def measure(self, text: str, to_handle: str = "") -> int:
        """Length of `text` in `unit`; `to_handle` is the answered author."""
        counted = _without_lead(text, to_handle) if self.free_lead else text
        return (self.count or grapheme_count)(counted)

    def fits(self, text: str, to_handle: str = "", *, max_length: int | None = None) -> bool:
        """Whether the platform takes `text`; `max_length` replaces the limit of the rule."""
        within_bytes = self.max_bytes is None or utf8_bytes(text) <= self.max_bytes
        limit = self.max_length if max_length is None else max_length
        return within_bytes and self.measure(text, to_handle) <= limit


Rules = Mapping[Platform, LengthRule]

_URL_LENGTH = 23
_WEIBO_URL_HALVES = 20
# twitter-text configuration v3: code points that weigh 1; all others weigh 2.
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
_CLUSTER = regex.compile(r"\X")
# `\X` of the library joins what follows a virama even where no consonant comes before it (UAX #29, GB9c).
_JOINED_IN_VAIN = regex.compile(
    r"(?<!\p{InCB=Consonant}[\p{InCB=Extend}\p{InCB=Linker}]*)\p{InCB=Linker}"
    r"[\p{InCB=Extend}\p{InCB=Linker}]*\p{InCB=Consonant}"
)
_EMOJI_BASE = (
    r"(?:\p{RI}\p{RI}"
    r"|[0-9#*]\ufe0f?\u20e3"
    r"|(?:\p{Emoji_Presentation}|[\p{Extended_Pictographic}--[0-9#*]])(?!\ufe0e)"
    r"(?:\ufe0f|\p{Emoji_Modifier})?(?:[\U000e0020-\U000e007e]+\U000e007f)?)"
)
_EMOJI = regex.compile(rf"{_EMOJI_BASE}(?:\u200d{_EMOJI_BASE})*", regex.V1)
_MENTION = regex.compile(r"(?<![=/\w])(@[a-z0-9_]+(?:[.-]+[a-z0-9_]+)*)(@\w+(?:[.-]+\w+)*)?", regex.I)


def _without_lead(text: str, handle: str) -> str:
    lead = f"@{handle} "
    return text[len(lead) :] if handle and text.casefold().startswith(lead.casefold()) else text


def x_weight(text: str) -> int:
    """Weight on X: NFC; a link 23, an emoji sequence 2, other code points 1 or 2.

    Source: twitter-text, config/v3.json and the counting-characters page of docs.x.com. Sequences
    joined by U+200D count 2 even where X knows no picture for them; our own words hold none.
    """
    text = unicodedata.normalize("NFC", text)
    total, at = 0, 0
    for start, end in find_urls(text):
        total += _plain_weight(text[at:start]) + _URL_LENGTH
        at = end
    return total + _plain_weight(text[at:])


def _plain_weight(text: str) -> int:
    total = 0
    for cluster in _CLUSTER.findall(text):
        emoji = _EMOJI.match(cluster)
        rest = cluster[emoji.end() :] if emoji else cluster
        total += (2 if emoji else 0) + sum(1 if _is_light(ord(char)) else 2 for char in rest)
    return total


def _is_light(code_point: int) -> bool:
    return any(first <= code_point <= last for first, last in _LIGHT)


def grapheme_count(text: str) -> int:
    """Extended grapheme clusters (Unicode UAX #29), the unit of Bluesky's `maxGraphemes`."""
    clusters = _CLUSTER.findall(text)
    return len(clusters) + sum(len(_JOINED_IN_VAIN.findall(each)) for each in clusters if len(each) > 1)


def utf8_bytes(text: str) -> int:
    """UTF-8 bytes; a lone surrogate, which no platform takes, counts as three."""
    return len(text.encode("utf-8", "surrogatepass"))


def mastodon_length(text: str) -> int:
    """Characters on Mastodon: graphemes, a link with scheme 23, `@user@host` as `@user`.

    Source: docs.joinmastodon.org/entities/Instance and mastodon/mastodon, status_length_validator.rb.
    """
    total, at = 0, 0
    for start, end in find_urls(text, bare=False):
        total += _with_short_mentions(text[at:start]) + _URL_LENGTH
        at = end
    return total + _with_short_mentions(text[at:])


def _with_short_mentions(text: str) -> int:
    return grapheme_count(_MENTION.sub(r"\1", text))


def weibo_length(text: str) -> int:
    """Characters on Weibo, half ones rounded up: up to U+00FF ½, other BMP 1, beyond 2.

    Source: the counting of comments as tested in 2012 (schappo.blogspot.co.uk); a link is said to
    count 10, which is unverified, so the greater of 10 and its plain length is taken.
    """
    halves, at = 0, 0
    for start, end in find_urls(text):
        halves += _halves(text[at:start]) + max(_WEIBO_URL_HALVES, _halves(text[start:end]))
        at = end
    return (halves + _halves(text[at:]) + 1) // 2


def _halves(text: str) -> int:
    return sum(1 if char <= "\u00ff" else 2 if char <= "\uffff" else 4 for char in text)


RULES: Rules = MappingProxyType(
    {
        Platform.X: LengthRule(
            280,
            "weight",
            "https://docs.x.com/fundamentals/counting-characters",
            count=x_weight,
            free_lead=True,
        ),
        Platform.MASTODON: LengthRule(
            500, "characters", "https://docs.joinmastodon.org/entities/Instance/", count=mastodon_length
        ),
        Platform.BLUESKY: LengthRule(
            300, "graphemes", "https://docs.bsky.app/docs/advanced-guides/posts", max_bytes=3000
        ),
        Platform.WEIBO: LengthRule(
            140, "characters", "https://open.weibo.com/wiki/2/comments/create", count=weibo_length
        ),
    }
)
"""The platforms that this version knows; an adapter brings the rule of a further one with its sender."""


def measure(platform: Platform, text: str, to_handle: str = "") -> int:
    """Length of `text` in the unit of `RULES[platform]`.

    `to_handle` is the answered author: X does not count their mention at the head of a reply.
    """
    return RULES[platform].measure(text, to_handle)


def fits(platform: Platform, text: str, to_handle: str = "", *, max_length: int | None = None) -> bool:
    """Whether the platform takes `text`; `max_length` replaces the stock limit (Mastodon servers differ)."""
    return RULES[platform].fits(text, to_handle, max_length=max_length)
