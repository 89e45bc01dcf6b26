"""Where the child was seen: ranked points with radius, and the words that name them.

Joins the names in the text, the geotag and the photos' GPS. The gazetteer is passed in. The author's
profile only helps to choose between namesakes, or says weakly in which city a street may lie.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.extract import place_en, place_map, place_zh
from bot.extract.gazetteer import Gazetteer
from bot.extract.namesakes import Chosen, choose
from bot.extract.namesakes import Hints as Hints
from bot.extract.normal import Normal
from bot.extract.place_home import hints as hints
from bot.extract.place_home import profile as profile
from bot.extract.place_small import in_small_places
from bot.extract.place_spots import UNMARKED, Reading, join, marks_places
from bot.extract.place_tagger import Tagger
from bot.extract.placewords import FINE, SIZE, SMALL_FIRST, Named, distance_km, settle
from store.records.place import PlaceEntry
from store.records.sighting import Evidence, EvidenceKind, PlaceKind, PlaceMention, Where, WhereCandidate

LIKELIEST = "likeliest words"
"""The rule of a name that stands in where nothing else was found: a place only if the post is a sighting."""
_MOST = 6
_GPS_RADIUS_KM = 0.1
_SLACK_KM = 25.0
_TOWN_KM = 30.0
_IN_TOWN = 0.96
_LENDS_ITS_NAME = 300_000
_SAME_PARTS_KM = 120.0
_SMALL_REGION_KM = 150.0
_WORD = re.compile(r"[A-Za-z'.-]+")
_WORDS = re.compile(r"(?:[A-Z][A-Za-z'.-]*\s?){1,4}")
_K = PlaceKind


# --- names ------------------------------------------------------------------------------------


_HANDLE = re.compile(r"@[\w.\-]{1,40}")


def find(
    normal: Normal,
    gazetteer: Gazetteer,
    taken: Sequence[tuple[int, int]],
    known: Hints,
    tagger: Tagger | None = None,
) -> list[Named]:
    """All names of places in the text, in order, each with the reason if it is another place.

    `taken` are the spans of times; no name runs over them, nor over people's handles. Without a
    tagger English names are found by rules alone; one that marks places says which words count.
    """
    known_so_far = by_rules(normal, gazetteer, taken, known, tagger)
    if not marks_places(tagger):
        return list(known_so_far.names)
    marked = tagger.spots(known_so_far)
    if not marked and not any(not n.other for n in known_so_far.names):
        likeliest = tagger.likeliest(known_so_far)
        if likeliest:
            kind = _kind_of(normal.text[slice(*likeliest)])
            return settle([*known_so_far.names, Named(*likeliest, kind, LIKELIEST, 0.5)])
    return join(known_so_far, marked, _kind_of)


def is_named(names: Sequence[Named]) -> bool:
    """Whether the text names a place of the sighting in words that a rule or a model is sure of."""
    return any(not n.other and n.score >= 0.5 and n.rule != LIKELIEST for n in names)


def by_rules(
    normal: Normal,
    gazetteer: Gazetteer,
    taken: Sequence[tuple[int, int]],
    known: Hints,
    tagger: Tagger | None,
) -> Reading:
    """The text with the names that rules, gazetteer and the English tagger find, before any marking."""
    text = normal.text
    hits = gazetteer.find(text)
    taken = [*taken, *((m.start(), m.end()) for m in _HANDLE.finditer(text))]
    around = [*known.profile]
    if known.point:
        near = gazetteer.nearest(*known.point, 60.0)
        around += [near] if near else []
    names: list[Named] = []
    if re.search(r"[\u4e00-\u9fff]", text):
        names += place_zh.find(text, hits, gazetteer.entry, taken, around)
    if re.search(r"[A-Za-z]{3}", text):
        # Where the sighting's place is marked, the names of towns in news add nothing (and cost a third).
        tagged = tagger.tag(text, hits, gazetteer) if tagger and not marks_places(tagger) else None
        names += place_en.find(text, hits, gazetteer, taken, tagged)
    names += place_map.names(text, names, gazetteer, around)
    return Reading(text, hits, gazetteer, settle(names), taken, around)


def _kind_of(words: str) -> PlaceKind:
    return place_zh.kind_of(words) if words[-1] >= "\u2e80" else place_en.kind_of(words)


# --- reading ----------------------------------------------------------------------------------


def read(normal: Normal, names: Sequence[Named], gazetteer: Gazetteer, known: Hints) -> Where:
    """The ranked readings of the place. Candidates of the text name the finest words and the point
    and radius of the smallest place that the gazetteer knows around them."""
    # A word that could be a far town, against clock and profile, is a place here that is called so.
    here = [
        replace(n, ids=(), kind=_K.LANDMARK) if _is_elsewhere(n, gazetteer, known) else n
        for n in names
        if not n.other and n.score >= 0.5
    ]
    mentions = tuple(
        PlaceMention(*normal.span(n.start, n.end), normal.quote(n.start, n.end), n.kind)
        for n in sorted(here, key=lambda n: (SIZE[n.kind], n.start))
    )
    regions = {place_en.US_STATES[normal.text[n.start : n.end]] for n in here if n.rule == "state"}
    here = in_small_places(normal.text, here, gazetteer, known)
    towns = [n for n in here if n.ids and not _lends_its_name(n, gazetteer, known)]
    towns = towns or list(_in_names(normal, here, gazetteer))
    if not towns:
        # "大连的朋友 … 青泥洼桥": no words of the sighting, but they say in which town it was.
        towns = [n for n in names if n.other == UNMARKED and _fits_profile(n, gazetteer, known)]
    chosen = _consistent(choose(towns, gazetteer, known, regions), known)
    text = _from_text(normal, here, chosen, known)
    text = _in_town(place_map.refine(text, normal.text, here, gazetteer))
    points = _from_points(gazetteer, known)
    candidates, conflict = _join(text, points)
    conflict = "; ".join(filter(None, (conflict, *known.notes)))
    candidates.sort(key=lambda c: -c.weight)
    return Where(tuple(candidates[:_MOST]), mentions, conflict)


def _in_town(candidates: list[WhereCandidate]) -> list[WhereCandidate]:
    """A street or shop in a Chinese city mostly lies in its built-up part, the counties around it left out.

    The circle of the whole city stays as a reading of its own: of 282 such posts 272 lay within the narrow
    one, 278 within the wide one.
    """
    found: list[WhereCandidate] = []
    for at in candidates:
        is_wide = at.country == "CN" and at.kind in FINE and at.city and not at.district
        if is_wide and at.lat is not None and (at.radius_km or 0.0) > _TOWN_KM:
            narrow = replace(at, radius_km=_TOWN_KM, weight=round(at.weight * _IN_TOWN, 3))
            found += [narrow, replace(at, weight=round(at.weight * (1 - _IN_TOWN), 3))]
        else:
            found.append(at)
    return found


def _in_names(normal: Normal, here: Sequence[Named], gazetteer: Gazetteer) -> Iterator[Named]:
    """Towns that a station or landmark is called after ("Chengdu East railway station").

    Asked only where no town is named by itself; a large town, since small ones lend their names far away.
    """
    for name in here:
        if name.kind not in (_K.STATION, _K.LANDMARK) or not (
            words := _WORDS.match(normal.text, name.start, name.end)
        ):
            continue
        ends = [m.end() for m in _WORD.finditer(normal.text, name.start, words.end())][:3]
        for end in reversed(ends):
            known = gazetteer.lookup(normal.text[name.start : end])
            ids = tuple(e.id for e in known if e.population >= _LENDS_ITS_NAME and e.kind is _K.CITY)
            if ids and end < name.end:
                yield Named(name.start, end, _K.CITY, "town in the name", 0.6, ids)
                break


def _lends_its_name(name: Named, gazetteer: Gazetteer, known: Hints) -> bool:
    """Whether a shop or landmark is called after a town far from the profile's ("Bombay Bakery")."""
    if name.kind not in (_K.LANDMARK, _K.SHOP) or not known.profile:
        return False
    return not any(_is_by_profile(gazetteer.entry(i), known) for i in name.ids)


