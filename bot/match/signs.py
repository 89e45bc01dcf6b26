"""Independent signs beside a likeness: lasting marks, the place, other pictures that point to the same child.

Pure. A likeness alone is looked at in its turn; only with a second sign may it be looked at first. Clothes
are no sign: they change within a day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.match.travel import Travel
from store.records.match import Match, Reason, Tier

SECOND_SIGN = "second_sign"
NEAR_KM = 100.0
"""Within this distance of where the child was last seen, place and marks together are a sign."""

# What a lasting mark is called, and where on the body it is, in the languages that posts are read in.
_KINDS = {
    "a scar": r"\bscar(?:s|red)?\b|刀疤|疤|伤痕",
    "a birthmark": r"\bbirth-?\s?marks?\b|胎记|胎痣",
    "a mole": r"\bmoles?\b|痣",
    "a tattoo": r"\btattoo(?:s|ed)?\b|纹身|刺青",
    "a burn": r"\bburn(?:s|ed|t)?\b|烫伤|烧伤",
    "a cleft lip": r"\bcleft\b|\bhare-?lip\b|兔唇|唇裂|唇腭裂",
    "a missing limb": r"\b(?:missing|lost|no|amputated|without)\s(?:an?\s|his\s|her\s|one\s|the\s)?"
    r"(?:left\s|right\s)?(?:arm|leg|hand|foot|finger|eye)s?\b|断臂|断腿|断手|缺(?:了)?(?:一只)?(?:手|臂|腿|脚|眼|指)",
}
_PLACES = {
    "the face": r"\bfaces?\b|\bcheeks?\b|脸|颊",
    "the forehead": r"\bforehead\b|\bbrow\b|额",
    "an eye": r"\beye(?:s|lid|brow)?\b|眼|眉",
    "the mouth": r"\blips?\b|\bmouth\b|\bchin\b|嘴|唇|下巴",
    "an ear": r"\bears?\b|耳",
    "the neck": r"\bneck\b|脖|颈",
    "an arm": r"\barms?\b|\belbow\b|\bwrist\b|\bshoulder\b|臂|胳膊|肩|肘|腕",
    "a hand": r"\bhands?\b|\bfingers?\b|\bthumb\b|手|指",
    "a leg": r"\blegs?\b|\bknees?\b|\bthigh\b|\bfoot\b|\bfeet\b|\bankle\b|腿|脚|膝",
}
_OF = {
    **{name: re.compile(pattern, re.I) for name, pattern in _KINDS.items()},
    **{name: re.compile(pattern, re.I) for name, pattern in _PLACES.items()},
}
_NO_PLACE_NEEDED = ("a cleft lip", "a missing limb")


class Sign(StrEnum):
    """What speaks for a likeness beside the faces themselves."""

    POST_PHOTO = "another photo"
    AUTHOR = "another author"
    PERSON = "a person's verdict"
    PLACE_AND_MARKS = "place and marks"


_WORDS = {
    Sign.POST_PHOTO: "another photo of the post, not the same picture, resembles this child as well",
    Sign.AUTHOR: "another author's picture stands out as a possible resemblance to this child as well",
    Sign.PERSON: "a person called another picture a possible resemblance to this child",
    Sign.PLACE_AND_MARKS: "it was seen near where the child was last seen, and the marks agree",
}


@dataclass(frozen=True, slots=True)
class Support:
    """Another match with the same case: of which post and author, and what it is by itself.

    `is_same_picture` when its picture is a copy; `stands_out` when it passes the score from which things
    are looked at first; `is_possible` when a person called it so.
    """

    post_key: str
    author: str
    is_same_picture: bool
    stands_out: bool
    is_possible: bool


def marks_that_agree(written: Sequence[str], registered: str) -> list[str]:
    """Lasting marks that both the post and the registry name, with their place on the body, in words."""
    if not registered:
        return []
    held = _marks(re.split(r"[.;,，。；、\n]+", registered))
    return sorted({_called(mark) for mark in _marks(written) for other in held if _agree(mark, other)})


def _marks(pieces: Iterable[str]) -> list[tuple[str, frozenset[str]]]:
    """(kind, places) of each lasting mark in pieces of text."""
    found: list[tuple[str, frozenset[str]]] = []
    bare = 0
    for piece in pieces:
        places = frozenset(place for place in _PLACES if _OF[place].search(piece))
        kinds = [kind for kind in _KINDS if _OF[kind].search(piece)]
        if not kinds and places and bare:
            # "Scar, left cheek": the place of the mark just named.
            found[-bare:] = [(kind, places) for kind, _ in found[-bare:]]
        found += [(kind, places) for kind in kinds]
        bare = len(kinds) if kinds and not places else 0
    return found


def _agree(one: tuple[str, frozenset[str]], other: tuple[str, frozenset[str]]) -> bool:
    if one[0] != other[0]:
        return False
    return bool(one[1] & other[1]) or (one[0] in _NO_PLACE_NEEDED and not (one[1] and other[1]))


def _called(mark: tuple[str, frozenset[str]]) -> str:
    kind, places = mark
    return f"{kind} on {' and '.join(sorted(places))}" if places else kind


def is_near(travel: Travel) -> bool:
    """Whether the sighting was near where the child was last seen, and the way is possible."""
    return travel.km is not None and travel.possible and travel.km <= NEAR_KM


def signs_of(match: Match, author: str, others: Iterable[Support]) -> list[Sign]:
    """Independent signs for a match: other pictures, and what its own reasons say of place and marks."""
    found = set()
    for other in others:
        if other.is_same_picture:
            continue
        if other.is_possible:
            found.add(Sign.PERSON)
        elif other.post_key == match.post_key:
            found.add(Sign.POST_PHOTO)
        elif other.author != author and other.stands_out:
            found.add(Sign.AUTHOR)
    weights = {reason.name: reason.weight for reason in match.reasons}
    if weights.get("marks", 0) > 0 and weights.get("travel", 0) > 0:
        found.add(Sign.PLACE_AND_MARKS)
    return sorted(found)


def stands_out(match: Match) -> bool:
    """Whether a match passes by itself what is asked of those that are looked at first."""
    return match.tier is Tier.ALERT or any(reason.name == SECOND_SIGN for reason in match.reasons)


def with_signs(match: Match, signs: Sequence[Sign]) -> Match:
    """The match with its second sign told; one that stands out without any is looked at in its turn."""
    if match.tier is not Tier.ALERT:
        return match
    if signs:
        words = "; ".join(_WORDS[sign] for sign in signs)
        return replace(match, reasons=(*match.reasons, Reason(SECOND_SIGN, 0.3, words)))
    words = (
        "it stands out enough to be looked at first, but nothing independent speaks for it yet: no other "
        "photo, no other author, not place and marks together"
    )
    return replace(match, tier=Tier.REVIEW, reasons=(*match.reasons, Reason(SECOND_SIGN, 0.0, words)))
