"""Find the names of places in English text: cities from the gazetteer, the rest by form and position.

Works on the normal form, where letters keep their case: English names begin with capitals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.extract.gazetteer import Gazetteer
from bot.extract.namesakes import known_places
from bot.extract.place_tagger import Tagged
from bot.extract.placewords import Named, settle
from bot.extract.prefilter import Gate
from store.records.place import NameHit
from store.records.sighting import PlaceKind

_K = PlaceKind
_CAP = r"(?:[A-Z][\w'’.\-]{0,20}|\d{1,3}(?:st|nd|rd|th))"
_NAME = rf"{_CAP}(?:[ –—-](?:of |the |de |du |la |del |di |da |al-|e-)?{_CAP}){{0,3}}"
_ROAD = (
    r"(?:Street|St|Avenue|Ave|Av|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Way|Highway|Hwy|Parkway|"
    r"Terrace|Row|Walk|Alley|Marg|Chowk Road|Strasse|Straße|straat|Soi)"
)
_STATION = (
    r"(?:[Ss]tation|[Mm]etro(?: [Ss]tation)?|MRT(?: [Ss]tation)?|LRT|BART|MARTA|MTR|[Tt]ube|"
    r"[Ss]ubway|[Ti]erminal|[Aa]irport|ISBT|"
    r"(?:train|bus|railway|tube|subway|coach|metro|MRT) (?:station|terminal))"
)
_LANDMARK = (
    r"(?:Market|Mall|Park|Bridge|[Cc]hurch|[Mm]osque|[Tt]emple|[Cc]athedral|[Hh]ospital|[Ss]chool|"
    r"University|College|Hotel|Plaza|Square|"
    r"Center|Centre|Tower|Towers|Museum|Library|Stadium|Beach|Pier|[Ff]erry|[Ww]harf|Palace|Mahal|"
    r"Fort|Garden|Gardens|Ghat|Chowk|Gate|"
    r"Circus|Circle|Junction|[Ff]lyover|Quay|Bazaar|Souk|Arcade|Galleria|Place|Green|Common|Cross|"
    r"Memorial|Zoo|Hall|House)"
)
_ABROAD = (
    r"(?:[Rr]ue|Via|Calle|Avenida|Plaza|Piazza|Puente|Parque|Rua|Jalan|Praça|Placa|Boulevard|Gare|"
    r"Pont|Place|Estación|Mercado|Gran)"
)
_LEAD = r"(?:of|the|de|du|la|le|les|del|della|di|da|do|dos|von|der)"

_RULES: tuple[tuple[str, PlaceKind, float, str], ...] = (
    ("road", _K.STREET, 0.85, rf"\b(?P<name>{_NAME} {_ROAD}\b)(?!\.\w| [Ss]tation)"),
    ("station", _K.STATION, 0.84, rf"\b(?P<name>{_NAME} {_STATION})\b"),
    ("station", _K.STATION, 0.82, r"\b(?P<name>[A-Z][a-zäöü]{2,20}(?:bahnhof|strasse))\b"),
    ("landmark", _K.LANDMARK, 0.8, rf"\b(?P<name>{_NAME} {_LANDMARK})\b"),
    ("abroad", _K.LANDMARK, 0.83, rf"\b(?P<name>{_ABROAD} (?:{_LEAD} ){{0,2}}{_CAP}(?: {_CAP}){{0,2}})"),
    ("exit", _K.EXIT, 0.85, r"\b(?P<name>(?i:exit|gate|entrance|platform) (?:[A-Z]\d?|\d{1,2}[A-Z]?))\b"),
    (
        "before an exit",
        _K.STATION,
        0.78,
        rf"\b(?P<name>{_NAME})(?= (?i:exit|gate|entrance) (?:[A-Z]\d?|\d{{1,2}}[A-Z]?)\b)",
    ),
    ("exit", _K.EXIT, 0.9, rf"\b(?P<name>{_NAME} {_ROAD} exit ramp)\b"),
    (
        "crossing",
        _K.CROSSING,
        0.9,
        rf"(?i:\b(?:corner|junction|intersection|"
        rf"crossing) of )(?P<name>{_CAP}(?: {_CAP}){{0,2}} (?:and|&|/|n) {_CAP}(?: {_CAP}){{0,2}})",
    ),
    (
        "crossing",
        _K.CROSSING,
        0.86,
        rf"\b(?P<name>(?:{_CAP})(?: {_ROAD})? (?:&|/|@) {_CAP}(?: {_ROAD})?)(?=[ ,.:;]|$)(?= (?:bus|"
        rf"corner|stop|station|in|at)|[,.:;]|$)",
    ),
    (
        "position",
        _K.LANDMARK,
        0.66,
        rf"(?i:\b(?:near|outside|opposite|beside|across from|in front of|next to|behind|underneath|"
        rf"under|below|inside|off|at|by|along|around) (?:the |a )?)(?P<name>{_NAME})",
    ),
    (
        "position",
        _K.STREET,
        0.64,
        rf"(?i:\b(?:on|down|up|along|top of|bottom of|end of) (?:the )?)(?P<name>{_NAME})",
    ),
    ("position", _K.OTHER, 0.6, rf"(?i:\bin (?:the )?)(?P<name>{_NAME})"),
    ("lead", _K.LANDMARK, 0.56, rf"(?:^|[.!?\n] |\] |: )(?P<name>{_NAME})(?=,| at | \(|:)"),
)
_COMPILED = [(rule, kind, score, re.compile(pattern)) for rule, kind, score, pattern in _RULES]
_GATE = Gate((str(at), pattern) for at, (_, _, _, pattern) in enumerate(_RULES))

_SHOPS = (
    "walmart|tesco|aldi|lidl|boots|greggs|mcdonald'?s|kfc|burger king|starbucks|subway|7-eleven|"
    "711|target|costco|kroger|cvs|walgreens|"
    "asda|sainsbury'?s|spar|java house|jollibee|primark|ikea|greggs|costa|fcc|carrefour|big c|"
    "whole foods|trader joe'?s|dunkin|wawa"
)
_SHOP = re.compile(rf"\b(?=[A-Z\d])(?i:{_SHOPS})\b")
_NOT_NAMES = {
    "i", "i'm", "im", "we", "he", "she", "they", "it", "the", "a", "an", "this", "that", "these", "there",
    "my", "his", "her", "our", "boy", "girl", "kid", "kids", "child", "children", "man", "woman", "baby",
    "teen", "mum", "mom", "dad", "young", "little", "small", "two", "three", "four", "one", "today",
    "yesterday", "tonight", "saw", "seen", "just", "now", "please", "pls", "help", "rt", "missing",
    "found", "update", "urgent", "photo", "photos", "pic", "police", "anyone", "does", "if", "and", "but",
    "so", "not", "no", "yes", "ok", "thanks", "thank", "happy", "every", "each", "last", "first", "also",
    "then", "when", "where", "what", "who", "why", "how", "is", "are", "was", "were", "be", "to", "from",
    "for", "with", "about", "around", "after", "before", "since", "breaking", "news", "forwarded",
    "share", "gave", "said", "told", "looks", "looked", "maybe", "approx", "age", "aged", "he's", "she's",
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "mon", "tue", "wed",
    "thu", "fri", "sat", "sun", "january", "february", "march", "april", "may", "june", "july", "august",
    "september", "october", "november", "december", "christmas", "easter", "halloween", "ramadan", "eid",
    "diwali", "hogmanay", "thanksgiving", "chinese", "syrian", "english", "indian", "god", "lord", "btp",
    "cctv", "qr", "wechat", "facebook", "twitter", "instagram", "whatsapp", "tiktok", "chelsea",
    "spiderman", "ps", "nae", "polis", "wee", "mga", "location", "time", "date", "place", "seen:",
    "living", "am", "pm", "atm", "edit", "tw", "cw", "btw", "nose", "hair", "everyone", "someone",
    "nobody", "roma", "muslim", "half", "noon", "midnight", "been", "at", "on", "in", "by", "near",
    "outside", "corner", "still", "same",
}  # fmt: skip
_PLACE_LIKE = re.compile(r"(?i:\b(?:in|at|near|from|outside|of|to|around|@)\s(?:the\s)?$)")
_REGION_AFTER = re.compile(r"^,? (?P<code>[A-Z]{2})\b|^, (?P<name>[A-Z][a-z]+(?: [A-Z][a-z]+)?)")
_OTHER_BEFORE = re.compile(
    r"(?i:\b(?:he'?s|she'?s|they'?re|is|was|are|were|originally|comes?|came|i'?m|family|said|says|"
    r"hails?|village)\s(?:from|in)\s(?:near\s)?$"
    r"|\b(?:home(?:town)? is|his home is|her home is|(?:bus|train|taxi)?\s?fares? to|ticket (?:to|"
    r"home to)|going to|way to|flight to|"
    r"missing from|last seen (?:in|at|near)|taken from|abducted from|grandmother near|moved to|"
    r"born in|news from|live in|lives in|used to beg outside)\s$)"
)
_MISSING = re.compile(
    r"(?i:\b(?:missing|disappeared|abducted|kidnapped|last seen|separated)\b[^.!?\n]{0,60}$)"
)


def find(
    text: str,
    hits: Sequence[NameHit],
    gazetteer: Gazetteer,
    taken: Sequence[tuple[int, int]],
    tagged: Sequence[Tagged] | None = None,
) -> list[Named]:
    """All names of places in the text; `taken` are the spans of times, which no name runs over.

    `tagged` is what the trained tagger says, None without one: it adds names that no rule finds.
    """
    found = [*toponyms(text, hits, gazetteer, None), *_by_form(text), *_shops(text)]
    # The tagger learned towns and countries in news: what the rules say of the same words goes first.
    found += [
        replace(name, score=_LAST + (name.score - _SURE) / 10)
        for name in _tagged(text, hits, gazetteer, tagged or ())
        if name.score >= _SURE and text[name.start : name.end].lower() not in _NOT_NAMES
    ]
    return [replace(n, other=_other(text, n)) for n in settle(found, taken)]


def toponyms(
    text: str,
    hits: Sequence[NameHit],
    gazetteer: Gazetteer,
    tagged: Sequence[Tagged] | None,
    several_words: float = 0.0,
) -> Iterator[Named]:
    """Names of cities, regions, countries: the tagger's and the gazetteer's, overlaps left in.

    `several_words` is what the score of a name of two words and more gains.
    """
    storms = {match[1].lower() for match in _STORM.finditer(text)} | _STORM_WORDS
    for name in _cities(text, hits, gazetteer, several_words):
        if text[name.start : name.end].lower() not in storms:
            yield name
    for name in _tagged(text, hits, gazetteer, tagged or ()):
        if text[name.start : name.end].lower() not in storms:
            yield name


def _tagged(
    text: str, hits: Sequence[NameHit], gazetteer: Gazetteer, tagged: Sequence[Tagged]
) -> Iterator[Named]:
    exact = {(hit.start, hit.end): hit.ids for hit in hits}
    for tag in tagged[:_MOST_TAGGED]:
        words = text[tag.start : tag.end]
        if words in US_STATES:
            yield Named(tag.start, tag.end, _K.PROVINCE, "state", 0.7 + 0.2 * tag.surety)
            continue
        ids = exact.get((tag.start, tag.end)) or tag.ids
        if not ids:
            ids = tuple(e.id for e in known_places(words, gazetteer))
        if ids:
            kind = gazetteer.entry(ids[0]).kind
            yield Named(tag.start, tag.end, kind, "tagger", 0.55 + 0.38 * tag.surety, ids)
        else:
            yield Named(tag.start, tag.end, kind_of(words), "tagger", 0.4 + 0.25 * tag.surety)


_STORM = re.compile(r"(?i:\b(?:hurricane|cyclone|typhoon|storm)[ _]?#?)([A-Z]\w{2,15})")
_STORM_WORDS = {"hurricane", "cyclone", "typhoon", "storm"}
"""A storm is called like a town or a person, and keeps the name throughout the text."""
_MOST_TAGGED = 40
_SURE = 0.75
_LAST = 0.51
_ENDINGS = (
    (re.compile(r"(?i)\b(?:county|district|parish|borough|taluk|tehsil)$"), _K.DISTRICT),
    (re.compile(rf"\b{_ROAD}\.?$"), _K.STREET),
    (re.compile(rf"\b{_STATION}$"), _K.STATION),
    (re.compile(rf"(?i)(?:\b(?:river|lake|dam|mount|mountains?|bay|island|islands|beach|airport)$|{_LANDMARK}$)"),
     _K.LANDMARK),
)  # fmt: skip


def kind_of(words: str) -> PlaceKind:
    """What kind of place these words name, by their ending."""
    if _SHOP.match(words):
        return _K.SHOP
    return next((kind for pattern, kind in _ENDINGS if pattern.search(words)), _K.OTHER)


_CAPITAL_BEFORE = re.compile(
    r"[A-Z][\w'’]* $(?<!Station )(?<!Street )(?<!St )(?<!Road )(?<!Rd )(?<!Ave )(?<!Avenue )(?<!Market )"
    r"(?<!Mall )(?<!Park )(?<!Square )(?<!Airport )(?<!Church )(?<!Temple )(?<!Hospital )"
)


def _cities(
    text: str, hits: Sequence[NameHit], gazetteer: Gazetteer, several_words: float = 0.0
) -> Iterator[Named]:
    last = 0
    for hit in hits:
        name = text[hit.start : hit.end]
        if (
            hit.start < last
            or name[0] >= "\u2e80"
            or not name[0].isupper()
            or name.lower() in _NOT_NAMES
            or len(name) < 3
        ):
            continue
        best = gazetteer.entry(hit.ids[0])
        score = 0.5 if best.population < 300_000 else 0.68
        if best.kind in (_K.COUNTRY, _K.PROVINCE):
            score = 0.72
        if _PLACE_LIKE.search(text[max(0, hit.start - 14) : hit.start]):
            score += 0.14
        if " " in name:
            score += several_words
        region = _REGION_AFTER.match(text[hit.end : hit.end + 30])
        if region and (not region["code"] or region["code"] in US_STATES):
            score += 0.2
        if re.match(r"^\s?(?:[,.:;)]|$|\()", text[hit.end : hit.end + 2]):
            score += 0.06
        before = text[max(0, hit.start - 16) : hit.start]
        if re.match(r"^ [A-Z][a-z]", text[hit.end : hit.end + 3]):
            score -= 0.2
        if _CAPITAL_BEFORE.search(before) and not _PLACE_LIKE.search(before):
            score -= 0.2
        last = hit.end
        if score >= 0.55:
            yield Named(hit.start, hit.end, best.kind, "gazetteer", min(score, 0.92), hit.ids)
            if region and region["code"] in US_STATES:
                a = hit.end + region.start("code")
                yield Named(a, a + 2, _K.PROVINCE, "state", 0.9)


def _by_form(text: str) -> Iterator[Named]:
    for at in sorted(map(int, _GATE.open(text))):
        rule, kind, score, pattern = _COMPILED[at]
        for m in pattern.finditer(text):
            start, end = _trim(
                text, m.start("name"), m.end("name"), keep_last=rule not in ("position", "lead")
            )
            if end - start >= 3 and text[start:end].lower() not in _NO_WHOLE_NAME:
                length = 0.02 if " " in text[start:end] else 0.0
                yield Named(start, end, kind, rule, score + length)


def _trim(text: str, start: int, end: int, *, keep_last: bool) -> tuple[int, int]:
    """Without words at either end that begin sentences or name people, days and the like."""
    while start < end:
        word = re.match(r"[^\s–—]+", text[start:end])
        if (
            word is None
            or word[0].strip(".,:;'’").lower() not in _NOT_NAMES
            or (keep_last and word.end() == end - start)
        ):
            break
        start += word.end() + 1
    while not keep_last and start < end:
        word = re.search(r"[^\s]+$", text[start:end])
        if word is None or word[0].strip(".,:;'’").lower() not in _NOT_NAMES:
            break
        end = start + word.start()
        end -= 1 if end > start else 0
    while end > start and text[end - 1] in " .'’-,":
        end -= 1
    return (start, end) if start < end else (end, end)


def _shops(text: str) -> Iterator[Named]:
    for m in _SHOP.finditer(text):
        yield Named(m.start(), m.end(), _K.SHOP, "chain", 0.7)


def _other(text: str, name: Named) -> str:
    before = text[max(0, name.start - 40) : name.start]
    if _OTHER_BEFORE.search(before):
        return "home or goal of a journey"
    if _MISSING.search(text[max(0, name.start - 75) : name.start]):
        return "place of another event"
    return ""


_NO_WHOLE_NAME = {
    "black", "white", "red", "blue", "green", "yellow", "pink", "grey", "gray", "city", "riverside",
    "new", "old", "gran", "the old", "street station", "bus station", "train station", "metro station",
    "station", "market", "park",
}  # fmt: skip

US_STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California",
    "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas",
    "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts",
    "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana",
    "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico",
    "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma",
    "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina",
    "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont",
    "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
    "DC": "District of Columbia",
}  # fmt: skip
