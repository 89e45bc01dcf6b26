"""Where an author's repository lies: the personal data server that the author's DID document names.

did:plc is asked of one known directory. The host of a did:web is a stranger's word and is asked only
through the guarded fetch that the caller hands in, as is every picture at the addresses made here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

from collectors.bluesky_embed import CDN
from collectors.http import Http, is_loopback
from collectors.payload import Fields, decode_json
from collectors.session_ways import pds_of
from store.errors import HomewardError
from store.records.post import Media, MediaKind, Post

MAX_DOCUMENT_BYTES = 65_536
FRESH_S = 6 * 3600.0
AFTER_FAILURE_S = 600.0
MOST_KEPT = 5000

_PLC = re.compile(r"did:plc:[a-z2-7]{24}")
_WEB = re.compile(r"did:web:((?:[a-z0-9](?:[a-z0-9-]{0,62})\.)+[a-z][a-z0-9-]{1,62})")
_CDN_PHOTO = re.compile(re.escape(CDN) + r"/[a-z_]+/plain/(did:[^/]+)/([A-Za-z0-9]+)@jpeg")


class Homes:
    """Servers by DID, kept for some hours; one that cannot be told is asked for again later."""

    def __init__(
        self, directory: Http, fetch: Callable[[str], bytes] | None, monotonic_s: Callable[[], float]
    ) -> None:
        self._directory = directory
        self._fetch = fetch
        self._monotonic_s = monotonic_s
        self._kept: dict[str, tuple[str, float]] = {}

    def of(self, did: str) -> str:
        """The address of the server without a slash at its end, "" where it cannot be told. Never raises."""
        now_s = self._monotonic_s()
        held = self._kept.get(did)
        if held is not None and held[1] > now_s:
            return held[0]
        try:
            found, lasts_s = self._asked(did), FRESH_S
        except (HomewardError, ValueError):
            found, lasts_s = "", AFTER_FAILURE_S
        if len(self._kept) >= MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[did] = found, now_s + lasts_s
        return found

    def _asked(self, did: str) -> str:
        if _PLC.fullmatch(did):
            answer = self._directory.get(f"/{did}", accept=frozenset({404, 410}))
            document = answer.json() if answer.status == 200 else {}
        elif (web := _WEB.fullmatch(did)) and self._fetch is not None:
            data = self._fetch(f"https://{web[1]}/.well-known/did.json")
            document = decode_json(data[: MAX_DOCUMENT_BYTES + 1]) if len(data) <= MAX_DOCUMENT_BYTES else {}
        else:
            return ""
        return self._checked(pds_of(Fields(document, [])))

    def _checked(self, endpoint: str) -> str:
        """Only the origin of an https server; plain http where the directory itself is on this machine."""
        parts = urlsplit(endpoint)
        host = parts.hostname or ""
        if parts.username or parts.query or parts.fragment or parts.path not in ("", "/") or not host:
            return ""
        local = is_loopback(urlsplit(self._directory.base_url).hostname or "") and is_loopback(host)
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            return ""
        return endpoint.rstrip("/")


def photographers(posts: Iterable[Post]) -> list[str]:
    """The DIDs of authors whose posts show a picture, each once."""
    return list(dict.fromkeys(p.author.id for p in posts if any(m.kind is MediaKind.PHOTO for m in p.media)))


def with_originals(post: Post, home: str) -> Post:
    """The post with its pictures at the author's own server first; the picture host stays as second way."""
    return replace(post, media=tuple(_original(media, home) for media in post.media)) if home else post


def _original(media: Media, home: str) -> Media:
    found = _CDN_PHOTO.fullmatch(media.url) if media.kind is MediaKind.PHOTO else None
    if found is None:
        return media
    asked = urlencode({"did": found[1], "cid": found[2]})
    address = f"{home}/xrpc/com.atproto.sync.getBlob?{asked}"
    return replace(media, url=address, fallbacks=(media.url, *media.fallbacks))
