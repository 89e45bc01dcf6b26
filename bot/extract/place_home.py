"""What is known beside a post's words: the author's profile, the geotag, the photos' positions.

The gazetteer is passed in. The profile only helps to choose; impossible points are set aside with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.extract import place_en
from bot.extract.gazetteer import Gazetteer
from bot.extract.namesakes import Hints, choose, known_places
from bot.extract.normal import normalise
from bot.extract.placewords import SMALL_FIRST, Named
from store.records.photo import Exif
from store.records.place import PlaceEntry
from store.records.post import GeoTag
from store.records.sighting import PlaceKind

_K = PlaceKind
_NOTHING_DEG = 0.01
_HIGH_NORTH_DEG = 72.0
_ANYBODY_KM = 60.0
_COUNTRY_CODE = re.compile(r"[,\s]\s?([A-Z]{2})$")
_AS_WRITTEN = {"UK": "GB", "RP": "PH", "SA": "ZA", "UAE": "AE"}


def hints(
    gazetteer: Gazetteer,
    *,
    geotag: GeoTag | None,
    photos: Sequence[tuple[str, Exif]],
    author_location: str,
    fits_clock: Callable[[str], bool] | None = None,
) -> Hints:
    """Collect what is known beside the text. Impossible points are set aside, swapped ones turned, each with
    the reason in `notes`."""
    notes: list[str] = []
    gps = []
    for digest, exif in photos:
        if exif.lat is not None and exif.lon is not None:
            at = _point(exif.lat, exif.lon, "the photo's position", gazetteer, notes)
            gps += [(digest, *at)] if at else []
    at = _point(geotag.lat, geotag.lon, "the geotag", gazetteer, notes) if geotag else None
    tag = replace(geotag, lat=at[0], lon=at[1]) if geotag and at else None
    home = profile(gazetteer, author_location, fits_clock)
    return Hints(tag, tuple(gps), home, fits_clock, tuple(notes))


def _point(
    lat: float, lon: float, what: str, gazetteer: Gazetteer, notes: list[str]
) -> tuple[float, float] | None:
    """The point as a device can have measured it, or None; what was wrong goes to `notes`."""
    written = f"{what} ({lat:.4f}, {lon:.4f})"
    if abs(lat) < _NOTHING_DEG and abs(lon) < _NOTHING_DEG:
        notes.append(f"{written} is set aside: that is where a device points that knows nothing")
        return None
    is_possible = abs(lat) <= 90 and abs(lon) <= 180
    # Nobody lives near, but somebody does when the two are turned: 87.6, 43.8 is Urumqi.
    is_turned = (
        (not is_possible or (abs(lat) > _HIGH_NORTH_DEG and not _anybody(lat, lon, gazetteer)))
        and (abs(lon) <= 90 and abs(lat) <= 180)
        and _anybody(lon, lat, gazetteer)
    )
    if is_turned:
        notes.append(f"{written} has latitude and longitude swapped; it is read the other way round")
        return lon, lat
    if not is_possible:
        notes.append(f"{written} is set aside: it is not on Earth")
        return None
    return lat, lon


def _anybody(lat: float, lon: float, gazetteer: Gazetteer) -> bool:
    return gazetteer.nearest(lat, lon, _ANYBODY_KM) is not None


def profile(
    gazetteer: Gazetteer, location: str, fits_clock: Callable[[str], bool] | None = None
) -> tuple[PlaceEntry, ...]:
    """The places a profile's location can mean, likeliest first, finest part first.

    `fits_clock` tells whether a zone's clock is the post's own: it decides between namesakes.
    """
    text = normalise(location[:80]).text
    hits = gazetteer.find(text)
    country = _COUNTRY_CODE.search(text)
    if not hits and (called := known_places(text, gazetteer)):
        return (max(called, key=lambda e: bool(fits_clock and e.zone and fits_clock(e.zone))),)
    taken, names = 0, []
    for hit in hits:
        if hit.start >= taken:
            names.append(Named(hit.start, hit.end, _K.OTHER, "profile", 0.5, hit.ids))
            taken = hit.end
    state = re.search(r"[,\s]\s?([A-Z]{2})\b", text)
    regions = {place_en.US_STATES[state[1]]} if state and state[1] in place_en.US_STATES else set()
    chosen = choose(names, gazetteer, Hints(fits_clock=fits_clock), regions)
    if country and not regions:
        chosen = {name: _in_country(options, country[1]) for name, options in chosen.items()}
    best = [options[0][0] for options in chosen.values() if options]
    if best:
        # A profile names one place from large to small: what lies elsewhere is a namesake.
        lead = max(best, key=lambda e: e.population)
        best = [e for e in best if e.country == lead.country or e is lead]
    return tuple(sorted(best, key=lambda e: -SMALL_FIRST.get(e.kind, 0)))


def _in_country(options: list[tuple[PlaceEntry, float]], code: str) -> list[tuple[PlaceEntry, float]]:
    """The options with those of the country first ("Hamilton NZ")."""
    code = _AS_WRITTEN.get(code, code)
    return sorted(options, key=lambda option: option[0].country != code)
