"""How time is written in a hurry: how long ago, since when, and the everyday words that English posts borrow.

Words for elapsed time, "for the past hour", and days, parts of the day and clocks in Hindi, Urdu, Bengali,
Tagalog, Malay and Swahili as they stand in posts that are else English. Every pattern is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from bot.extract import timewords_borrowed
from bot.extract.clocks_en import NUMBERS
from bot.extract.prefilter import Gate
from bot.extract.timewords import Clock, Role, Word

_MOST = 60
_COUNT = (
    r"(?:\d{1,3}|a couple of|couple of|a couple|couple|one|two|three|four|five|six|seven|eight|nine|"
    r"ten|eleven|twelve|fifteen|twenty|thirty|forty|an?)"
)
_TENS = {"thirty": 30, "forty": 40}


def _count(text: str) -> float:
    low = text.lower()
    if low in ("half an", "half-an", "half", "a half"):
        return 0.5
    if low.replace(".", "").isdigit():
        return float(low)
    return float(_TENS.get(low) or NUMBERS.get(low) or 1)


_UNIT = r"(?P<unit>minutes?|mi?nu?ts?|mins?|minuets?|hours?|hrs?|hr's)"
_NEAR = (
    r"(?:about |around |approx\.? |approximately |over |just over |just under |just |less than |under |"
    r"not even |not more than |not |"
    r"hardly |barely |only |literally |maybe |like |abt |bout |arnd |roughly |nearly |almost |some |"
    r"close to |a good |"
    r"somewhere around |at least |more than |within )"
)
_BACK_WORD = r"(?:ago|back(?! (?:from|to|in|home))|b4|before(?=\s?[,.!?;:)]|$)|earlier(?=\s?[,.!?;:)]|$))"
_AGO = re.compile(
    rf"(?<![.\d])\b(?P<near>{_NEAR})?"
    rf"(?:(?P<n>half[ -]an|half|a half|a few|few|several|some|\d\.5|{_COUNT})(?:\s?(?:-|–|to|or|/)\s?"
    rf"(?P<n2>\d{{1,3}}|two|three|four|five|six|ten|fifteen|twenty|thirty))?\s?-?(?:ish )?{_UNIT}"
    rf"(?P<half>(?: and)?(?: an?)? half)?(?P<extra>,?(?: and| n)? \d{{1,2}} ?min(?:ute)?s?)?(?: or (?:so|"
    rf"two)| plus)? |"
    rf"(?P<short>\d{{1,2}})(?P<hm>[hm]) )"
    rf"{_BACK_WORD}(?!\s(?:home|seat|door|to)\b)",
    re.IGNORECASE,
)
_HINDI = {
    "ek": 1,
    "do": 2,
    "teen": 3,
    "tin": 3,
    "char": 4,
    "chaar": 4,
    "paanch": 5,
    "panch": 5,
    "das": 10,
    "aadha": 0.5,
}
_PEHLE = re.compile(
    r"\b(?P<n>\d{1,2}|" + "|".join(_HINDI) + r") (?P<unit>ghante|ghanta|ghanty|ghnte|minute|mint|min|minat) "
    r"(?:pehle|pahle|pehlay|phle|pehley)\b|\bbefore (?P<n2>\d{1,2}) (?P<unit2>mins?|minutes|hrs?|hours?)\b",
    re.IGNORECASE,
)
_VAGUE = re.compile(
    r"(?<!few )(?<!couple of )(?<!\d )\b(?P<unit>minutes|mins|seconds|moments|hours|hrs) (?:ago|earlier)\b",
    re.IGNORECASE,
)
_HALF_HOUR = re.compile(r"\b(?:an? )?(?:hour|hr) (?:and |n |& )?(?:a )?half (?:ago|back)\b", re.IGNORECASE)
_FOR = re.compile(
    rf"\b(?:(?:for|over|in|during|within) (?:about |around |almost |nearly |at least |like )?)?(?:the|"
    rf"this) (?:past|last) "
    rf"(?:(?P<n>half an|half|few|couple of|\d\.5|{_COUNT}) ?)?{_UNIT}(?P<half> and a half)?(?: or so|"
    rf" now)?\b",
    re.IGNORECASE,
)
_NOW_FOR = re.compile(
    rf"\bfor (?:about |around |almost |nearly |at least |over |like )?(?P<n>half an|half|a few|few|"
    rf"a couple of|{_COUNT}) ?{_UNIT}"
    rf"(?P<half> and a half)? now\b|\b(?:in|within) the (?P<hour>hour)\b",
    re.IGNORECASE,
)
_SOON_AGO = re.compile(
    r"\b(?:not (?:too |very |so )?long (?:ago|since|back)|not long since|a (?:minute|moment|second|sec|"
    r"min) ago|"
    r"(?:just )?(?:a )?few (?:mins|minutes|moments|seconds|secs) (?:ago|back)|(?:just )?(?:moments|"
    r"seconds) ago|"
    r"(?:just )?a (?:little|short|wee|lil) (?:while|bit) "
    r"(?:ago|back)|a bit ago|a bit earlier|a while earlier)\b",
    re.IGNORECASE,
)
_NOW = re.compile(
    r"\b(?:(?:literally |only )?just now(?! (?:arriving|got the|read))|right now|rn|(?:right |just |"
    r"at )?this (?:very |exact )?"
    r"(?:minute|moment|second|instant)|"
    r"currently|as of now|as we speak|at the moment|at the mo\b|just (?:saw|seen|spotted|passed|took|"
    r"walked|noticed|met|"
    r"witnessed|come across|came across|drove past|walked past)|"
    r"i just\b|as i type|as (?:i(?:'m| am)?|im) (?:typing|writing|posting)|at this hour|presently|now now|"
    r"jst now|just nw|jus now|jst saw|jus saw)|(?<=[.!?,] )now(?=[.!?]|$)",
    re.IGNORECASE,
)
_BELLS: dict[str, float] = {
    "iftar": 18.3,
    "iftari": 18.3,
    "maghrib": 18.3,
    "magrib": 18.3,
    "sunset": 18.5,
    "sundown": 18.5,
    "dark": 19.0,
    "sunrise": 6.0,
    "dawn": 5.5,
    "fajr": 5.0,
    "noon": 12.0,
    "midday": 12.0,
    "midnight": 24.0,
    "lunch": 12.5,
    "isha": 20.0,
    "dinner": 19.0,
    "zuhr": 13.0,
    "dhuhr": 13.0,
    "asr": 16.0,
    "jummah": 13.5,
    "jumma": 13.5,
    "closing": 21.0,
}
_BESIDE = re.compile(
    rf"\b(?:about |around |like |roughly |abt |bout )?(?P<n>half an|half|a few|"
    rf"{_COUNT})\s?{_UNIT} (?P<way>before|b4|after|past|till|to) "
    r"(?:the )?(?P<bell>" + "|".join(sorted(_BELLS, key=len, reverse=True)) + r")\b(?: time)?",
    re.IGNORECASE,
)
_GATE = Gate(
    (name, p.pattern)
    for name, p in (
        ("ago", _AGO),
        ("half", _HALF_HOUR),
        ("for", _FOR),
        ("soon", _SOON_AGO),
        ("now", _NOW),
        ("vague", _VAGUE),
        ("pehle", _PEHLE),
        ("now for", _NOW_FOR),
        ("beside", _BESIDE),
    )
)


def find_elapsed(text: str) -> Iterator[Word]:
    """How long before the post: two hours ago, for the past hour, not long since, just now."""
    worth = _GATE.open(text)
    for m in islice(_AGO.finditer(text), _MOST) if "ago" in worth else ():
        yield _ago(m)
    for m in islice(_HALF_HOUR.finditer(text), _MOST) if "half" in worth else ():
        yield _back(m, (120.0, 60.0), "time ago", 0.85)
    for m in islice(_FOR.finditer(text), _MOST) if "for" in worth else ():
        unit = 60.0 if m["unit"][0].lower() == "h" else 1.0
        count = (
            3.0 if (m["n"] or "").lower() == "few" else _count(m["n"] or "1") + (0.5 if m["half"] else 0.0)
        )
        yield _back(m, (count * unit, 0.0), "for so long", 0.8)
    for m in islice(_NOW_FOR.finditer(text), _MOST) if "now for" in worth else ():
        unit = 60.0 if m["hour"] or m["unit"][0].lower() == "h" else 1.0
        name = (m["n"] or "1").lower()
        count = 3.0 if "few" in name else _count(name) + (0.5 if m["half"] else 0.0)
        yield _back(m, (count * unit, 0.0), "for so long", 0.7)
    for m in islice(_VAGUE.finditer(text), _MOST) if "vague" in worth else ():
        hours = m["unit"][0].lower() == "h"
        yield _back(m, (360.0, 60.0) if hours else (30.0, 0.0), "not long ago", 0.6)
    for m in islice(_PEHLE.finditer(text), _MOST) if "pehle" in worth else ():
        name = (m["n"] or m["n2"]).lower()
        so = (float(name) if name.isdigit() else _HINDI[name]) * (
            60 if (m["unit"] or m["unit2"])[0].lower() in "gh" else 1
        )
        slack = max(5.0, min(30.0, so / 2))
        yield _back(m, (so + slack, so - slack), "time ago", 0.8)
    for m in islice(_BESIDE.finditer(text), _MOST) if "beside" in worth else ():
        yield _beside(m)
    for m in islice(_SOON_AGO.finditer(text), _MOST) if "soon" in worth else ():
        yield _back(m, (60.0, 0.0) if "long" in m[0].lower() else (30.0, 0.0), "not long ago", 0.7)
    for m in islice(_NOW.finditer(text), _MOST) if "now" in worth else ():
        sure = "now" in m[0].lower() or "min" in m[0].lower()
        alone = m[0].lower() == "now"
        yield _back(m, (30.0, 0.0), "just now", 0.45 if alone else 0.75 if sure or "ust s" in m[0] else 0.55)


def _ago(m: re.Match[str]) -> Word:
    near = (m["near"] or "").lower()
    start = m.end("near") if near == "not " else m.start()
    if m["short"]:
        count, unit = float(m["short"]), 60 if m["hm"].lower() == "h" else 1
        name = ""
    else:
        unit = 60 if m["unit"][0].lower() == "h" else 1
        name = m["n"].lower()
        count = _count(name) + (0.5 if m["half"] else 0.0)
    if name in ("a few", "few", "several", "some"):
        return Word(
            start,
            m.end(),
            Role.BACK,
            "time ago",
            0.92,
            back_min=(8.0 if unit == 1 else 6.0 * unit, 2.0 * unit),
        )
    if name and m["extra"]:
        count += float(re.sub(r"\D", "", m["extra"])) / unit
    last = (
        _count(m["n2"]) if name and m["n2"] else 2.0 if name and m[0].lower().find(" or two ") > 0 else count
    )
    slack = max(5.0, min(30.0, count * unit / 2))
    back = (max(count, last) * unit + slack, count * unit - slack)
    if near in (
        "less than ",
        "under ",
        "just under ",
        "not even ",
        "not ",
        "not more than ",
        "hardly ",
        "barely ",
        "within ",
    ):
        back, start = (count * unit, 0.0), m.start()
    return Word(start, m.end(), Role.BACK, "time ago", 0.92, back_min=back)


def _beside(m: re.Match[str]) -> Word:
    """An hour before iftar: so far from where that most often lies, half an hour either way."""
    unit = 1.0 if m["unit"][0].lower() == "h" else 1 / 60
    by = (0.5 if "half" in m["n"].lower() else 0.1 if "few" in m["n"].lower() else _count(m["n"])) * unit
    at = _BELLS[m["bell"].lower()] + (by if m["way"].lower() in ("after", "past") else -by)
    minutes = round(at * 60)
    clock = Clock(minutes // 60, minutes % 60, 30, 30, written_24=True, fixed=True)
    return Word(m.start(), m.end(), Role.CLOCK, "beside a bell", 0.8, clock=clock)


def _back(m: re.Match[str], back: tuple[float, float], rule: str, score: float) -> Word:
    return Word(m.start(), m.end(), Role.BACK, rule, score, back_min=back)


# --- borrowed words ---------------------------------------------------------------------------

_SPANISH = {"una": 1, "dos": 2, "tres": 3, "kwatro": 4, "cuatro": 4, "singko": 5, "sais": 6, "siyete": 7,
            "otso": 8, "nuwebe": 9, "nueve": 9, "diyes": 10, "onse": 11, "dose": 12}  # fmt: skip
_HOURS_HI = {
    "ek": 1, "do": 2, "teen": 3, "tin": 3, "char": 4, "chaar": 4, "paanch": 5, "panch": 5, "chhe": 6,
        "chhah": 6, "che": 6,
    "saat": 7, "sat": 7, "aath": 8, "ath": 8, "nau": 9, "das": 10, "dus": 10, "gyarah": 11, "gyara": 11,
        "barah": 12, "bara": 12,
}  # fmt: skip
_SWAHILI = {
    n: i + 1
    for i, n in enumerate(("moja", "mbili", "tatu", "nne", "tano", "sita", "saba", "nane", "tisa", "kumi"))
}
_AFRIKAANS = {
    n: i + 1
    for i, n in enumerate(
        ["een", "twee", "drie", "vier", "vyf", "ses", "sewe", "agt", "nege", "tien", "elf", "twaalf"]
    )
}
_HI = "|".join(sorted(_HOURS_HI, key=len, reverse=True))
_SAA = re.compile(
    r"\bsaa (?:(?<=usiku saa )|(?<=jioni saa )|(?<=asubuhi saa )|(?<=mchana saa )|(?<=leo saa )|"
    r"(?<=jana saa )|"
    r"(?=[a-z0-9 ]{1,24} (?:za |ya )?(?:asubuhi|mchana|jioni|usiku|alfajiri)))(?P<n>kumi na moja|"
    r"kumi na mbili|" + "|".join(_SWAHILI) + r"|1[0-2]|[1-9])(?P<half> na nusu)?\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?-i:(?P<lean>\b(?:[Ss]aa?r?d?h?a?h?[ey]y?|sadday|[Ss]a[wv]a|[Pp]a?u?o?ney?) )?\b(?P<h>1[0-2]|[1-9]|"
    + _HI
    + r")(?:[:.](?P<m>[0-5]\d))?\s?(?:baje|bajay|bajey|bojat|bje|uur|tay|ta baje|ta nagad|"
    r"maniykku|"
    r"manikku|maniku)\b|\b(?:alas|ala|a las)[ -](?P<sp>"
    + "|".join(_SPANISH)
    + r")(?P<medya>(?: y medya| y media| at kalahati))?\b|\b(?:jam|pukul|pkl|vers|kl\.?|alas|"
    r"a las)[ -](?P<h2>2[0-3]|1\d|[1-9])"
    r"(?:[:.](?P<m2>[0-5]\d))?(?=[ .,!?)]|$)(?! (?:jam|hours?|minutes?))|\bmga (?P<h3>1[0-2]|"
    r"[1-9])(?= ng (?:umaga|hapon|gabi|"
    r"tanghali))|(?:(?<=hapon mga )|(?<=umaga mga )|(?<=gabi mga ))(?P<h5>1[0-2]|[1-9])\b|"
    r"(?P<kwart>\b[Kk]wart (?:voor|oor) )"
    r"(?P<af>"
    + "|".join(_AFRIKAANS)
    + r")\b|\b(?P<lean2>[Ss]aa?r?d?h?a?h?[ey]y?|[Ss]a[wv]a|[Pp]au?ney?) (?P<h6>"
    + _HI
    + r")\b|(?<=rat )(?P<h4>1[0-2]|[1-9])ta\b)"
)
_BORROWED_GATE = Gate(
    [
        ("saa", "saa "), ("range", " se | hanggang "),
        ("clock", "baje|bajay|bajey|bojat|bje|tay|ta nagad|mani|alas|ala-|a las|jam |pukul|pkl|kl |kl.|mga "
            "|rat |kwart|sava|"
         "sawa|sadhe|saadhe|saarhay|sarhe|paune|paunay|pone|uur|vers "),
    ]
)  # fmt: skip


def find_borrowed(text: str) -> Iterator[Word]:
    """Days, parts of the day and clocks in words of other languages, in a normal form."""
    worth = _BORROWED_GATE.open(text)
    yield from timewords_borrowed.find_words(text)
    for m in islice(_SAA.finditer(text), _MOST) if "saa" in worth else ():
        name = m["n"].lower()
        count = int(name) if name.isdigit() else sum(_SWAHILI[w] for w in name.split(" na "))
        spoken = Clock((count + 5) % 12 + 1, 30 if m["half"] else 0, written_24=False)
        yield Word(m.start(), m.end(), Role.CLOCK, "borrowed clock", 0.85, clock=spoken)
    for m in islice(_CLOCK.finditer(text), _MOST) if "clock" in worth else ():
        hour = m["h"] or m["h2"] or m["h3"] or m["h4"] or m["h5"] or m["h6"]
        value = (
            _HOURS_HI.get(hour) or int(hour)
            if hour
            else _SPANISH[m["sp"]]
            if m["sp"]
            else _AFRIKAANS[m["af"]]
        )
        minute = 30 if m["medya"] else int(m["m"] or m["m2"] or 0)
        lean_word = (m["lean"] or m["lean2"] or "").lower()
        lean = lean_word[:2]
        if m["kwart"]:
            before = "voor" in m["kwart"]
            value, minute = ((value - 2) % 12 + 1, 45) if before else (value, 15)
        elif lean in ("pa", "po"):
            value, minute = (value - 2) % 12 + 1, 45
        elif lean == "sa":
            minute = 15 if "w" in lean_word or "v" in lean_word else 30
        rough = (30, 30) if m["h3"] or m["h5"] else (15, 15) if minute % 15 == 0 else (5, 5)
        clock = Clock(value, minute, *rough, written_24=value > 12)
        yield Word(m.start(), m.end(), Role.CLOCK, "borrowed clock", 0.85, clock=clock)
