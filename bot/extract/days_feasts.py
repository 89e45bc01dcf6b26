"""Feasts of the Islamic, Hindu and Jewish calendars, 2010 to 2035, as readings of days: tables, arithmetic.

Islamic days are those of the Umm al-Qura calendar (two implementations agree on each); where the moon is
sighted a day may be later, so the next day is a second reading. Hindu days are those kept in most of India
(a table of public holidays, each checked against the moon's place, which differs by at most a day). The
Hebrew calendar is computed (Dershowitz and Reingold, Calendrical Calculations, ch. 8).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from bot.extract import days
from bot.extract.days import Days, Span

_DAY = timedelta(days=1)
_FIRST_YEAR = 2010

_ASHURA = (
    "101216 111205 121124 131113 141103 151023 161011 170930 180920 190909 200829 210818 220808 230728 "
    "240716 250705 260625 270615 280603 290523 300512 310502 320420 330410 340330 350320"
)
_MAWLID = (
    "100226 110215 120204 130124 140113 150103 151223 161211 171130 181120 191109 201029 211018 221008 "
    "230927 240915 250904 260825 270814 280803 290724 300713 310702 320620 330609 340530 350520"
)
_RAMADAN = (
    "100811 110801 120720 130709 140628 150618 160606 170527 180516 190506 200424 210413 220402 230323 "
    "240311 250301 260218 270208 280128 290116 300105 301226 311215 321204 331123 341112 351101"
)
_FITR = (
    "100910 110830 120819 130808 140728 150717 160706 170625 180615 190604 200524 210513 220502 230421 "
    "240410 250330 260320 270309 280226 290214 300204 310124 320114 330102 331223 341212 351201"
)
_ADHA = (
    "101116 111106 121026 131015 141004 150923 160911 170901 180821 190811 200731 210720 220709 230628 "
    "240616 250606 260527 270516 280505 290424 300413 310402 320322 330311 340301 350218"
)
_HINDU = {
    "diwali": "1105 1026 1113 1103 1023 1111 1030 1019 1107 1027 1114 1104 1024 1112 1031 1020 1108 "
    "1029 1017 "
    "1105 1026 1114 1102 1022 1110 1030",
    "holi": "0301 0320 0308 0327 0317 0306 0324 0313 0302 0321 0310 0329 0318 0308 0325 0314 0304 0322 0311 "
    "0301 0320 0309 0327 0316 0305 0324",
    "dussehra": "1017 1006 1024 1013 1003 1022 1011 0930 1019 1008 1025 1015 1005 1024 1012 1002 1020 1009 "
    "0927 1016 1006 1025 1014 1003 1022 1011",
    "karva chauth": "1026 1015 1102 1022 1011 1030 1019 1008 1027 1017 1104 1024 1013 1101 1020 1010 "
    "1029 1018 "
    "1007 1026 1015 1102 1021 1011 1030 1020",
    "janmashtami": "0902 0822 0810 0828 0818 0905 0825 0815 0903 0824 0812 0830 0819 0907 0826 0816 "
    "0904 0825 "
    "0813 0901 0821 0810 0828 0817 0906 0826",
    "ganesh chaturthi": "0911 0901 0919 0909 0829 0917 0905 0825 0913 0902 0822 0910 0831 0919 0907 "
    "0827 0914 "
    "0904 0823 0911 0901 0920 0908 0828 0916 0905",
    "raksha bandhan": "0824 0813 0802 0820 0810 0829 0818 0807 0826 0815 0803 0822 0811 0830 0819 0809 0828 "
    "0817 0805 0823 0813 0802 0820 0810 0829 0818",
    "shivaratri": "0212 0302 0220 0310 0227 0217 0307 0224 0213 0304 0221 0311 0301 0218 0308 0226 0215 0306 "
    "0223 0211 0302 0220 0310 0227 0217 0308",
    "ram navami": "0324 0412 0401 0419 0408 0328 0415 0404 0325 0413 0402 0421 0410 0330 0417 0406 0326 0415 "
    "0403 0422 0412 0401 0419 0407 0328 0416",
    "maha ashtami": "1015 1004 1022 1012 1002 1021 1009 0928 1017 1006 1023 1013 1003 1022 1011 0930 "
    "1019 1007 "
    "0926 1014 1004 1023 1012 1002 1020 1009",
    "chhath": "1111 1101 1119 1108 1029 1117 1106 1026 1113 1102 1120 1110 1030 1119 1107 1028 1115 "
    "1104 1023 "
    "1111 1101 1120 1109 1029 1117 1106",
    "guru nanak jayanti": "1121 1110 1128 1117 1106 1125 1114 1104 1123 1112 1130 1119 1108 1127 1115 1105 "
    "1124 1114 1102 1121 1110 1128 1117 1106 1125 1115",
}


def _islamic(table: str) -> list[date]:
    return [date(2000 + int(t[:2]), int(t[2:4]), int(t[4:])) for t in table.split()]


def _hindu(table: str) -> list[date]:
    return [date(_FIRST_YEAR + i, int(t[:2]), int(t[2:])) for i, t in enumerate(table.split())]


def _listed(found: list[date], shift: int = 0, *, moon: bool = False, length: int = 1) -> Days:
    """The latest of the listed days not after the day of writing (the next if `ahead`), then the next."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        today = now.date()
        moved = [d + shift * _DAY for d in found]
        near = [d for d in moved if (d >= today if ahead else d <= today)]
        if not near:
            return []
        first = near[0] if ahead else near[-1]
        spans = [Span(first, first + length * _DAY, 1.0)]
        if moon and (ahead or first + _DAY <= today):
            # On the day after, those who count a day later are speaking of today.
            later = 1.1 if first + _DAY == today else 0.5
            spans.append(Span(first + _DAY, first + (length + 1) * _DAY, later))
        return sorted(spans, key=lambda s: -s.weight)

    return read


