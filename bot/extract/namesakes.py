"""Which place of several called alike is meant: shares by people, and by everything else that is known.

Values in, values out; the gazetteer is passed in. Finds no names itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.extract.gazetteer import Gazetteer
from bot.extract.placewords import Named, distance_km
from store.records.place import PlaceEntry
from store.records.post import GeoTag
from store.records.sighting import PlaceKind

_K = PlaceKind
_FAR_KM = 50.0
_SAME_PARTS_KM = 300.0
_MOST_OPTIONS = 40
_MOST_WITNESSES = 30
Chosen = dict[Named, list[tuple[PlaceEntry, float]]]


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known beside the text: geotag, photos' GPS (digest, lat, lon), the profile's place,
    whether a zone's clock agrees with the post's own (None where the post shows none), and what was wrong
    with points that were set aside or turned."""

    geotag: GeoTag | None = None
    gps: tuple[tuple[str, float, float], ...] = ()
    profile: tuple[PlaceEntry, ...] = ()
    fits_clock: Callable[[str], bool] | None = None
    notes: tuple[str, ...] = ()

    @property
    def point(self) -> tuple[float, float] | None:
        """The surest known point."""
        if self.gps:
            return self.gps[0][1], self.gps[0][2]
        return (self.geotag.lat, self.geotag.lon) if self.geotag else None


def choose(names: Sequence[Named], gazetteer: Gazetteer, known: Hints, regions: set[str]) -> Chosen:
    """For each name its places with shares, by population and by what the other names say.

    `regions` are the names of states that the text gives by their code.
    """
    # The same name said twice is no second witness, and is worked out once.
    groups = {
        ids: [gazetteer.entry(i) for i in ids[:_MOST_OPTIONS]] for ids in dict.fromkeys(n.ids for n in names)
    }
    witnesses = list(groups.items())[:_MOST_WITNESSES]
    shared = {
        ids: _shares(entries, [options for other, options in witnesses if other != ids], known, regions)
        for ids, entries in groups.items()
    }
    return {name: list(shared[name.ids]) for name in names}


def _shares(
    entries: Sequence[PlaceEntry], others: Sequence[Sequence[PlaceEntry]], known: Hints, regions: set[str]
) -> list[tuple[PlaceEntry, float]]:
    scored = [(entry, _score(entry, others, known, regions)) for entry in entries]
    top = max(score for _, score in scored)
    shares = [(entry, 10 ** (score - top)) for entry, score in scored]
    total = sum(share for _, share in shares)
    return sorted(((e, s / total) for e, s in shares), key=lambda pair: -pair[1])


def _score(
    entry: PlaceEntry, others: Sequence[Sequence[PlaceEntry]], known: Hints, regions: set[str]
) -> float:
    score = math.log10(max(entry.population, 300))
    for other in others:
        if supports(other, entry):
            score += 1.5
        elif entry.kind is not _K.COUNTRY and _is_near(other[0], entry):
            score += 0.7
    score += 2.0 if entry.province and entry.province in regions else 0.0
    score += 1.2 if supports(known.profile, entry) else 0.0
    score += (
        1.5 if any(distance_km(h.lat, h.lon, entry.lat, entry.lon) <= _FAR_KM for h in known.profile) else 0.0
    )
    score += 1.0 if known.fits_clock and entry.zone and known.fits_clock(entry.zone) else 0.0
    if known.point and distance_km(*known.point, entry.lat, entry.lon) <= entry.radius_km + _FAR_KM:
        score += 2.0
    return score


def _is_near(other: PlaceEntry, entry: PlaceEntry) -> bool:
    return (
        other.kind not in (_K.COUNTRY, _K.PROVINCE)
        and other.country == entry.country
        and distance_km(other.lat, other.lon, entry.lat, entry.lon) <= _SAME_PARTS_KM
    )


def supports(others: Sequence[PlaceEntry], entry: PlaceEntry) -> bool:
    """Whether one of the other places lies in, or around, this one."""
    for other in others:
        if other.id == entry.id:
            return True
        if other.kind is _K.COUNTRY or entry.kind is _K.COUNTRY:
            if other.country == entry.country:
                return True
        elif other.country == entry.country and (
            (other.city and other.city == entry.city)
            or (
                _K.PROVINCE in (other.kind, entry.kind)
                and other.province
                and other.province == entry.province
            )
        ):
            return True
    return False


# --- spellings --------------------------------------------------------------------------------

