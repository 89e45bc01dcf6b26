"""As much of an AppView as a collector's `lookup` asks for, over the real server's own records.

`app.bsky.feed.getPosts` and `app.bsky.actor.getProfiles` alone: records, CIDs, handles and profiles as the
personal data server has them. It knows no search, threads, labels or notifications: those need the
network's own AppView.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

MOST = 25
Value = dict[str, Any]


def answer(http: httpx.Client, target: str) -> tuple[HTTPStatus, Value] | None:
    """The answer to one request, None where it is none of these two.

    What is deleted, hidden or never was is left out, as the network does.
    """
    parts = urlsplit(target)
    way = _WAYS.get(parts.path.rpartition("/")[2])
    if way is None:
        return None
    param, name, view = way
    asked = parse_qs(parts.query).get(param, [])
    if not 0 < len(asked) <= MOST:
        words = f"{param} must have between 1 and {MOST} elements"
        return HTTPStatus.BAD_REQUEST, {"error": "InvalidRequest", "message": words}
    return HTTPStatus.OK, {name: [found for item in asked if (found := view(http, item)) is not None]}


def _record(http: httpx.Client, did: str, collection: str, rkey: str) -> Value | None:
    asked = {"repo": did, "collection": collection, "rkey": rkey}
    found = http.get("/xrpc/com.atproto.repo.getRecord", params=asked)
    said: Value = found.json()
    return said if found.status_code == HTTPStatus.OK else None


def _profile(http: httpx.Client, did: str) -> Value | None:
    account = http.get("/xrpc/com.atproto.repo.describeRepo", params={"repo": did})
    if account.status_code != HTTPStatus.OK:
        return None
    found = _record(http, did, "app.bsky.actor.profile", "self")
    words = {name: text for name, text in (found or {}).get("value", {}).items() if isinstance(text, str)}
    return {"did": did, "handle": account.json()["handle"], "labels": [], **words}


def _post(http: httpx.Client, uri: str) -> Value | None:
    did, collection, rkey = uri.removeprefix("at://").split("/")
    author, said = _profile(http, did), _record(http, did, collection, rkey)
    if author is None or said is None:
        return None
    record = said["value"]
    seen = {"author": author, "record": record, "indexedAt": record["createdAt"], "labels": []}
    return {"uri": uri, "cid": said["cid"], **seen}


_WAYS: dict[str, tuple[str, str, Callable[[httpx.Client, str], Value | None]]] = {
    "app.bsky.feed.getPosts": ("uris", "posts", _post),
    "app.bsky.actor.getProfiles": ("actors", "profiles", _profile),
}
