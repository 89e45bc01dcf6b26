"""Which frames of a Jetstream can matter to some queries, told from bytes and a few typed fields. Pure.

May let a frame through in vain; never holds back one that the full reader would find a wanted post in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from collectors.bluesky_record import POST, read_event
from collectors.hashtags import TagSet, wanted
from collectors.jetstream import Wire
from collectors.payload import Reading, decode_json, refused
from store.records.page import TagQuery

Test = Callable[[bytes], bool]

_POST_BYTES = POST.encode()
_CREATED = b'"operation":"create","collection":"'
_POST_CREATED = _CREATED + _POST_BYTES + b'"'
_DELETE = b'"delete"'
_TAGS = b'"tags"'
_LANGS = b'"langs":'
_LAST_KEY = slice(-len(_LANGS), None)
_HASH, _BACKSLASH, _OPEN = b"#\\["
_WIDE_LEAD = "＃".encode()[0]
_UNSTORABLE = "\ufffd"

# How an event of the second format begins, with the only `#` that it has of its own.
_HEAD_V2 = b'{"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#commit",'


class _Feature(msgspec.Struct, gc=False):
    tag: str = ""


class _Facet(msgspec.Struct, gc=False):
    features: list[_Feature] | None = None


class _Record(msgspec.Struct, gc=False):
    text: str = ""
    facets: list[_Facet] | None = None
    tags: list[str] | None = None


class _Commit(msgspec.Struct, gc=False):
    operation: str
    record: _Record


class _EventV1(msgspec.Struct, gc=False):
    commit: _Commit
    payload: None = None  # an event with both is none: it fails here


class _EventV2(msgspec.Struct, gc=False, rename={"commit": "payload"}):
    commit: _Commit


class Sieve:
    """Tells which frames can matter to some queries, cheaply, and reads those that do.

    `passes(data)` is False only for frames that hold neither a wanted post nor a deletion nor a notice.
    Frames are UTF-8; others are no events (`collectors.jetstream.peek` refuses them).
    """

    def __init__(self, queries: Sequence[TagQuery], wire: Wire) -> None:
        self._queries = tuple(queries)
        self.passes: Test = _told_by(self._queries, wire)

    def read(self, data: bytes, received_at: datetime, where: str) -> Reading:
        """The wanted posts and all deletions of a frame."""
        try:
            reading = read_event(decode_json(data), received_at, where=where)
        except ValueError as error:
            return refused(where, f"not JSON: {type(error).__name__}", data)
        posts = tuple(p for p in reading.posts if any(wanted(query, p) for query in self._queries))
        return Reading(posts, reading.gone, reading.set_aside)


def _told_by(queries: Sequence[TagQuery], wire: Wire) -> Test:
    tags = TagSet(tag for query in queries for tag in (query.any or query.all))
    if any(not query.any and not query.all for query in queries) or _UNSTORABLE in "".join(tags.members):
        return lambda data: True
    if wire is Wire.V1:
        return _by_bytes(_by_decoding(tags, msgspec.json.Decoder(_EventV1).decode), b"")
    return _by_bytes(_by_decoding(tags, msgspec.json.Decoder(_EventV2).decode), _HEAD_V2)


def _by_bytes(carries: Test, head: bytes) -> Test:
    """First a look for single bytes, which alone is faster than decoding.

    The full reader finds hashtags behind a `#` or `＃` of the text, in facets (whose type is written
    with a `#`) and in a list called `tags`. A creation with none of these signs, and without a backslash
    that could spell one, carries none. Deletions pass. Events that have not this `head` are decoded.
    """
    # A creation says so early, mostly at the same place as the one before; in a text its quotes are escaped.
    told_at = slice(0, len(_POST_CREATED))
    at_head, behind_head = slice(0, len(head)), slice(len(head), None)

    def passes(data: bytes) -> bool:
        nonlocal told_at
        rest = data
        if head:
            if data[at_head] != head:
                return carries(data)
            rest = data[behind_head]
        what = rest[told_at]
        if what != _POST_CREATED:
            if what.startswith(_CREATED):
                return False
            place = rest.find(_CREATED)
            if place >= 0:
                told_at = slice(place, place + len(_POST_CREATED))
            elif _BACKSLASH not in rest:
                if _POST_BYTES not in rest:
                    return False
                if _DELETE in rest:
                    return True
        if _HASH in rest or _BACKSLASH in rest or _WIDE_LEAD in rest:
            return carries(data)
        before, _, behind = rest.partition(b"[")
        if _OPEN not in behind and (before[_LAST_KEY] == _LANGS or len(before) == len(rest)):
            return False
        return _TAGS in rest and carries(data)

    return passes


def _by_decoding(tags: TagSet, decode: Callable[[bytes], _EventV1 | _EventV2]) -> Test:
    """Then the tags of the record. Facets at wrong places of the text count, and what is no creation of
    a post passes: the full reader tells what it is.
    """
    has, may_be_in = tags.has, tags.may_be_in

    def carries(data: bytes) -> bool:
        try:
            commit = decode(data).commit
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return True
        record = commit.record
        for tag in record.tags or ():
            if has(tag):
                return True
        for facet in record.facets or ():
            for feature in facet.features or ():
                if feature.tag and has(feature.tag):
                    return True
        text = record.text
        return (("#" in text or "＃" in text) and may_be_in(text)) or commit.operation == "delete"

    return carries