def ramadan_day(day: int) -> Days:
    """The nth day of the month of fasting."""
    return _listed(_islamic(_RAMADAN), day - 1, moon=True)


def _far(found: list[date], shift: int = 0) -> Days:
    return _listed(found, shift, moon=True)


def ramadan() -> Days:
    """The whole month of fasting: twenty-nine or thirty days up to the feast that ends it."""
    begins, ends = _islamic(_RAMADAN), _islamic(_FITR)

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        spans = _listed(begins)(now, ahead=ahead)
        return [
            Span(s.first, next((e for e in ends if e > s.first), s.first + 30 * _DAY), s.weight)
            for s in spans
        ]

    return read


def islamic_new_year() -> Days:
    """The first of Muharram, nine days before Ashura."""
    return _far(_islamic(_ASHURA), -9)


def mawlid() -> Days:
    """The Prophet's birthday, 12 Rabi al-awwal."""
    return _far(_islamic(_MAWLID))


def night_of_power() -> Days:
    """The 27th day of the month of fasting."""
    return _far(_islamic(_RAMADAN), 26)


def night_journey() -> Days:
    """27 Rajab: the months Rajab and Shaban have 59 days in most years."""
    return _far(_islamic(_RAMADAN), -33)


# --- the Hebrew calendar ----------------------------------------------------------------------

_EPOCH = date(1, 1, 1).toordinal() - 1 - 1373428  # 1 Tishri 1 as a proleptic ordinal


def _hebrew_new_year(year: int) -> int:
    months = (235 * year - 234) // 19
    parts = 12084 + 13753 * months
    day = 29 * months + parts // 25920
    return day + 1 if 3 * (day + 1) % 7 < 3 else day


def rosh_hashanah(year: int) -> date:
    """First day of the Hebrew year that begins in the autumn of a civil year."""
    hebrew = year + 3761
    before, here, after = (_hebrew_new_year(hebrew + by) for by in (-1, 0, 1))
    delay = 2 if after - here == 356 else 1 if here - before == 382 else 0
    return date.fromordinal(here + delay + _EPOCH + 1)


def _jewish(month_day: Callable[[int], date], shift: int = 0) -> Days:
    return days.computed(lambda year: month_day(year) + shift * _DAY if 1900 < year < 2200 else None)


def passover(year: int) -> date:
    """15 Nisan: always 163 days before the next new year's day."""
    return rosh_hashanah(year) - 163 * _DAY


def hanukkah(year: int) -> date:
    """25 Kislev: 83 days after the new year's day, 84 where Heshvan has thirty days."""
    first = rosh_hashanah(year)
    length = (rosh_hashanah(year + 1) - first).days
    return first + (84 if length in (355, 385) else 83) * _DAY


