"""The English names of feasts and of the parts of the day, with what they mean. Tables only."""

from __future__ import annotations

from datetime import date, timedelta

from bot.extract import days
from bot.extract.timewords import Hours
from bot.extract.timewords_faiths import EN as FAITHS


def _last_weekday(year: int, month: int, index: int) -> date | None:
    fifth = days.nth_weekday(year, month, index, 5)
    return fifth if fifth and fifth.month == month else days.nth_weekday(year, month, index, 4)


def _after(day: date | None) -> date | None:
    return day + timedelta(days=1) if day else None


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
    "independence day": days.calendar_day(7, 4), "veterans day": days.calendar_day(11, 11),
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
FEASTS = {name.replace("'", ""): feast for name, feast in {**FAITHS, **FEASTS}.items()}
PARTS: dict[str, Hours] = {
    **dict.fromkeys(("mornin", "morn", "morning time", "mornin'", "mrng", "mrning"), Hours(6, 12, "am")),
    **dict.fromkeys(("aftanoon", "afternon", "aftrnoon", "afternoons", "aftern"), Hours(12, 18, "pm")),
    **dict.fromkeys(("evng", "evn", "evenin", "eveing", "eving", "evning"), Hours(17, 21, "night")),
    **dict.fromkeys(("nyt", "nights"), Hours(20, 24, "night")),
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