def _fits_profile(name: Named, gazetteer: Gazetteer, known: Hints) -> bool:
    if not name.ids or name.score < 0.5:
        return False
    return not known.profile or any(_is_by_profile(gazetteer.entry(i), known) for i in name.ids)


def _is_by_profile(entry: PlaceEntry, known: Hints) -> bool:
    return any(
        distance_km(home.lat, home.lon, entry.lat, entry.lon) <= _SAME_PARTS_KM for home in known.profile
    )


def _consistent(chosen: Chosen, known: Hints) -> Chosen:
    """Without names whose likeliest place lies outside the large town that the text names as well."""
    best = {name: options[0][0] for name, options in chosen.items() if options}
    cities = [e for e in best.values() if e.kind is _K.CITY]
    if len(best) < 2 or not cities:
        return chosen
    lead = max(cities, key=lambda e: (_is_by_profile(e, known), e.population))
    return {
        name: options
        for name, options in chosen.items()
        if name in best
        and (
            SMALL_FIRST.get(best[name].kind, 0) < 2
            or best[name].id == lead.id
            or distance_km(lead.lat, lead.lon, best[name].lat, best[name].lon) <= lead.radius_km + _SLACK_KM
        )
    }


def _is_elsewhere(name: Named, gazetteer: Gazetteer, known: Hints) -> bool:
    """A bare word that could be a town on the other side of the world, against clock and profile."""
    if not name.ids or name.score >= 0.8 or not known.fits_clock or not known.profile:
        return False
    entries = [gazetteer.entry(i) for i in name.ids]
    return not any(known.fits_clock(e.zone) or e.country == known.profile[0].country for e in entries)


