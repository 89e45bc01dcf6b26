"""A hashtag timeline with the habits of Mastodon: `min_id` above, `max_id` below, newest first."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

from collectors.base import Collector
from collectors.mastodon_walk import id_order
from store.records.page import Page
from tests.contract.collectors.harness import QUERY, Asked, Harness, LoopbackHttp, Odd, Reply

RATE = {
    "X-RateLimit-Limit": "300",
    "X-RateLimit-Remaining": "250",
    "X-RateLimit-Reset": "2026-02-08T13:00:00.0Z",
}
BOT = "https://harbour.example/@homebot"


class MastodonHarness(Harness):
    """Reads public statuses tagged `found`, notifications with a token, single statuses, the instance."""

    kind = "mastodon"
    name = "mastodon"
    many = 20
    searches = True

    def __init__(self) -> None:
        super().__init__()
        self.statuses: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, Asked, Mapping[str, str]]] = []
        self.access = "public"
        self.has_bulk_lookup = True
        self._next_id = 113_000_000_000_000_000

    def options(self) -> dict[str, Any]:
        return {"base_url": self._http.url, "page_size": 3, "backfill_pages": 100}

    def start(self) -> None:
        self._http = LoopbackHttp(self.answer)
        self._is_up = True

    def stop(self) -> None:
        if self._is_up:
            self._http.stop()
        self._is_up = False

    def publish(self, count: int = 1, text: str = "seen #found") -> list[str]:
        return [f"mastodon:{self.add(text)['uri']}" for _ in range(count)]

    def add(self, text: str, **values: Any) -> dict[str, Any]:
        """One more status, from now unless values say otherwise."""
        self._next_id += 1000
        ident = values.pop("id", str(self._next_id))
        moment = self.tick().isoformat().replace("+00:00", "Z")
        status = {
            "id": ident,
            "created_at": moment,
            "uri": f"https://harbour.example/users/nora/statuses/{ident}",
            "url": f"https://harbour.example/@nora/{ident}",
            "content": f"<p>{text}</p>",
            "visibility": "public",
            "account": {"id": "1", "acct": "nora", "url": "https://harbour.example/@nora"},
            "tags": [{"name": "found"}],
            "mentions": [{"acct": "homebot", "url": BOT}] if "@homebot" in text else [],
            "media_attachments": [],
            **values,
        }
        if self.with_unknown_fields:
            status |= {"futureField": {"a": [1, None]}, "account": {**status["account"], "futureFlag": 3.5}}
        self.statuses[ident] = status
        return status

    def publish_broken(self) -> None:
        self.add("no address", uri=None, url=None)

    def odd(self, odd: Odd) -> str:
        values: dict[str, Any] = {}
        if odd.at or odd.date is not None:
            values["created_at"] = odd.at.isoformat() if odd.at else odd.date
        if odd.ident:
            values["id"] = odd.ident
        if odd.bare_photo:
            values["media_attachments"] = [{"id": "1", "type": "image", "url": None, "preview_url": None}]
        if odd.is_wrong:
            values |= {"media_attachments": "x", "language": [], "sensitive": "maybe", "spoiler_text": 7}
            values |= {"in_reply_to_id": {}, "reblog": "x", "tags": 7, "edited_at": 5, "created_at": {}}
            values |= {"account": {"id": 1, "acct": ["nora"], "fields": 3, "note": {}, "url": None}}
        return f"mastodon:{self.add(odd.text, **values)['uri']}"

    def edit(self, key: str, text: str) -> None:
        changed = {"content": f"<p>{text}</p>", "edited_at": self.tick().isoformat()}
        self.statuses[self.native_id(key)] |= changed

    def remove(self, key: str) -> None:
        del self.statuses[self.native_id(key)]

    def native_id(self, key: str) -> str:
        return key.rpartition("/")[2]

    def drain(self, collector: Collector, cursor: str) -> list[Page]:
        found: list[Page] = []
        for _ in range(200):
            page = collector.poll(QUERY, cursor)
            found.append(page)
            cursor = cursor if page.cursor is None else page.cursor
            if not page.more:
                return found
        raise AssertionError("the polls do not end")

    def answer(self, path: str, asked: Asked, headers: Mapping[str, str]) -> Reply:
        """What the server says to GET `path`."""
        self.asked.append((path, asked, headers))
        self.user_agents.append(headers.get("User-Agent", ""))
        if self.refusal:
            return self.refusal
        if path.startswith("/api/v1/timelines/tag/"):
            items = [s for s in self.statuses.values() if path.rpartition("/")[2] == "found"]
            return self._json(self._page(items, asked) if self.access == "public" else [])
        if path == "/api/v1/notifications":
            mentions = [s for s in self.statuses.values() if s["mentions"]]
            items = [{"id": str(n), "type": "mention", "status": s} for n, s in enumerate(mentions, 1)]
            items.append({"id": str(len(items) + 1), "type": "favourite", "status": None})
            return self._json(self._page(items, asked))
        if path == "/api/v1/statuses" and self.has_bulk_lookup:
            return self._json([self.statuses[i] for i in asked["id[]"] if i in self.statuses])
        if path == "/api/v2/instance":
            feeds = {"local": "public", "remote": self.access}
            return self._json({"configuration": {"timelines_access": {"hashtag_feeds": feeds}}})
        status = self.statuses.get(path.rpartition("/")[2])
        return self._json(status) if status else (404, RATE, b'{"error":"Record not found"}')

    def _page(self, items: list[dict[str, Any]], asked: Asked) -> list[dict[str, Any]]:
        items = sorted(items, key=lambda item: id_order(item["id"]))
        limit = int(asked["limit"][0])
        if "min_id" in asked:
            above = [i for i in items if id_order(i["id"]) > id_order(asked["min_id"][0])]
            page = above[:limit] if above or not self.twice else items[-limit:]
        elif "max_id" in asked:
            page = [i for i in items if id_order(i["id"]) < id_order(asked["max_id"][0])][-limit:]
        else:
            page = items[-limit:]
        page = page[::-1] + (page if self.twice else [])
        if self.shuffled:
            random.Random(len(page)).shuffle(page)
        return page

    def _json(self, value: Any) -> Reply:
        return 200, RATE, json.dumps(value).encode()


HARNESSES = (MastodonHarness,)
