"""What Bluesky posts embed: pictures, galleries, videos, quotes. Pure.

A record names pictures by content id; the address is made for the network's picture host.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.payload import Fields
from store.records.post import Media, MediaKind

CDN = "https://cdn.bsky.app/img"
VIDEO_HOST = "https://video.bsky.app/watch"

_CID = re.compile(r"^[A-Za-z0-9]{8,128}$")
_DID = re.compile(r"^did:[a-z0-9]+:[A-Za-z0-9._:%-]{1,256}$")
_WITH_MEDIA = "app.bsky.embed.recordWithMedia"
# The gallery's list has had two names while its lexicon was young.
_LISTS = ("images", "media", "items")


def cdn_photos(record: Fields, did: str, sensitive: bool) -> tuple[Media, ...]:
    """The pictures and videos of a record in its order, `feed_fullsize` first, then the thumbnail."""
    if not isinstance(record.data.get("embed"), dict):
        return ()
    embed = record.obj("embed")
    if isinstance(embed.data.get("media"), dict):  # a quote with pictures of its own
        embed = embed.obj("media")
    return tuple(_attachments(embed, did, sensitive))


def _attachments(embed: Fields, did: str, sensitive: bool) -> Iterator[Media]:
    for name in _LISTS:
        if not isinstance(embed.data.get(name), list):
            continue
        for item in embed.objs(name):
            cid = _blob(item, "image")
            if cid and _DID.match(did):
                address = f"{CDN}/{{}}/plain/{did}/{cid}@jpeg"
                yield Media(
                    address.format("feed_fullsize"),
                    MediaKind.PHOTO,
                    (address.format("feed_thumbnail"),),
                    item.text("alt"),
                    sensitive=sensitive,
                )
            else:
                item.note("image", "no content id that can be asked for")
    if embed.data.get("video") is not None:
        cid = _blob(embed, "video")
        if cid and _DID.match(did):
            address = f"{VIDEO_HOST}/{did}/{cid}/"
            preview = (address + "thumbnail.jpg",)
            yield Media(
                address + "playlist.m3u8", MediaKind.VIDEO, preview, embed.text("alt"), sensitive=sensitive
            )
        else:
            embed.note("video", "no content id that can be asked for")


def _blob(item: Fields, name: str) -> str:
    """The content id of a blob: `{ref: {$link}}`, or `{cid}` as the oldest records have it."""
    if not isinstance(item.data.get(name), dict):
        return ""
    blob = item.obj(name)
    reference = blob.data.get("ref")
    cid = blob.obj("ref").ident("$link") if isinstance(reference, dict) else blob.ident("cid")
    return cid if _CID.match(cid) else ""


def quoted_uri(record: Fields) -> str:
    """The at:// address of the record that a post quotes, "" if none."""
    if not isinstance(record.data.get("embed"), dict):
        return ""
    embed = record.obj("embed")
    if not isinstance(embed.data.get("record"), dict):
        return ""
    quoted = embed.obj("record")
    if embed.text("$type").startswith(_WITH_MEDIA) and isinstance(quoted.data.get("record"), dict):
        quoted = quoted.obj("record")
    return quoted.ident("uri")
