"""The child or children as the words describe them: number, sex, age, marks, accompanying adult.

Words only; nothing is ever guessed from a face, a name or what is usual.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from bot.extract.clocks_zh import number
from bot.extract.normal import Normal
from bot.extract.person_words import (
    ADULTS,
    BOTH,
    BOY,
    COUNT_EN,
    COUNT_ZH,
    EN_NUMBERS,
    GIRL,
    MANY,
    MARKS,
    N_EN,
    OTHERS,
    PAIR_EN,
    PAIR_ZH,
    PRONOUN,
    QUOTED,
    SINGLE,
)
from bot.extract.prefilter import Gate
from store.records.sighting import Evidence, EvidenceKind, Who

_AGE_ZH = re.compile(
    r"(?P<near>大概|大约|约莫|约|估计|差不多|看[起着]?来|也就|应该也就|最多|顶多|最大的?(?:也就|"
    r"有|才|自称)?|不到|不超过|才|也就是)?[有是]?(?P<a>\d{1,2}|"
    r"[零一二两三四五六七八九十]{1,4})(?:[-~–到至、](?P<b>\d{1,2}|"
    r"[二三四五六七八九十]{1,3}))?(?P<more>来|多|几)?(?:岁|歲|周岁|yo)(?P<tail>多|左右|上下|大|"
    r"半)?"
)
_B = rf"(?:\s?(?:-|–|/|&|,)\s?|\s(?:to|or|and|maybe|mibbe|at|going on)\s)(?:maybe |mibbe )?(?P<b>{N_EN})"
_LEAD = (
    r"(?:about|around|abt|approx\.?|approximately|maybe|mibbe|roughly|mga|no more than|at most|"
    r"under|of maybe|of like|like|of|"
    r"aged?|is|looks?|looked|perhaps|probably|must be|might be|no older than|not more than|only|just)"
)
_AGE_EN = re.compile(
    rf"(?P<near>\b{_LEAD}\s|"
    rf"[~≈]\s?)?(?<![\d:./])\b(?!one\b(?! ?-?y))(?P<a>{N_EN})(?:{_B})?(?P<unit>\s?-?(?:years?(?:[ -]o"
    rf"lds?)?|yrs?\.?(?: olds?)?|"
    rf"y\.?/?o\.?|yo|saal|thn|tahun|taon|vayassu|bochor|bosor)\b|\s?-?ish\b|\sor so\b|\s(?:tops|max|"
    rf"at most)\b)?",
    re.IGNORECASE,
)
_AGE_OF = re.compile(
    r"(?:\b(?:boys?|girls?|kids?|child|children|lad|lass(?:ie)?|baby|toddler|laaitie|bach[aei]|bachi|"
    r"umfana|chap|fella|"
    rf"sister|brother|one) (?:of|aged?) (?:(?P<near>{_LEAD}) )?|\b(?:hes|shes|he's|she's|theyre|"
    rf"they're) (?P<near2>{_LEAD}) |"
    r"(?P<be>\b)(?:can|could|can't|cannot|couldn't|cant|couldnt|cannae) ?(?:not )?be (?P<most>(?:older|"
    r"more|mair|over) than |over )?)"
    rf"(?P<a>{N_EN})(?:{_B})?\b(?P<unit>\s(?:tops|max)\b)?(?!\s?(?:min|hour|am\b|pm\b|:))",
    re.IGNORECASE,
)
_AGE_ALONE = re.compile(
    rf"(?:\b(?P<near>{_LEAD})\s|(?<=[.,!?] )|(?<=^)|(?<=\())(?!one\b)(?P<a>{N_EN})(?:{_B})?(?=\?|"
    rf"[.,!)](?!\d)|\s?$|\sor so\b|"
    r"\s(?:tops|max)\b)(?P<unit>\sor so|\s(?:tops|max))?",
    re.IGNORECASE,
)
_AGE_AFTER_CHILD = re.compile(
    rf"\b(?:boys?|girls?|kids?|child|children|lads?|lass(?:ie)?|ones?|little|littlies|baby|he|she|"
    rf"siblings|sisters|brothers|"
    rf"twins|teen(?:ager)?|tot|toddler|bata|babae|bacha|tamariki|wahine|kijana|mayibobo|fella|"
    rf"daughter|son|pair)\b"
    rf"(?:[^.!?\d]{{0,24}}?[\s,(])(?:(?P<near>{_LEAD}|"
    rf"~)\s?)?~?(?!one\b)(?P<a>{N_EN})(?:{_B})?(?P<unit>\s(?:tops|max)\b)?"
    r"(?=[\s,.)?!:;]|$)(?!\s?(?:min|hour|hrs|pm|am|o'clock|rs\b|km|m\b|%|kids|boys|girls|people|"
    r"fingers|toes|legs?|dollars|"
    r"times|of\b|for\b|days|stops|blocks|coins|(?:more|other|small|little|street) |(?-i:[A-Z])))",
    re.IGNORECASE,
)
_GRADES = re.compile(
    r"(?:小学)?(?P<n>[一二三四五六1-6])年级|小(?P<small>[一二三四五六])(?=[男女学生的,。]|$)|"
    r"(?P<young>幼儿园)(?!门|旁|边|对)|"
    r"(?P<middle>国中生|初中生|国中|初[一二三](?=[男女]生))|(?P<high>高中生|高[一二三](?=[男女]生))"
)


_ADULT_RULES = [(label, re.compile(pattern, re.IGNORECASE)) for label, pattern in ADULTS]
_GATE = Gate([("girl", GIRL.pattern), ("boy", BOY.pattern), ("marks", MARKS.pattern), *ADULTS])
_HAN = re.compile(r"[\u4e00-\u9fff]")
_MOST_MARKS = 8
_MOST_NUMBERS = 40
"""So many numbers of one form are read: no post has more, and soups of digits do."""


def read(normal: Normal, taken: Sequence[tuple[int, int]] = ()) -> Who:
    """What the words say of the child; empty where they say nothing. Numbers in `taken` are times."""
    text = normal.text
    spans: list[Evidence] = []
    said = _without_quotes(text)
    worth = _GATE.open(text)
    sex = _sex(normal, said, spans, worth)
    low, high = _age(normal, text, spans, taken)
    children = _children(normal, text, spans, taken)
    adult = _adult(normal, said, spans, worth)
    marks = []
    for m in MARKS.finditer(text) if "marks" in worth else ():
        marks.append(normal.quote(m.start(), m.end()))
        spans.append(_said(normal, m, "mark"))
        if len(marks) == _MOST_MARKS:
            break
    return Who(children, sex, low, high, adult, tuple(marks), tuple(spans))


def _said(normal: Normal, m: re.Match[str], rule: str) -> Evidence:
    start, end = normal.span(m.start(), m.end())
    return Evidence(EvidenceKind.TEXT, rule, start, end, normal.original[start:end])


def _without_quotes(text: str) -> str:
    """The text with short quotations blanked: what a child says is no description of it.

    A quotation that holds most of the text is the report itself and stays.
    """
    for m in QUOTED.finditer(text):
        if len(m[0]) < min(45, len(text) // 2):
            text = text[: m.start()] + " " * len(m[0]) + text[m.end() :]
    return text


def _sex(normal: Normal, text: str, spans: list[Evidence], worth: set[str]) -> str:
    if BOTH.search(text):
        return ""
    own = OTHERS.sub(lambda m: " " * len(m[0]), text)
    girl = GIRL.search(own) if "girl" in worth else None
    boy = BOY.search(own) if "boy" in worth else None
    if girl is None and boy is None and worth & {"girl", "boy"}:
        girl, boy = GIRL.search(text), BOY.search(text)
    if girl and boy:
        # "男孩" inside "女子娃和男孩" are two; a word inside another is one.
        if not (girl.start() < boy.end() and boy.start() < girl.end()):
            return ""
        girl, boy = (girl, None) if len(girl[0]) > len(boy[0]) else (None, boy)
    m = girl or boy
    if m is None:
        return _sex_by_pronoun(normal, text, spans)
    spans.append(_said(normal, m, "sex"))
    return "female" if girl else "male"


def _sex_by_pronoun(normal: Normal, text: str, spans: list[Evidence]) -> str:
    """He or she, where all say the same and no adult of that sex was named before."""
    if not SINGLE.search(text):
        return ""
    since = {
        "female": _first(text, ("woman", "old woman", "couple"), _KIN_BEFORE["female"]),
        "male": _first(text, ("man", "old man", "couple"), _KIN_BEFORE["male"]),
    }
    found = ""
    for m in PRONOUN.finditer(text):
        sex = "female" if m["f"] or m["fe"] else "male"
        if m.start() >= since[sex]:
            continue
        if found and sex != found:
            return ""
        if not found:
            spans.append(_said(normal, m, "sex"))
        found = sex
    return found


def _first(text: str, labels: tuple[str, ...], kin: re.Pattern[str]) -> int:
    """Where the first grown-up of a sex is named; a pronoun after that may be theirs."""
    patterns = [pattern for label, pattern in _ADULT_RULES if label in labels]
    return min((m.end() for pattern in (*patterns, kin) if (m := pattern.search(text))), default=len(text))


_KIN_BEFORE = {
    "female": re.compile(
        r"妈|奶|姐|姨|婆|老师|老板娘|\b(?:mu?o?m(?:my)?|mother|aunt\w*|gran\w*|sister|wife|girl|teacher)\b",
        re.I,
    ),
    "male": re.compile(
        r"爸|爷|哥|叔|伯|老板(?!娘)|保安|\b(?:dad\w*|father|uncle|brother|husband|driver|grandad|boy|cop)\b",
        re.I,
    ),
}


def _children(
    normal: Normal, text: str, spans: list[Evidence], taken: Sequence[tuple[int, int]]
) -> int | None:
    counted = _counted(text, taken)
    pair = PAIR_ZH.search(text) or PAIR_EN.search(text)
    if counted and (counted[1] > 1 or pair is None):
        spans.append(_said(normal, counted[0], "number"))
        return counted[1]
    if pair:
        spans.append(_said(normal, pair, "number"))
        return 2
    single = SINGLE.search(text)
    if single is None or MANY.search(text):
        return None
    spans.append(_said(normal, single, "number"))
    return 1


def _counted(text: str, taken: Sequence[tuple[int, int]]) -> tuple[re.Match[str], int] | None:
    for m in islice(COUNT_ZH.finditer(text), _MOST_NUMBERS) if _HAN.search(text) else ():
        count = {"俩": 2, "仨": 3}.get(m["n"]) or number(m["n"])
        before = text[max(0, m.start() - 1) : m.start()]
        if (
            not count
            or count > 20
            or (before and before in "一二三四五六七八九十第初周期零点")
            or _in(m, taken)
        ):
            continue
        # "Four" in 十四男孩 is an age; a number needs its classifier unless two or three are meant.
        if m["unit"] or m["n"] in "俩仨两三" or m["n"].isdigit():
            return m, count
    for m in islice(COUNT_EN.finditer(text), _MOST_NUMBERS):
        word = m["n"].lower()
        named = {"a": 1, "an": 1, "isang": 1, "dalawang": 2, "tatlong": 3}.get(word)
        count = named or (int(word) if word.isdigit() else EN_NUMBERS.get(word))
        who = m["who"].lower()
        plural = who.endswith(("s", "children", "babies")) or who in ("bata", "tamariki")
        if (
            count
            and count <= 20
            and ((count > 1) == plural or who in ("bata", "tamariki"))
            and not _in(m, taken)
        ):
            return m, count
    return None


def _in(m: re.Match[str], taken: Sequence[tuple[int, int]]) -> bool:
    return any(a < m.end("n") and m.start("n") < b for a, b in taken)


def _age(
    normal: Normal, text: str, spans: list[Evidence], taken: Sequence[tuple[int, int]]
) -> tuple[float | None, float | None]:
    han = _HAN.search(text) is not None
    found = [*_ages_zh(text)] if han or "yo" in text else []
    found = found or [*_ages_en(text, taken)] or ([*_ages_by_class(text)] if han else [])
    found = [(m, low, high) for m, low, high in found if 0 <= low <= high <= 18]
    if not found:
        return None, None
    spans.extend(_said(normal, m, "age") for m, _, _ in found[:4])
    return min(low for _, low, _ in found), max(high for _, _, high in found)


def _ages_by_class(text: str) -> Iterator[tuple[re.Match[str], float, float]]:
    """The class a child says it is in: first graders are six to seven."""
    for m in _GRADES.finditer(text):
        named = m["n"] or m["small"]
        if named:
            grade = number(named) or 1
            yield m, grade + 5, grade + 6
        else:
            yield m, *((3.0, 6.0) if m["young"] else (12.0, 15.0) if m["middle"] else (15.0, 18.0))


def _ages_zh(text: str) -> Iterator[tuple[re.Match[str], float, float]]:
    for m in islice(_AGE_ZH.finditer(text), _MOST_NUMBERS):
        low, high = _span_zh(m["a"], m["b"])
        if low is None or high is None:
            continue
        near, tail = m["near"] or "", (m["tail"] or "") + (m["more"] or "")
        if near in ("最多", "顶多", "不到", "不超过") or near.startswith("最大"):
            yield m, 0, high
        elif "多" in tail or "半" in tail:
            yield m, low, low + 1
        elif "来" in tail or "几" in tail:
            yield m, low - 1, low + 2
        elif low == high and (near or "左右" in tail or "上下" in tail) and near not in ("才", "看来"):
            yield m, max(0, low - 1), high + 1
        else:
            yield m, low, high


def _span_zh(a: str, b: str | None) -> tuple[float | None, float | None]:
    """五六岁, 十二三岁, 6-7岁: two numerals side by side are a range."""
    if b:
        first, second = number(a), number(b)
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


def _ages_en(text: str, times: Sequence[tuple[int, int]]) -> Iterator[tuple[re.Match[str], float, float]]:
    taken = list(times)
    for pattern in (_AGE_OF, _AGE_EN, _AGE_AFTER_CHILD, _AGE_ALONE):
        if pattern is _AGE_ALONE and len(taken) > len(times):
            return
        for m in islice(pattern.finditer(text), _MOST_NUMBERS):
            unit = (m.groupdict().get("unit") or "").strip().lower()
            if pattern is _AGE_EN and not unit and (m["near"] or "").strip() not in ("~", "≈"):
                continue
            if any(a < m.end() and m.start("a") < b for a, b in taken):
                continue
            if text[m.end() : m.end() + 1] in (":", "%") or _DOT_DIGIT.match(text, m.end()):
                continue
            first = _word_number(m["a"])
            second = _word_number(m["b"]) if m["b"] else first
            if first is None or second is None:
                continue
            taken.append((m.start("a"), m.end()))
            near = (m["near"] or m.groupdict().get("near2") or "").strip().lower()
            if (
                pattern is _AGE_OF
                and m["be"] is not None
                and (m["most"] or "n" in m[0].lower().split(" be")[0][3:])
            ):
                near = "under"
            if m["b"] and second < first and unit != "months":
                second = first
            if (near in _AT_MOST or unit in ("tops", "max", "at most")) and not m["b"]:
                yield m, 0, second
            elif first == second and (near not in _EXACT or unit.endswith("ish")):
                yield m, first - 1, second + 1
            else:
                yield m, min(first, second), max(first, second)


_DOT_DIGIT = re.compile(r"\.\d")
_AT_MOST = ("no more than", "at most", "under", "no older than", "not more than")
_EXACT = ("", "is", "of", "aged", "age", "only", "just", "like")


def _word_number(text: str) -> int | None:
    return int(text) if text.isdigit() else EN_NUMBERS.get(text.lower())


def _adult(normal: Normal, text: str, spans: list[Evidence], worth: set[str]) -> str:
    for label, pattern in _ADULT_RULES:
        m = pattern.search(text) if label in worth else None
        if m:
            spans.append(_said(normal, m, "adult"))
            return label
    return ""
