"""What the numbers of hashtags suggest, each with its reason: take it in, leave it out, look at it.

Nothing changes by a suggestion: a person makes a draft of it and puts that live. Values in, values out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.rules import tag_variants, tag_words
from bot.rules.tag_numbers import wilson
from bot.rules.tag_variants import Variant

LEAST_SEEN = 30
"""Fewer posts that were read say nothing for a hashtag."""
LEAST_NOISE = 200
"""Fewer posts that were read say nothing against one that is collected."""
NOISE_SHARE = 0.05
LEAST_VARIANT = 3
HIJACK_NEW_AUTHORS = 0.7
HIJACK_OTHER = 0.5
"""So large a share of a day's posts beside a hashtag of something else is off the topic."""
LEAST_HIJACK = 50
MOST_EACH = 12


class Suggested(StrEnum):
    """What is suggested, and for which cause."""

    TAKE_IN = "take_in"
    VARIANT = "variant"
    LEAVE_OUT = "leave_out"
    DROP = "drop"
    HIJACK = "hijack"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class TagCounts:
    """All-time counts of one hashtag (normalised). `beside`: posts that carry a collected one too."""

    tag: str
    posts: int
    authors: int
    read: int
    first_hand: int
    photos: int = 0
    kept: int = 0
    beside: int = 0


