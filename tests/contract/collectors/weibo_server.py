"""Weibo's lists, search and lookups with their habits: newest first, `max_id` included, capped searches."""

from __future__ import annotations

import functools
import json
import random
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar

from collectors.base import Collector
from store.records.page import Page
from tests.contract.collectors.harness import QUERY, Asked, Harness, LoopbackHttp, Odd, Reply

TOKEN = "2.00weibo-test-token"
SECRETS = {"HOMEWARD_WEIBO_TOKEN": TOKEN}
DELETED = "此微博已被原作者删除。"
BEIJING = timezone(timedelta(hours=8))
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def weibo_date(moment: datetime) -> str:
    """`Sun Feb 08 20:00:01 +0800 2026`."""
    at = moment.astimezone(BEIJING)
    return f"{DAYS[at.weekday()]} {MONTHS[at.month - 1]} {at:%d %H:%M:%S} +0800 {at.year}"


def error(code: int | str, status: int = 400, words: str = "no") -> Reply:
    """A refusal as Weibo writes it."""
    body = {"request": "/2/x.json", "error_code": code, "error": words}
    return status, {}, json.dumps(body).encode()


class WeiboHarness(Harness):
    """One list of statuses, delivered as mentions and by search; comments; lookups; limits if told."""

    kind = "weibo"
    mode: ClassVar[str]
    cannot: ClassVar[Mapping[str, str]] = {
        "test_an_edit_is_another_version_of_the_same_post": "Weibo gives no sign that a post was edited",
    }

    def __init__(self) -> None:
        super().__init__()
        self.statuses: list[dict[str, Any]] = []
        self.comments: list[dict[str, Any]] = []
        self.deleted: set[str] = set()
        self.asked: list[tuple[str, Asked]] = []
        self.limits: dict[str, Any] | None = None
        self.has_batch = True
        self.tells_total = True
        self.refusals: dict[str, Reply] = {}
        self._next_id = 5_260_000_000_000_000
        self._is_up = False

    def options(self) -> dict[str, Any]:
        return {"mode": self.mode, "base_url": self._http.url, "commercial_url": self._http.url}

    def collector(self, secrets: Mapping[str, str] | None = None, **options: Any) -> Collector:
        return super().collector(SECRETS if secrets is None else secrets, **options)

    def start(self) -> None:
        self._http = LoopbackHttp(self.answer)
        self._is_up = True

    def stop(self) -> None:
        if self._is_up:
            self._http.stop()
        self._is_up = False

    def publish(self, count: int = 1, text: str = "seen #found") -> list[str]:
        words = text.replace("#found", "#found#")
        return [f"weibo:{self.add(words)['mid']}" for _ in range(count)]

    def add(self, text: str, **values: Any) -> dict[str, Any]:
        """One more status, a second later than the last unless values say otherwise."""
        self._next_id += 1009
        ident = values.pop("ident", str(self._next_id))
        moment = values.pop("at", None) or self.tick()
        status: dict[str, Any] = {
            "created_at": weibo_date(moment),
            "id": int(ident),
            "idstr": ident,
            "mid": ident,
            "text": text,
            "source": '<a href="http://app.example/" rel="nofollow">示例</a>',
            "geo": None,
            "user": {"id": 9000000007, "idstr": "9000000007", "screen_name": "路人丙", "description": ""},
            "visible": {"type": 0, "list_id": 0},
            **values,
        }
        if self.with_unknown_fields:
            status |= {"futureField": {"a": [1, None]}, "user": {**status["user"], "futureFlag": 3.5}}
        self.statuses.append(status)
        return status

    def add_comment(self, text: str, **values: Any) -> dict[str, Any]:
        """One more comment on a post of ours."""
        comment = self.add(text, **values)
        self.statuses.remove(comment)
        comment |= {"mid": f"2{comment['idstr']}", "status": {"mid": "5200000000000001", "text": "ours"}}
        self.comments.append(comment)
        return comment

    def publish_broken(self) -> None:
        status = self.add("nobody knows which #found#")
        for name in ("id", "idstr", "mid"):
            del status[name]

    def odd(self, odd: Odd) -> str:
        values: dict[str, Any] = {"sorted_at": weibo_date(self.tick())}
        if odd.at or odd.date is not None:
            values["created_at"] = weibo_date(odd.at) if odd.at else odd.date
        if odd.ident:
            values["ident"] = odd.ident
        if odd.bare_photo:
            values |= {"pic_num": 1, "pic_urls": [{"thumbnail_pic": None}], "pic_ids": []}
        if odd.is_wrong:
            values |= {"source": 5, "geo": "x", "visible": 3, "pic_urls": {"a": 1}, "pic_ids": 7}
            values |= {"created_at": 5.5, "user": {"idstr": ["7"], "screen_name": {}}, "isLongText": "x"}
        return f"weibo:{self.add(odd.text.replace('#found', '#found#'), **values)['mid']}"

    def edit(self, key: str, text: str) -> None:
        status = next(s for s in self.statuses if s["idstr"] == self.native_id(key))
        status |= {"text": text.replace("#found", "#found#"), "edit_count": 1}
        status["edit_at"] = weibo_date(self.tick())

    def remove(self, key: str) -> None:
        self.deleted.add(self.native_id(key))

    def native_id(self, key: str) -> str:
        return key.removeprefix("weibo:").removeprefix("comment/")

    def drain(self, collector: Collector, cursor: str) -> list[Page]:
        found: list[Page] = []
        for _ in range(400):
            page = collector.poll(QUERY, cursor) if collector.spec.polls else collector.mentions(cursor)
            found.append(page)
            cursor = cursor if page.cursor is None else page.cursor
            if not page.more:
                return found
        raise AssertionError("the polls do not end")

    def calls(self, ending: str) -> list[Asked]:
        """What was asked of one interface."""
        return [asked for path, asked in self.asked if path.endswith(ending)]

    def answer(self, path: str, asked: Asked, headers: Mapping[str, str]) -> Reply:
        """What the server says to GET `path`."""
        self.asked.append((path, asked))
        self.user_agents.append(headers.get("User-Agent", ""))
        if self.refusal:
            return self.refusal
        name = path.removeprefix("/2/").removesuffix(".json")
        if name in self.refusals:
            return self.refusals[name]
        if asked.get("access_token") != [TOKEN]:
            return error(21332, 403, "invalid_access_token")
        return self._routed(name, asked)

    def _routed(self, name: str, asked: Asked) -> Reply:
        if name == "account/rate_limit_status":
            return _json(self.limits) if self.limits else error(10014, 403)
        if name == "statuses/mentions":
            return self._list(self.statuses, "statuses", asked)
        if name == "comments/to_me":
            return self._list(self.comments, "comments", asked)
        if name == "search/statuses/limited":
            return self._search(asked)
        if name == "statuses/show":
            return self._show(asked["id"][0])
        if name in ("statuses/show_batch", "statuses/show_batch/biz") and self.has_batch:
            ids = asked["ids"][0].split(",")
            return _json(
                {"statuses": [self._shown(s) for s in self._alive(self.statuses) if s["idstr"] in ids]}
            )
        if name == "comments/show_batch":
            ids = asked["cids"][0].split(",")
            return _json([c for c in self.comments if c["idstr"] in ids and c["idstr"] not in self.deleted])
        return error(10020, 404, "interface does not exist")

    def _alive(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [item for item in items if "idstr" in item]

    def _shown(self, status: dict[str, Any]) -> dict[str, Any]:
        if status["idstr"] not in self.deleted:
            return status
        empty: dict[str, Any] = dict.fromkeys(status)
        return {**empty, "id": status["id"], "idstr": status["idstr"], "text": DELETED}

    def _show(self, ident: str) -> Reply:
        for status in self._alive(self.statuses):
            if status["idstr"] == ident and ident not in self.deleted:
                return _json(status)
        return error("20101", 400, "target weibo does not exist!")

    def _list(self, items: list[dict[str, Any]], word: str, asked: Asked) -> Reply:
        """Both bounds as Weibo has them; what has no id passes with its neighbours."""
        low, high = (int(asked.get(name, ["0"])[0]) for name in ("since_id", "max_id"))
        inside, last = [], 0
        for item in items:
            last = item.get("id", last)
            if last > low and (not high or last <= high):
                inside.append(item)
        return _json({word: self._tossed(inside[::-1][: int(asked["count"][0])]), "next_cursor": 0})

    def _search(self, asked: Asked) -> Reply:
        low, high = int(asked["starttime"][0]), int(asked["endtime"][0])
        inside = [
            s for s in self.statuses if low <= _seconds(s) <= high and f"#{asked['q'][0]}#" in s["text"]
        ]
        inside.sort(key=_seconds, reverse=True)
        count, page = int(asked["count"][0]), int(asked["page"][0])
        answer = {
            "statuses": self._tossed(inside[:1000][(page - 1) * count : page * count] if page <= 20 else [])
        }
        return _json(answer | ({"total_number": len(inside)} if self.tells_total else {}))

    def _tossed(self, page: list[dict[str, Any]]) -> list[dict[str, Any]]:
        page = page + (page if self.twice else [])
        if self.shuffled:
            random.Random(len(page)).shuffle(page)
        return page


def _seconds(status: Mapping[str, Any]) -> int:
    return _read_date(status.get("sorted_at") or status["created_at"])


@functools.cache
def _read_date(text: str) -> int:
    words = text.split()
    month = MONTHS.index(words[1]) + 1
    iso = f"{words[5]}-{month:02}-{words[2]}T{words[3]}{words[4]}"
    return int(datetime.fromisoformat(iso).timestamp())


def _json(value: Any) -> Reply:
    try:
        return 200, {}, json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return 200, {}, json.dumps(value).encode()


class WeiboMentions(WeiboHarness):
    """What names the campaign account."""

    name = "weibo-mentions"
    mode = "mentions"
    many = 20
    reads_mentions = True

    def options(self) -> dict[str, Any]:
        return {**super().options(), "page_size": 3, "first_pages": 100}


class WeiboSearch(WeiboHarness):
    """The commercial search, with a contract."""

    name = "weibo-search"
    mode = "commercial_search"
    many = 30
    searches = True

    def options(self) -> dict[str, Any]:
        return {**super().options(), "page_size": 10, "contract": "test contract 1"}


HARNESSES = (WeiboMentions, WeiboSearch)
