"""The child or children as the words describe them: number, sex, age, marks, accompanying adult.

Words only; nothing is ever guessed from a face, a name or what is usual.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from bot.extract.clocks_zh import number
from bot.extract.normal import Normal
from bot.extract.person_ages import ages
from bot.extract.person_words import (
    ADULTS,
    ALL_OF_THEM,
    BOTH,
    BOY,
    COUNT_EN,
    COUNT_ZH,
    EN_NUMBERS,
    GIRL,
    GROUP,
    MANY,
    MARKS,
    OTHERS,
    PAIR_EN,
    PAIR_ZH,
    PRONOUN,
    QUOTED,
    SINGLE,
)
from bot.extract.prefilter import Gate, Parted
from store.records.sighting import Evidence, EvidenceKind, Who

_ADULT_RULES = [(label, Parted(re.compile(pattern, re.IGNORECASE))) for label, pattern in ADULTS]
_GATE = Gate(
    [
        ("girl", GIRL.pattern),
        ("boy", BOY.pattern),
        ("others", OTHERS.pattern),
        ("count zh", COUNT_ZH.pattern),
        ("count en", COUNT_EN.pattern),
        *ADULTS,
    ]
)
_GIRL, _BOY, _BOTH, _SINGLE, _MANY = map(Parted, (GIRL, BOY, BOTH, SINGLE, MANY))
_PAIR_ZH, _PAIR_EN, _MARKS = map(Parted, (PAIR_ZH, PAIR_EN, MARKS))
_QUOTES = "“「『‘\"'"
Counted = tuple[re.Match[str], int]
"""Words that count the children, and how many they say."""
_MOST_MARKS = 8
_MOST_NUMBERS = 40
"""So many numbers of one form are read: no post has more, and soups of digits do."""


def read(normal: Normal, taken: Sequence[tuple[int, int]] = ()) -> Who:
    """What the words say of the child; empty where they say nothing. Numbers in `taken` are times."""
    text = normal.text
    spans: list[Evidence] = []
    said = _without_quotes(text)
    worth = _GATE.open(text)
    counted = _counted(text, taken, worth)
    sex = _sex(normal, said, spans, worth, _is_group(counted))
    low, high = _age(normal, text, spans, taken)
    children = _children(normal, text, spans, counted)
    adult = _adult(normal, said, spans, worth)
    marks = []
    for m in _MARKS.finditer(text):
        marks.append(normal.quote(m.start(), m.end()))
        spans.append(_said(normal, m, "mark"))
        if len(marks) == _MOST_MARKS:
            break
    return Who(children, sex, low, high, adult, tuple(marks), tuple(spans))


def _said(normal: Normal, m: re.Match[str], rule: str) -> Evidence:
    return _quoted(normal, m.start(), m.end(), rule)


def _quoted(normal: Normal, start: int, end: int, rule: str) -> Evidence:
    start, end = normal.span(start, end)
    return Evidence(EvidenceKind.TEXT, rule, start, end, normal.original[start:end])


def _without_quotes(text: str) -> str:
    """The text with short quotations blanked: what a child says is no description of it.

    A quotation that holds most of the text is the report itself and stays.
    """
    for m in QUOTED.finditer(text) if any(mark in text for mark in _QUOTES) else ():
        if len(m[0]) < min(45, len(text) // 2):
            text = text[: m.start()] + " " * len(m[0]) + text[m.end() :]
    return text


def _is_group(counted: Counted | None) -> bool:
    """Whether several children are named by a word that leaves their sex open."""
    return counted is not None and counted[1] > 1 and GROUP.search(counted[0]["who"]) is not None


def _sex(normal: Normal, text: str, spans: list[Evidence], worth: set[str], group: bool) -> str:
    if _BOTH.search(text):
        return ""
    own = OTHERS.sub(lambda m: " " * len(m[0]), text) if "others" in worth else text
    girl = _GIRL.search(own) if "girl" in worth else None
    boy = _BOY.search(own) if "boy" in worth else None
    if girl is None and boy is None and worth & {"girl", "boy"}:
        girl, boy = _GIRL.search(text), _BOY.search(text)
    if girl and boy:
        # "男孩" inside "女子娃和男孩" are two; a word inside another is one.
        if not (girl.start() < boy.end() and boy.start() < girl.end()):
            return ""
        girl, boy = (girl, None) if len(girl[0]) > len(boy[0]) else (None, boy)
    m = girl or boy
    if m is None:
        return "" if group else _sex_by_pronoun(normal, text, spans)
    if group and not m[0].lower().endswith("s") and not ALL_OF_THEM.search(text[: m.start()]):
        return ""
    spans.append(_said(normal, m, "sex"))
    return "female" if girl else "male"


def _sex_by_pronoun(normal: Normal, text: str, spans: list[Evidence]) -> str:
    """He or she, where all say the same and no adult of that sex was named before."""
    if not _SINGLE.search(text):
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


def _first(text: str, labels: tuple[str, ...], kin: Parted) -> int:
    """Where the first grown-up of a sex is named; a pronoun after that may be theirs."""
    patterns = [pattern for label, pattern in _ADULT_RULES if label in labels]
    return min((m.end() for pattern in (*patterns, kin) if (m := pattern.search(text))), default=len(text))


_KIN_WORDS = {
    "female": re.compile(
        r"妈|奶|姐|姨|婆|老师|老板娘|\b(?:mu?o?m(?:my)?|mother|aunt\w*|gran\w*|sister|wife|girl|teacher)\b",
        re.I,
    ),
    "male": re.compile(
        r"爸|爷|哥|叔|伯|老板(?!娘)|保安|\b(?:dad\w*|father|uncle|brother|husband|driver|grandad|boy|cop)\b",
        re.I,
    ),
}


_KIN_BEFORE = {sex: Parted(pattern) for sex, pattern in _KIN_WORDS.items()}


def _children(normal: Normal, text: str, spans: list[Evidence], counted: Counted | None) -> int | None:
    pair = _PAIR_ZH.search(text) or _PAIR_EN.search(text) or _BOTH.search(text)
    if counted and (counted[1] > 1 or pair is None):
        spans.append(_said(normal, counted[0], "number"))
        return counted[1]
    if pair:
        spans.append(_said(normal, pair, "number"))
        return 2
    single = _SINGLE.search(text)
    if single is None or _MANY.search(text):
        return None
    spans.append(_said(normal, single, "number"))
    return 1


_COUNTS = {
    "a": 1, "an": 1, "isang": 1, "dalawang": 2, "dalawa": 2, "tatlong": 3, "tatlo": 3, "apat na": 4,
    "apat": 4, "limang": 5, "lima": 5,
}  # fmt: skip
_PLURALS = ("bata", "tamariki", "bachay", "bacche", "bachchay", "bachche", "bhai", "almajirai")


def _counted(text: str, taken: Sequence[tuple[int, int]], worth: set[str]) -> Counted | None:
    for m in islice(COUNT_ZH.finditer(text), _MOST_NUMBERS) if "count zh" in worth else ():
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
    for m in islice(COUNT_EN.finditer(text), _MOST_NUMBERS) if "count en" in worth else ():
        word = m["n"].lower()
        named = _COUNTS.get(word)
        count = named or (int(word) if word.isdigit() else EN_NUMBERS.get(word))
        who = m["who"].lower()
        plural = who.endswith(("s", "children", "babies")) or who in _PLURALS
        if count and count <= 20 and ((count > 1) == plural or who in _PLURALS) and not _in(m, taken):
            return m, count
    return None


def _in(m: re.Match[str], taken: Sequence[tuple[int, int]]) -> bool:
    return any(a < m.end("n") and m.start("n") < b for a, b in taken)


def _age(
    normal: Normal, text: str, spans: list[Evidence], taken: Sequence[tuple[int, int]]
) -> tuple[float | None, float | None]:
    found = ages(text, taken)
    if not found:
        return None, None
    spans.extend(_quoted(normal, age.start, age.end, "age") for age in found[:4])
    return min(age.low for age in found), max(age.high for age in found)


def _adult(normal: Normal, text: str, spans: list[Evidence], worth: set[str]) -> str:
    for label, pattern in _ADULT_RULES:
        m = pattern.search(text) if label in worth else None
        if m:
            spans.append(_said(normal, m, "adult"))
            return label
    return ""