@dataclass(frozen=True, slots=True)
class DayCounts:
    """One hashtag today: posts, authors, how many are new, posts that carry a noisy tag beside it."""

    tag: str
    posts: int
    usual: float
    authors: int
    new_authors: int
    copies: int
    off_topic: int
    off_tag: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One suggestion. `adds`, `drops`, `leaves_out` are what accepting changes, if anything."""

    kind: Suggested
    tag: str
    why: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    adds: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    leaves_out: tuple[str, ...] = ()

    @property
    def can_be_accepted(self) -> bool:
        """Whether accepting would change anything."""
        return bool(self.adds or self.drops or self.leaves_out)


def suggest(
    counts: Sequence[TagCounts],
    *,
    collected: Sequence[str],
    left_out: Sequence[str],
    days: Iterable[DayCounts] = (),
) -> list[Suggestion]:
    """What these counts suggest for the collected hashtags (normalised), most telling first in each kind."""
    known = {*collected, *left_out}
    others = [each for each in counts if each.tag not in known]
    spelled = _variants(others, collected)
    taken = {each.tag for each in spelled}
    rest = [each for each in others if each.tag not in taken]
    found = [*spelled, *_sightings(rest), *_noise(rest)]
    found += _useless([each for each in counts if each.tag in collected])
    found += _unseen(collected, {each.tag for each in counts} | known)
    found += [each for day in days for each in _hijacked(day)]
    return [_checked(each) for each in found]


def _checked(found: Suggestion) -> Suggestion:
    """A suggestion to take in what names a kind of people alone becomes its refusal."""
    for tag in found.adds:
        if reason := tag_words.why(tag):
            return Suggestion(Suggested.REFUSED, tag, f"#{tag} is refused: {reason}", found.numbers)
    return found


def _share(hits: int, number: int) -> str:
    low, high = wilson(hits, number)
    return f"{hits} of {number} ({100 * hits / number:.0f} %, likely {100 * low:.0f} to {100 * high:.0f} %)"


def _numbers(each: TagCounts) -> dict[str, float]:
    return {
        name: getattr(each, name) for name in ("posts", "authors", "read", "first_hand", "photos", "kept")
    }


def _variants(others: Sequence[TagCounts], collected: Sequence[str]) -> list[Suggestion]:
    words = {
        Variant.SCRIPT: "in the other script",
        Variant.SIGNS: "with other signs",
        Variant.SLIP: "with a slip of the finger",
    }
    found = []
    for each in others:
        kinds = [(tag, tag_variants.difference(tag, each.tag)) for tag in collected]
        for tag, kind in kinds:
            if kind is not None and each.posts >= LEAST_VARIANT:
                why = f"#{each.tag} is #{tag} {words[kind]}; {each.posts} stored posts carry it"
                found.append(Suggestion(Suggested.VARIANT, each.tag, why, _numbers(each), adds=(each.tag,)))
                break
    return sorted(found, key=lambda s: (-s.numbers["posts"], s.tag))[:MOST_EACH]


def _unseen(collected: Sequence[str], seen: set[str]) -> list[Suggestion]:
    """The other script of a collected hashtag, where no stored post shows it."""
    found = []
    for tag in collected:
        for spelling in tag_variants.spellings(tag):
            if spelling not in seen:
                why = (
                    f"#{spelling} is #{tag} in the other script; no stored post can show what it would bring"
                )
                found.append(Suggestion(Suggested.VARIANT, spelling, why, adds=(spelling,)))
    return found[:MOST_EACH]


def _sightings(others: Sequence[TagCounts]) -> list[Suggestion]:
    """Hashtags that stand beside ours and whose posts are often first-hand."""
    found = []
    for each in others:
        if each.read < LEAST_SEEN or not each.beside:
            continue
        low, _ = wilson(each.first_hand, each.read)
        if low >= 2 * NOISE_SHARE:
            why = f"posts with #{each.tag} are often first-hand: {_share(each.first_hand, each.read)}"
            why += f"; reviewers kept {each.kept} candidates of them" if each.kept else ""
            numbers = _numbers(each) | {"low": low}
            found.append(Suggestion(Suggested.TAKE_IN, each.tag, why, numbers, adds=(each.tag,)))
    return sorted(found, key=lambda s: (-s.numbers["low"] * s.numbers["posts"], s.tag))[:MOST_EACH]


def _noise(others: Sequence[TagCounts]) -> list[Suggestion]:
    """Hashtags that stand beside ours and bring nothing: an exclude line each."""
    found = []
    for each in others:
        if each.read < LEAST_SEEN or each.kept or not each.beside:
            continue
        _, high = wilson(each.first_hand, each.read)
        if high < NOISE_SHARE:
            why = (
                f"posts with #{each.tag} bring no sightings: first-hand {_share(each.first_hand, each.read)}"
            )
            numbers = _numbers(each)
            found.append(Suggestion(Suggested.LEAVE_OUT, each.tag, why, numbers, leaves_out=(each.tag,)))
    return sorted(found, key=lambda s: (-s.numbers["posts"], s.tag))[:MOST_EACH]


def _useless(own: Sequence[TagCounts]) -> list[Suggestion]:
    """Collected hashtags that bring only noise."""
    found = []
    for each in own:
        if each.read < LEAST_NOISE or each.kept:
            continue
        _, high = wilson(each.first_hand, each.read)
        if high < NOISE_SHARE:
            why = f"#{each.tag} brings hardly any sightings: first-hand {_share(each.first_hand, each.read)}"
            found.append(Suggestion(Suggested.DROP, each.tag, why, _numbers(each), drops=(each.tag,)))
    return found


def _hijacked(day: DayCounts) -> list[Suggestion]:
    """A hashtag that was taken over: far more posts than usual, most by new authors, about something else."""
    if day.posts < max(LEAST_HIJACK, 3 * day.usual) or day.new_authors < HIJACK_NEW_AUTHORS * day.authors:
        return []
    is_other, is_copied = day.off_topic >= HIJACK_OTHER * day.posts, day.copies >= HIJACK_OTHER * day.posts
    if not (is_other or is_copied):
        return []
    why = (
        f"#{day.tag} seems to be used for something else today: {day.posts} posts where {day.usual:.0f} are "
        f"usual, {day.new_authors} of {day.authors} authors are new, {day.copies} posts are copies"
    )
    if day.off_tag:
        why += f", {day.off_topic} carry #{day.off_tag}"
    numbers: dict[str, float] = {"posts": day.posts, "usual": day.usual, "new_authors": day.new_authors}
    leaves = (day.off_tag,) if day.off_tag and is_other else ()
    return [Suggestion(Suggested.HIJACK, day.tag, why, numbers, leaves_out=leaves)]
