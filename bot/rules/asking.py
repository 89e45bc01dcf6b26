"""Decide whether a post's author is asked for day and district, and what counts as their answer. Pure.

Nothing of a match, a case or a gallery can be handed in here: what is asked tells outsiders nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import regex

from store.records.post import Platform
from store.records.reply import Purpose, Reply, ReplyState
from store.records.sighting import EvidenceKind, FirstHand, PlaceKind, Sighting, WhenCandidate, Where

COMPLETED = "the sighting was completed meanwhile"
"""Why a waiting question is cancelled when its post turns out to say where and when."""
SPACING = timedelta(days=1)
"""So long after a question its author is asked nothing else."""

_WIDEST_KM = 25.0  # a large Chinese district, Chaoyang or Pudong, lies within such a circle
_LONGEST = timedelta(hours=30)  # one day, and what a night or an unsure zone adds to it
_WIDE = frozenset({PlaceKind.COUNTRY, PlaceKind.PROVINCE})
_COARSE = _WIDE | {PlaceKind.CITY, PlaceKind.OTHER}
_NO_SOURCE = frozenset({EvidenceKind.POSTED, EvidenceKind.PROFILE})

_NOT_WORDS = regex.compile(r"https?://\S+|[@＠][\w.@-]+|[^\p{L}\p{N}']+")
_NO = regex.compile(
    r"(?:(?:no|nope|nah|none|stop|unsubscribe|never mind|no comment|(?:i )?(?:really )?(?:do not|don't|dont"
    r"|didn't|can't|cannot) (?:know|remember|recall|say|tell)|no (?:idea|clue)|not sure|idk|dunno|unknown"
    r"|leave me alone|don't (?:message|reply|write|ask)(?: me)?|sorry|thanks|thank you|please|ok|okay|yes"
    r"|不|不是|没有|沒有|不知道|不清楚|不记得了?|不記得了?|忘了|不想说|不想說|不方便说?|不方便說?|无可奉告"
    r"|退订|退訂|停止|别回了?|別回了?|不要(?:再)?(?:回复|回覆|联系|聯絡)(?:我)?|抱歉|谢谢|謝謝|好的?|是的?)\s*)+",
    regex.IGNORECASE,
)
_MOST_CHARS = 600


@dataclass(frozen=True, slots=True)
class Gap:
    """What a sighting lacks."""

    where: bool
    when: bool

    @property
    def is_open(self) -> bool:
        """Whether anything is missing."""
        return self.where or self.when


def gap_of(sighting: Sighting) -> Gap:
    """What is missing of a sighting: a place no wider than a district, a time no wider than a day."""
    return Gap(_lacks_place(sighting.where), _lacks_time(sighting.when.best))


def _lacks_place(where: Where) -> bool:
    best = where.best
    if best is not None and best.evidence.kind is EvidenceKind.ANSWER:
        return False  # Who was asked has said what they can.
    if best is None or best.evidence.kind in _NO_SOURCE or best.lat is None or best.kind in _WIDE:
        return True
    # A street of a known city lies in one district, though the circle drawn is still the city's.
    if any(mention.kind not in _COARSE for mention in where.mentions):
        return False
    return best.kind is PlaceKind.CITY and (best.radius_km is None or best.radius_km > _WIDEST_KM / 2)


def _lacks_time(best: WhenCandidate | None) -> bool:
    return best is None or best.evidence.kind in _NO_SOURCE or best.end - best.start > _LONGEST


def is_askable(sighting: Sighting) -> bool:
    """Only who saw it themself can tell more: no answer is expected from whoever passes words on."""
    return sighting.is_sighting and sighting.first_hand is FirstHand.OWN


def purpose_of(sighting: Sighting | None, held: Sequence[Reply], *, asked_lately: bool) -> Purpose:
    """Whether the one message that this post gets is the receipt or the question.

    `held` are the outbox rows of the post: what was drafted once stays, so nobody gets both, nobody is
    asked twice, and where a receipt was refused or stopped by a person nothing else is tried.
    """
    rows = {row.purpose: row for row in held}
    if Purpose.RECEIPT in rows:
        return Purpose.RECEIPT
    question = rows.get(Purpose.QUESTION)
    if question is not None:
        done = question.state is ReplyState.CANCELLED and question.why == COMPLETED
        return Purpose.RECEIPT if done else Purpose.QUESTION
    if sighting is None or asked_lately or not is_askable(sighting):
        return Purpose.RECEIPT
    return Purpose.QUESTION if gap_of(sighting).is_open else Purpose.RECEIPT


def says_nothing(text: str) -> bool:
    """Whether an answer is a bare no, a "don't know", a courtesy or a wish to be left alone."""
    words = _words(text)
    return not words or _NO.fullmatch(words) is not None


def _words(text: str) -> str:
    return str(_NOT_WORDS.sub(" ", text[:_MOST_CHARS].replace("’", "'"))).strip()


def ids_in(reply_to: str) -> frozenset[str]:
    """The ids that the key of an answered post may have in a receipt or as a native id."""
    address = reply_to.partition(":")[2]
    found = {address, address.rpartition("#")[2]}
    if address.startswith(("http://", "https://")):
        found.add(address.rstrip("/").rpartition("/")[2])
    return frozenset(found - {""})


def is_same_server(reply_to: str, address: str, hosts: Collection[str]) -> bool:
    """Whether a Mastodon id was given by the server that our words stand on: other servers count anew."""
    platform, _, told = reply_to.partition(":")
    if platform != Platform.MASTODON:
        return True
    return (_host(told) or told.partition("#")[0]) in {_host(address), *hosts} - {""}


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:
        return ""
