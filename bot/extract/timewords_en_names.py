"""The English names of feasts and of the parts of the day, with what they mean. Tables only."""

from __future__ import annotations

from datetime import date, timedelta

from bot.extract import days
from bot.extract.timewords import Hours
from bot.extract.timewords_faiths import EN as FAITHS


def _last_weekday(year: int, month: int, index: int) -> date | None:
    fifth = days.nth_weekday(year, month, index, 5)
    return fifth if fifth and fifth.month == month else days.nth_weekday(year, month, index, 4)


def _after(day: date | None, by: int = 1) -> date | None:
    return day + timedelta(days=by) if day else None


def _victoria(year: int) -> date:
    """The Monday before 25 May."""
    may = date(year, 5, 24)
    return may - timedelta(days=may.weekday())


FEASTS: dict[str, days.Days] = {
    "christmas eve": days.calendar_day(12, 24), "xmas eve": days.calendar_day(12, 24),
    "christmas day": days.calendar_day(12, 25), "christmas": days.calendar_day(12, 25),
    "xmas": days.calendar_day(12, 25), "boxing day": days.calendar_day(12, 26),
    "new year's eve": days.latest_of(days.calendar_day(12, 31), days.new_years_eve()),
    "new years eve": days.latest_of(days.calendar_day(12, 31), days.new_years_eve()),
    "nye": days.calendar_day(12, 31), "hogmanay": days.calendar_day(12, 31),
    "new year's day": days.calendar_day(1, 1), "new years day": days.calendar_day(1, 1),
    "valentine's day": days.calendar_day(2, 14), "valentines day": days.calendar_day(2, 14),
    "st patrick's day": days.calendar_day(3, 17), "paddy's day": days.calendar_day(3, 17),
    "halloween": days.calendar_day(10, 31), "bonfire night": days.calendar_day(11, 5),
    "guy fawkes": days.calendar_day(11, 5), "the fourth of july": days.calendar_day(7, 4),
    "independence day": days.latest_of(*(days.calendar_day(month, day) for month, day in (
        (7, 4), (8, 15), (8, 14), (10, 1), (12, 12), (6, 12), (8, 31), (8, 6), (3, 6), (3, 26), (9, 16), (7,
            6),
        (9, 15), (10, 9), (10, 24), (2, 4),
    ))), "veterans day": days.calendar_day(11, 11),
    "memorial day": days.computed(lambda y: _last_weekday(y, 5, 0)), "canada day": days.calendar_day(7, 1),
    "presidents day": days.computed(lambda y: days.nth_weekday(y, 2, 0, 3)),
    "presidents' day": days.computed(lambda y: days.nth_weekday(y, 2, 0, 3)),
    "columbus day": days.computed(lambda y: days.nth_weekday(y, 10, 0, 2)),
    "mother's day": days.computed(lambda y: days.nth_weekday(y, 5, 6, 2)),
    "mothers day": days.computed(lambda y: days.nth_weekday(y, 5, 6, 2)),
    "father's day": days.computed(lambda y: days.nth_weekday(y, 6, 6, 3)),
    "fathers day": days.computed(lambda y: days.nth_weekday(y, 6, 6, 3)),
    "palm sunday": days.computed(lambda y: days.easter(y, -7)), "juneteenth": days.calendar_day(6, 19),
    "australia day": days.calendar_day(1, 26), "waitangi day": days.calendar_day(2, 6),
    "st stephen's day": days.calendar_day(12, 26), "remembrance day": days.calendar_day(11, 11),
    "april fools": days.calendar_day(4, 1), "st. patrick's day": days.calendar_day(3, 17),
    "burns night": days.calendar_day(1, 25), "mid autumn festival": days.lunar_day(8, 15),
    "cny": days.lunar_day(1, 1), "anzac day": days.calendar_day(4, 25), "may day": days.calendar_day(5, 1),
    "thanksgiving": days.computed(lambda y: days.nth_weekday(y, 11, 3, 4)),
    "black friday": days.computed(lambda y: _after(days.nth_weekday(y, 11, 3, 4))),
    "mlk day": days.computed(lambda y: days.nth_weekday(y, 1, 0, 3)),
    "labor day": days.computed(lambda y: days.nth_weekday(y, 9, 0, 1)),
    "easter sunday": days.computed(days.easter), "easter": days.computed(days.easter),
    "good friday": days.computed(lambda y: days.easter(y, -2)),
    "easter monday": days.computed(lambda y: days.easter(y, 1)),
    "chinese new year's eve": days.new_years_eve(), "cny eve": days.new_years_eve(),
    "chinese new year": days.lunar_day(1, 1), "lunar new year": days.lunar_day(1, 1),
    "first day of cny": days.lunar_day(1, 1), "lantern festival": days.lunar_day(1, 15),
    "mid-autumn festival": days.lunar_day(8, 15), "dragon boat festival": days.lunar_day(5, 5),
}  # fmt: skip
_MORE: tuple[tuple[str, tuple[tuple[int, int], ...]], ...] = (
    ("malaysia day", ((9, 16),)), ("merdeka day", ((8, 31),)), ("merdeka", ((8, 31),)),
    ("national day", ((8, 9), (8, 31), (10, 1), (12, 2))), ("heritage day", ((9, 24),)), ("youth day", ((6,
        16),)),
    ("freedom day", ((4, 27),)), ("womens day", ((3, 8), (8, 9))), ("madaraka day", ((6, 1),)),
    ("mashujaa day", ((10, 20),)), ("jamhuri day", ((12, 12),)), ("rizal day", ((12, 30),)),
    ("bonifacio day", ((11, 30),)), ("undas", ((11, 1),)), ("all saints day", ((11, 1),)),
    ("all souls day", ((11, 2),)), ("republic day", ((1, 26), (10, 29))), ("gandhi jayanti", ((10, 2),)),
    ("childrens day", ((11, 14), (5, 27), (6, 1))), ("democracy day", ((6, 12), (5, 29))),
    ("pakistan day", ((3, 23),)), ("defence day", ((9, 6),)), ("victory day", ((12, 16), (5, 9))),
    ("pohela boishakh", ((4, 14),)), ("pahela baishakh", ((4, 14),)), ("ekushey february", ((2, 21),)),
    ("ekushey", ((2, 21),)), ("cinco de mayo", ((5, 5),)), ("groundhog day", ((2, 2),)),
    ("st georges day", ((4, 23),)), ("st andrews day", ((11, 30),)), ("day of the dead", ((11, 2),)),
    ("reconciliation day", ((12, 16),)), ("day of reconciliation", ((12, 16),)), ("mandela day", ((7, 18),)),
    ("remembrance sunday", ((11, 11),)), ("guy fawkes night", ((11, 5),)), ("canada day", ((7, 1),)),
    ("valentines", ((2, 14),)), ("vals day", ((2, 14),)), ("xmas day", ((12, 25),)), ("new years", ((1, 1),)),
    ("new year day", ((1, 1),)), ("new year's", ((1, 1),)), ("stephens day", ((12, 26),)), ("paddys day",
        ((3, 17),)),
    ("st pattys day", ((3, 17),)), ("ninoy aquino day", ((8, 21),)), ("araw ng kagitingan", ((4, 9),)),
    ("nochebuena", ((12, 24),)), ("noche buena", ((12, 24),)), ("three kings", ((1, 6),)), ("epiphany", ((1,
        6),)),
    ("truth and reconciliation day", ((9, 30),)), ("bonfire nite", ((11, 5),)), ("july 4th", ((7, 4),)),
)  # fmt: skip
FEASTS |= {name: days.latest_of(*(days.calendar_day(*at) for at in dates)) for name, dates in _MORE}
FEASTS |= {
    "mothers day": days.latest_of(FEASTS["mothers day"], days.computed(lambda y: days.easter(y, -21))),
    "mothering sunday": days.computed(lambda y: days.easter(y, -21)),
    "shrove tuesday": days.computed(lambda y: days.easter(y, -47)),
    "pancake day": days.computed(lambda y: days.easter(y, -47)),
    "mardi gras": days.computed(lambda y: days.easter(y, -47)),
    "ash wednesday": days.computed(lambda y: days.easter(y, -46)),
    "maundy thursday": days.computed(lambda y: days.easter(y, -3)),
    "holy saturday": days.computed(lambda y: days.easter(y, -1)),
    "black saturday": days.computed(lambda y: days.easter(y, -1)),
    "easter saturday": days.computed(lambda y: days.easter(y, -1)),
    "whit monday": days.computed(lambda y: days.easter(y, 50)),
    "ascension day": days.computed(lambda y: days.easter(y, 39)),
    "victoria day": days.computed(_victoria),
    "canadian thanksgiving": days.computed(lambda y: days.nth_weekday(y, 10, 0, 2)),
    "labour day": days.latest_of(
        days.calendar_day(5, 1), days.computed(lambda y: days.nth_weekday(y, 9, 0, 1))
    ),
    "cyber monday": days.computed(lambda y: _after(days.nth_weekday(y, 11, 3, 4), 4)),
    "super bowl sunday": days.computed(lambda y: days.nth_weekday(y, 2, 6, 2 if y >= 2022 else 1)),
    "melbourne cup day": days.computed(lambda y: days.nth_weekday(y, 11, 1, 1)),
    "cup day": days.computed(lambda y: days.nth_weekday(y, 11, 1, 1)),
    "sinulog": days.computed(lambda y: days.nth_weekday(y, 1, 6, 3)),
}
FEASTS = {name.replace("'", ""): feast for name, feast in {**FAITHS, **FEASTS}.items()}
PARTS: dict[str, Hours] = {
    **dict.fromkeys(
        ("mornin", "morn", "morning time", "mornin'", "mrng", "mrning", "mawning", "mawnin", "morng",
            "mornng",
         "moring", "morining", "morningtime"), Hours(6, 12, "am")),
    **dict.fromkeys(
        ("aftanoon", "afternon", "aftrnoon", "afternoons", "aftern", "aftrnn", "aftnoon", "aftn", "aftrn",
         "aftenoon", "afternoom", "afternoon time"), Hours(12, 18, "pm")),
    **dict.fromkeys(
        ("evng", "evn", "evenin", "eveing", "eving", "evning", "evg", "evenng", "evening time"),
        Hours(17, 21, "night")),
    **dict.fromkeys(("nyt", "nights", "nght", "ngt", "night time", "nighttime"), Hours(20, 24, "night")),
    **dict.fromkeys(("after church", "after mass", "after sunday service", "after service"), Hours(10.5, 14,
        "noon")),
    **dict.fromkeys(("after work", "knock-off time", "knock off time", "chaila time"), Hours(16.5, 19, "pm")),
    **dict.fromkeys(("peak hour", "peak hours", "rush hours"), Hours(7, 19)),
    **dict.fromkeys(("morning peak", "morning hours"), Hours(6.5, 10, "am")),
    **dict.fromkeys(("evening peak", "evening hours"), Hours(17, 20, "pm")),
    "night hours": Hours(20, 24, "night"), "overnight": Hours(22, 30, "night"),
    **dict.fromkeys(("before work",), Hours(6.5, 9, "am")),
    **dict.fromkeys(("after class", "after classes", "after lectures"), Hours(14, 18, "pm")),
    **dict.fromkeys(("noontime", "noon time", "high noon"), Hours(11, 13.5, "noon")),
    **dict.fromkeys(("before church", "before mass"), Hours(7, 10, "am")),
    **dict.fromkeys(("lunch break", "lunchbreak", "lunch breaks", "lunch hr"), Hours(11.5, 14, "noon")),
    **dict.fromkeys(("tea break",), Hours(10, 11.5, "am")),
    **dict.fromkeys(("brekkie time", "brekkie", "breakfast"), Hours(7, 10, "am")),
    **dict.fromkeys(("school pick-up", "school pick-up time", "school let out", "school out",
        "school dismissal",
                     "dismissal time", "school closing time"), Hours(14, 16.5, "pm")),
    **dict.fromkeys(("school drop off", "school drop-off", "school dropoff"), Hours(7.5, 9.5, "am")),
    **dict.fromkeys(("morning rush hour", "am rush hour", "am rush"), Hours(7, 9.5, "am")),
    **dict.fromkeys(("evening rush hour", "afternoon rush hour", "pm rush"), Hours(16.5, 19, "pm")),
    **dict.fromkeys(("sun was going down", "sun going down", "sun was setting", "sun going down",
        "sun went down"),
                    Hours(17, 20, "pm")),
    **dict.fromkeys(("sun was coming up", "sun coming up", "sun came up"), Hours(5, 7.5, "am")),
    "mid day": Hours(11, 13.5, "noon"), "tea time": Hours(16, 18.5, "pm"), "iftar time": Hours(17, 20,
        "pm"), "iftari": Hours(17, 20, "pm"),
    "nightfall": Hours(18, 21, "night"), "twilight": Hours(17, 20, "pm"), "dead of night": Hours(0, 4, "am"),
    "middle of the night": Hours(0, 5, "am"), "in the middle of the night": Hours(0, 5, "am"),
    **dict.fromkeys(("fajr", "fajr time", "fajr prayers"), Hours(4, 6.5, "am")),
    **dict.fromkeys(("zuhr", "dhuhr", "zohar", "zohr", "zuhr time"), Hours(12, 15, "pm")),
    **dict.fromkeys(("asr", "asr time", "asar"), Hours(15, 17.5, "pm")),
    **dict.fromkeys(("maghrib", "maghrib time", "magrib", "magrib time"), Hours(17.25, 19.25, "pm")),
    **dict.fromkeys(("isha", "isha time", "isha prayers"), Hours(19, 21.5, "night")),
    **dict.fromkeys(("jummah", "jumma", "jumuah", "juma prayers", "jummah prayers", "jumma prayers",
    "friday prayers",
                     "after jummah", "after jumma"), Hours(12.5, 14.5, "noon")),
    **dict.fromkeys(("sehri", "sehri time", "suhoor", "sahur"), Hours(3, 5, "am")),
    **dict.fromkeys(("taraweeh", "tarawih", "taraweeh time"), Hours(20, 22.5, "night")),
    **dict.fromkeys(("aarti", "evening aarti", "aarti time"), Hours(17.5, 20, "pm")),
    **dict.fromkeys(("suppertime", "supper time", "supper"), Hours(17, 20, "pm")),
    **dict.fromkeys(("closing time", "kicking out time", "chucking out time", "last call", "last orders"),
                    Hours(22, 26.5, "night")),
    **dict.fromkeys(("dinner hour", "home time", "hometime", "school pick up", "school pickup",
    "pickup time"),
                    Hours(15, 16.5, "pm")),
    **dict.fromkeys(("early doors",), Hours(6, 9, "am")), "crack of dawn": Hours(4.5, 7, "am"),
    "first light": Hours(4.5, 7, "am"),
    "morning rush": Hours(7, 9.5, "am"),
    "evening rush": Hours(16.5, 19, "pm"), "mid-morning": Hours(9, 11, "am"),
    "morning commute": Hours(7, 9.5, "am"),
    "evening commute": Hours(16.5, 19, "pm"), "midmorning": Hours(9, 11, "am"),
    "mid morning": Hours(9, 11, "am"), "school run": Hours(8, 9.5,
    "am"), "lunch hour": Hours(11.5, 14, "noon"),
    "mid-afternoon": Hours(14, 16, "pm"),
    "mid afternoon": Hours(14, 16, "pm"), "mid-day": Hours(11, 13.5, "noon"),
    "noonish": Hours(11.5, 13, "noon"), "after dark": Hours(18, 24, "night"), "sundown": Hours(17, 20, "pm"),
    "before sunrise": Hours(3, 6, "am"), "after sunset": Hours(18, 21,
    "night"), "after lunch": Hours(13, 15, "pm"),
    "before lunch": Hours(10, 12.5, "am"), "after dinner": Hours(19, 22,
    "night"), "breakfast time": Hours(7, 10, "am"),
    "bedtime": Hours(19, 22, "night"),
    "small hours of the morning": Hours(0, 6, "am"), "nite": Hours(20, 24, "night"),
    "first thing in the morning": Hours(6, 9, "am"),
    "avo": Hours(12, 18, "pm"), "lunch": Hours(11, 13.5, "noon"),
    "early morning": Hours(5, 9, "am"), "early hours": Hours(0, 6, "am"),
    "small hours": Hours(0, 6, "am"), "wee hours": Hours(0, 6, "am"), "late morning": Hours(10, 12, "am"),
    "morning": Hours(6, 12, "am"), "rush hour": Hours(7, 19), "dawn": Hours(5, 7.5, "am"),
    "daybreak": Hours(5, 7.5, "am"), "sunrise": Hours(5, 7.5, "am"), "midday": Hours(11, 13.5, "noon"),
    "noon": Hours(11, 13.5, "noon"), "lunchtime": Hours(11, 13.5, "noon"),
    "lunch time": Hours(11, 13.5, "noon"), "at lunch": Hours(11, 13.5, "noon"),
    "arvo": Hours(12, 18, "pm"), "before dawn": Hours(3, 6, "am"), "nighttime": Hours(20, 24, "night"),
    "siesta time": Hours(13, 17, "pm"), "early afternoon": Hours(12, 15, "pm"),
    "late afternoon": Hours(15, 18, "pm"), "afternoon": Hours(12, 18, "pm"),
    "after school": Hours(15, 18, "pm"), "teatime": Hours(16, 18.5, "pm"),
    "early evening": Hours(17, 20, "pm"), "dinner time": Hours(18, 21, "pm"),
    "dinnertime": Hours(18, 21, "pm"), "late evening": Hours(20, 23, "night"),
    "evening": Hours(17, 21, "night"), "dusk": Hours(17, 20, "pm"), "sunset": Hours(17, 20, "pm"),
    "near iftar": Hours(17, 20, "pm"), "iftar": Hours(17, 20, "pm"), "late night": Hours(22, 24, "night"),
    "late at night": Hours(22, 24, "night"), "at night": Hours(20, 24, "night"),
    "night": Hours(20, 24, "night"),


}  # fmt: skip