def jewish_day(after_passover: int) -> Days:
    """A day so long after the first of Passover (before it, if negative)."""
    return _jewish(passover, after_passover)


_EID = days.latest_of(_listed(_islamic(_FITR), moon=True), _listed(_islamic(_ADHA), moon=True))
_EVE = days.latest_of(_listed(_islamic(_FITR), -1, moon=True), _listed(_islamic(_ADHA), -1, moon=True))
_NAMES: tuple[tuple[str, Days], ...] = (
    ("eid al fitr|eid ul fitr|eid-ul-fitr|eid al-fitr|hari raya|aidilfitri|lebaran",
     _listed(_islamic(_FITR), moon=True)),
    ("eid al adha|eid ul adha|eid-ul-adha|eid al-adha|bakrid|bakra eid|tabaski|hari raya haji",
     _listed(_islamic(_ADHA), moon=True)),
    ("eid|eid day|sallah", _EID),
    ("chand raat|eid eve", _EVE),
    ("ashura|muharram procession|10th muharram|10 muharram", _listed(_islamic(_ASHURA), moon=True)),
    ("mawlid|milad|eid milad|maulud", _listed(_islamic(_MAWLID), moon=True)),
    ("first day of ramadan|first day of ramzan|1st ramadan", _listed(_islamic(_RAMADAN), moon=True)),
    ("diwali|deepavali|deepawali|divali|kali puja", _listed(_hindu(_HINDU["diwali"]))),
    ("choti diwali|dhanteras eve", _listed(_hindu(_HINDU["diwali"]), -1)),
    ("bhai dooj|bhai duj|bhau beej", _listed(_hindu(_HINDU["diwali"]), 2)),
    ("dhanteras", _listed(_hindu(_HINDU["diwali"]), -2)),
    ("holi", _listed(_hindu(_HINDU["holi"]))),
    ("holika dahan", _listed(_hindu(_HINDU["holi"]), -1)),
    ("dussehra|dussera|dasara|vijayadashami|vijaya dashami|bijoya dashami",
     _listed(_hindu(_HINDU["dussehra"]))),
    ("karva chauth|karwa chauth|karwachauth|karvachauth", _listed(_hindu(_HINDU["karva chauth"]))),
    ("janmashtami", _listed(_hindu(_HINDU["janmashtami"]))),
    ("ganesh chaturthi|vinayaka chaturthi|vinayaka chavithi", _listed(_hindu(_HINDU["ganesh chaturthi"]))),
    ("raksha bandhan|rakshabandhan|rakhi", _listed(_hindu(_HINDU["raksha bandhan"]))),
    ("shivaratri|maha shivaratri|mahashivratri|maha shivratri|shivratri",
     _listed(_hindu(_HINDU["shivaratri"]))),
    ("ram navami|rama navami", _listed(_hindu(_HINDU["ram navami"]))),
    ("maha ashtami|mahashtami|durga ashtami", _listed(_hindu(_HINDU["maha ashtami"]))),
    ("maha navami", _listed(_hindu(_HINDU["maha ashtami"]), 1)),
    ("chhath|chhath puja", _listed(_hindu(_HINDU["chhath"]))),
    ("guru nanak jayanti|gurpurab|gurpurb", _listed(_hindu(_HINDU["guru nanak jayanti"]))),
    ("makar sankranti|pongal|makara sankranti", days.calendar_day(1, 14)), ("lohri", days.calendar_day(1,
     13)),
    ("baisakhi|vaisakhi|vishu|poila boishakh|pohela boishakh", days.calendar_day(4, 14)),
    ("nowruz|navruz|norooz|nauryz", days.calendar_day(3, 21)),
    ("rosh hashanah|rosh hashana", _jewish(rosh_hashanah)), ("yom kippur", _jewish(rosh_hashanah, 9)),
    ("sukkot", _jewish(rosh_hashanah, 14)), ("simchat torah", _jewish(rosh_hashanah, 22)),
    ("passover|pesach", _jewish(passover)), ("seder night|passover eve", _jewish(passover, -1)),
    ("purim", _jewish(passover, -30)), ("shavuot", _jewish(passover, 50)),
    ("hanukkah|chanukah|hanukah", _jewish(hanukkah)),
)  # fmt: skip
FEASTS: dict[str, Days] = {name: feast for names, feast in _NAMES for name in names.split("|")}
