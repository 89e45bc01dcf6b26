"""Made-up data exports in the platforms' own shapes, written into a folder. No test lives here."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import struct
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

DID = "did:plc:madeupcaptainofthesea234"
ACTOR = "https://harbour.example/users/wren"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
PICTURE = b"\xff\xd8\xff\xe0 made up"


def x_tweet(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A post as X's export writes it."""
    ident = str(1500000000000000000 + number)
    return {
        "edit_info": {
            "initial": {
                "editTweetIds": [ident],
                "editableUntil": "2022-03-05T12:00:00.000Z",
                "editsRemaining": "5",
                "isEditEligible": False,
            }
        },
        "retweeted": False,
        "source": '<a href="https://app.example" rel="nofollow">Lighthouse</a>',
        "entities": {
            "hashtags": [{"text": "SeenAtThePier", "indices": ["30", "44"]}],
            "symbols": [],
            "user_mentions": [{"name": "Helpers", "screen_name": "helpers_demo", "id_str": "7"}],
            "urls": [],
        },
        "display_text_range": ["0", "70"],
        "favorite_count": "0",
        "id_str": ident,
        "truncated": False,
        "retweet_count": "0",
        "id": ident,
        "created_at": "Wed Oct 10 20:19:24 +0000 2018",
        "favorited": False,
        "full_text": "A boy in a red coat &amp; a dog, alone at the pier #SeenAtThePier @helpers_demo",
        "lang": "en",
    } | changes


def x_media(name: str = "MadeUpKey01.jpg", **changes: Any) -> dict[str, Any]:
    """A photo of a post in the same spelling."""
    return {
        "expanded_url": "https://x.com/wren_demo/status/1/photo/1",
        "url": "https://t.co/madeup",
        "media_url_https": f"https://pbs.twimg.com/media/{name}",
        "media_url": f"http://pbs.twimg.com/media/{name}",
        "id_str": "9",
        "type": "photo",
        "display_url": "pic.twitter.com/madeup",
    } | changes


def with_media(tweet: dict[str, Any], *media: dict[str, Any]) -> dict[str, Any]:
    """The post with attachments, in both places where the export lists them."""
    entities = tweet["entities"] | {"media": list(media[:1])}
    return tweet | {"entities": entities, "extended_entities": {"media": list(media)}}


def x_js(name: str, items: Sequence[Any], part: int = 0) -> str:
    """A file of the export: a list behind an assignment."""
    return f"window.YTD.{name}.part{part} = " + json.dumps(items, indent=2, ensure_ascii=False)


def x_export(
    folder: Path, tweets: Sequence[dict[str, Any]], *, media: Mapping[str, bytes] | None = None
) -> Path:
    """An X export unpacked; `media` are pictures of `tweets_media` by name. Gives its `data` folder."""
    data = folder / "data"
    (data / "tweets_media").mkdir(parents=True)
    (data / "tweets.js").write_text(x_js("tweets", [{"tweet": t} for t in tweets]), encoding="utf-8")
    owner = {"email": "secret@wren.example", "username": "wren_demo", "accountId": "4711"}
    owner |= {"createdVia": "web", "accountDisplayName": "Wren"}
    (data / "account.js").write_text(x_js("account", [{"account": owner}]), encoding="utf-8")
    about = {"description": {"bio": "Walks along harbours", "website": "", "location": "Harbour Town"}}
    (data / "profile.js").write_text(x_js("profile", [{"profile": about}]), encoding="utf-8")
    words = [{"dmConversation": {"messages": [{"text": "private words"}]}}]
    (data / "direct-messages.js").write_text(x_js("direct_messages", words), encoding="utf-8")
    for name, content in (media or {}).items():
        (data / "tweets_media" / name).write_bytes(content)
    return data


