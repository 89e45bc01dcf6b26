"""Which of several times a post's sighting is: scores, days named apart, two sightings in one post.

Pure: no zone, no photo. What an expression means is in time_resolve.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.extract.days import Span
from bot.extract.time_find import Found
from bot.extract.time_resolve import Reading
from bot.extract.timewords import Expression, Role

_SEEN = re.compile(
    r"看[见到]|遇[见到]|碰[见到]|撞见|见到|发现|拍|路过|偶遇|有个|有一|时间[:是]"
    r"|\b(?:saw|seen|spotted|noticed|passed|photo|pic|there (?:is|was)|begging|selling)\b",
    re.IGNORECASE,
)
_ASIDE_BEFORE = re.compile(
    r"\b(?:police|cops?|pd|guards?|garda[ií]?|security|ambulance|medics|officers?|council|outreach|cpd|"
    r"nypd|parents?|mother|mum|mom)\b"
    r"[^.!?,;]{0,12}\b(?:got|took|came|arrived|picked|collected|found|moved|called|rang|"
    r"answered)\b[^.!?;]{0,20}\Z"
    r"|\bnow it'?s \Z|\b(?:posting|post|tweeting|home|typing|uploading) (?:this )?(?:only |just )?(?:at|"
    r"now at|since|it's|its|its now)?\s?\Z"
    r"|\b(?:shift|work|class|mass|school|office|shop|store|market|gates?|doors?) (?:ended|ends|finished|"
    r"finishes|starts|started|closes|closed|"
    r"opens|opened)(?: at)? \Z|\b(?:flight|appointment|interview|meeting|kick[- ]?off|"
    r"curfew)\b[^.!?;]{0,12}\Z"
    r"|(?:警察|民警|城管|保安|救护车|120|110|派出所)[^。!?;,]{0,8}(?:来|到|接|带|赶)[^。!?;,]{0,6}\Z|"
    r"(?:加班到|现在都|都快|这都)\Z",
    re.IGNORECASE,
)
_ASIDE_AFTER = re.compile(
    r"\s(?:now|already)\b(?! (?:at|in|outside|near))|\s?(?:会|才会|就会|要)(?:来|去|到|回|走)|\s?(?:才|"
    r"刚)?(?:回到家|到家|下班回|回家|就寝|睡)|\s?了(?:才|还|都|,?才)",
    re.IGNORECASE,
)


def context_of(found: Sequence[Found], now: datetime) -> Callable[[Found], list[Span] | None]:
    """Days named apart from a clock or part of the day ("Halloween ... at eleven") hold for those too."""
    named: list[tuple[Expression, bool, str, list[Span]]] = []
    for other in found:
        e = other.expression
        day = e.get(Role.DAY)
        if day is None or day.days is None or e.get(Role.CLOCK) or day.score < 0.35:
            continue
        spans = [s for s in day.days(now) if (s.after - s.first).days <= 1]
        if spans:
            named.append((e, other.own, day.rule, spans))

    def days_for(item: Found) -> list[Span] | None:
        best: tuple[int, list[Span]] | None = None
        for e, own, rule, spans in named:
            if own != item.own or (e.start > item.expression.start and rule != "relative"):
                continue
            away = abs(e.start - item.expression.start)
            if away <= 60 and (best is None or away < best[0]):
                best = (away, spans)
        return best[1] if best else None

    return days_for


def score_of(item: Found, text: str, first: Reading, now: datetime) -> float:
    e = item.expression
    score = e.score
    around = text[max(0, e.start - 12) : e.end + 25]
    if _SEEN.search(around):
        score += 0.06
    if not item.own:
        score -= 0.05
    if _ASIDE_BEFORE.search(text, max(0, e.start - 45), e.start) or _ASIDE_AFTER.match(text, e.end):
        score -= 0.3
    if now - first.start > timedelta(days=45) and not e.rule.startswith("year+feast"):
        score -= 0.25
    if first.end - first.start > timedelta(days=3):
        score -= 0.15
    return min(max(score, 0.05), 0.97)


@dataclass(frozen=True, slots=True)
class Ranked:
    """An expression with its readings, the score of its rank, the one its confidence rests on, and whether it
    is one of two sightings told in one post."""

    item: Found
    readings: Sequence[Reading]
    score: float
    sure: float
    again: bool = False


_RIVAL = 0.2
"""Another time of the text that scores so little less may be the one that is meant."""


def ranked(scored: Sequence[tuple[float, Found, list[Reading]]], text: str) -> list[Ranked]:
    """Best first; of two sightings told in one post the later one: there the child was last."""
    order = sorted(scored, key=lambda s: (-s[0], s[1].expression.start))
    entries = []
    for score, item, readings in order:
        rivals = sum(1 for other, them, _ in order if them is not item and other >= score - _RIVAL)
        doubt = readings[1].weight / readings[0].weight if len(readings) > 1 else 0.0
        entries.append(Ranked(item, readings, score, score - 0.06 * min(rivals, 2) - 0.1 * doubt))
    return _latest_first(entries, text)


_AGAIN = re.compile(
    r"[^.!?;。]{0,40}?(?:\b(?:again|and then|still (?:there|here|at it|out)|a second time|once more|"
    r"seen? (?:him|her|them) again|back (?:there|again))\b|又|再次|再看见|再见到|还在|仍在)[^.!?;。]{0,24}\Z",
    re.IGNORECASE | re.DOTALL,
)
_SECOND_LEAST = 0.7


def _latest_first(entries: list[Ranked], text: str) -> list[Ranked]:
    """The best and another that the words tell as a second sighting both go first, the later before."""
    if len(entries) < 2:
        return entries
    best = entries[0]
    for other in entries[1:3]:
        if other.score < _SECOND_LEAST or other.item.own != best.item.own or not _are_two(best, other, text):
            continue
        pair = sorted((best, other), key=lambda e: e.readings[0].end, reverse=True)
        rest = [e for e in entries if e is not best and e is not other]
        return [*(Ranked(e.item, e.readings, e.score, e.sure, again=True) for e in pair), *rest]
    return entries


def _are_two(one: Ranked, two: Ranked, text: str) -> bool:
    first, second = sorted((one.item.expression, two.item.expression), key=lambda e: e.start)
    gap = text[first.end : second.start]
    return len(gap) <= 90 and _AGAIN.fullmatch(gap) is not None


def in_turn(entries: Sequence[Ranked]) -> Iterator[tuple[Ranked, int]]:
    """Which reading of which expression comes when: a rival's first reading before one's own second."""
    for total in range(6):
        for at, entry in enumerate(entries):
            nth = (total - at) // 2 if at else total // 2
            if (total - at) % 2 == 0 and 0 <= nth < len(entry.readings) and nth < 3:
                yield entry, nth
