"""Ages of children as the words give them: digits and words, ranges, bounds, months, classes of a school.

What is said of the author's own child is no age of the child that was seen. Words only, no sex, no number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from bot.extract.clocks_zh import number
from bot.extract.person_ages_en import ages_en
from bot.extract.person_words import EN_NUMBERS, N_EN

_MOST_NUMBERS = 40
"""So many numbers of one form are read: no post has more, and soups of digits do."""
_OLDEST = 18
_HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Age:
    """Characters [start, end) of a normal form that say an age between `low` and `high` years."""

    start: int
    end: int
    low: float
    high: float


def ages(text: str, taken: Sequence[tuple[int, int]] = ()) -> list[Age]:
    """The ages of children in a normal form; numbers inside `taken` are times and no ages."""
    han = _HAN.search(text) is not None
    own = _without_own_children(text)
    found = list(_ages_zh(own)) if han or "yo" in own else []
    found += [age for age in _infants(own) if not _overlaps(age.start, age.end, found)]
    found = found or [Age(*said) for said in ages_en(own, taken)] or (list(_by_class(own)) if han else [])
    return [age for age in found or _compared(text) if 0 <= age.low <= age.high <= _OLDEST]


def _overlaps(start: int, end: int, found: Sequence[Age]) -> bool:
    return any(age.start < end and start < age.end for age in found)


# --- the author's own children ----------------------------------------------------------------

_KIND_EN = (
    r"(?:son|daughter|kid|kiddo|boy|girl|lad|lass|toddler|baby|niece|nephew|moko|child|wee one|little one|"
    r"eldest|"
    r"youngest|oldest|grandson|granddaughter|grandkid|grandchild|bub|twins|sister|brother|cousin|"
    r"students?|bacha|beti|"
    r"beta|anak)"
)
_AGED_EN = (
    rf"(?P<n>{N_EN})(?:\s?-?(?:months?|mths?)(?:[ -]old)?)?(?:\s?-?(?:years?|yrs?|y)[ /.-]?(?:olds?|o)?\.?)?"
)
_OWN_EN = re.compile(
    rf"\b(?:my|our|mine is|mines)\s(?:own\s)?(?:{_AGED_EN}\b(?:'s)?|(?:[a-z]{{2,9}}\s)?{_KIND_EN}s?(?:'s|"
    rf",|:)?\s?"
    rf"(?:who\sis\s|is\s(?:only\s|just\s)?|who's\s|aged?\s|just\sturned\s|"
    rf"also\s)?\(?{_AGED_EN.replace('?P<n>', '?P<k>')}\b)",
    re.IGNORECASE,
)
_OWN_ZH = re.compile(
    r"(?:我们?家?的?|俺家?的?|自[家己]的?)(?:那个?|小)?(?:儿子|女儿|闺女|孩子|娃儿?|崽崽?|仔|女|宝宝?|"
    r"老[大二三]|侄[子女儿]|外甥女?|孙[子女]|弟弟|妹妹)"
    r"(?:今年|现在|才|也|都|刚)?(?:是|有|满)?(?P<n>\d{1,2}|[一二两三四五六七八九十]{1,3})岁(?:多|半|了)?"
)
_LIKE_EN = re.compile(
    r"(?P<how>same age as|same size as|(?:age|size) of|as (?:old|big|small|tall|tiny) as|(?:no|"
    r"not) (?:older|bigger) than|"
    r"(?:older|bigger|taller) than|(?:younger|smaller|shorter) than)\s$",
    re.IGNORECASE,
)
_LIKE_ZH = re.compile(r"(?P<how>跟|和|同|像|比)$")
_AFTER_LIKE_ZH = re.compile(r"[^。!?]{0,4}?(?P<way>差不多|一样|一般|同岁|还?要?小|还?要?大)")


def _own_children(text: str) -> Iterator[re.Match[str]]:
    yield from islice(_OWN_EN.finditer(text), _MOST_NUMBERS)
    if "岁" in text:
        yield from islice(_OWN_ZH.finditer(text), _MOST_NUMBERS)


def _without_own_children(text: str) -> str:
    for m in _own_children(text):
        text = text[: m.start()] + " " * len(m[0]) + text[m.end() :]
    return text


def _compared(text: str) -> Iterator[Age]:
    """ "Same age as my six-year-old": the one age that the author's own child gives."""
    for m in _own_children(text):
        years = _years_of(m)
        before = text[max(0, m.start() - 24) : m.start()]
        if years is None or "month" in m[0] or "mth" in m[0]:
            continue
        if like := _LIKE_EN.search(before):
            if like["how"].lower().startswith(("no", "younger", "smaller", "shorter")):
                yield Age(m.start(), m.end(), 0, years)
            elif "than" not in like["how"].lower():
                yield Age(m.start(), m.end(), max(0, years - 1), years + 1)
        elif _LIKE_ZH.search(before) and (after := _AFTER_LIKE_ZH.match(text, m.end())):
            if "小" in after["way"]:
                yield Age(m.start(), after.end(), 0, years)
            elif after["way"] == "差不多" or "大" not in after["way"]:
                yield Age(m.start(), after.end(), max(0, years - 1), years + 1)


