"""The commercial push stream: lines out of bytes, frames out of lines, and the place behind them. Pure.

A frame is one line of JSON, `{"id", "text": {"type", "event", "status"}, "match_info": {"keyword"}}`
(open.weibo.com, C/2/commercial/push). `id` numbers the frames; the stream can be resumed behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from collectors.hashtags import normalise, wanted
from collectors.payload import Fields, Reading, decode_json, refused
from collectors.weibo import read_status
from collectors.weibo_comments import read_comment
from collectors.weibo_errors import code_in
from collectors.weibo_ids import id_order
from store.records.page import Gap, Span, TagQuery
from store.records.post import Gone, Platform, Post

REPLAY = timedelta(hours=72)
SAMPLE_GAP_EVERY_S = 3_600

_DELETIONS = frozenset({"delete", "del", "remove"})


@dataclass(frozen=True, slots=True)
class Place:
    """The cursor: the last frame's id, when the stream was last heard, since when a sample is owed as gap.

    Times are Unix seconds, 0: never.
    """

    frame: str = ""
    heard_s: int = 0
    sample_s: int = 0


@dataclass(slots=True)
class Lines:
    """Bytes in, whole lines out; what has no end yet is kept. Blank lines are the server's heartbeat."""

    _rest: bytearray = field(default_factory=bytearray)

    def add(self, chunk: bytes) -> list[bytes]:
        """The lines that end within this chunk, without their ends."""
        self._rest += chunk
        if b"\n" not in chunk:
            return []
        *whole, rest = bytes(self._rest).split(b"\n")
        self._rest = bytearray(rest)
        return [line.strip() for line in whole]

    @property
    def held(self) -> int:
        """Bytes of the line that has not ended."""
        return len(self._rest)


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: its id, the keyword that matched, what it holds, and the code if it is a refusal."""

    id: str = ""
    keyword: str = ""
    reading: Reading = field(default_factory=Reading)
    code: int | None = None


def read_frame(line: bytes, received_at: datetime, where: str) -> Frame:
    """One line. Never raises for what it holds."""
    try:
        value = decode_json(line)
    except ValueError as error:
        return Frame(reading=refused(where, f"a frame that is no JSON ({error})", line))
    frame = Fields(value, [])
    code = code_in(value)
    if code is not None or not frame:
        reading = Reading() if code else refused(where, "a frame should be an object", value)
        return Frame(code=code, reading=reading)
    text = frame.obj("text")
    keyword = frame.obj("match_info").text("keyword")
    reading = _content(text, received_at, f"{where}.text")
    return Frame(frame.ident("id"), keyword, reading)


def _content(text: Fields, received_at: datetime, where: str) -> Reading:
    kind, item = text.text("type") or "status", Fields(None, [])
    if kind in ("status", "comment"):
        item = text.obj(kind)
    if not item:
        return refused(where, f"a frame of type {kind[:20]!r} without content that can be read", text.data)
    if text.text("event") in _DELETIONS:
        ident = item.ident("mid") or item.ident("idstr") or item.ident("id")
        key = f"weibo:comment/{ident}" if kind == "comment" else f"weibo:{ident}"
        return Reading(gone=(Gone(key, Platform.WEIBO, "deleted on Weibo", received_at),) if ident else ())
    read = read_comment if kind == "comment" else read_status
    return read(item.data, received_at, where=f"{where}.{kind}")


def is_wanted(queries: Sequence[TagQuery], frame: Frame, post: Post) -> bool:
    """Does a query want the post, by its words or by the keyword that Weibo matched (texts may be cut)?"""
    if not queries:
        return True
    word = normalise(frame.keyword)
    for query in queries:
        if wanted(query, post):
            return True
        rest = replace(query, any=(), all=(), phrases=())
        if word and any(normalise(tag) == word for tag in query.any) and wanted(rest, post):
            return True
    return False


def wanted_of(queries: Sequence[TagQuery], frame: Frame) -> Reading:
    """What the frame holds without the posts that no query wants; deletions stay."""
    posts = tuple(post for post in frame.reading.posts if is_wanted(queries, frame, post))
    return replace(frame.reading, posts=posts)


def heard(place: Place, frames: Sequence[Frame], now: datetime) -> Place:
    """The place behind these frames; it never goes back, in whatever order they came."""
    last = max((place.frame, *(frame.id for frame in frames)), key=id_order)
    return replace(place, frame=last, heard_s=int(now.timestamp()))


def gap_at_start(place: Place, now: datetime, gap_after_s: float) -> Gap | None:
    """What a break of the stream may have cost. Weibo replays from the last frame, for three days."""
    if not place.heard_s:
        return None
    heard = datetime.fromtimestamp(place.heard_s, UTC)
    away = now - heard
    if away.total_seconds() <= gap_after_s:
        return None
    if place.frame and away <= REPLAY:
        words = "the push stream was away; Weibo says that it replays, which cannot be checked"
    else:
        words = "the push stream was away for longer than Weibo replays"
    return Gap(Span(heard, now), words)


def sample_gap(place: Place, now: datetime, percent: float) -> tuple[Place, Gap | None]:
    """Once an hour, the hour as a gap, as long as the subscription brings only a share of the posts."""
    now_s = int(now.timestamp())
    if percent >= 100:
        return replace(place, sample_s=0), None
    if not place.sample_s or place.sample_s > now_s:
        return replace(place, sample_s=now_s), None
    if now_s - place.sample_s < SAMPLE_GAP_EVERY_S:
        return place, None
    span = Span(datetime.fromtimestamp(place.sample_s, UTC), datetime.fromtimestamp(now_s, UTC))
    words = f"the push subscription brings {percent:g} % of the posts; ask Weibo for all of them"
    return replace(place, sample_s=now_s), Gap(span, words, recoverable=False)
