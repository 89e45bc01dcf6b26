"""Clock times in Chinese text: 下午三点半, 15:20, 九点多, 七点到七点半; and Chinese numerals. Words only.

Every pattern is bounded and has no nested repetition, so each text is read in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from bot.extract.timewords import Clock, Role, Word

DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
_MOST = 60
"""So many matches of one form are read: no post has more, and soups of digits do."""
NUMERAL = r"(?:\d{1,2}|[零〇一二两三四五六七八九十廿]{1,4})"


def number(text: str) -> int | None:
    """An integer from digits or Chinese numerals below a hundred; None if it is neither."""
    if text.isascii():
        return int(text) if text.isdigit() else None
    text = text.replace("廿", "二十")
    if "十" not in text:
        digits = [DIGITS.get(c) for c in text]
        return None if None in digits else int("".join(str(d) for d in digits))
    tens, _, ones = text.partition("十")
    if len(tens) > 1 or len(ones) > 1 or (tens and tens not in DIGITS) or (ones and ones not in DIGITS):
        return None
    return (DIGITS[tens] if tens else 1) * 10 + (DIGITS[ones] if ones else 0)


_NEAR = r"(?:北京时间)?(?P<near>将近|接近|差不多|大约|大概|约莫|约摸|约|快到|快|不到|≈|~)?"
_TAIL = (
    r"(?P<tail>那会儿?|那阵儿|那阵子?|那时候?|的时候|的样子|出头|挂零|不到(?!一|两|[二三四五六七八九十\d])|"
    r"没到|多一点|多点|冒头|过一点|过点|左右|上下|前后|光景|许|来钟|来多|来|外(?=[,。!?\s])|多钟|多|几分|几|过后|之后|以后|"
    r"刚过|过(?!来|去|年)|之前|以前|"
    r"前(?!后|面)|后(?!面|来|门))?(?:北京时间)?"
)
_OUTSIDE = (
    "左右",
    "上下",
    "前后",
    "光景",
    "许",
    "的样子",
    "的时候",
    "那时候",
    "那时",
    "那阵",
    "那阵子",
    "那阵儿",
)
"""These loosen a clock time and are read, but stand outside the quoted words."""
_CLOCK_DIGITS = re.compile(
    rf"{_NEAR}(?<!\d)(?<!\d:)(?P<h>2[0-4]|"
    rf"[01]?\d):(?P<m>[0-5]\d)(?::[0-5]\d)?(?![\d:])(?P<ap>\s?(?:[ap]m\b|[ap]\.m\.))?分?{_TAIL}"
)
_CLOCK_HAN = re.compile(
    rf"{_NEAR}(?P<h>{NUMERAL})(?:点钟|点|时(?!候|间|代|尚|常|时|不))"
    rf"(?:(?P<half>半)|(?P<quarter>[一三])刻|(?P<m>[0-5]?\d|"
    rf"[零〇][一二三四五六七八九]|[二三四五]?十[一二三四五六七八九]?|廿[一二三四五六七八九]?|"
    rf"[一二三四五六七八九](?=分))(?:分(?!钟))?(?![\d岁个元块])|整|正)?(?:钟)?{_TAIL}"
)
_CLOCK_PAIR = re.compile(
    r"(?<![第零〇二三四五六七八九十\d])(?P<a>十?[一二两三四五六七八九]|"
    r"十)(?P<b>[二三四五六七八九十])(?:点钟|点)(?![半一二三四五六七八九十\d])(?:的样子|左右|来钟)?"
)
_CLOCK_TO = re.compile(
    rf"差(?P<short>{NUMERAL}|一刻)(?:钟|分钟|分)?(?:就|到|不到)?(?P<h>{NUMERAL})点|"
    rf"(?P<h2>{NUMERAL})点差(?P<short2>{NUMERAL}|一刻)(?:钟|分钟|分)?"
)
_RANGE = re.compile(r"\s?(?:到|至|-|–|—|~)\s?")
_AS_A_WORD = "儿点小都也不没半"


def find_clocks(text: str) -> Iterator[Word]:
    yield from _pairs(text)
    for m in islice(_CLOCK_TO.finditer(text), _MOST):
        hour, short = number(m["h"] or m["h2"]), m["short"] or m["short2"]
        minutes = 15 if short == "一刻" else number(short)
        if hour and minutes and 1 <= hour <= 24 and 0 < minutes < 60:
            clock = Clock(hour - 1, 60 - minutes, *_reach("", "", 60 - minutes), written_24=hour > 13)
            yield Word(m.start(), m.end(), Role.CLOCK, "clock", 0.9, clock=clock)
    for pattern in (_CLOCK_DIGITS, _CLOCK_HAN):
        for m in islice(pattern.finditer(text), _MOST):
            found = _clock(m, text, digits=pattern is _CLOCK_DIGITS)
            if found:
                end = m.start("tail") if m["tail"] in _OUTSIDE else m.end()
                yield Word(m.start(), end, Role.CLOCK, "clock", 0.9, clock=found)


def _pairs(text: str) -> Iterator[Word]:
    """七八点, 十一二点: between the two hours."""
    for m in islice(_CLOCK_PAIR.finditer(text), _MOST):
        first, second = number(m["a"]), number(m["b"])
        if first is not None and second is not None and second == (first % 10) + 1:
            clock = Clock(first, 0, 0, 0, until=(first + 1) * 60)
            yield Word(
                m.start(),
                m.end("b") + 1 + (text[m.end("b") + 1 :][:1] == "钟"),
                Role.CLOCK,
                "clock range",
                0.9,
                clock=clock,
            )


def _clock(m: re.Match[str], text: str, *, digits: bool) -> Clock | None:
    hour = number(m["h"])
    minute = number(m["m"]) if m["m"] else 0
    if not digits:
        minute = 30 if m["half"] else {"一": 15, "三": 45}.get(m["quarter"] or "", minute)
    if hour is None or minute is None or hour > 24 or minute > 59:
        return None
    if len(m["h"]) > 1 and not m["h"].isascii() and "十" not in m["h"] and "廿" not in m["h"]:
        return None
    before, after = _reach(m["near"] or "", m["tail"] or "", minute)
    precise = digits or bool(m["half"] or m["quarter"] or m["m"])
    after_char = text[m.end("h") + 1 : m.end("h") + 2]
    alone = (
        precise
        or bool(m["tail"])
        or not (m["h"] in ("一", "两", "几") or (after_char and after_char in _AS_A_WORD))
    )
    half = (m.groupdict().get("ap") or "").strip().replace(".", "")
    # Of a bare hour by its digits (昨天11点) the morning is likelier: nights are named.
    return Clock(
        hour,
        minute,
        before,
        after,
        half=half,
        written_24=digits or hour > 12 or m["h"].isascii(),
        alone=alone,
    )


def _reach(near: str, tail: str, minute: int) -> tuple[int, int]:
    """Minutes before and after the named time that the words allow."""
    if tail in (
        "多",
        "多钟",
        "几",
        "来多",
        "外",
        "几分",
        "出头",
        "挂零",
        "多一点",
        "多点",
        "冒头",
        "过一点",
        "过点",
        "刚过",
        "过",
        "过后",
    ):
        return (0, 60) if minute == 0 else (0, 15)
    if near in ("快", "快到", "将近", "接近", "不到") or tail in ("不到", "没到", "前", "之前", "以前"):
        return 30, 0
    if tail in ("后", "之后", "以后"):
        return 0, 60
    if near or tail:
        return 30, 30
    return (15, 15) if minute % 15 == 0 else (5, 5)


def with_ranges(words: list[Word], text: str) -> list[Word]:
    """Two clocks with "to" between them are one range."""
    found: list[Word] = []
    for word in words:
        last = found[-1] if found else None
        joined = _range(last, word, text) if last else None
        if joined:
            found[-1] = joined
        else:
            found.append(word)
    return found


def _range(last: Word, word: Word, text: str) -> Word | None:
    first, second = last.clock, word.clock
    if first is None or second is None or first.until is not None:
        return None
    if not _RANGE.fullmatch(text[last.end : word.start]):
        return None
    end = word.end + 2 if text.startswith("之间", word.end) else word.end
    until = second.hour * 60 + second.minute
    clock = Clock(first.hour, first.minute, 0, 0, written_24=first.written_24, until=until)
    return Word(last.start, end, Role.CLOCK, "clock range", 0.9, clock=clock)
