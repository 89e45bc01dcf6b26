"""Frames of a Jetstream as its hosts write them, made up from a seed: posts, likes, deletions. Reads nothing.

Shares and sizes follow a recorded minute: see docs/performance.md.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from collectors.jetstream import Wire

POST = "app.bsky.feed.post"
FACET = "app.bsky.richtext.facet#"
WANTED = ("宝贝回家", "BringThemHome", "MissingKids", "找孩子", "FindThem")
_OTHER = ("photo", "art", "cats", "おはよう", "music", "Fußball", "news", "날씨", "sunset", "写真")
_LATIN = "the a seen today at near old town music cat never coffee read this new story about rain it's was"
_WIDE = (
    "今天在车站",
    "看到",
    "おはようございます",
    "ですね！",
    "오늘 날씨",
    "写真を撮った",
    "晚上",
    "朋友说",
    "。",
    "、",
)
_ABC = "abcdefghijklmnopqrstuvwxyz234567"


class Maker:
    """Makes frames of one wire format. `now_us` is the time that the host gives to the next one."""

    def __init__(self, seed: int, wire: Wire) -> None:
        self._chance = random.Random(seed)
        self._wire = wire
        self._count = 0

    def post(self, now_us: int, tags: tuple[str, ...] | None = None) -> bytes:
        """A post. `tags` None: about a fifth carry some that nobody asked for."""
        chance = self._chance
        if tags is None:
            tags = tuple(chance.sample(_OTHER, chance.choice([1, 1, 2, 3]))) if chance.random() < 0.2 else ()
        text, facets = self._text(tags)
        record: dict[str, Any] = {"$type": POST, "createdAt": _time(now_us - 400_000)}
        if chance.random() < 0.25:
            record["embed"] = self._embed(facets, len(text.encode()))
        if facets:
            record["facets"] = facets
        if chance.random() < 0.95:
            record["langs"] = [chance.choice(["en", "ja", "pt", "de", "zh"])]
        if chance.random() < 0.4:
            record["reply"] = {"parent": self._ref(), "root": self._ref()}
        return self._commit(now_us, POST, "create", record | {"text": text})

    def like(self, now_us: int) -> bytes:
        """A like, the most frequent of all events."""
        record = {"$type": "app.bsky.feed.like", "createdAt": _time(now_us), "subject": self._ref()}
        return self._commit(now_us, "app.bsky.feed.like", "create", record)

    def deletion(self, now_us: int) -> bytes:
        """A post is deleted."""
        return self._commit(now_us, POST, "delete", None)

    def _text(self, tags: tuple[str, ...]) -> tuple[str, list[Any]]:
        chance, words = self._chance, []
        if chance.random() < 0.35:
            words = [chance.choice(_WIDE) for _ in range(chance.randint(2, 25))]
        else:
            words = chance.choices(_LATIN.split(), k=chance.randint(3, 45))
        text = (" " if words[0].isascii() else "").join(words)
        if chance.random() < 0.25:
            text = text[: len(text) // 2] + "\n\n" + text[len(text) // 2 :]
        if chance.random() < 0.15:
            text += chance.choice(["😂", "❤️", "🔥🔥"])
        facets = []
        for tag in tags:
            text += f" #{tag}"
            end = len(text.encode())
            facets.append(_facet(end - len(tag.encode()) - 1, end, "tag", tag=tag))
        if chance.random() < 0.12:
            text += " example.org/story"
            end = len(text.encode())
            facets.append(_facet(end - 17, end, "link", uri="https://example.org/story/" + self._id(20)))
        return text, facets

    def _embed(self, facets: list[Any], size: int) -> dict[str, Any]:
        blob = {"$type": "blob", "ref": {"$link": self._cid()}, "mimeType": "image/jpeg", "size": 1000 * size}
        if self._chance.random() < 0.5:
            page = {"description": "a page", "thumb": blob, "title": "Title", "uri": "https://example.org/"}
            return {"$type": "app.bsky.embed.external", "external": page}
        ratio = {"height": 1500, "width": 2000}
        return {
            "$type": "app.bsky.embed.images",
            "images": [{"alt": "", "aspectRatio": ratio, "image": blob}],
        }

    def _ref(self) -> dict[str, str]:
        return {"cid": self._cid(), "uri": f"at://did:plc:{self._id(24)}/{POST}/{self._id(13)}"}

    def _id(self, size: int) -> str:
        return "".join(self._chance.choices(_ABC, k=size))

    def _cid(self) -> str:
        return "bafyrei" + self._id(52)

    def _commit(self, now_us: int, collection: str, operation: str, record: Any) -> bytes:
        self._count += 1
        about: dict[str, Any] = {"rev": self._id(13), "operation": operation, "collection": collection}
        about["rkey"] = f"3m{self._count:011d}"
        if record is not None:
            about |= {"record": record, "cid": self._cid()}
        did = f"did:plc:{self._id(24)}"
        if self._wire is Wire.V1:
            return _packed({"did": did, "time_us": now_us, "kind": "commit", "commit": about})
        head = {"$type": "network.bsky.jetstream.subscribeEvents#commit", "seq": 900_000_000 + self._count}
        return _packed({"$type": "message", "payload": {**head, "did": did, "time": _time(now_us), **about}})


def _facet(start: int, end: int, kind: str, **more: str) -> dict[str, Any]:
    features = [{"$type": f"{FACET}{kind}", **more}]
    return {"features": features, "index": {"byteEnd": end, "byteStart": start}}


def _time(micros: int) -> str:
    return datetime.fromtimestamp(micros / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _packed(value: Any) -> bytes:
    """As Go writes JSON: no spaces, UTF-8, but <, > and & escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e").encode()


def posts(seed: int, wire: Wire, count: int, wanted: float = 0.01) -> list[bytes]:
    """Post events alone, as the subscription asks for; a share of them with a campaign hashtag."""
    maker, chance = Maker(seed, wire), random.Random(seed)
    return [
        maker.post(1_780_000_000_000_000 + n, (chance.choice(WANTED),) if chance.random() < wanted else None)
        for n in range(count)
    ]


def network(seed: int, wire: Wire, count: int) -> list[bytes]:
    """All that people do, as a host sends it that is not asked for posts alone: 28 % are posts."""
    maker, chance = Maker(seed, wire), random.Random(seed)

    def one(now_us: int) -> bytes:
        at = chance.random()
        if at < 0.01:
            return maker.post(now_us, (chance.choice(WANTED),))
        return maker.post(now_us) if at < 0.28 else maker.like(now_us)

    return [one(1_780_000_000_000_000 + n) for n in range(count)]


def tagged(seed: int, wire: Wire, count: int) -> list[bytes]:
    """The worst case: each post carries hashtags, none of them asked for."""
    maker, chance = Maker(seed, wire), random.Random(seed)
    return [
        maker.post(1_780_000_000_000_000 + n, tuple(chance.sample(_OTHER, chance.choice([1, 2, 3]))))
        for n in range(count)
    ]


def endless(seed: int, wire: Wire) -> Iterator[bytes]:
    """Post events for ever: 1 % wanted, 2 % deletions, each wanted one and each deletion of its own."""
    maker, chance = Maker(seed, wire), random.Random(seed)
    pool, now_us = posts(seed, wire, 2000, wanted=0.0), 1_780_000_000_000_000
    while True:
        now_us += 500
        at = chance.random()
        if at < 0.01:
            yield maker.post(now_us, (chance.choice(WANTED),))
        else:
            yield maker.deletion(now_us) if at < 0.03 else pool[int(at * len(pool))]
