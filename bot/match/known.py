"""What becomes of a match whose picture is known: set aside with the reason, or told with its first showing.

Pure. Which picture is known is found elsewhere; nobody is accused, the words say what was kept and when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from store.records.match import Label, Match, Reason, Tier
from store.records.picture import KnownPicture, PictureLabel, SeenBefore

_WORDS = {
    PictureLabel.SOLVED: "this picture is known from a case that is solved: it shows nothing new",
    PictureLabel.FALSE: "this picture is known to be passed around with a story that is not true",
}


def set_aside(match: Match, known: KnownPicture) -> Match:
    """The match of a picture in the bank: labelled, in the tier that waits for nobody, reason first."""
    words = _WORDS[known.label] + (f" ({known.note})" if known.note else "")
    reason = Reason("known_picture", -1.0, words)
    return replace(match, tier=Tier.SET_ASIDE, label=Label.KNOWN_PICTURE, reasons=(reason, *match.reasons))


def never_seen(match: Match) -> Match:
    """The match with the word that nothing is known of its picture."""
    words = "no earlier post here showed this picture, and it is in no list of known ones"
    return replace(match, reasons=(*match.reasons, Reason("new_picture", 0.0, words)))


def told(match: Match, before: Sequence[SeenBefore]) -> Match:
    """The match with the word that its picture was posted before, where it was."""
    if not before:
        return match
    first = min(before, key=lambda seen: (seen.first_at, seen.first_post))
    posts = len({key for seen in before for key in seen.posts})
    words = f"the picture was first posted {first.first_at:%Y-%m-%d %H:%M} UTC, and in {posts} earlier post"
    reason = Reason(
        "seen_before", 0.0, f"{words}{'s' if posts > 1 else ''}: the sighting is not newer than that"
    )
    return replace(match, reasons=(*match.reasons, reason))
