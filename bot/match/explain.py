"""The words for reasons: what speaks for a resemblance, what against, what is not known.

Pure. A machine proposes and people decide: nothing here says more than "possible resemblance", and
nobody is accused.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.match.travel import Travel
from store.records.match import Reason
from store.records.sighting import FirstHand

STRONG_AGAINST = -0.5
"""From this weight on a reason against keeps a resemblance out of the tier that is looked at first."""


def resemblance(
    similarity: float,
    rank: int,
    cases: int,
    normalised: float | None,
    first: bool,
    fpir: float | None,
    basis: str,
) -> Reason:
    """How alike two faces are, how that compares, and how often a stranger is as alike.

    `basis` says on what `fpir` was measured.
    """
    place = f"most similar of {cases}" if rank == 1 else f"number {rank} by similarity of {cases}"
    words = f"possible resemblance: {place} registered children (cosine {similarity:.2f}"
    words += f", {normalised:.1f} deviations above the nearest hundred)" if normalised is not None else ")"
    words += f"; {_strangers(fpir, cases, basis)}"
    return Reason("resemblance", 1.0 if first else 0.5, words)


def _strangers(fpir: float | None, cases: int, basis: str) -> str:
    if fpir is None:
        return f"how often an unrelated face is as alike was never measured with {cases} children: untested"
    return f"of unrelated faces about {fpir * 100:.2g} % found somebody as alike ({basis})"


def untested(looks: str) -> Reason:
    """Faces that look so old were never measured here."""
    who = "a face whose age cannot be told" if looks == "unknown" else f"a face that looks {looks} years old"
    return Reason(
        "untested",
        0.0,
        f"{who}: too few unrelated ones were seen here to say how often they mislead; untested, so it is "
        "never looked at first",
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


def nearly_same(similarity: float, reach: float) -> Reason:
    """Two faces more alike than different photos of one person are after such a time."""
    return Reason(
        "very_alike",
        -0.5,
        f"the faces are more alike (cosine {similarity:.2f}) than different photos of one person were in "
        f"tests with such a gap (below {reach:.2f}): suspicious; look whether it is one picture, edited, or "
        "a face put into another picture",
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


_SEXES = {"female": "a girl", "male": "a boy"}


def sex(written: str, registered: str, several: bool) -> Reason:
    """What the post says of the child's sex beside what is registered."""
    if several:
        return Reason("sex_words", 0.0, "the post speaks of several children, so its words fit nobody alone")
    if written not in _SEXES:
        return Reason("sex_words", 0.0, "the post does not say whether it is a girl or a boy")
    if registered not in _SEXES:
        return Reason("sex_words", 0.0, f"the post speaks of {_SEXES[written]}; nothing is registered")
    if written == registered:
        return Reason("sex_words", 0.1, f"the post speaks of {_SEXES[written]}, as registered")
    return Reason(
        "sex_written", -0.5, f"the post speaks of {_SEXES[written]}, registered is {_SEXES[registered]}"
    )


def age_agreement(low: float | None, high: float | None, expected: tuple[float, float] | None) -> Reason:
    """What the post says of the child's age, where it contradicts nothing."""
    if low is None and high is None:
        return Reason("age_words", 0.0, "the post does not say how old the child is")
    first = low if low is not None else high
    last = high if high is not None else low
    assert first is not None and last is not None
    written = f"{first:.0f}" if round(first) == round(last) else f"{first:.0f} to {last:.0f}"
    if expected is None:
        return Reason(
            "age_words", 0.0, f"the post speaks of a child of {written} years; this one's age is unknown"
        )
    middle = (expected[0] + expected[1]) / 2
    return Reason(
        "age_words", 0.1, f"the post speaks of a child of {written} years, this one would be {middle:.0f}"
    )


_FIRST_HAND = {
    FirstHand.OWN: (0.1, "the author seems to have seen it"),
    FirstHand.PASSED_ON: (-0.1, "the author passes on what somebody else saw"),
    FirstHand.NEWS: (-0.1, "it comes from the press"),
    FirstHand.OTHER: (0.0, "it is unclear who saw it"),
}


def first_hand(grade: FirstHand, weight: float | None) -> Reason:
    """Who saw it, and how surely that was read."""
    if grade is FirstHand.NOTICE:
        return notice()
    value, words = _FIRST_HAND[grade]
    sure = f" (read with a weight of {weight:.0%})" if weight is not None else ""
    return Reason("first_hand", value, f"{words}{sure}")


def marks(agreeing: Sequence[str], are_written: bool, are_registered: bool) -> Reason | None:
    """Lasting marks that the post and the registry both name; None where neither says anything."""
    if agreeing:
        return Reason("marks", 0.3, f"post and registry both name {', '.join(agreeing)}")
    if are_written and are_registered:
        return Reason("marks", 0.0, "the post and the registry name marks, but not the same lasting one")
    return None


def before_last_seen() -> Reason:
    """The sighting is older than the child's going missing."""
    return Reason("before_last_seen", -0.7, "it was seen before the child was last seen by its family")


def notice() -> Reason:
    """The post reads like a notice."""
    return Reason("notice", -0.2, "the post reads like a notice of a missing child, not like a sighting")


def way(travel: Travel, near: bool) -> Reason:
    """What the distance says."""
    if not travel.possible:
        return Reason("travel", -0.7, travel.words)
    return Reason("travel", 0.2 if near else 0.0, travel.words)


def impossible_birth(born: str) -> str:
    """Why a pair was dropped: the child was not born yet."""
    return f"the sighting was over before the child was born ({born})"


def impossible_age(written: str, expected: tuple[float, float]) -> str:
    """Why a pair was dropped: nobody errs so far about a child's age."""
    middle = (expected[0] + expected[1]) / 2
    words = f"the post speaks of a child of {written} years; this one would be {middle:.0f}"
    return f"{words}: farther off than people err"
