"""Who speaks: the author's own sighting, one passed on, news, a notice, or something else; with the words.

The signs of a post are weighed and added up; the label with the greatest sum is given, with its share.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bot.extract import firsthand_grams
from bot.extract.firsthand_signs import signs_of
from bot.extract.firsthand_weights import BIAS, LABELS, SHARPNESS, WEIGHTS
from bot.extract.normal import Normal, Part
from store.records.sighting import FirstHand


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who saw it, the words or rule that say so, and whether the post reports a sighting at all.

    `weight` in [0, 1] is how often a verdict with such a sum is right, as measured in docs/extraction.md.
    """

    first_hand: FirstHand
    why: str
    is_sighting: bool
    weight: float = 0.0


_OWN, _PASSED, _CHAIN = LABELS[:3]
_HANDS = {_OWN: FirstHand.OWN, _PASSED: FirstHand.PASSED_ON, _CHAIN: FirstHand.PASSED_ON}
_FAVOUR = {"passed_on": 1.5, "chain": 1.5, "news": 2.0, "notice": 2.0}
"""By how much a share of a rare label counts more when the label is chosen; found by cross-validation."""
_ENOUGH = 0.4
"""A sighting taken for a joke is lost, a joke taken for a sighting costs a reviewer a glance."""
_SUREST = 0.98
"""So many of the surest verdicts were right on posts never looked at: nothing greater is stated."""
LEAN = {name: math.log(_FAVOUR.get(name, 1.0)) for name in LABELS}
"""What is added to the sum of each label before one is chosen."""
_FORM = {
    "chain": "a repost chain", "short": "hardly a word of the author's own", "place": "names a place",
    "time": "names a time", "place and time": "names a place and a time", "photo": "has a picture",
    "no child": "names no child", "kin tells": "somebody else tells it",
    "scene": "describes a child", "scene dated": "describes a child at a time",
    "scene bare": "describes a child",
    "other talk": "talks of something else", "long": "its length", "brief": "its length",
    "half quoted": "mostly quoted",
}  # fmt: skip


def judge(
    normal: Normal, parts: Sequence[Part], *, has_place: bool, has_time: bool, has_photo: bool
) -> Verdict:
    """Who speaks and whether the post reports a sighting. `has_…`: what else was read from the post."""
    signs = signs_of(normal, parts, has_place=has_place, has_time=has_time, has_photo=has_photo)
    sums = _sums(signs, normal.text)
    stated = _shares(sums, SHARPNESS)
    label, is_sighting = choice(_shares([s + LEAN[name] for s, name in zip(sums, LABELS, strict=True)], 1.0))
    share = stated[label] if label not in _HANDS or label == _OWN else stated[_PASSED] + stated[_CHAIN]
    hand = _HANDS.get(label) or FirstHand(label)
    return Verdict(hand, _why(signs, label), is_sighting=is_sighting, weight=min(share, _SUREST))


def span_of(text: str, why: str) -> tuple[int, int] | None:
    """Characters [start, end) of a post that are the reason given; None where the reason is one of form."""
    start = text.find(why) if why else -1
    return (start, start + len(why)) if start >= 0 else None


def choice(shares: dict[str, float]) -> tuple[str, bool]:
    """The label, and whether the post reports a sighting: what is passed on may be either."""
    passed = shares[_PASSED] + shares[_CHAIN]
    if shares[_OWN] + shares[_PASSED] >= _ENOUGH:
        return (_OWN if shares[_OWN] >= passed else _PASSED), True
    rest = {name: share for name, share in shares.items() if name not in (_OWN, _PASSED, _CHAIN)}
    rest[_CHAIN] = passed
    return max(rest, key=lambda name: rest[name]), False


def _sums(signs: dict[str, str], text: str) -> list[float]:
    """For each label what the signs and the words' pieces say for it, added up."""
    sums = [bias + said for bias, said in zip(BIAS, firsthand_grams.sums(text), strict=True)]
    for name in signs:
        for at, weight in enumerate(WEIGHTS.get(name, ())):
            sums[at] += weight
    return sums


def _shares(sums: Sequence[float], sharpness: float) -> dict[str, float]:
    """The share of each label: softmax of the sums."""
    top = max(sums)
    grown = [math.exp((s - top) * sharpness) for s in sums]
    return {label: g / sum(grown) for label, g in zip(LABELS, grown, strict=True)}


def _why(signs: dict[str, str], label: str) -> str:
    """The words of the sign that speaks most for the label; a sign of form where no words do."""
    at = LABELS.index(label)
    ranked = sorted((name for name in signs if name in WEIGHTS), key=lambda name: -WEIGHTS[name][at])
    speaking = [name for name in ranked if WEIGHTS[name][at] > 0]
    said = next((signs[name] for name in speaking if signs[name] and name not in _FORM), "")
    return said or next((_FORM.get(name, name) for name in speaking), "no sign of anything else")
