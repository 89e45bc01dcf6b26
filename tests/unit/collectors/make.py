"""Small builders that the collectors' unit tests share. No test lives here."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from collectors.payload import Reading
from collectors.shapes import read_payload
from store.records.post import Author, Platform, Post

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "posts"
NOW = datetime(2026, 2, 8, 12, 0, tzinfo=UTC)


def fixture(name: str) -> Any:
    """A JSON fixture, or the values of a JSON Lines fixture."""
    text = (FIXTURES / name).read_text(encoding="utf-8")
    if name.endswith(".jsonl"):
        return [json.loads(line) for line in text.splitlines()]
    return json.loads(text)


def read(name: str) -> Reading:
    """What the readers make of a fixture."""
    return read_payload(fixture(name), NOW, where=name)


def by_key(name: str) -> dict[str, Post]:
    """The posts of a fixture by key; of several versions the last."""
    return {post.key: post for post in read(name).posts}


def post(text: str = "", **values: Any) -> Post:
    """A post with the given values and nothing else."""
    given: dict[str, Any] = {"key": "x:1", "platform": Platform.X, "author": Author("7", "walker")}
    return Post(**{**given, "text": text, "received_at": NOW, **values})
