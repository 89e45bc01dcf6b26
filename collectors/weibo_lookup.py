"""Weibo posts and comments looked up again by id: many at once where that is granted, else one by one.

A post that a batch leaves out is asked for by itself before it counts as gone: gone posts are wiped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from collectors.http import Http
from collectors.payload import Fields, Reading
from collectors.weibo import read_status
from collectors.weibo_api import NO_SUCH_PATH, Refusal, WeiboApi
from collectors.weibo_comments import comment_key, read_comment
from collectors.weibo_errors import GONE, NOT_GRANTED, WRONG_IDS
from store.errors import BadPayload
from store.records.post import Gone, Platform, Post

IDS_AT_ONCE = 50
_MOST_DIGITS = 40
_NO_SUCH_ID = "nothing on Weibo can have such an id"
_WHY_GONE = {20101: "gone from Weibo", 20112: "hidden from us by its author", 20201: "gone from Weibo"}
_NOT_SHOWN = "not shown by Weibo any more"

Found = dict[str, Post | Gone]
_Batch = tuple[Http, str, tuple[tuple[str, str], ...]]


class Lookup:
    """Looks posts up with one token. `has_contract` tries the commercial host first, with long texts."""

    def __init__(
        self, name: str, api: WeiboApi, clock: Callable[[], datetime], *, has_contract: bool
    ) -> None:
        self._name = name
        self._api = api
        self._clock = clock
        standard = (api.standard, "/2/statuses/show_batch.json", ())
        commercial = (api.commercial, "/2/statuses/show_batch/biz.json", (("isGetLongText", "1"),))
        self._batches: list[_Batch] = [commercial, standard] if has_contract else [standard]

    def statuses(self, ids: Sequence[str]) -> list[Post | Gone]:
        """Each post as it is now or gone, in the order of `ids` (native ids)."""
        wanted = list(dict.fromkeys(ids))
        found: Found = {}
        plain = [ident for ident in wanted if _is_number(ident)]
        for start in range(0, len(plain) if len(plain) > 1 else 0, IDS_AT_ONCE):
            found |= self._batch(plain[start : start + IDS_AT_ONCE])
        for ident in wanted:
            if ident not in found:
                found[ident] = self._single(ident)
        return [found[ident] for ident in ids]

    def _batch(self, ids: Sequence[str]) -> Found:
        """What the batch shows. A refused one shows nothing; one that is not granted is not asked again."""
        while self._batches:
            http, path, params = self._batches[0]
            asked = [("ids", ",".join(ids)), *params]
            value = self._api.get(http, path, asked, expect=NOT_GRANTED | WRONG_IDS | GONE | NO_SUCH_PATH)
            if not isinstance(value, Refusal):
                items = value.get("statuses") if isinstance(value, dict) else value
                if not isinstance(items, list):
                    raise BadPayload(self._name, f"{path} answered no list of statuses")
                return _by_id(items, ids, self._clock())
            if value.code not in NOT_GRANTED | NO_SUCH_PATH:
                return {}
            del self._batches[0]
        return {}

    def _single(self, ident: str) -> Post | Gone:
        path, is_number = "/2/statuses/show.json", _is_number(ident)
        expect = GONE if is_number else GONE | WRONG_IDS
        value = self._api.get(self._api.standard, path, [("id", ident)], expect=expect)
        now = self._clock()
        if isinstance(value, Refusal):
            words = _WHY_GONE.get(value.code, _NO_SUCH_ID)
            return Gone(f"weibo:{ident}", Platform.WEIBO, f"{words} (code {value.code})", now)
        found = _own(read_status(value, now))
        if found is None:
            raise BadPayload(self._name, f"{path} answered a status that cannot be read")
        return found

    def comments(self, ids: Sequence[str]) -> list[Post | Gone]:
        """Each comment as it is now or gone, in the order of `ids`."""
        found: Found = {}
        now = self._clock()
        plain = [ident for ident in dict.fromkeys(ids) if _is_number(ident)]
        for start in range(0, len(plain), IDS_AT_ONCE):
            found |= self._comment_batch(plain[start : start + IDS_AT_ONCE])
        for ident in ids:
            why = _NOT_SHOWN if _is_number(ident) else _NO_SUCH_ID
            found.setdefault(ident, Gone(comment_key(ident), Platform.WEIBO, why, now))
        return [found[ident] for ident in ids]

    def _comment_batch(self, ids: Sequence[str]) -> Found:
        path, now = "/2/comments/show_batch.json", self._clock()
        value = self._api.get(self._api.standard, path, [("cids", ",".join(ids))], expect=GONE)
        if isinstance(value, Refusal):
            return {}
        items = value.get("comments") if isinstance(value, dict) else value
        if not isinstance(items, list):
            raise BadPayload(self._name, f"{path} answered no list of comments")
        readings = [read_comment(item, now) for item in items]
        if any(reading.set_aside and not reading.gone for reading in readings):
            raise BadPayload(self._name, f"{path} answered a comment that cannot be read")
        return {item.key.rpartition("/")[2]: item for item in map(_own, readings) if item is not None}


def _by_id(items: Sequence[Any], ids: Sequence[str], now: datetime) -> Found:
    """Items under the id they were asked by, which may be their id or their mid."""
    found: Found = {}
    wanted = set(ids)
    for item in items:
        fields = Fields(item, [])
        ident = next((i for n in ("idstr", "id", "mid") if (i := fields.ident(n)) in wanted), "")
        own = _own(read_status(item, now))
        if ident and own is not None:
            found[ident] = own
    return found


def _own(reading: Reading) -> Post | Gone | None:
    """The status itself: a repost comes with its original before it, whose deletion is not its own."""
    if reading.posts:
        return reading.posts[-1]
    return reading.gone[-1] if reading.gone else None


def _is_number(ident: str) -> bool:
    return ident.isascii() and ident.isdecimal() and len(ident) <= _MOST_DIGITS