def note(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A post as ActivityPub writes it."""
    uri = f"{ACTOR}/statuses/1100000000000000{number:02d}"
    return {
        "id": uri,
        "type": "Note",
        "summary": None,
        "inReplyTo": None,
        "published": "2026-02-07T08:09:10Z",
        "url": f"https://harbour.example/@wren/1100000000000000{number:02d}",
        "attributedTo": ACTOR,
        "to": [PUBLIC],
        "cc": [f"{ACTOR}/followers", "https://other.example/users/helper"],
        "sensitive": False,
        "content": '<p>A girl with a blue bag at the ferry <a href="#">#<span>SeenAtThePier</span></a></p>',
        "contentMap": {"en": "<p>A girl with a blue bag</p>"},
        "attachment": [],
        "tag": [
            {
                "type": "Hashtag",
                "href": "https://harbour.example/tags/seenatthepier",
                "name": "#SeenAtThePier",
            },
            {
                "type": "Mention",
                "href": "https://other.example/users/helper",
                "name": "@helper@other.example",
            },
        ],
    } | changes


def create(inner: dict[str, Any]) -> dict[str, Any]:
    """The activity that made a post."""
    shared = {name: inner[name] for name in ("to", "cc", "published") if name in inner}
    activity: dict[str, Any] = {"id": f"{inner['id']}/activity", "type": "Create", "actor": ACTOR}
    return activity | shared | {"object": inner}


def announce(target: str, number: int = 90) -> dict[str, Any]:
    """The activity that passed on another's post."""
    return {
        "id": f"{ACTOR}/statuses/1100000000000000{number:02d}/activity",
        "type": "Announce",
        "actor": ACTOR,
        "published": "2026-02-07T09:00:00Z",
        "to": [PUBLIC],
        "cc": [],
        "object": target,
    }


def attachment(place: str, kind: str = "image/jpeg") -> dict[str, Any]:
    """A picture of a post: where an address would stand, the export writes its place."""
    return {"type": "Document", "mediaType": kind, "url": place, "name": "a bag", "width": 4, "height": 3}


def mastodon_export(
    folder: Path,
    activities: Sequence[Any],
    *,
    actor: dict[str, Any] | None = None,
    media: Mapping[str, bytes] | None = None,
) -> Path:
    """A Mastodon export unpacked; `media` are pictures by their place in it."""
    folder.mkdir(parents=True, exist_ok=True)
    collection: dict[str, Any] = {"@context": "https://www.w3.org/ns/activitystreams", "id": "outbox.json"}
    collection |= {"type": "OrderedCollection", "totalItems": len(activities)}
    (folder / "outbox.json").write_text(
        json.dumps(collection | {"orderedItems": list(activities)}, ensure_ascii=False), encoding="utf-8"
    )
    person: dict[str, Any] = {
        "id": ACTOR,
        "type": "Person",
        "preferredUsername": "wren",
        "name": "Wren",
        "summary": "",
    }
    person |= {"followers": f"{ACTOR}/followers", "discoverable": True, "indexable": True}
    (folder / "actor.json").write_text(json.dumps(person | (actor or {})), encoding="utf-8")
    for name in ("likes.json", "bookmarks.json"):
        liked = {"id": name, "type": "OrderedCollection", "orderedItems": ["https://other.example/s/1"]}
        (folder / name).write_text(json.dumps(liked), encoding="utf-8")
    for name, content in (media or {}).items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return folder


class Link(bytes):
    """A content id inside a record: the 36 bytes of its binary form."""


def cbor(value: Any) -> bytes:
    """DAG-CBOR of a value (RFC 8949; keys in the order of the specification, links behind tag 42)."""
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", False: b"\xf4", True: b"\xf5"}[value]
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, Link):
        return b"\xd8\x2a" + cbor(b"\x00" + bytes(value))
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(cbor(item) for item in value)
    keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
    return _head(5, len(value)) + b"".join(cbor(key) + cbor(value[key]) for key in keys)


def _head(major: int, number: int) -> bytes:
    for code, size, form in ((24, 1, "B"), (25, 2, ">H"), (26, 4, ">I"), (27, 8, ">Q")):
        if number < 24:
            return bytes([major << 5 | number])
        if number < 1 << (8 * size):
            return bytes([major << 5 | code]) + struct.pack(form, number)
    raise ValueError(number)


def cid(data: bytes, codec: int = 0x71) -> Link:
    """The content id of a block: version 1, SHA-256."""
    return Link(bytes([1, codec, 0x12, 32]) + hashlib.sha256(data).digest())


def varint(number: int) -> bytes:
    """An unsigned LEB128 number."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def record(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A Bluesky post's record."""
    return {
        "$type": "app.bsky.feed.post",
        "text": f"Child {number} at the lighthouse #SeenAtThePier",
        "createdAt": "2026-02-07T08:09:10.123Z",
        "langs": ["en"],
    } | changes


def picture_of(data: bytes) -> dict[str, Any]:
    """The embed of a picture by the content id of its bytes."""
    blob = {"$type": "blob", "ref": cid(data, 0x55), "mimeType": "image/jpeg", "size": len(data)}
    image = {"alt": "a child", "image": blob}
    return {"$type": "app.bsky.embed.images", "images": [image]}


def car(records: Mapping[str, Any], *, did: str = DID, leave_out: Sequence[str] = ()) -> bytes:
    """A repository export: records by path in a tree of two levels; blocks of `leave_out` are not in it."""
    blocks: list[tuple[Link, bytes]] = []

    def add(value: Any, *, keep: bool = True) -> Link:
        data = cbor(value)
        name = cid(data)
        if keep:
            blocks.append((name, data))
        return name

    paths = sorted(records)
    links = {path: add(records[path], keep=path not in leave_out) for path in paths}
    middle = len(paths) // 2
    left = add(_node(paths[:middle], links)) if middle else None
    top = add({**_node(paths[middle:], links), "l": left})
    commit = {"did": did, "version": 3, "data": top, "rev": "3madeup", "prev": None, "sig": b"\x01" * 64}
    root = add(commit)
    header = cbor({"version": 1, "roots": [root]})
    body = b"".join(varint(len(name) + len(data)) + bytes(name) + data for name, data in reversed(blocks))
    return varint(len(header)) + header + body


def _node(paths: Sequence[str], links: Mapping[str, Link]) -> dict[str, Any]:
    entries, before = [], b""
    for path in paths:
        key, shared = path.encode(), 0
        while shared < min(len(key), len(before)) and key[shared] == before[shared]:
            shared += 1
        entries.append({"p": shared, "k": key[shared:], "v": links[path], "t": None})
        before = key
    return {"l": None, "e": entries}


def post_path(number: int = 1) -> str:
    """Where a post lies in its repository."""
    return f"app.bsky.feed.post/3madeup{number:06d}"


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """Rows as CSV, the columns as the first row names them."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def zipped(folder: Path, to: Path, *, inside: str = "") -> Path:
    """A folder as a zip file, below `inside` if that is named."""
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                packed.write(path, Path(inside, path.relative_to(folder)))
    return to


def tarred(folder: Path, to: Path) -> Path:
    """A folder as a tar.gz file."""
    with tarfile.open(to, "w:gz") as packed:
        packed.add(folder, arcname=".")
    return to
