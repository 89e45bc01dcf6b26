"""What one more verdict on a candidate comes to, given what others said before. Values in, a decision out.

A possible resemblance needs two people where the installation asks for two, and the second does not know of
the first. Where they disagree, a third person looks.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from store.records.match import Decision, Verdict


class Outcome(StrEnum):
    """What becomes of a candidate."""

    SETTLED = "settled"
    """The verdict stands."""
    WAITS = "waits"
    """Kept; a second person has to look before it counts."""
    DISPUTED = "disputed"
    """Kept; two people disagree, so a third one has to look."""
    SAID = "said"
    """This person has answered already and would have to take that back first."""


def outcome(said: Iterable[Decision], by: str, verdict: Verdict, *, needed: int) -> Outcome:
    """What a verdict of `by` comes to beside the standing ones of others. `needed`: how many must agree."""
    standing = [each for each in said if not each.undone]
    possible = {_folded(each.by) for each in standing if each.verdict is Verdict.POSSIBLE}
    against = {_folded(each.by) for each in standing if each.verdict is Verdict.NOT_THIS_CHILD}
    me = _folded(by)
    if verdict is Verdict.POSSIBLE:
        if me in possible:
            return Outcome.SAID
        return Outcome.SETTLED if len(possible) + 1 >= needed else Outcome.WAITS
    if verdict is Verdict.NOT_THIS_CHILD and possible:
        if me in possible:
            return Outcome.SAID
        return Outcome.SETTLED if against - {me} else Outcome.DISPUTED
    return Outcome.SETTLED


def is_secret(said: Iterable[Decision], viewer: str) -> bool:
    """Whether what was said must not be shown to this person: a first answer, to who gives the second."""
    standing = [each for each in said if not each.undone]
    if any(each.verdict is Verdict.NOT_THIS_CHILD for each in standing):
        return False
    possible = {_folded(each.by) for each in standing if each.verdict is Verdict.POSSIBLE}
    return bool(possible) and _folded(viewer) not in possible


def _folded(name: str) -> str:
    return name.strip().casefold()
