"""How time is written in a hurry: how long ago, since when, and the everyday words that English posts borrow.

Words for elapsed time, "for the past hour", and days, parts of the day and clocks in Hindi, Urdu, Bengali,
Tagalog, Malay and Swahili as they stand in posts that are else English. Every pattern is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.extract import days
from bot.extract.clocks_en import NUMBERS
from bot.extract.prefilter import Gate
from bot.extract.timewords import Clock, Hours, Role, Word

_COUNT = (
    r"(?:\d{1,3}|a couple of|couple of|a couple|couple|one|two|three|four|five|six|seven|eight|nine|"
    r"ten|eleven|twelve|fifteen|twenty|thirty|forty|an?)"
)
_TENS = {"thirty": 30, "forty": 40}


def _count(text: str) -> float:
    low = text.lower()
    if low == "half an" or low == "half":
        return 0.5
    if low.replace(".", "").isdigit():
        return float(low)
    return float(_TENS.get(low) or NUMBERS.get(low) or 1)


_UNIT = r"(?P<unit>minutes?|mi?nu?ts?|mins?|hours?|hrs?)"
_AGO = re.compile(
    rf"(?<![.\d])\b(?P<near>about |around |approx\.? |over |just |less than |under |not even |not |"
    rf"maybe |like |abt |bout |roughly |nearly |almost |some )?"
    rf"(?P<n>half an|half|a few|few|several|\d\.5|{_COUNT})\s?{_UNIT}(?P<half>(?: and)?(?: an?)? half)? "
    rf"(?:ago|back|before(?=\s?[,.!?;:)]|$)|earlier(?=\s?[,.!?;:)]|$))(?!\s(?:home|seat|door|to)\b)",
    re.IGNORECASE,
)
_HALF_HOUR = re.compile(r"\b(?:an )?hour and (?:a )?half (?:ago|back)\b", re.IGNORECASE)
_FOR = re.compile(
    rf"\b(?:for|over|in|during|within) (?:about |around |almost |nearly |at least )?the (?:past|last) "
    rf"(?:(?P<n>half an|half|few|couple of|\d\.5|{_COUNT}) ?)?{_UNIT}(?P<half> and a half)?(?: or so|"
    rf" now)?\b",
    re.IGNORECASE,
)
_SOON_AGO = re.compile(
    r"\b(?:not (?:too |very )?long (?:ago|since|back)|not long since|a (?:minute|moment|second|sec|min) ago|"
    r"(?:a )?few (?:mins|minutes|moments) (?:ago|back)|moments ago|a (?:little|short|wee) (?:while|bit) "
    r"(?:ago|back)|a bit ago)\b",
    re.IGNORECASE,
)
_NOW = re.compile(
    r"\b(?:just now(?! (?:arriving|got the|read))|right now|rn|(?:right )?this (?:very )?(?:minute|moment|"
    r"second)|"
    r"currently|as of now|as we speak|at the moment|just (?:saw|seen|spotted|passed|took|walked|noticed)|"
    r"i just\b|as i type)|(?<=[.!?,] )now(?=[.!?]|$)",
    re.IGNORECASE,
)
_GATE = Gate(
    (name, p.pattern)
    for name, p in (("ago", _AGO), ("half", _HALF_HOUR), ("for", _FOR), ("soon", _SOON_AGO), ("now", _NOW))
)


def find_elapsed(text: str) -> Iterator[Word]:
    """How long before the post: two hours ago, for the past hour, not long since, just now."""
    worth = _GATE.open(text)
    for m in _AGO.finditer(text) if "ago" in worth else ():
        yield _ago(m)
    for m in _HALF_HOUR.finditer(text) if "half" in worth else ():
        yield _back(m, (120.0, 60.0), "time ago", 0.85)
    for m in _FOR.finditer(text) if "for" in worth else ():
        unit = 60.0 if m["unit"][0].lower() == "h" else 1.0
        count = (
            3.0 if (m["n"] or "").lower() == "few" else _count(m["n"] or "1") + (0.5 if m["half"] else 0.0)
        )
        yield _back(m, (count * unit, 0.0), "for so long", 0.8)
    for m in _SOON_AGO.finditer(text) if "soon" in worth else ():
        yield _back(m, (60.0, 0.0) if "long" in m[0].lower() else (30.0, 0.0), "not long ago", 0.7)
    for m in _NOW.finditer(text) if "now" in worth else ():
        sure = "now" in m[0].lower() or "min" in m[0].lower()
        alone = m[0].lower() == "now"
        yield _back(m, (30.0, 0.0), "just now", 0.45 if alone else 0.75 if sure else 0.5)


def _ago(m: re.Match[str]) -> Word:
    unit = 60 if m["unit"][0].lower() == "h" else 1
    name, near = m["n"].lower(), (m["near"] or "").lower()
    start = m.start("n") if near == "not " else m.start()
    if name in ("a few", "few", "several"):
        back = (8.0 if unit == 1 else 6.0 * unit, 2.0 * unit)
    else:
        count = _count(name) + (0.5 if m["half"] else 0.0)
        slack = max(5.0, min(30.0, count * unit / 2))
        back = (count * unit + slack, count * unit - slack)
        if near in ("less than ", "under ", "not even ", "not "):
            back, start = (count * unit, 0.0), m.start()
    return Word(start, m.end(), Role.BACK, "time ago", 0.85, back_min=back)


def _back(m: re.Match[str], back: tuple[float, float], rule: str, score: float) -> Word:
    return Word(m.start(), m.end(), Role.BACK, rule, score, back_min=back)


# --- borrowed words ---------------------------------------------------------------------------

_AM, _NOON, _PM, _DUSK = Hours(6, 12, "am"), Hours(11, 13.5, "noon"), Hours(12, 18, "pm"), Hours(17, 20, "pm")
_NIGHT, _SMALL = Hours(20, 24, "night"), Hours(0, 6, "am")
_PARTS: dict[str, Hours] = {
    "subah": _AM, "subha": _AM, "savere": _AM, "dopahar": Hours(12, 16, "pm"), "dopehar": Hours(12, 16, "pm"),
    "shaam": _DUSK, "sham": _DUSK, "raat": _NIGHT, "sokal": _AM, "bikel": Hours(15, 18, "pm"),
    "umaga": _AM, "buntag": _AM, "tanghali": _NOON, "hapon": _PM, "gabi": _NIGHT, "gabii": _NIGHT,
    "madaling araw": _SMALL, "pagi": _AM, "siang": Hours(11, 15, "pm"), "petang": Hours(15, 19, "pm"),
    "malam": _NIGHT, "asubuhi": _AM, "mchana": _PM, "jioni": _DUSK, "usiku": _NIGHT,
}  # fmt: skip
_DAYS: dict[str, int] = {
    "kaninang": 0, "kanina": 0, "kahapon": 1, "kagabi": 1, "aaj": 0, "aaji": 0, "aj": 0,
    "kemarin": 1, "semalam": 1, "tadi": 0, "jana": 1, "parso": 2, "parson": 2, "kemarin lusa": 2,
}  # fmt: skip
_OF_DAY = {"kagabi": _NIGHT}
_LINK = r"(?: (?:ng|nang|ke|ki|ko|k|mga|bandang|around|about)){0,2}"
_SPANISH = {"una": 1, "dos": 2, "tres": 3, "kwatro": 4, "cuatro": 4, "singko": 5, "sais": 6, "siyete": 7,
            "otso": 8, "nuwebe": 9, "nueve": 9, "diyes": 10, "onse": 11, "dose": 12}  # fmt: skip
_DAY = re.compile(
    r"(?-i:\b(?P<day>" + "|".join(sorted((w for w in _DAYS), key=len, reverse=True)) + r")\b|"
    r"\b(?:Aaj|Aaji|Kaninang?|Kahapon|Kagabi|Kemarin|Parso)\b|\bkal(?= (?:raat|rat|subah|shaam|sham|"
    r"dopahar)\b))"
)
_PART = re.compile(
    r"(?-i:\b(?P<part>"
    + "|".join(sorted(_PARTS, key=len, reverse=True))
    + r")\b|(?<=kemarin )sore\b|(?<=tadi )sore\b|"
    r"\brat\b(?= \d))"
)
_CLOCK = re.compile(
    r"(?-i:\b(?P<h>1[0-2]|[1-9])(?:[:.](?P<m>[0-5]\d))?\s?(?:baje|bajey|bojat|bje|tay|ta baje|ta nagad|"
    r"maniykku|"
    r"manikku|maniku)\b|\balas (?P<sp>"
    + "|".join(_SPANISH)
    + r")\b|\b(?:jam|pukul|kl\.?|alas) (?P<h2>2[0-3]|1\d|[1-9])"
    r"(?:[:.](?P<m2>[0-5]\d))?(?=[ .,!?)]|$)(?! (?:jam|hours?|minutes?))|\bmga (?P<h3>1[0-2]|"
    r"[1-9])(?= ng (?:umaga|hapon|gabi|"
    r"tanghali))|(?<=rat )(?P<h4>1[0-2]|[1-9])ta\b)"
)
_BORROWED_GATE = Gate(
    [("day", "|".join([*_DAYS, "kal ", "Aaj", "Kanina", "Kahapon", "Kagabi", "Kemarin", "Parso"])),
     ("part", "|".join([*_PARTS, "sore", "rat "])),
     ("clock", "baje|bajey|bojat|bje|tay|nagad|mani|alas|jam |pukul|kl |kl.|mga |rat ")]
)  # fmt: skip
_BAD_DAY = re.compile(r" (?:cross|street|road|rd|st)\b", re.IGNORECASE)


def find_borrowed(text: str) -> Iterator[Word]:
    """Days, parts of the day and clocks in words of other languages, in a normal form."""
    worth = _BORROWED_GATE.open(text)
    for m in _DAY.finditer(text) if "day" in worth else ():
        name = m[0].lower()
        if _BAD_DAY.match(text, m.end()):
            continue
        back = 1 if name == "kal" else _DAYS.get(name, 0)
        hours = _OF_DAY.get(name)
        yield Word(m.start(), m.end(), Role.DAY, "borrowed", 0.7, days=days.ago(back), hours=hours)
    for m in _PART.finditer(text) if "part" in worth else ():
        hours = _PARTS.get(m[0]) or (_NIGHT if m[0] == "rat" else Hours(15, 18, "pm"))
        yield Word(m.start(), m.end(), Role.PART, "borrowed part", 0.6, hours=hours)
    for m in _CLOCK.finditer(text) if "clock" in worth else ():
        hour = m["h"] or m["h2"] or m["h3"] or m["h4"]
        value = int(hour) if hour else _SPANISH[m["sp"]]
        minute = int(m["m"] or m["m2"] or 0)
        rough = (30, 30) if m["h3"] else (15, 15) if minute % 15 == 0 else (5, 5)
        clock = Clock(value, minute, *rough, written_24=value > 12)
        yield Word(m.start(), m.end(), Role.CLOCK, "borrowed clock", 0.85, clock=clock)
