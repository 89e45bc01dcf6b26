"""What a server that speaks Mastodon's API says of itself: software, streams, who may read. Reads no posts.

Sources: docs.joinmastodon.org, entities Instance and V1::Instance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from collectors.http import Http
from collectors.payload import Fields
from store.errors import BadPayload, NeedsPerson

_ABSENT = frozenset({404, 410})
_REFUSED = frozenset({401, 403, 422})
# They stream to WebSockets alone: a reader of events connects and hears nothing.
WEBSOCKET_ONLY = ("gotosocial", "pleroma", "akkoma")


@dataclass(frozen=True, slots=True)
class Instance:
    """Version and software as the server words them, the address of its streams ("" when it names none).

    `access` says who may read hashtag timelines by feed (`local`, `remote`): public, authenticated,
    disabled, or "" where the server does not say (before 4.5).
    """

    version: str = ""
    software: str = ""
    streaming_url: str = ""
    access: tuple[tuple[str, str], ...] = ()

    @property
    def websocket_only(self) -> str:
        """The name of the software if it is known to stream over WebSocket alone, else ""."""
        said = f"{self.version} {self.software}".casefold()
        return next((name for name in WEBSOCKET_ONLY if name in said), "")


def read_instance(value: object) -> Instance:
    """The facts of an answer of `/api/v2/instance` or `/api/v1/instance`; nothing of it need be there."""
    top = Fields(value, [])
    urls = top.obj("configuration").obj("urls") or top.obj("urls")
    feeds = top.obj("configuration").obj("timelines_access").obj("hashtag_feeds")
    return Instance(
        version=top.text("version"),
        software=top.text("source_url"),
        streaming_url=urls.text("streaming") or urls.text("streaming_api"),
        access=tuple((feed, feeds.text(feed)) for feed in ("local", "remote")),
    )


def ask(http: Http) -> Instance:
    """What the server says of itself; an empty Instance where it has no such page or shows it to nobody.

    Raises RateLimited, Unreachable, NeedsPerson (it has moved).
    """
    for path in ("/api/v2/instance", "/api/v1/instance"):
        answer = http.get(path, accept=_ABSENT | _REFUSED)
        if answer.status != 200:
            continue
        try:
            return read_instance(answer.json())
        except BadPayload:
            continue  # Other software, whose page is none of ours.
    return Instance()


def refused_feed(instance: Instance, *, local_only: bool, has_token: bool) -> tuple[str, str] | None:
    """(feed, setting) of the first hashtag feed that this reader is not shown; None when all are.

    Servers from 4.5 may answer a refused reader with an empty list, and say so here only.
    """
    for feed, access in instance.access:
        if local_only and feed != "local":
            continue
        if access == "disabled" or (access == "authenticated" and not has_token):
            return feed, access
    return None


def streams_at(subject: str, base_url: str, allowed_url: str, instance: Instance) -> str:
    """The http(s) address under which streams are read: the source's own server or what the operator wrote.

    A server may name another host for its streams. What it names is not followed by itself, since the
    token would go there: raises NeedsPerson, whose words name the setting that allows it.
    """
    if allowed_url:
        return allowed_url
    said = as_http(instance.streaming_url)
    if not said or _origin(said) == _origin(base_url):
        return base_url
    words = f"its streams are served by {urlsplit(said).netloc}, which is not the server of this source"
    raise NeedsPerson(subject, f"{words}; if that host may get the token, set streaming_url: {said}")


def as_http(address: str) -> str:
    """`wss://host` as `https://host`, `ws` as `http`, without path; "" for what is no such address."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    scheme = {"wss": "https", "https": "https", "ws": "http", "http": "http"}.get(parts.scheme, "")
    if not scheme or not host or not host.isprintable() or parts.username is not None:
        return ""
    netloc = f"[{host}]" if ":" in host else host
    return urlunsplit((scheme, f"{netloc}:{port}" if port else netloc, "", "", ""))


def _origin(address: str) -> tuple[str, str, Any]:
    parts = urlsplit(address)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or {"https": 443}.get(parts.scheme, 80)
