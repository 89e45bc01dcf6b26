"""Who speaks: the author's own sighting, one passed on, news, a notice, or something else; with the words.

The signs of a post are weighed and added up; the label with the greatest sum is given, with its share.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bot.extract import firsthand_grams
from bot.extract.firsthand_signs import signs_of
from bot.extract.firsthand_weights import BIAS, LABELS, WEIGHTS
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
_ENOUGH = 0.4
"""A sighting taken for a joke is lost, a joke taken for a sighting costs a reviewer a glance."""
_FORM = {
    "chain": "a repost chain", "short": "hardly a word of the author's own", "place": "names a place",
    "time": "names a time", "place and time": "names a place and a time", "photo": "has a picture",
    "no child": "names no child",
}  # fmt: skip


def judge(
    normal: Normal, parts: Sequence[Part], *, has_place: bool, has_time: bool, has_photo: bool
) -> Verdict:
    """Who speaks and whether the post reports a sighting. `has_…`: what else was read from the post."""
    signs = signs_of(normal, parts, has_place=has_place, has_time=has_time, has_photo=has_photo)
    shares = _shares(signs, normal.text)
    passed = shares[_PASSED] + shares[_CHAIN]
    if shares[_OWN] + shares[_PASSED] >= _ENOUGH:
        label = _OWN if shares[_OWN] >= passed else _PASSED
        return Verdict(_HANDS[label], _why(signs, label), is_sighting=True, weight=max(shares[_OWN], passed))
    rest = {name: share for name, share in shares.items() if name not in (_OWN, _PASSED, _CHAIN)}
    rest[_CHAIN] = passed
    label = max(rest, key=lambda name: rest[name])
    hand = _HANDS.get(label) or FirstHand(label)
    return Verdict(hand, _why(signs, label), is_sighting=False, weight=rest[label])


def _shares(signs: dict[str, str], text: str) -> dict[str, float]:
    """The share of each label: softmax of the sums of the weights of the signs and of the words' pieces."""
    sums = [bias + said for bias, said in zip(BIAS, firsthand_grams.sums(text), strict=True)]
    for name in signs:
        for at, weight in enumerate(WEIGHTS.get(name, ())):
            sums[at] += weight
    top = max(sums)
    grown = [math.exp(s - top) for s in sums]
    return {label: g / sum(grown) for label, g in zip(LABELS, grown, strict=True)}


def _why(signs: dict[str, str], label: str) -> str:
    """The words of the sign that speaks most for the label."""
    at = LABELS.index(label)
    ranked = sorted(signs, key=lambda name: -WEIGHTS[name][at] if name in WEIGHTS else 0.0)
    return next((signs[name] or _FORM.get(name, name) for name in ranked), "no sign of anything else")
