"""The Chinese words for time, found in the simplified normal form. Words only: what they mean is elsewhere.

Every pattern is bounded and has no nested repetition, so each text is read in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from bot.extract import days
from bot.extract.clocks_zh import DIGITS, NUMERAL, find_clocks, number, with_ranges
from bot.extract.prefilter import Gate
from bot.extract.timewords import Hours, Role, Word, with_day_ranges, without_overlaps
from bot.extract.timewords_ahead import find_ahead_zh
from bot.extract.timewords_zh_names import FEASTS, PARTS

_YEAR = r"(?:\d{4}|[零〇一二三四五六七八九]{4}|\d{2})"
_WEEK = {c: i for i, c in enumerate("一二三四五六")} | {"日": 6, "天": 6, "末": 7}


def _year(text: str | None) -> int | None:
    if not text:
        return None
    value = number(text) if len(text) <= 2 else int("".join(str(DIGITS.get(c, c)) for c in text))
    if value is None or len(text) > 2:
        return value
    return 2000 + value if value < 60 else 1900 + value


# --- days -------------------------------------------------------------------------------------

_RELATIVE = {"今": 0, "当": 0, "昨": 1, "寻": 1, "琴": 1, "噚": 1, "头": 1, "前": 2, "大前": 3}
_LUNAR_MONTHS = {"正": 1, "冬": 11, "腊": 12}


def _relative(m: re.Match[str]) -> days.Days:
    return days.ago(_RELATIVE[m["rel"] or m["rel2"] or m["rel3"]])


def _dialect(m: re.Match[str]) -> days.Days:
    """Yesterday and today as they are said in Shandong, Henan, Shaanxi, Fujian."""
    return days.ago({"今": 0, "前": 2}.get(m["word"][0], 1))


def _date(m: re.Match[str]) -> days.Days | None:
    month, day = number(m["month"]), number(m["day"])
    if month is None or day is None or not 1 <= month <= 12 or not 1 <= day <= 31:
        return None
    year = m["year"]
    if year in ("今年", "去年", "前年"):
        return days.calendar_day(month, day, years_back={"今年": 0, "去年": 1, "前年": 2}[year])
    return days.calendar_day(month, day, _year(year))


def _day_of_month(m: re.Match[str]) -> days.Days | None:
    day = number(m["day"])
    return days.day_of_month(day) if day and 1 <= day <= 31 else None


_LATE_MONTH = dict.fromkeys(("下旬", "底", "末"), (21, 31))
_PARTS_OF_MONTH = {"初": (1, 10), "上旬": (1, 10), "中旬": (11, 20), **_LATE_MONTH}


def _month(m: re.Match[str]) -> days.Days | None:
    month = number(m["month"])
    if month is None or not 1 <= month <= 12:
        return None
    if "最后一天" in (m["part"] or ""):
        return _last_of(month)
    first, last = _PARTS_OF_MONTH.get(m["part"] or "", (1, 31))
    return days.month_part(month, first, last, _year(m["year"]))


def _last_of(month: int) -> days.Days:
    def read(now: datetime, *, ahead: bool = False) -> list[days.Span]:
        return [
            days.Span(s.after - timedelta(days=1), s.after, s.weight)
            for s in days.month_part(month)(now, ahead=ahead)
            if ahead or s.after - timedelta(days=1) <= now.date()
        ]

    return read


def _relative_month(m: re.Match[str]) -> days.Days:
    first, last = _PARTS_OF_MONTH.get(m["part"] or "", (1, 31))
    return days.months_ago({"上": 1, "这": 0, "本": 0}[m["which"]], first, last)


def _relative_month_day(m: re.Match[str]) -> days.Days | None:
    day = number(m["day"])
    return (
        days.months_ago({"上": 1, "这": 0, "本": 0}[m["which"]], day, day) if day and 1 <= day <= 31 else None
    )


def _this_month_part(m: re.Match[str]) -> days.Days:
    return days.months_ago(0, *_PARTS_OF_MONTH[m["part"]])


def _weekday(m: re.Match[str]) -> days.Days:
    index, which = _WEEK[m["day"]], m["which"]
    weeks = {"上上": 2, "上": 1, "这": 0, "本": 0}.get(which or "")
    return days.weekend(weeks) if index == 7 else days.weekday(index, weeks)


def _week(m: re.Match[str]) -> days.Days:
    return days.week({"上上": 2, "上": 1, "这": 0, "本": 0}[m["which"]])


def _lunar(m: re.Match[str]) -> days.Days | None:
    day = number(m["day"].removeprefix("初"))
    named = (m["month"] or "").removesuffix("月").removeprefix("农历").removeprefix("阴历")
    month = _LUNAR_MONTHS.get(named) or (number(named) if named and named not in ("大年", "年") else 1)
    if not day or not month or day > 30 or (not m["month"] and day > 10):
        return None
    return days.lunar_day(month, day, to_month_end=day == 30)


def _feast(m: re.Match[str]) -> days.Days:
    feast, shift = FEASTS[m["feast"]], m["shift"] or ""
    if shift.startswith("第"):
        return days.shifted(feast, (number(shift[1]) or 1) - 1)
    if shift in ("前一天", "前一晚", "前夜", "前夕"):
        return days.shifted(feast, -1)
    if shift in ("次日", "后一天"):
        return days.shifted(feast, 1)
    return days.lengthened(feast, 7) if shift else feast


def _year_only(m: re.Match[str]) -> days.Days | None:
    named = {"今年": 0, "去年": 1, "前年": 2}.get(m[0][:2])
    if named is not None:
        return days.whole_year(back=named)
    year = _year(m["year"])
    return days.whole_year(year) if year and 1900 <= year <= 2200 else None


def _days_ago(m: re.Match[str]) -> days.Days | None:
    text, unit = m["n"], m["unit"]
    scale = {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7, "月": 30, "年": 365}[unit]
    if text in ("几", "好几", "数"):
        return days.back_to(6 * scale, 2 * scale)
    count = 0.5 if text == "半" else number(text)
    if count is None:
        return None
    exact = int(count * scale)
    return days.ago(exact, 0 if scale == 1 else max(1, exact // 7))


_DAY_RULES: tuple[tuple[str, str, float, Callable[[re.Match[str]], days.Days | None]], ...] = (
    (
        "relative",
        r"(?<![跟面眼门])(?P<rel>大前|今|昨|前|当)(?:天|日|儿个|儿(?:(?:初|十|二十|"
        r"廿)[一二三四五六七八九十](?=[,早晚上下中后前晌]))?|(?<![大目之以向眼])个(?=早|晚|夜|上午|下午|"
        r"中午|傍晚|半夜|晌午|半晌|后晌|前晌|擦黑)|"
        r"(?=早|晨|晚|夜|午|凌晨|上午|下午|中午|傍晚|朝早|朝|暗))|(?P<rel2>寻|琴|噚)(?:日|(?=晚|夜))|"
        r"(?P<rel3>头)天(?=晚|夜|下午|早|上午)",
        0.7,
        _relative,
    ),
    (
        "relative",
        r"(?P<word>夜来(?!香|风)|夜隔|夜儿个|夜个儿?|夜儿(?!里)|昨个儿?|昨黑了?|昨昏|昨暝|昨暗|昨兜|前个儿|"
        r"今个儿?|今黑了?|今仔日|"
        r"今仔|今暝|今昏|尧日|昨日子|今日子|头晚|前晚上)",
        0.7,
        _dialect,
    ),
    (
        "date",
        rf"(?:(?P<year>{_YEAR}|今年|去年|前年)年?)?(?P<month>{NUMERAL})月(?P<day>{NUMERAL})(?:日|号|(?!\d|份|"
        rf"个))",
        0.8,
        _date,
    ),
    (
        "date",
        r"(?<![\d.])(?:(?P<year>\d{4})[-/.])(?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?![\d.])",
        0.8,
        _date,
    ),
    (
        "date",
        r"(?<![\d/.])(?P<year>)(?P<month>1[0-2]|0?[1-9])/(?P<day>3[01]|[12]\d|0?[1-9])(?![\d/])",
        0.6,
        _date,
    ),
    (
        "date",
        r"(?<![\d.])(?P<year>)(?P<month>1[0-2]|0?[1-9])\.(?P<day>3[01]|[12]\d|"
        r"0?[1-9])(?:[日号]|(?=[早晚上下中夜凌傍])|(?=\s?\d{1,2}[:点时]))",
        0.7,
        _date,
    ),
    (
        "date",
        r"(?:(?<=[。!?(])|(?<=^))(?P<year>)(?P<month>1[0-2]|[1-9])\.(?P<day>3[01]|[12]\d|[1-9])(?=[,)])",
        0.6,
        _date,
    ),
    (
        "day of month",
        rf"(?<![\d第月道线路楼栋座街巷篷室门摊柜窗桌棚院弄幢])(?P<day>{NUMERAL})[号日](?!口|线|楼|门|店|院|"
        rf"馆|车|公路|出|台|码|机|"
        rf"床|球|房|铺|码头|站)",
        0.55,
        _day_of_month,
    ),
    (
        "month",
        rf"(?:(?P<year>{_YEAR})年)?(?P<month>{NUMERAL})月(?:份)?(?P<part>初|上旬|中旬|下旬|底|末|"
        rf"的?最后一天)?(?!{NUMERAL}|大)",
        0.35,
        _month,
    ),
    ("month", r"(?P<which>上|这|本)(?:个)?月(?P<part>初|上旬|中旬|下旬|底|末)?", 0.4, _relative_month),
    ("date", rf"(?P<which>上|这|本)(?:个)?月(?P<day>{NUMERAL})[日号]", 0.75, _relative_month_day),
    (
        "month",
        r"(?<![个\d上这本一二三四五六七八九十正腊冬年])月(?P<part>初|底|末)(?P<which>)",
        0.35,
        _this_month_part,
    ),
    (
        "weekday",
        r"(?P<which>上上|上|这|本)?(?:个)?(?:周|星期|"
        r"礼拜)(?P<day>[一二三四五六日天末])(?![年岁])",
        0.7,
        _weekday,
    ),
    ("week", r"(?P<which>上上|上|这|本)(?:个)?(?:周|星期|礼拜)(?![一二三四五六日天末])", 0.4, _week),
    (
        "lunar",
        rf"(?P<month>大年|年(?=初)|正月|腊月|冬月|(?:农历|"
        rf"阴历){NUMERAL}月)?(?P<day>初[一二三四五六七八九十])(?![中级学男女生班年])",
        0.65,
        _lunar,
    ),
    ("lunar", rf"(?P<month>正月|腊月|冬月|(?:农历|阴历){NUMERAL}月)(?P<day>{NUMERAL})", 0.7, _lunar),
    (
        "feast",
        r"(?P<feast>"
        + "|".join(sorted(FEASTS, key=len, reverse=True))
        + r")(?:节)?(?:假期|长假|假)?(?P<shift>第[二三四五六七]天|前一天|前一晚|前夜|前夕|次日|"
        r"后一天|期间|放假|长假|假期|小长假|黄金周)?"
        r"(?:当天|那天|当日)?(?!快乐|安康|愉快|快到|要到|将至|路|街|广场|门)",
        0.4,
        _feast,
    ),
    ("year", r"(?P<year>\d{4}|[零〇一二三四五六七八九]{4})年(?:初|底|末)?|今年|去年|前年", 0.15, _year_only),
    (
        "days ago",
        rf"(?P<n>好几|几|数|半|{NUMERAL})(?:多)?个?(?:多)?(?P<unit>天|日|周|星期|礼拜|月|年)(?:多)?(?:之前|"
        rf"以前|前)",
        0.55,
        _days_ago,
    ),
    (
        "lunar",
        r"三十(?=上午|下午|晚|早|中午|夜|傍晚|当天)",
        0.45,
        lambda _: days.eve_or_thirtieth(),
    ),
    ("lately", r"前几天|前两天|前些天|前些日子|前阵子|前不久|不久前", 0.3, lambda _: days.back_to(10, 2)),
    ("lately", r"最近|这几天|这两天|近日|近来|近期", 0.2, lambda _: days.back_to(5, 0)),
)

# --- parts of the day -------------------------------------------------------------------------

_NEEDS_DAY = {"早", "晨", "午", "晚", "夜", "朝", "放学", "下班", "晚饭", "午饭时", "暗"}
_PART = re.compile(
    # The first letter is looked at first: nearly everywhere none of the many words can begin.
    "(?=[" + "".join(sorted({name[0] for name in PARTS})) + "])"
    r"(?P<part>"
    + "|".join(
        # 初一早上, 周一早上: the 一 belongs to the day.
        rf"(?<![初周期拜十廿]){name}(?![上晨])" if name.startswith("一") else name
        for name in sorted(PARTS, key=len, reverse=True)
    )
    + r")(?:的?时候|时分|时段|那会儿?|边儿|时)?(?:饭后)?"
)
_DAY_BEFORE = re.compile(
    r"(?:今|昨|寻|琴|噚|前|当|天|日|号|[一二三四五六七八九十末]|午|晚|早|夕|节|秋|年|儿|至|旦|诞|庆|个)$"
)
_HOUR_NEXT = re.compile(r"[一二三四五六七八九十两]{1,3}点")
_NOT_PART = {
    "早": "就点已餐饭恋教泳产期",
    "晚": "点安会报年饭餐辈婚霞",
    "夜": "市店班总景行宵",
    "午": "餐饭休睡",
    "晨": "练跑光曦",
}


def _part_words(text: str) -> Iterator[Word]:
    for m in islice(_PART.finditer(text), _MOST):
        name = m["part"]
        after = text[m.end() : m.end() + 1]
        if after and after in _NOT_PART.get(name, ""):
            continue
        if (
            name in _NEEDS_DAY
            and not _DAY_BEFORE.search(text[max(0, m.start() - 1) : m.start()])
            and not (name in "早晚" and (after.isdigit() or _HOUR_NEXT.match(text, m.end())))
        ):
            continue
        yield Word(m.start(), m.end(), Role.PART, "part of day", 0.6, hours=PARTS[name])


# --- how long ago, just now, the future -------------------------------------------------------

_AGO = re.compile(
    rf"(?P<less>不到|不足)?(?:大概|大约|差不多|约莫|约)?(?P<n>好几|几|十几|大半|小半|半|俩|个把|{NUMERAL}|"
    rf"\d{{1,3}})(?:来|"
    rf"多)?(?:个)?(?P<half>半)?(?P<more>多)?(?P<unit>分钟|小时|钟头|刻钟|钟(?=前|之前))(?P<more2>多)?(?:之前|"
    rf"以前|前)|(?P<within>{NUMERAL}|半)(?:个)?(?P<unit3>分钟|小时|钟头)(?:之内|以内|内)(?:的事)?"
)
_NOW = re.compile(
    r"(?:就在?)?(?:刚刚|刚才|方才|才将|将才)|刚(?:下班|放学|出门|出站|下车|买菜|散步|吃完饭)?(?:路过|经过|"
    r"看到|看见|碰到|遇到|拍)的?|刚(?:拍|看|遇|碰|路|经|见|撞|在|从|发现|出)(?:到|见|过)?的?|头先|啱啱|此刻|"
    r"才刚|刚刚儿|将将|啱先|正话|家阵|宜家|这阵儿|才先|刚不久|刚刚才|一会儿前|"
    r"此时|现在|目前|眼下|这会儿?|正在|而家|呢阵|这当儿"
)


def _other_words(text: str) -> Iterator[Word]:
    worth = _GATE.open(text)
    for m in islice(_AGO.finditer(text), _MOST) if "ago" in worth else ():
        if m["within"]:
            most = 0.5 if m["within"] == "半" else number(m["within"])
            if most:
                yield _ago_word(m, (most * (1 if m["unit3"] == "分钟" else 60), 0.0), score=0.5)
            continue
        vague = {"几": (10.0, 2.0), "好几": (10.0, 3.0), "十几": (20.0, 10.0)}.get(m["n"])
        unit = {"分钟": 1, "小时": 60, "钟头": 60, "刻钟": 15, "钟": 60}[m["unit"]]
        if vague:
            yield _ago_word(m, (vague[0] * unit, vague[1] * unit))
            continue
        count = {"半": 0.5, "大半": 0.7, "小半": 0.4, "个把": 1.0}.get(m["n"]) or number(m["n"])
        if count is None:
            continue
        count += 0.5 if m["half"] else 0.0
        if m["less"]:
            yield _ago_word(m, (count * unit, 0.0))
            continue
        if m["more"] or m["more2"]:
            yield _ago_word(m, ((count + 1) * unit, count * unit))
            continue
        slack = max(5.0, min(30.0, count * unit / 2))
        yield _ago_word(m, (count * unit + slack, count * unit - slack))
    for m in islice(_NOW.finditer(text), _MOST) if "now" in worth else ():
        # "Now" and "at this moment" are said of much else than what is seen.
        sure = 0.3 if m[0] in ("现在", "此时", "正在", "目前") else 0.55 if m[0][0] in "此眼这而呢" else 0.75
        yield Word(m.start(), m.end(), Role.BACK, "just now", sure, back_min=(30.0, 0.0))
    yield from find_ahead_zh(text)


def _ago_word(m: re.Match[str], back: tuple[float, float], score: float = 0.92) -> Word:
    return Word(m.start(), m.end(), Role.BACK, "time ago", score, back_min=back)


_COMPILED = [(rule, re.compile(pattern), score, make) for rule, pattern, score, make in _DAY_RULES]
_GATED = [(str(at), pattern) for at, (_, pattern, _, _) in enumerate(_DAY_RULES)]
_GATE = Gate([*_GATED, ("ago", _AGO.pattern), ("now", _NOW.pattern)])
_TO = re.compile(r"\s?(?:到|至|-|–|—|~)\s?")
_GLUE = re.compile(
    r"[\s,、的于在(是为]{0,3}(?:那天|当天|当日)?"
    r"(?:大概|大约|差不多|约莫|约摸|约|快|将近|就|刚好|应该)?[在是]?(?:北京时间)?[\s,)]{0,1}"
)


_EVENING = Hours(18, 24, "night")
_MOST = 60
"""So many matches of one rule are read: no post has more, and soups of date words do."""


def is_glue(gap: str) -> bool:
    """Whether these characters may stand between two pieces of one expression."""
    return len(gap) <= 9 and _GLUE.fullmatch(gap) is not None


def find_words(text: str) -> list[Word]:
    """All pieces of time in a normal form, in order, none overlapping."""
    words = [*_part_words(text), *find_clocks(text), *_other_words(text)]
    worth = _GATE.open(text)
    for at, (rule, pattern, score, make) in enumerate(_COMPILED):
        if str(at) not in worth:
            continue
        for m in islice(pattern.finditer(text), _MOST):
            meaning = make(m)
            if meaning and m.end() > m.start():
                hours = _EVENING if rule == "relative" and m[0][-1] in "黑暝暗晚昏了" else None
                words.append(Word(m.start(), m.end(), Role.DAY, rule, score, days=meaning, hours=hours))
    words = with_ranges(without_overlaps(words), text)
    return with_day_ranges(words, lambda gap: _TO.fullmatch(gap) is not None, text)