_ABBREVIATED = {
    "us": "united states", "u.s": "united states", "u.s.": "united states", "uk": "united kingdom",
    "nz": "new zealand", "mx": "mexico", "pr": "puerto rico", "p.r.": "puerto rico", "la": "los angeles",
    "sf": "san francisco", "nyc": "new york city", "philly": "philadelphia", "vegas": "las vegas",
    "calif": "california", "calif.": "california", "fla": "florida", "fla.": "florida",
    "cdmx": "mexico city", "bc": "british columbia", "nsw": "new south wales", "ajk": "azad kashmir",
    "kpk": "khyber pakhtunkhwa", "sg": "singapore", "dc": "washington", "vizag": "visakhapatnam",
    "penang": "george town", "joburg": "johannesburg", "kl": "kuala lumpur", "hk": "hong kong",
    "carolinas": "north carolina", "frisco": "san francisco", "brum": "birmingham", "calcutta": "kolkata",
    "bombay": "mumbai", "addis": "addis ababa", "brissie": "brisbane", "naarm": "melbourne",
    "melb": "melbourne", "syd": "sydney", "bloem": "bloemfontein", "jozi": "johannesburg",
    "jhb": "johannesburg", "pe": "gqeberha", "cpt": "cape town", "pmb": "pietermaritzburg",
    "nola": "new orleans", "kc": "kansas city", "atl": "atlanta", "pdx": "portland",
    "slc": "salt lake city", "okc": "oklahoma city", "chi-town": "chicago", "indy": "indianapolis",
    "cincy": "cincinnati", "dfw": "dallas", "tdot": "toronto", "mtl": "montreal", "yvr": "vancouver",
    "yyc": "calgary", "yeg": "edmonton", "jb": "johor bahru", "johor": "johor bahru",
    "kk": "kota kinabalu", "pj": "petaling jaya", "cdo": "cagayan de oro", "qc": "quezon city",
    "gensan": "general santos", "gapo": "olongapo", "pindi": "rawalpindi", "fsd": "faisalabad",
    "khi": "karachi", "lhr": "lahore", "isb": "islamabad", "blr": "bengaluru", "b'lore": "bengaluru",
    "hyd": "hyderabad", "madras": "chennai", "trivandrum": "thiruvananthapuram", "phc": "port harcourt",
    "dar": "dar es salaam", "soton": "southampton", "notts": "nottingham", "manc": "manchester",
    "pompey": "portsmouth", "sando": "san fernando",
}  # fmt: skip
_SHORT = (
    (re.compile(r"(?i)^ft\.? "), "fort "),
    (re.compile(r"(?i)^mt\.? "), "mount "),
    (re.compile(r"(?i)^st\.? "), "saint "),
    (re.compile(r"(?i)^saint "), "st "),
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BEFORE = re.compile(
    r"(?i)^(?:the|(?:north|south|east|west)(?:ern)?|central|greater|downtown|old|upper|lower|northeast(?:ern)?"
    r"|northwest(?:ern)?|southeast(?:ern)?|southwest(?:ern)?|mid) (?=\w)"
)
_AFTER = re.compile(r"(?i) (?:city|town|village|region|area|province|state|district|metro|islands?)$")


def spellings(words: str) -> Iterator[str]:
    """The words as the gazetteer may know them, surest first: as written, without possessive, spelt
    out, without "Northern" or "city"."""
    plain = words.strip("\"'“”‘’.,:;!?()#@ ")
    spelt = _ABBREVIATED.get(plain.lower())
    if spelt and (len(plain) > 3 or plain.isupper() or "." in plain):
        yield spelt
    yield words
    yield plain
    for pattern, full in _SHORT:
        if pattern.search(plain):
            yield pattern.sub(full, plain)
    if (camel := _CAMEL.sub(" ", plain.replace("_", " "))) != plain:
        yield camel
    for ending in ("'s", "’s", "s"):
        if plain.endswith(ending) and len(plain) > 5:
            yield plain[: -len(ending)]
    if (bare := _AFTER.sub("", camel)) != camel:
        yield bare
    if (bare := _BEFORE.sub("", camel)) != camel:
        yield bare
    if plain[:1].isupper():
        yield f"{plain} City"


def known_places(words: str, gazetteer: Gazetteer) -> tuple[PlaceEntry, ...]:
    """The places so called, most populous first, by the first spelling that is known; else empty."""
    seen = set()
    for spelling in spellings(words[:60]):
        if len(spelling) >= 2 and spelling not in seen:
            seen.add(spelling)
            if found := gazetteer.lookup(spelling):
                return found
    return ()
