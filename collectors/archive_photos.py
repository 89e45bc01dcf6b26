"""Photos that lie beside an archived payload, found by name. Looks names up, opens no photo.

A photo belongs to a payload when it lies in the payload's folder or in `photos/` or `media/` below it
and is named like the last part of the photo's address, or like its id with a picture's ending.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from collectors.payload import decode_json
from store.records.post import Media, MediaKind, Post

SIDECAR = "homeward-photos.json"
PICTURE_ENDINGS = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".gif", ".heic", ".heif", ".avif", ".bmp", ".tif", ".tiff"}
)
FOLDERS = ("", "photos", "media")
MAX_PHOTOS = 200_000
_MAX_SIDECAR_BYTES = 16_000_000
_MAX_DEPTH = 64


class PhotoShelf:
    """The pictures of one folder by name. Links are never followed, so nothing outside is found."""

    def __init__(self, folder: Path) -> None:
        self._names: dict[str, str] = {}
        self._stems: dict[str, str] = {}
        self._declared: dict[str, str] = {}
        for name in FOLDERS:
            self._add_folder(folder, name)
        self._add_sidecar(folder)

    def __bool__(self) -> bool:
        return bool(self._names or self._declared)

    def attach(self, post: Post) -> Post:
        """The post with `local` set on each photo that was found."""
        if not self or not post.media:
            return post
        ids = dict(_ids_by_address(post.raw, 0))
        media = tuple(self._attached(item, ids) for item in post.media)
        return replace(post, media=media) if media != post.media else post

    def _attached(self, media: Media, ids: dict[str, str]) -> Media:
        if media.kind is not MediaKind.PHOTO:
            return media
        addresses = (media.url, *media.fallbacks)
        known = [ids[address] for address in addresses if address in ids]
        for name in (*addresses, *known):
            if name in self._declared:
                return replace(media, local=self._declared[name])
        names = [name for address in addresses for name in _last_parts(address)]
        for name in names:
            if name in self._names:
                return replace(media, local=self._names[name])
        for name in (*names, *known):
            found = self._stems.get(name) or self._stems.get(PurePosixPath(name).stem if name else "")
            if found:
                return replace(media, local=found)
        return media

    def _add_folder(self, folder: Path, name: str) -> None:
        place = folder / name if name else folder
        if name and place.is_symlink():
            return
        try:
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError:
            return
        for entry in entries:
            path = PurePosixPath(name, entry.name)
            if path.suffix.lower() not in PICTURE_ENDINGS or len(self._names) >= MAX_PHOTOS:
                continue
            if entry.is_file(follow_symlinks=False):
                self._names.setdefault(entry.name, str(path))
                self._stems.setdefault(path.stem, str(path))

    def _add_sidecar(self, folder: Path) -> None:
        """`[{"url" or "id": …, "local": "photos/1.jpg"}]`: names that cannot be told from the payload."""
        path = folder / SIDECAR
        try:
            if path.is_symlink() or path.stat().st_size > _MAX_SIDECAR_BYTES:
                return
            items = decode_json(path.read_bytes())
        except (OSError, ValueError):
            return
        for item in items if isinstance(items, list) else []:
            if not isinstance(item, dict) or not isinstance(item.get("local"), str):
                continue
            local = inside(folder, item["local"])
            for name in (item.get("url"), item.get("id")):
                if local and isinstance(name, str) and name:
                    self._declared[name] = local


def inside(folder: Path, local: str) -> str:
    """The relative path if it names a real file inside the folder without any link on the way, else ""."""
    path = PurePosixPath(local)
    if path.is_absolute() or ".." in path.parts or "\\" in local or "\x00" in local:
        return ""
    if path.suffix.lower() not in PICTURE_ENDINGS:
        return ""
    place = folder
    for part in path.parts:
        place = place / part
        if place.is_symlink():
            return ""
    return str(path) if place.is_file() else ""


def _last_parts(address: str) -> Iterator[str]:
    """The file name in an address, also without what follows an `@` (CID@jpeg)."""
    try:
        name = unquote(urlsplit(address).path).rpartition("/")[2]
    except ValueError:
        return
    if name:
        yield name
        if "@" in name:
            yield name.partition("@")[0]


def _ids_by_address(value: Any, depth: int) -> Iterator[tuple[str, str]]:
    """(address, id) of every object in a payload that has both, whatever the platform calls them."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _ids_by_address(item, depth + 1)
    elif isinstance(value, dict):
        ident = value.get("media_key") or value.get("id")
        for item in value.values():
            if isinstance(item, dict | list):
                yield from _ids_by_address(item, depth + 1)
            elif isinstance(ident, str) and isinstance(item, str) and item.startswith("http"):
                yield item, ident
