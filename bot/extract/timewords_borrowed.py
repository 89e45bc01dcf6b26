"""Days, parts of the day and "just now" in words that English posts borrow from many languages. Tables.

South Asia, the Philippines, the Malay world, Africa, Spanish, French, Scots, Patois: as they are written in
posts, in small letters or at the beginning of a sentence (else they are names of people).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from bot.extract import days
from bot.extract.timewords import Hours, Role, Word

_AM, _NOON, _PM = Hours(6, 12, "am"), Hours(11, 13.5, "noon"), Hours(12, 18, "pm")
_DUSK, _LATE, _NIGHT = Hours(17, 20, "pm"), Hours(15, 19, "pm"), Hours(20, 24, "night")
_SMALL, _EVENING, _DAWN = Hours(0, 6, "am"), Hours(18, 24, "night"), Hours(4, 7, "am")

_PARTS: tuple[tuple[Hours, str], ...] = (
    (
        _AM,
        "subah|subha|subh|savere|sawere|sokal|sokale|shokale|umaga|buntag|bigat|pagi|asubuhi|ravile|kalaila|"
        "kaalaila|kaalaiyil|podduna|belagge|sakali|bihana|ekuseni|oggend|de la mañana|por la mañana|en la "
        "mañana|"
        "da safe|laaro|ututu|udee",
    ),
    (Hours(5, 9, "am"), "subah subah|subah savere|vroegoggend|early momo|early mor mor|early mormor"),
    (_DAWN, "alfajiri|subuh|kadlawon|madrugada"),
    (_SMALL, "madaling araw|aadhi raat ke baad"),
    (
        _NOON,
        "tanghali|tanghaling tapat|tengahari|tengah hari|tgh hari|udto|uchakku|madhiyam|al mediodía|al "
        "mediodia|"
        "madhyanam|madhyahna",
    ),
    (
        Hours(12, 16, "pm"),
        "dopahar|dopehar|dopeher|dupahar|dophar|dopher|dupehri|dupur|dupure|dupari|bapore|diuso",
    ),
    (
        _PM,
        "hapon|mchana|middag|namiddag|laatmiddag|din mein|din me|por la tarde|de la tarde|en la tarde|"
        "efternoon|"
        "efternin|siang",
    ),
    (
        _LATE,
        "petang|ptg|bikel|bikele|vaikunneram|saayangalam|sayangalam|sayantram|sanje|hawasa|havasa|beluka",
    ),
    (_DUSK, "shaam|sham|shaami|sondha|shondha|sondhyay|sandhyakali|saanjha|jioni|oras ng uwian"),
    (_EVENING, "gabi|gabii|aand|por la noche|de la noche|en la noche|mata"),
    (
        _NIGHT,
        "raat|raate|raater|raati|raatko|raatre|ratri|rathiri|rathri|iravu|malam|mlm|usiku|ebusuku|da dare|"
        "rabii",
    ),
    (Hours(23, 26, "night"), "hatinggabi|usiku wa manane|aadhi raat|adhi raat|tengah malam|medianoche"),
)
_DAYS: tuple[tuple[int, str], ...] = (
    (0, "aaj|aaji|aj|aje|ajj|kanina|kaninang|kanina lang|kanina pa|kanina pang|kani-kanina|kani-kanina "
        "lang|kani-kaninang|"
        "karong|karon|ganina|ganiha|gaina|itay|tadi|hari ini|leo|hoy|aujourd'hui|vandag|inniku|innaiku|"
        "innu|ivala|"
        "ee roju|ivattu|aaja|ada|namhlanje|kajeno|nhasi|leero|zare|yau|ngayong|inniu"),
    (1, "kahapon|kagahapon|gahapon|gahapong|idi kalman|kemarin|semalam|semlm|smlm|jana|innale|nethu|netru|"
        "nethiku|ninna|"
        "ninne|gotokal|gotokaal|kalke|kal ko|gaikale|iye|eeye|izolo|maobane|nezuro|ennora|jiya|lana|ayer|"
        "hier|gister|"
        "gestern|yessideh|yesideh|yestideh|yuhstuday|yesty|unyaahu|tinant|ddoe|inné"),
    (2, "parso|parson|parsoon|juzi|antier|anteayer|avant-hier|eergister|kamakalawa|noong isang araw|"
        "kemarin lusa|"
        "kelmarin|asti"),
)  # fmt: skip
_DAY_PARTS: tuple[tuple[int, Hours, str], ...] = (
    (1, _NIGHT, "kagabi|kagabii|kagabing|anoche|malam tadi|malam semalam|tadi malam|semalam malam|"
        "yesternight|yesternite|"
                "yestreen|lass night|lass nite|aréir|neithiwr|idi rabii|izolo ebusuku|hijo rati|kal raati"),
    (1, Hours(18, 24, "night"), "hier soir|gisteraand|hijo beluka|hijo saanjha|kemarin malam"),
    (1, Hours(15, 18.5, "pm"), "kemarin sore|petang semalam"), (1, _AM, "hier matin|kemarin pagi|hijo "
        "bihana|ayer por la mañana"),
    (0, _AM, "ce matin|esta mañana|vanoggend|pagi tadi|tadi pagi|tadi pg|ada ude|ada udee|bore 'ma|itay "
        "bigat|aaj subah"),
    (0, _PM, "cet après-midi|cet aprem|esta tarde|vanmiddag|itay malem"),
    (0, Hours(15, 18, "pm"), "tadi sore|petang tadi|tadi petang"), (0, Hours(11, 15, "pm"), "tadi siang"),
    (0, Hours(17, 24, "night"), "vanaand|ce soir|esta noche|thenight"),
)  # fmt: skip
_WEEKDAYS: tuple[str, ...] = (
    "somvar|somwar|sombar|lunes|isnin|jumatatu|lunedi|maandag|lundi",
    "mangalvar|mangalwar|mangal ko|mangal|martes|selasa|jumanne|dinsdag|mongolbar|mardi|mangalbar",
    "budhvar|budhwar|budh ko|miyerkules|rabu|jumatano|woensdag|budhbar|miércoles|miercoles|mercredi",
    "guruvar|jumeraat|jumerat|huwebes|khamis|alhamisi|donderdag|jueves|jeudi|brihospotibar|bihibar",
    "shukravar|shukrawar|jumme ko|jumay ko|jummay ko|biyernes|jumaat|ijumaa|vrydag|viernes|vendredi|sukrabar",
    "shanivar|shaniwar|hafte ko|sabado|sábado|sabtu|jumamosi|saterdag|samedi|setterday|shonibar|sanibar",
    "itvar|itwar|itwaar|ravivar|raviwar|linggo|ahad|jumapili|sondag|dimanche|robibar|aitabar",
)
_NOWS = (
    "dazu|dazu dazu|dazu-dazu|dazun nan|abhi abhi|abhi|ngayon lang|ngayon-ngayon|ahora mismo|ahorita|sasa "
    "hivi|saa hii|"
    "baru je|baru saja|baru tadi|barusan|nou net|nau nau|just nau|thodi der pehle|kuch der pehle|hace rato|"
    "tantôt|"
    "kararaan lang|bago lang"
)


def _entries() -> dict[str, tuple[Role, str, days.Days | None, Hours | None]]:
    found: dict[str, tuple[Role, str, days.Days | None, Hours | None]] = {}
    for hours, names in _PARTS:
        for name in names.split("|"):
            found[name] = (Role.PART, "borrowed part", None, hours)
    for back, names in _DAYS:
        for name in names.split("|"):
            found[name] = (Role.DAY, "borrowed", days.ago(back), None)
    for back, hours, names in _DAY_PARTS:
        for name in names.split("|"):
            found[name] = (Role.DAY, "borrowed", days.ago(back), hours)
    for index, names in enumerate(_WEEKDAYS):
        for name in names.split("|"):
            found[name] = (Role.DAY, "borrowed weekday", days.weekday(index), None)
            for lead in ("noong ", "nung ", "nong ", "hari ", "siku ya ", "el "):
                found[lead + name] = found[name]
    for name in _NOWS.split("|"):
        found[name] = (Role.BACK, "just now", None, None)
    return found


_ENTRIES = _entries()
_BY_FIRST: dict[str, list[str]] = {}
for _name in sorted(_ENTRIES, key=len, reverse=True):
    _BY_FIRST.setdefault(_name.split(" ")[0], []).append(_name)
_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_STARTS = re.compile(r"(?:^|[.!?:;(\"“”'«\n—–-])\s*\Z")
_BAD_AFTER = re.compile(r" (?:cross|street|road|rd|st)\b", re.IGNORECASE)
_KAL = re.compile(
    r"\b[Kk]al(?= (?:ek|main|hum|maine|mai|me|in|at|raat|rat|subah|subha|shaam|sham|dopahar|dopeher|dopher|"
    r"\d)\b)"
)


def find_words(text: str) -> Iterator[Word]:
    """Borrowed days, parts of the day, weekdays and "just now" in a normal form."""
    for m in islice(_TOKEN.finditer(text), _MOST_TOKENS):
        low = m[0].lower()
        names = _BY_FIRST.get(low, ())
        if not names and low not in _SPECIAL:
            continue
        start = m.start()
        found = next((n for n in names if _is_here(n, text, start)), None)
        if found is None:
            yield from _special(text, m, low)
        elif text[start].islower() or m[0].isupper() or _STARTS.search(text, max(0, start - 3), start):
            yield _word(found, start, start + len(found))


_MOST_TOKENS = 400
_SPECIAL = ("kal", "rat")


def _is_here(name: str, text: str, start: int) -> bool:
    end = start + len(name)
    return (
        text[start:end].lower() == name
        and not text[end : end + 1].isalnum()
        and _BAD_AFTER.match(text, end) is None
    )


def _word(name: str, start: int, end: int) -> Word:
    role, rule, named, hours = _ENTRIES[name]
    if role is Role.BACK:
        return Word(start, end, role, rule, 0.6, back_min=(30.0, 0.0))
    return Word(start, end, role, rule, 0.6 if role is Role.PART else 0.7, days=named, hours=hours)


def _special(text: str, m: re.Match[str], low: str) -> Iterator[Word]:
    """Words that are something else in English unless another stands beside them."""
    if low == "kal" and _KAL.match(text, m.start()):
        yield Word(m.start(), m.end(), Role.DAY, "borrowed", 0.7, days=days.ago(1))
    elif low == "rat" and re.match(r" (?:\d|ko\b|ke\b)", text[m.end() : m.end() + 4]):
        yield Word(m.start(), m.end(), Role.PART, "borrowed part", 0.6, hours=_NIGHT)