def _from_text(normal: Normal, here: Sequence[Named], chosen: Chosen, known: Hints) -> list[WhereCandidate]:
    fine = sorted(
        (n for n in here if n.kind in FINE or (n.kind is _K.TOWN and not n.ids)),
        key=lambda n: (SIZE[n.kind], n.start),
    )
    holder = max(
        chosen, key=lambda n: (SMALL_FIRST.get(chosen[n][0][0].kind, 0), n.score, -n.start), default=None
    )
    if holder is None:
        return _from_profile(normal, fine, known)
    at_home = _at_home(normal, fine, chosen[holder][0][0], known)
    lead = fine[0] if fine else holder
    base = 0.85 if fine else 0.8 if SMALL_FIRST.get(chosen[holder][0][0].kind, 0) >= 2 else 0.5
    found: list[WhereCandidate] = []
    for entry, share in chosen[holder][:_MOST]:
        if share < 0.02 and found:
            break
        found.append(
            _candidate(normal, lead, fine, entry, round(base * share * min(1.0, holder.score + 0.2), 3))
        )
    return [*found, *at_home]


def _candidate(
    normal: Normal, lead: Named, fine: Sequence[Named], entry: PlaceEntry, weight: float
) -> WhereCandidate:
    start, end = normal.span(lead.start, lead.end)
    evidence = Evidence(EvidenceKind.TEXT, lead.rule, start, end, normal.original[start:end])
    words = " ".join(normal.quote(n.start, n.end) for n in sorted(fine, key=lambda n: n.start))
    return WhereCandidate(
        name=f"{entry.name} {words}".strip() if fine else entry.name,
        kind=lead.kind if fine else entry.kind, weight=weight, evidence=evidence,
        lat=entry.lat, lon=entry.lon, radius_km=entry.radius_km, country=entry.country,
        province=entry.province, city=entry.city, district=entry.district, zone=entry.zone,
    )  # fmt: skip


def _from_profile(normal: Normal, fine: Sequence[Named], known: Hints) -> list[WhereCandidate]:
    """A street without a city: named as written; the profile's city is a weak guess of where it lies."""
    if not fine:
        return []
    lead = fine[0]
    start, end = normal.span(lead.start, lead.end)
    words = " ".join(normal.quote(n.start, n.end) for n in sorted(fine, key=lambda n: n.start))
    unknown = WhereCandidate(
        name=words, kind=lead.kind, weight=0.2,
        evidence=Evidence(EvidenceKind.TEXT, lead.rule, start, end, normal.original[start:end]),
    )  # fmt: skip
    city = _home_city(known)
    return [_guess(normal, fine, city, 0.3), unknown] if city else [unknown]


