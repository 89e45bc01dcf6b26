"""Find the expressions of time in a text: whose they are, and which of them speak of another event.

No reading here: what an expression means is in time_resolve.py, which of several counts in time_rank.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.extract import timewords_en, timewords_zh
from bot.extract.normal import Normal, Part
from bot.extract.time_stretch import stretches
from bot.extract.timewords import Expression, Role, join

_MOST_EXPRESSIONS = 25
_MOST_JOINED = 80


@dataclass(frozen=True, slots=True)
class Found:
    """An expression, whether the author wrote it, and why it is another time ("" if not)."""

    expression: Expression
    own: bool
    other: str


_LATIN = re.compile(r"[A-Za-z]{2}")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_OTHER_BEFORE = re.compile(

        r"(?:失踪|走失|丢失|走丢|被拐|失联|出生|生于|生日|自从|截至|截止|预计|将在|定于|距离|开业|"
        r"成立)[^。!?;\n]{0,6}$"
    r"|\b(?:missing|disappeared|born|d\.?o\.?b\.?|abducted|kidnapped|separated|deadline|last seen)\b"
    r"[^.!?;\n]{0,30}$|\b(?:until|till|til|deadline is)\s$"
    r"|\b(?:every|each|most|any|always|never|used to|usual(?:ly)?)\s(?:on\s)?$",
    re.IGNORECASE,
)  # fmt: skip
_OTHER_AFTER = re.compile(
    r"^[^。!?;\n]{0,12}?(?:失踪|走失|丢失|丢了|走丢|被拐|失联|出生|生人|至今|以来|发过|(?<!没)开始(?!的|在|"
    r"就)|开学|"
    r"开业|开幕|的飞机|的火车|的车票|的票)"
    r"|^(?:才|就)?(?:有空)?(?:才)?(?:发出|发上|发布|补发|翻出|整理|想起|上传|发(?=[,。!?\s]|$))"
    r"|^[^.!?;\n]{0,25}?\b(?:went missing|disappeared|was taken|was born|was abducted|was last seen)\b",
    re.IGNORECASE,
)
_SINCE = re.compile(r"\b(?:since|for)\s(?:the\s)?$", re.IGNORECASE)


def find(normal: Normal, parts: Sequence[Part]) -> list[Found]:
    """All expressions of time, in order, each with its author and the reason if it is another time."""
    text = normal.text
    found = stretches(find_expressions(text), text)
    return [Found(e, _own(e, parts), _other_time(e, text)) for e in found]


def find_expressions(text: str) -> list[Expression]:
    """The expressions of time in a normal form, in order; at most _MOST_EXPRESSIONS."""
    words = timewords_zh.find_words(text) if _HAN.search(text) else []
    expressions = join(words, timewords_zh.is_glue, text)
    if _LATIN.search(text) or not expressions:
        taken = bytearray(len(text) + 1)
        for e in expressions:
            taken[e.start : e.end] = b"\x01" * (e.end - e.start)
        english = join(timewords_en.find_words(text), timewords_en.is_glue, text)
        expressions += [e for e in english if not any(taken[e.start : e.end])]
    expressions = sorted(
        (_closed(_with_lead(_since(e, text), text), text) for e in expressions[:_MOST_JOINED]),
        key=lambda e: e.start,
    )
    return [e for e in expressions if _stands(e)][:_MOST_EXPRESSIONS]


_SINCE_WHEN = re.compile(r"\b(?:(?:ever )?since|frm|from) (?:the |early |d )?\Z", re.IGNORECASE)
_NOT_SEEN = re.compile(
    r"\b(?:not|n[o']t|haven|hasn|hvn|hasnt|havent|no one|been seeing|missing|begging? here|ate|"
    r"eaten)\b[^.!?]{0,40}\Z",
    re.IGNORECASE,
)


def _since(expression: Expression, text: str) -> Expression:
    """ "Since morning", "since yesterday": from then until the post, if what is said is not an absence."""
    if expression.get(Role.CLOCK) or expression.get(Role.BACK):
        return expression
    lead = _SINCE_WHEN.search(text, max(0, expression.start - 16), expression.start)
    if lead is None or not _LATIN.search(text, expression.start):
        return expression
    if _NOT_SEEN.search(text, max(0, lead.start() - 50), lead.start()):
        return expression
    if lead[0].lower().startswith("f") and "morning" not in text[expression.start : expression.end].lower():
        return expression
    first, *others = expression.words
    return Expression(lead.start(), expression.end, (replace(first, open_end=True, score=0.5), *others))


def _closed(expression: Expression, text: str) -> Expression:
    """With the bracket that its words open: 1 am (Saturday night)."""
    end = expression.end
    inside = text[expression.start : end]
    if text[end : end + 1] == ")" and inside.count("(") > inside.count(")"):
        return replace(expression, end=end + 1)
    return expression


_LEAD = re.compile(r"(?:大概|大约|约莫|约摸|差不多|估计|约)(?:是|在)?$")


def _with_lead(expression: Expression, text: str) -> Expression:
    """ "About" before the part of the day loosens the clock after it: 大概下午四点半."""
    lead = _LEAD.search(text[max(0, expression.start - 4) : expression.start])
    if lead is None:
        return expression
    words = tuple(
        replace(w, clock=replace(w.clock, before_min=30, after_min=30))
        if w.clock and w.clock.until is None and w.clock.before_min == w.clock.after_min
        else w
        for w in expression.words
    )
    return Expression(expression.start - len(lead[0]), expression.end, words)


def _stands(expression: Expression) -> bool:
    """A bare hour ("about five") is a time only beside a day or a part of the day."""
    if any(word.role in (Role.DAY, Role.PART, Role.BACK, Role.FUTURE) for word in expression.words):
        return True
    return all(word.clock is None or word.clock.alone for word in expression.words)


def _own(expression: Expression, parts: Sequence[Part]) -> bool:
    return next((part.own for part in parts if part.start <= expression.start < part.end), True)


def _other_time(expression: Expression, text: str) -> str:
    if expression.get(Role.FUTURE):
        return "lies ahead"
    if _OTHER_BEFORE.search(text[max(0, expression.start - 45) : expression.start]):
        return "words before it speak of another event"
    if _OTHER_AFTER.match(text[expression.end : expression.end + 45]):
        return "words after it speak of another event"
    is_open = any(word.open_end for word in expression.words)
    if (
        not is_open
        and not expression.get(Role.CLOCK)
        and _SINCE.search(text[max(0, expression.start - 12) : expression.start])
    ):
        return "since then"
    return ""
