"""The console's words: what states, numbers and reasons mean to a person. Values in, words out.

Never says "match found": a machine finds what looks alike, people decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from urllib.parse import urlsplit

from bot.console.terms import TERMS
from bot.console.tongue import Said, gettext, ngettext, noted
from store.records.match import Label, Match, Tier, Verdict
from store.records.photo import FaceQuality, PhotoState
from store.records.reply import ReplyState
from store.records.sighting import EvidenceKind, FirstHand, Sighting, WhereCandidate

_NAMES: Mapping[str, str] = Said(weibo=noted("Weibo"), x="X", mastodon="Mastodon", bluesky="Bluesky")


class _Platforms(dict[str, str]):
    """Platforms by word, said in the reader's language; one that is not listed is called by its own word."""

    def __getitem__(self, word: str) -> str:
        return _NAMES[word] if word in _NAMES else word.capitalize()

    def get(self, word: str, default: object = None) -> str:
        """The same: there is a name for every word."""
        return self[word]


PLATFORMS: Mapping[str, str] = _Platforms()
TIERS: Mapping[Tier, str] = Said(
    {
        Tier.ALERT: noted("look first"),
        Tier.REVIEW: noted("look when you can"),
        Tier.SET_ASIDE: noted("below the line"),
    }
)
LABELS: Mapping[Label, str] = Said(
    {
        Label.SIGHTING: noted("photo of a person"),
        Label.POSTER: noted("photo of a poster"),
        Label.KNOWN_PICTURE: noted("a picture we already know"),
    }
)
MATCH_STATES: Mapping[str, str] = Said(
    {
        "open": noted("waits for a person"),
        "later": noted("put off for later"),
        "possible": noted("possible resemblance"),
        "rejected": noted("not this child"),
        "withdrawn": noted("withdrawn"),
        "hidden": noted("for the safeguarding lead alone"),
    }
)
VERDICTS: Mapping[Verdict, str] = Said(
    {
        Verdict.POSSIBLE: noted("possible resemblance"),
        Verdict.NOT_THIS_CHILD: noted("not this child"),
        Verdict.LATER: noted("later"),
        Verdict.UNSURE: noted("unsure"),
    }
)
REPLY_STATES: Mapping[ReplyState, str] = Said(
    {
        ReplyState.DRAFTED: noted("drafted: not sent"),
        ReplyState.APPROVED: noted("approved: goes out at its time"),
        ReplyState.SENDING: noted("being sent"),
        ReplyState.SENT: noted("sent"),
        ReplyState.UNKNOWN: noted("unknown: the platform is asked first"),
        ReplyState.REFUSED: noted("refused by the platform"),
        ReplyState.CANCELLED: noted("cancelled"),
        ReplyState.EXPIRED: noted("expired: too late to be of use"),
        ReplyState.REHEARSED: noted("rehearsed: nothing was sent"),
        ReplyState.WITHDRAWING: noted("being withdrawn"),
        ReplyState.WITHDRAWN: noted("withdrawn"),
    }
)
PHOTO_STATES: Mapping[PhotoState, str] = Said(
    {
        PhotoState.WANTED: noted("not looked at yet"),
        PhotoState.KEPT: noted("kept"),
        PhotoState.REFUSED: noted("refused"),
        PhotoState.UNAVAILABLE: noted("not available"),
        PhotoState.QUARANTINED: noted("not available"),
    }
)
FIRST_HAND: Mapping[FirstHand, str] = Said(
    {
        FirstHand.OWN: noted("seen by the author"),
        FirstHand.PASSED_ON: noted("passed on from somebody else"),
        FirstHand.NEWS: noted("from the press"),
        FirstHand.NOTICE: noted("a notice, not a sighting"),
        FirstHand.OTHER: noted("unclear who saw it"),
    }
)
EVIDENCE: Mapping[EvidenceKind, str] = Said(
    {
        EvidenceKind.TEXT: noted("words of the post"),
        EvidenceKind.GEOTAG: noted("the post's geotag"),
        EvidenceKind.EXIF: noted("what the camera wrote"),
        EvidenceKind.POSTED: noted("when it was posted"),
        EvidenceKind.PROFILE: noted("the author's profile"),
        EvidenceKind.PIXELS: noted("the picture itself"),
        EvidenceKind.ANSWER: noted("the author's answer to our question"),
    }
)
QUALITIES: Mapping[FaceQuality, str] = Said(
    {
        FaceQuality.GOOD: noted("good enough to compare"),
        FaceQuality.LOW: noted("poor: read the similarity with care"),
        FaceQuality.UNUSABLE: noted("cannot be compared"),
    }
)


def similarity(match: Match) -> str:
    """What the cosine and the rank say, in a sentence."""
    said = {"cosine": f"{match.similarity:.3f}", "rank": match.rank, "of": match.gallery_size}
    if match.rank == 1:
        return (
            gettext(
                "Cosine %(cosine)s, where the same picture gives 1; the most similar of %(of)s in the "
                "registry. Somebody is always the most similar, so this alone says little."
            )
            % said
        )
    return (
        gettext(
            "Cosine %(cosine)s, where the same picture gives 1; number %(rank)s by similarity of %(of)s in "
            "the registry. Somebody is always the most similar, so this alone says little."
        )
        % said
    )


