"""When the child was seen: ranked intervals in UTC with the words they came from.

Joins the words of the text, the photos' clocks and the time of posting. Pure: the moment of writing
and the zone are arguments. What other times a text names (missing since, born, news) is told apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.extract import timewords_en, timewords_zh
from bot.extract.days import Span
from bot.extract.normal import Normal, Part
from bot.extract.time_resolve import Reading, resolve
from bot.extract.timewords import Expression, Role, join
from store.records.photo import Exif
from store.records.sighting import Evidence, EvidenceKind, When, WhenCandidate

OPEN_PAST = timedelta(days=7)
"""A post that names no time is read as about its last week: a convention, not a measurement."""
_POSTED_WEIGHT = 0.15
_MOST = 6
_MOST_EXPRESSIONS = 25
_WIDEST = timedelta(days=45)
_FIRST_YEAR, _LAST_YEAR = 1971, 2200


@dataclass(frozen=True, slots=True)
class Found:
    """An expression, whether the author wrote it, and why it is another time ("" if not)."""

    expression: Expression
    own: bool
    other: str


def zone_of(name: str) -> tzinfo:
    """The zone of an IANA name or ±HH:MM; UTC for anything else."""
    m = re.fullmatch(r"([+-])(\d{2}):(\d{2})", name)
    if m and int(m[2]) < 24 and int(m[3]) < 60:
        minutes = (int(m[2]) * 60 + int(m[3])) * (-1 if m[1] == "-" else 1)
        return timezone(timedelta(minutes=minutes))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


# --- finding ----------------------------------------------------------------------------------

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
    r"^[^。!?;\n]{0,12}?(?:失踪|走失|丢失|丢了|走丢|被拐|失联|出生|生人|至今|以来|发过|(?<!没)开始(?!的|在|就)|开学|"
    r"开业|开幕|的飞机|的火车|的车票|的票)"
    r"|^(?:才|就)?(?:有空)?(?:才)?(?:发出|发上|发布|补发|翻出|整理|想起|上传|发(?=[,。!?\s]|$))"
    r"|^[^.!?;\n]{0,25}?\b(?:went missing|disappeared|was taken|was born|was abducted|was last seen)\b",
    re.IGNORECASE,
)
_SINCE = re.compile(r"\b(?:since|for)\s(?:the\s)?$", re.IGNORECASE)
_SEEN = re.compile(
    r"看[见到]|遇[见到]|碰[见到]|撞见|见到|发现|拍|路过|偶遇|有个|有一|时间[:是]"
    r"|\b(?:saw|seen|spotted|noticed|passed|photo|pic|there (?:is|was)|begging|selling)\b",
    re.IGNORECASE,
)


def find(normal: Normal, parts: Sequence[Part]) -> list[Found]:
    """All expressions of time, in order, each with its author and the reason if it is another time."""
    text = normal.text
    return [Found(e, _own(e, parts), _other_time(e, text)) for e in find_expressions(text)]


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
    expressions = sorted((_with_lead(_since(e, text), text) for e in expressions), key=lambda e: e.start)
    return [e for e in expressions if _stands(e)][:_MOST_EXPRESSIONS]


_SINCE_WHEN = re.compile(r"\b(?:(?:ever )?since|frm|from) (?:the |early |d )?\Z", re.IGNORECASE)
_NOT_SEEN = re.compile(
    r"\b(?:not|n[o']t|haven|hasn|hvn|hasnt|havent|no one|been seeing|missing|begging? here|ate|"
    r"eaten)\b[^.!?]{0,40}\Z",
    re.IGNORECASE,
)


def _since(expression: Expression, text: str) -> Expression:
    """ "Since morning", "since yesterday": from then until the post, if what is said is not an absence."""
    if expression.get(Role.CLOCK) or expression.get(Role.BACK) or not _LATIN.search(text[expression.start :]):
        return expression
    lead = _SINCE_WHEN.search(text, max(0, expression.start - 16), expression.start)
    if lead is None or _NOT_SEEN.search(text, max(0, lead.start() - 50), lead.start()):
        return expression
    if lead[0].lower().startswith("f") and "morning" not in text[expression.start : expression.end].lower():
        return expression
    first, *others = expression.words
    return Expression(lead.start(), expression.end, (replace(first, open_end=True, score=0.5), *others))


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


# --- reading ----------------------------------------------------------------------------------


def read(
    normal: Normal,
    found: Sequence[Found],
    *,
    written_at: datetime,
    zone: str,
    photos: Sequence[tuple[str, Exif]] = (),
) -> When:
    """The ranked readings. `written_at` is aware; `zone` the IANA name or ±HH:MM the words are read in.

    Candidates of the text come from its best expression first, the others after it with less
    weight; the time of posting closes the list, open to the past.
    """
    where = zone_of(zone)
    if not _FIRST_YEAR <= written_at.year <= _LAST_YEAR:
        return When(
            zone=zone, conflict=f"the post claims the year {written_at.year}; its words cannot be placed"
        )
    now = written_at.astimezone(where).replace(tzinfo=None)
    candidates = _from_text(normal, found, _Now(now, written_at, where))
    seen, conflict = _from_photos(photos, written_at, where)
    candidates, clash = _join_photos(candidates, seen)
    posted = WhenCandidate(
        written_at.astimezone(UTC) - OPEN_PAST, written_at.astimezone(UTC), _POSTED_WEIGHT,
        Evidence(EvidenceKind.POSTED, "posted; open to the past"),
    )  # fmt: skip
    candidates.append(posted)
    candidates.sort(key=lambda c: -c.weight)
    return When(tuple(candidates[:_MOST]), zone, "; ".join(filter(None, (conflict, clash))))


@dataclass(frozen=True, slots=True)
class _Now:
    """The moment of writing: by the wall clock of `where`, and as it was."""

    local: datetime
    written_at: datetime
    where: tzinfo

    def instant(self, local: datetime, *, elapsed: bool) -> datetime | None:
        """When a local time was, in UTC. Elapsed time and "now" are counted back, not read off a clock."""
        if elapsed or local == self.local:
            return self.written_at.astimezone(UTC) - (self.local - local)
        return _aware(local, self.where)


def _from_text(normal: Normal, found: Sequence[Found], moment: _Now) -> list[WhenCandidate]:
    now = moment.local
    usable = [f for f in found if not f.other]
    context = _context(usable, now)
    scored: list[tuple[float, Found, list[Reading]]] = []
    for item in usable:
        has_day = any(word.days for word in item.expression.words)
        readings = resolve(item.expression, now, None if has_day else context(item))
        readings = [r for r in readings if r.end - r.start <= _WIDEST]
        if readings:
            scored.append((_score(item, normal.text, readings[0], now), item, readings))
    scored.sort(key=lambda s: (-s[0], s[1].expression.start))
    candidates: list[WhenCandidate] = []
    for rank, (score, item, readings) in enumerate(scored[:4]):
        candidates += _candidates(normal, item, readings, score * (1.0 if rank == 0 else 0.4), moment)
    return _calibrated(candidates)


_HIT_RATES = ((0.0, 0.4), (0.3, 0.6), (0.4, 0.72), (0.55, 0.81), (0.65, 0.88), (0.75, 0.93), (1.0, 0.95))
"""Score of the first reading and how often such a reading was right on posts that no rule had seen
(198 posts of the learning half, read before anybody looked at them; docs/extraction.md has the check)."""


def confidence(score: float) -> float:
    """The hit rate to expect of a first reading with this score: straight lines between _HIT_RATES."""
    for (low, a), (high, b) in pairwise(_HIT_RATES):
        if score <= high:
            return round(a + (b - a) * max(0.0, score - low) / (high - low), 3)
    return _HIT_RATES[-1][1]


def _calibrated(candidates: list[WhenCandidate]) -> list[WhenCandidate]:
    """The first with the hit rate of its score, the others with at most what is left over."""
    if not candidates:
        return []
    first, *others = sorted(candidates, key=lambda c: -c.weight)
    sure = confidence(first.weight)
    share = min(1.0, (1.0 - sure) / max(sum(c.weight for c in others), 1e-9))
    return [replace(first, weight=sure), *(replace(c, weight=round(c.weight * share, 3)) for c in others)]


def _context(found: Sequence[Found], now: datetime) -> Callable[[Found], list[Span] | None]:
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


def _score(item: Found, text: str, first: Reading, now: datetime) -> float:
    e = item.expression
    score = e.score
    around = text[max(0, e.start - 12) : e.end + 25]
    if _SEEN.search(around):
        score += 0.06
    if not item.own:
        score -= 0.05
    if now - first.start > timedelta(days=45) and not e.rule.startswith("year+feast"):
        score -= 0.25
    if first.end - first.start > timedelta(days=3):
        score -= 0.15
    return min(max(score, 0.05), 0.97)


def _candidates(
    normal: Normal, item: Found, readings: Sequence[Reading], score: float, moment: _Now
) -> list[WhenCandidate]:
    start, end = normal.span(item.expression.start, item.expression.end)
    rule = item.expression.rule + ("" if item.own else "; passed on")
    evidence = Evidence(EvidenceKind.TEXT, rule, start, end, normal.original[start:end])
    top = readings[0].weight
    found = []
    for reading in readings[:3]:
        first = moment.instant(reading.start, elapsed=reading.elapsed)
        last = moment.instant(reading.end, elapsed=reading.elapsed)
        if first and last and first < last:
            found.append(WhenCandidate(first, last, round(score * reading.weight / top, 3), evidence))
    if len(found) > 1:
        share = sum(c.weight for c in found)
        found = [replace(c, weight=round(c.weight * max(score / share, 0.55), 3)) for c in found]
    return found


def _aware(local: datetime, where: tzinfo) -> datetime | None:
    try:
        return local.replace(tzinfo=where).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


# --- photos -----------------------------------------------------------------------------------


def _from_photos(
    photos: Sequence[tuple[str, Exif]], written_at: datetime, where: tzinfo
) -> tuple[list[WhenCandidate], str]:
    found, refused = [], []
    for digest, exif in photos:
        taken = exif.taken_at or (_aware(exif.taken_local, where) if exif.taken_local else None)
        if taken is None:
            continue
        if taken > written_at + timedelta(minutes=10):
            refused.append(f"a photo's clock says {taken:%Y-%m-%d %H:%M} UTC, after the post; set aside")
            continue
        known = exif.taken_at is not None
        slack = timedelta(minutes=2 if known else 5)
        evidence = Evidence(
            EvidenceKind.EXIF, "time taken" if known else "time taken, zone assumed", photo=digest
        )
        found.append(
            WhenCandidate(taken - slack, min(taken + slack, written_at), 0.65 if known else 0.5, evidence)
        )
    return found, "; ".join(refused)


def _join_photos(text: list[WhenCandidate], photos: list[WhenCandidate]) -> tuple[list[WhenCandidate], str]:
    """Text and photo that agree strengthen the finer one; when they do not, both stay and it is said."""
    if not text or not photos:
        return text + photos, ""
    best = max(text, key=lambda c: c.weight)
    joined, clash = list(text), ""
    for photo in photos:
        if photo.start <= best.end and best.start <= photo.end:
            joined.append(replace(photo, weight=min(0.97, max(best.weight + 0.05, photo.weight + 0.2))))
        else:
            joined.append(replace(photo, weight=round(photo.weight * 0.6, 3)))
            clash = (
                f"the text says {best.start:%Y-%m-%d %H:%M} to {best.end:%Y-%m-%d %H:%M} UTC, "
                f"a photo was taken {photo.start:%Y-%m-%d %H:%M} UTC"
            )
    return joined, clash