def _years_of(m: re.Match[str]) -> int | None:
    said = m["n"] or m.groupdict().get("k") or ""
    return number(said) if _HAN.match(said) else _word_number(said)


# --- infants ----------------------------------------------------------------------------------

_MONTHS = re.compile(
    r"(?:\d{1,2}|[一二两三四五六七八九十几]{1,3})个(?:多)?月(?:大|左右|不到)?的?(?:样子|小?娃|小?孩|婴|"
    r"宝宝|BB|奶娃)"
    r"|(?:娃儿?|婴儿?|宝宝|孩子?|BB|囡囡|出生|生下来|才)[^,。!?]{0,4}?(?:\d{1,2}|"
    r"[一二两三四五六七八九十几]{1,3})个(?:多)?月(?!前|后|没|以?来)"
    r"|半岁(?!多)|不满周岁|未满周岁|不到一岁|刚满月|没满月|百日大"
    r"|\b(?:\d{1,2}|[a-z]{3,8})(?:\s?(?:-|to|or)\s?\d{1,2})?[ -]?(?:months?|mths?|mo|m|weeks?)[ -]"
    r"(?:old|baby)\b"
    r"|\b(?:baby|babby|babe|infant|bub|newborn|little one|bairn|toddler|"
    r"wean)\b[^.!?\d]{0,20}\b\d{1,2}(?:\s?-\s?\d{1,2})? ?(?:months?|mths?|mos?)\b(?! ago| since)"
    r"|(?<=[.,(] )\d{1,2}-\d{1,2} months\b(?! ago| since)",
    re.IGNORECASE,
)
_PAST_A_YEAR = re.compile(r"(?<!\d)(?:1[2-9]|2\d)(?!\d)|十[二三四五六七八]")


def _infants(text: str) -> Iterator[Age]:
    """Ages in months: under one year, one to two from twelve months on."""
    if not ("月" in text or "岁" in text or "mo" in text.lower() or "mth" in text.lower()):
        return
    for m in islice(_MONTHS.finditer(text), _MOST_NUMBERS):
        grown = _PAST_A_YEAR.search(m[0])
        yield Age(m.start(), m.end(), 1 if grown else 0, 2 if grown else 1)


# --- Chinese ----------------------------------------------------------------------------------

_AGE_ZH = re.compile(
    r"(?P<near>大概|大约|约莫|约|估计|差不多|看[起着]?来|也就|应该也就|最多|至多|顶多|最大的?(?:也就|"
    r"有|才|自称)?|不到|不超过|不满|未满|没满|才|也就是)?[有是]?(?P<a>\d{1,2}|"
    r"[零一二两三四五六七八九十]{1,4})(?:[-~–到至、](?P<b>\d{1,2}|"
    r"[二三四五六七八九十]{1,3}))?(?P<more>来|多|几)?(?:岁|歲|周岁|yo)(?P<tail>多|左右|上下|大|"
    r"半|不到|都?没?不?到)?"
)
_BARE_ZH = re.compile(
    r"(?:得有|自称|看着(?:得)?有?|一看就|看(?:着|样子)也?就?|顶多|才|大概|约莫|也就|"
    r"(?:一个)?说(?:自己)?(?:今年)?|今年|几岁[^\w]{1,4})"
    r"(?P<a>\d{1,2}|[三四五六七八九]|十[一二三四五六七]?)(?=[,。!?、了吧”」\"…]|\s|一个|$)"
    r"|(?<=[,。 、…」”])(?P<pair>十[一二三四五六][二三四五六七]|"
    r"[三四五六七八][四五六七八九])(?=[,。!?、 …]|\s|的样子|吧|$)"
)
_AT_MOST_ZH = ("最多", "至多", "顶多", "不到", "不超过", "不满", "未满", "没满")


