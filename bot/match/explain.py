"""The words for reasons: what speaks for a resemblance, what against, what is not known.

Pure. A machine proposes and people decide: nothing here says more than "possible resemblance", and
nobody is accused.
"""

from __future__ import annotations

from bot.match.travel import Travel
from store.records.match import Reason

STRONG_AGAINST = -0.5
"""From this weight on a reason against keeps a resemblance out of the tier that is looked at first."""


def resemblance(
    similarity: float, rank: int, cases: int, fpir: float | None, normalised: float | None, first: bool
) -> Reason:
    """How alike two faces are, how that compares, and how often a stranger is as alike."""
    place = f"most similar of {cases}" if rank == 1 else f"number {rank} by similarity of {cases}"
    words = f"possible resemblance: {place} registered children (cosine {similarity:.2f}"
    words += f", {normalised:.1f} deviations above the nearest hundred)" if normalised is not None else ")"
    words += f"; {_strangers(fpir, cases)}"
    return Reason("resemblance", 1.0 if first else 0.5, words)


def _strangers(fpir: float | None, cases: int) -> str:
    if fpir is None:
        return f"how often an unrelated face is as alike was never measured with {cases} children"
    return (
        f"of unrelated faces about {fpir * 100:.2g} % found somebody as alike"
        " (measured with about 700 children of mixed ages)"
    )


def same_picture(own: bool) -> Reason:
    """The probe shows a registered photo: this child's own, or another's."""
    if own:
        return Reason(
            "known_picture", -1.0, "this is the registered photo itself or a copy of it, not a new picture"
        )
    return Reason(
        "other_picture", -1.0, "this is a copy of another child's registered photo, not a new picture"
    )


def nearly_same() -> Reason:
    """Two faces too alike for two moments, though their pixels differ."""
    return Reason(
        "very_alike", 0.0, "the faces are as alike as two copies of one picture: look whether it is one"
    )


def low_quality(why: str) -> Reason:
    """The face is too small for a dependable comparison."""
    return Reason("quality", -0.3, f"{why or 'the face is of low quality'}; likenesses of such faces mislead")


def young(registered: float | None, seen: float | None) -> Reason:
    """One of the two is a small child: strangers of that age look the same to the model."""
    who = "the registered photo shows" if registered is not None else "the sighting would show"
    age = registered if registered is not None else seen
    shown = f" of about {age:.0f}" if age is not None else ""
    return Reason(
        "young",
        -0.3,
        f"{who} a small child{shown}: to this model strangers of that age look alike (70 % of pairs at 0 to 2"
        " years, 26 % at 3 to 5 pass its own threshold), so this means little by itself",
    )


def unknown_age() -> Reason:
    """Nobody registered how old the child is in the photo."""
    return Reason(
        "age_unknown", 0.0, "the age in the registered photo is unknown; small children resemble one another"
    )


def gap(years: float) -> Reason | None:
    """The years between the registered photo and the sighting, None where they matter little."""
    if years < 0:
        return Reason(
            "age_gap", -0.3, f"the registered photo seems to be {-years:.0f} years younger than the sighting"
        )
    if years < 2:
        return None
    weight = -0.1 if years < 10 else -0.2
    return Reason(
        "age_gap",
        weight,
        f"about {years:.0f} years lie between the registered photo and the sighting: faces change",
    )


def age_contradiction(low: float, high: float, expected: tuple[float, float]) -> Reason:
    """The age in the post does not fit the child's."""
    written = f"{low:.0f}" if round(low) == round(high) else f"{low:.0f} to {high:.0f}"
    middle = (expected[0] + expected[1]) / 2
    return Reason(
        "age_written", -0.5, f"the post speaks of a child of {written} years, this one would be {middle:.0f}"
    )


def sex_contradiction(written: str, registered: str) -> Reason:
    """The sex in the post does not fit the child's."""
    words = {"female": "a girl", "male": "a boy"}
    return Reason(
        "sex_written", -0.5, f"the post speaks of {words[written]}, registered is {words[registered]}"
    )


def before_last_seen() -> Reason:
    """The sighting is older than the child's going missing."""
    return Reason("before_last_seen", -0.7, "it was seen before the child was last seen by its family")


def notice() -> Reason:
    """The post reads like a notice."""
    return Reason("notice", -0.2, "the post reads like a notice of a missing child, not like a sighting")


def way(travel: Travel) -> Reason:
    """What the distance says."""
    if not travel.possible:
        return Reason("travel", -0.7, travel.words)
    return Reason("travel", 0.0, travel.words)
