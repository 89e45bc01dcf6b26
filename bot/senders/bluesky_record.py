"""The record of a reply on Bluesky, finished before it is sent, and its key. Pure: the row in, values out.

Sources: atproto.com/specs/tid; lexicons app.bsky.feed.post, app.bsky.richtext.facet,
com.atproto.label.defs#selfLabels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from bot.senders.rows import has_token
from collectors.bluesky_embed import quoted_uri
from collectors.bluesky_facets import tags_and_mentions
from collectors.payload import Fields
from store.records.post import Platform
from store.records.reply import Reply

POST = "app.bsky.feed.post"
_BASE32 = "234567abcdefghijklmnopqrstuvwxyz"
_SECOND_MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class Ref:
    """A record in the version that is meant: address and CID."""

    uri: str
    cid: str

    def value(self) -> dict[str, str]:
        """As com.atproto.repo.strongRef."""
        return {"uri": self.uri, "cid": self.cid}


def uri_of(reply: Reply) -> str:
    """The at:// address of the post that a row answers."""
    return reply.post_key.removeprefix(f"{Platform.BLUESKY.value}:")


def author_of(uri: str) -> str:
    """The DID in an at:// address."""
    return uri.removeprefix("at://").partition("/")[0]


def record_key(reply: Reply) -> str:
    """The TID under which the row is written: the same at every try, another for every row.

    53 bits of microseconds and 10 bits that tell clocks apart. The second is when the row was drafted;
    all below it comes from the row's idempotency key, so that rows of one moment do not meet.
    """
    draw = int.from_bytes(hashlib.sha256(f"tid {reply.idempotency_key}".encode()).digest()[:8], "big")
    second = int(reply.drafted_at.timestamp())
    rest, clock = divmod(draw, 1024)
    return tid(second * _SECOND_MICROS + rest % _SECOND_MICROS, clock)


def tid(micros: int, clock: int) -> str:
    """13 characters, in the order of time. `micros` since 1970, `clock` 0 to 1023."""
    number = (micros << 10) | clock
    return "".join(_BASE32[number >> shift & 31] for shift in range(60, -1, -5))


def record(reply: Reply, root: Ref, parent: Ref) -> dict[str, Any]:
    """The finished record. It says itself that a bot wrote it."""
    made: dict[str, Any] = {
        "$type": POST,
        "text": reply.text,
        "createdAt": f"{reply.drafted_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z",
        "reply": {"root": root.value(), "parent": parent.value()},
        "labels": {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "bot"}]},
    }
    if reply.language:
        made["langs"] = [reply.language]
    found = facets(reply)
    if found:
        made["facets"] = found
    return made


def facets(reply: Reply) -> list[dict[str, Any]]:
    """The mention of the answered author, wherever the text holds it, by offsets in UTF-8 bytes."""
    name = f"@{reply.to_handle.removeprefix('@')}"
    data, wanted = reply.text.encode("utf-8", "surrogatepass"), name.encode("utf-8", "surrogatepass")
    if len(wanted) < 2 or not has_token(reply.text, name):
        return []
    start = data.find(wanted)
    feature = {"$type": "app.bsky.richtext.facet#mention", "did": author_of(uri_of(reply))}
    return [{"index": {"byteStart": start, "byteEnd": start + len(wanted)}, "features": [feature]}]


def refs(view: Mapping[str, Any]) -> tuple[Ref, Ref]:
    """(root, parent) of an answer to a post as getPosts shows it. The root is the thread's, or the post."""
    fields = Fields(view, [])
    parent = Ref(fields.text("uri"), fields.text("cid"))
    above = fields.obj("record")
    if not isinstance(above.data.get("reply"), dict):
        return parent, parent
    named = above.obj("reply").obj("root")
    root = Ref(named.text("uri"), named.text("cid"))
    return (root if root.uri.startswith("at://") and root.cid else parent), parent


def speaks_to(record: Fields, did: str, handle: str) -> bool:
    """Whether a record mentions, answers or quotes our account."""
    text = record.text("text")
    _, mentions = tags_and_mentions(record, text)
    ours = f"at://{did}/"
    above = (
        record.obj("reply").obj("parent").text("uri") if isinstance(record.data.get("reply"), dict) else ""
    )
    name = f"@{handle.removeprefix('@')}"
    return (
        did in mentions
        or has_token(text.casefold(), name.casefold())
        or above.startswith(ours)
        or quoted_uri(record).startswith(ours)
    )