def chance(match: Match) -> str:
    """How often unrelated faces score as high, as far as it was ever measured."""
    if match.fpir is None:
        return gettext(
            "How often two unrelated people score as high was never measured for these ages, "
            "so take it as a hint and no more."
        )
    of = {"of": match.gallery_size}
    if match.fpir <= 0:
        return gettext("In no test did an unrelated face score as high (%(of)s registered).") % of
    if match.fpir >= 0.5:
        return gettext("Most unrelated faces score as high in a registry of %(of)s.") % of
    words = gettext(
        "About 1 in %(often)s unrelated faces scores as high in a registry of %(of)s (FPIR %(fpir)s)."
    )
    return words % {**of, "often": f"{round(1 / match.fpir):,}", "fpir": f"{match.fpir:.2g}"}


def years(value: float | None) -> str:
    """An age or a gap in words."""
    if value is None:
        return gettext("unknown")
    if 0 < value < 2:
        months = round(value * 12)
        return ngettext("%(n)s month", "%(n)s months", months) % {"n": months}
    number = f"{value:.1f}".removesuffix(".0")
    return ngettext("%(n)s year", "%(n)s years", 1 if number == "1" else 2) % {"n": number}


def age_on(born: str, day: date) -> float | None:
    """Age in years by a PFIF birth date (YYYY[-MM[-DD]]); half a unit is added where it is coarse."""
    parts = [int(part) for part in born.split("-") if part.isdigit()]
    if not parts or not 1 <= parts[0] <= 9999:
        return None
    month, day_of_month = ([*parts, 7, 1] if len(parts) == 1 else [*parts, 15])[1:3]
    try:
        age = (day - date(parts[0], month, day_of_month)).days / 365.2425
    except ValueError:
        return None
    return max(0.0, age if len(parts) > 2 else float(round(age)))


def radius(where: WhereCandidate) -> str:
    """How far off the place may be."""
    if where.lat is None or where.lon is None:
        return gettext("named, but not a place we know: no point on the map")
    if where.radius_km is None:
        return gettext("how far off is unknown")
    if where.radius_km < 1:
        return gettext("within %(m)s m") % {"m": f"{max(10, round(where.radius_km * 1000, -1)):.0f}"}
    return gettext("within %(km)s km") % {"km": f"{where.radius_km:.0f}"}


def lasting(seconds: float | None) -> str:
    """A span of time in its two largest units."""
    if seconds is None or seconds == float("inf"):
        return gettext("unknown")
    whole = max(0, int(seconds))
    sizes = (86400, 3600, 60, 1)
    parts: list[str] = []
    for size in sizes:
        number, whole = divmod(whole, size)
        if number or (size == 1 and not parts):
            parts.append(_unit(size, number))
        elif parts:
            break
    return " ".join(parts[:2])


def _unit(size: int, number: int) -> str:
    if size == 86400:
        return ngettext("%(n)s day", "%(n)s days", number) % {"n": number}
    short = {3600: noted("%(n)s h"), 60: noted("%(n)s min"), 1: noted("%(n)s s")}
    # What belongs together stays on one line.
    return (gettext(short[size]) % {"n": number}).replace(" ", "\u00a0")


def interval(start: datetime, end: datetime) -> str:
    """How exact a time is."""
    seconds = (end - start).total_seconds()
    if seconds <= 120:
        return gettext("to the minute")
    return gettext("some time within %(span)s") % {"span": lasting(seconds)}


def weight(value: float) -> str:
    """A reading's weight as a rounded share."""
    return f"{value:.0%}"


def web_address(url: str) -> str:
    """`url` if it is an http(s) address that a link may carry, otherwise ""."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


def said(word: object) -> str:
    """A word of the program's own (a state, a kind, a rule) as a person says it."""
    plain = str(getattr(word, "value", word))
    return TERMS.get(plain) or plain.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a post's text and what was read from it: any of "where", "when", "who"."""

    text: str
    read_as: tuple[str, ...]


def pieces(text: str, sighting: Sighting | None) -> list[Piece]:
    """The text cut where evidence begins and ends; joined again, it is the text."""
    spans = [(max(0, s), min(len(text), e), kind) for s, e, kind in _spans(sighting)]
    spans = [span for span in spans if span[0] < span[1]]
    cuts = sorted({0, len(text), *(edge for s, e, _ in spans for edge in (s, e))})
    found = []
    for start, end in pairwise(cuts):
        kinds = {kind for s, e, kind in spans if s <= start and end <= e}
        found.append(Piece(text[start:end], tuple(sorted(kinds))))
    return found


def _spans(sighting: Sighting | None) -> Iterator[tuple[int, int, str]]:
    if sighting is None:
        return
    for place in (c for c in sighting.where.candidates if not c.evidence.post):
        yield place.evidence.start, place.evidence.end, "where"
    for mention in sighting.where.mentions:
        yield mention.start, mention.end, "where"
    for time in (c for c in sighting.when.candidates if not c.evidence.post):
        yield time.evidence.start, time.evidence.end, "when"
    for piece in sighting.who.evidence:
        yield piece.start, piece.end, "who"