def _ages_zh(text: str) -> Iterator[Age]:
    said = False
    for m in islice(_AGE_ZH.finditer(text), _MOST_NUMBERS):
        low, high = _span_zh(m["a"], m["b"])
        if low is None or high is None:
            continue
        said = said or high <= _OLDEST
        near, tail = m["near"] or "", (m["tail"] or "") + (m["more"] or "")
        if near in _AT_MOST_ZH or near.startswith("最大") or "到" in tail:
            yield Age(m.start(), m.end(), 0, high)
        elif "多" in tail or "半" in tail:
            yield Age(m.start(), m.end(), low, low + 1)
        elif "来" in tail or "几" in tail:
            yield Age(m.start(), m.end(), low - 1, low + 2)
        elif low == high and (near or "左右" in tail or "上下" in tail) and near not in ("才", "看来"):
            yield Age(m.start(), m.end(), max(0, low - 1), high + 1)
        else:
            yield Age(m.start(), m.end(), low, high)
    if not said:
        yield from _bare_zh(text)


def _bare_zh(text: str) -> Iterator[Age]:
    """ "看着十二三，", "自称13，": numbers without 岁, read where no age with it stands."""
    for m in islice(_BARE_ZH.finditer(text), _MOST_NUMBERS) if _HAN.search(text) else ():
        low, high = _span_zh(m["pair"] or m["a"], None)
        if low is not None and high is not None and low > 2:
            yield Age(m.start(), m.end(), low, high)


def _span_zh(a: str, b: str | None) -> tuple[float | None, float | None]:
    """五六岁, 十二三岁, 6-7岁, 12、3岁: two numerals side by side are a range."""
    if b:
        first, second = number(a), number(b)
        if first is not None and second is not None and second < 10 <= first:
            second += first // 10 * 10
        return (first, second) if first is not None and second is not None else (None, None)
    if not a.isascii():
        if len(a) >= 2 and a[-1] not in "十零" and a[-2] not in "十零":
            tens = 10 if len(a) == 3 and a[0] == "十" else 0
            if len(a) == 2 or tens:
                first, second = number(a[-2]), number(a[-1])
                if first is not None and second is not None and second == first + 1:
                    return tens + first, tens + second
            return None, None
        value = number(a)
    else:
        value = int(a)
    return (value, value) if value is not None else (None, None)


_GRADES = re.compile(
    r"(?:小学)?(?P<n>[一二三四五六1-6])年级|小(?P<small>[一二三四五六])(?=[男女学生的,。]|$)|"
    r"(?P<young>幼儿园)(?!门|旁|边|对)|"
    r"(?P<middle>国中生|初中生|国中|初[一二三](?=[男女]生))|(?P<high>高中生|高[一二三](?=[男女]生))"
)


def _by_class(text: str) -> Iterator[Age]:
    """The class a child says it is in: first graders are six to seven."""
    for m in _GRADES.finditer(text):
        named = m["n"] or m["small"]
        if named:
            grade = number(named) or 1
            yield Age(m.start(), m.end(), grade + 5, grade + 6)
        else:
            low, high = (3.0, 6.0) if m["young"] else (12.0, 15.0) if m["middle"] else (15.0, 18.0)
            yield Age(m.start(), m.end(), low, high)


def _word_number(text: str) -> int | None:
    return int(text) if text.isdigit() else EN_NUMBERS.get(text.lower())
