"""Search of the past: what is asked, how a walk goes on, and when its end cannot be the real one. Pure.

Source: the lexicon app.bsky.feed.searchPosts. Newest first; the network's cursor is opaque; `hitsTotal`
"may be rounded/truncated, and it may not be possible to paginate through all hits".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import msgspec

from collectors.payload import from_micros, to_micros
from store.errors import BadPayload
from store.records.page import Gap, Span, TagQuery

METHOD = "app.bsky.feed.searchPosts"
LIMIT = 100
_EDGE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk is: which text, the network's cursor, posts seen, the oldest of them (Unix µs, 0 none)."""

    part: int = 0
    native: str = ""
    seen: int = 0
    oldest_us: int = 0


def load(cursor: str, subject: str) -> Place:
    """The place that `dump` wrote. Raises BadPayload."""
    try:
        return msgspec.json.decode(cursor, type=Place) if cursor else Place()
    except msgspec.MsgspecError:
        raise BadPayload(subject, "the kept cursor is none of this search; forget it to begin anew") from None


def dump(place: Place) -> str:
    """The place as a cursor."""
    return msgspec.json.encode(place).decode()


def texts(query: TagQuery) -> tuple[str, ...]:
    """What is searched for, one text after another: each of `any`, with every phrase; () for nothing."""
    phrases = [f'"{phrase}"' for phrase in (_plain(phrase) for phrase in query.phrases) if phrase]
    heads = [f"#{tag}" for tag in query.any] or [f"#{tag}" for tag in query.all[:1]]
    if not heads:
        return (" ".join(phrases),) if phrases else ()
    return tuple(" ".join([head, *phrases]) for head in heads)


def _plain(phrase: str) -> str:
    return " ".join(phrase.replace('"', " ").split())


def params(query: TagQuery, text: str, span: Span, native: str) -> list[tuple[str, str]]:
    """The parameters of one page. `since` is included, `until` is not."""
    asked = [("q", text), ("sort", "latest"), ("limit", str(LIMIT))]
    asked += [("tag", tag) for tag in query.all]
    if len(query.langs) == 1:
        asked.append(("lang", query.langs[0]))
    asked += [("since", _iso(span.start)), ("until", _iso(span.end))]
    return [*asked, ("cursor", native)] if native else asked


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def after(place: Place, *, views: int, oldest: datetime | None, native: str) -> Place:
    """The place behind a page that held so many views."""
    micros = to_micros(oldest) if oldest is not None else 0
    known = [each for each in (place.oldest_us, micros) if each]
    return replace(place, native=native, seen=place.seen + views, oldest_us=min(known, default=0))


def verdict(before: Place, now: Place, hits: float | None, span: Span, cap: int) -> tuple[bool, Gap | None]:
    """(goes this text on?, what the network held back if it does not).

    An end is honest when no page's worth of the hits that it named is missing.
    """
    if now.native and now.native == before.native:
        return False, rest(now, span, "the search gave the same page again")
    if now.native and now.seen < cap:
        return True, None
    if now.native:
        return False, rest(now, span, f"the search was left after {now.seen} posts")
    if hits is not None and hits - now.seen >= LIMIT:
        return False, rest(now, span, f"the search ended after {now.seen} of {hits:.0f} posts")
    return False, None


def rest(place: Place, span: Span, why: str) -> Gap:
    """What lies before the oldest post that was seen; all of the span where there was none."""
    oldest = from_micros(place.oldest_us) if place.oldest_us else None
    end = span.end if oldest is None else min(max(oldest + _EDGE, span.start + _EDGE), span.end)
    return Gap(Span(span.start, end), why)