def _home_city(known: Hints) -> PlaceEntry | None:
    """The profile's city; else its region, unless that is as wide as a country."""
    return next(
        (e for e in known.profile if SMALL_FIRST.get(e.kind, 0) >= 2 or e.radius_km <= _SMALL_REGION_KM), None
    )


def _guess(normal: Normal, fine: Sequence[Named], city: PlaceEntry, weight: float) -> WhereCandidate:
    lead = fine[0]
    start, end = normal.span(lead.start, lead.end)
    # The home itself is not taken over: a district in the profile counts as its whole city.
    return replace(
        _candidate(normal, lead, fine, city, weight), radius_km=max(city.radius_km, 20.0), district="",
        evidence=Evidence(EvidenceKind.PROFILE, "profile's city", start, end, normal.original[start:end]),
    )  # fmt: skip


def _at_home(normal: Normal, fine: Sequence[Named], best: PlaceEntry, known: Hints) -> list[WhereCandidate]:
    """A street beside the name of a far town may still lie in the profile's city: the other reading."""
    city = _home_city(known)
    if not fine or city is None or best.kind is _K.COUNTRY:
        return []
    if distance_km(city.lat, city.lon, best.lat, best.lon) <= best.radius_km + _SLACK_KM:
        return []
    return [_guess(normal, fine, city, 0.2)]


def _from_points(gazetteer: Gazetteer, known: Hints) -> list[WhereCandidate]:
    found: list[WhereCandidate] = []
    for digest, lat, lon in known.gps:
        evidence = Evidence(EvidenceKind.EXIF, "GPS of the photo", photo=digest)
        found.append(_at_point(gazetteer, lat, lon, _GPS_RADIUS_KM, "", 0.9, evidence))
    if known.geotag:
        tag = known.geotag
        evidence = Evidence(EvidenceKind.GEOTAG, "geotag of the post", quote=tag.name)
        found.append(
            _at_point(gazetteer, tag.lat, tag.lon, max(tag.radius_km, 0.05), tag.name, 0.7, evidence)
        )
    return found


def _at_point(
    gazetteer: Gazetteer,
    lat: float,
    lon: float,
    radius_km: float,
    name: str,
    weight: float,
    evidence: Evidence,
) -> WhereCandidate:
    near = gazetteer.nearest(lat, lon, 60.0)
    zone = gazetteer.zone_at(lat, lon)
    if near is None:
        return WhereCandidate(
            name or f"{lat:.4f}, {lon:.4f}", _K.POINT, weight, evidence, lat, lon, radius_km, zone=zone
        )
    return WhereCandidate(
        name or near.name, _K.POINT, weight, evidence, lat, lon, radius_km,
        near.country, near.province, near.city, near.district, zone,
    )  # fmt: skip


def _join(text: list[WhereCandidate], points: list[WhereCandidate]) -> tuple[list[WhereCandidate], str]:
    """Points and words that agree strengthen each other; where they do not, both stay and it is said."""
    best = max(text, key=lambda c: c.weight, default=None)
    if best is None or best.lat is None or best.lon is None or not points:
        return text + points, ""
    joined, conflict = list(text), ""
    for point in points:
        assert point.lat is not None and point.lon is not None
        away = distance_km(point.lat, point.lon, best.lat, best.lon)
        if _agree(point, best, away):
            joined.append(replace(point, weight=min(0.97, point.weight + 0.07)))
        elif best.evidence.kind is EvidenceKind.TEXT:
            source = "the photo" if point.evidence.kind is EvidenceKind.EXIF else "the geotag"
            conflict = (
                f"the text says {best.name}, {source} lies {away:.0f} km away near {point.city or point.name}"
            )
            joined.append(replace(point, weight=round(point.weight * 0.75, 3)))
        else:
            joined.append(point)
    return joined, conflict


def _agree(point: WhereCandidate, text: WhereCandidate, away_km: float) -> bool:
    """Whether a measured point can lie where the words say: in the same city, or in the circle around it.

    The circle of a city that holds counties reaches into its neighbours: there the city's name counts.
    """
    if text.city and text.city == point.city and text.country == point.country:
        return True
    reach = (text.radius_km or 0.0) + (point.radius_km or 0.0)
    if text.city and point.city and text.country == point.country == "CN":
        reach = min(reach, _TOWN_KM)
    return away_km <= reach + _SLACK_KM
