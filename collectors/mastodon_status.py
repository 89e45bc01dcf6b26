"""Mastodon statuses (and those of servers that speak its API) as posts. Pure; no network.

Field meanings: docs.joinmastodon.org, entities Status, Account, MediaAttachment, Quote.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from collectors.hashtags import distinct, extract
from collectors.mastodon_text import plain_text
from collectors.payload import Fields, Reading, bio_signs, language, refused
from store.records.post import Author, AuthorSign, Media, MediaKind, Platform, Post, Visibility

_KINDS = {
    "image": MediaKind.PHOTO,
    "video": MediaKind.VIDEO,
    "gifv": MediaKind.VIDEO,
    "audio": MediaKind.AUDIO,
}
_PHOTO_NAME = re.compile(r"\.(?:jpe?g|png|webp|gif|heic|avif)$", re.IGNORECASE)
_MAX_REPOST_DEPTH = 3


def is_status(value: object) -> bool:
    """Does the object have the shape of a status?"""
    return (
        isinstance(value, dict)
        and isinstance(value.get("account"), dict)
        and "content" in value
        and ("uri" in value or "visibility" in value)
    )


def read_status(value: object, received_at: datetime, *, host: str = "", where: str = "") -> Reading:
    """One status, with the status it reposts before it.

    `host` is the server that answered; a name without a host belongs to it. When it is not known
    (an archive), the host of the account's own address is taken. `received_at` is aware UTC.
    """
    return _read(value, received_at, host, where, 0)


def status_key(status: Fields) -> str:
    """`mastodon:` + the status's URI, which is the same on every server; "" without one."""
    uri = status.ident("uri") or status.ident("url")
    return f"mastodon:{uri}" if uri else ""


def _read(value: object, received_at: datetime, host: str, where: str, depth: int) -> Reading:
    if not isinstance(value, dict):
        return refused(where, f"a status should be an object, found {type(value).__name__}", value)
    problems: list[str] = []
    status = Fields(value, problems)
    key = status_key(status)
    if not key:
        return refused(where, "a Mastodon status without uri and url cannot be told from others", value)
    original, repost_of = Reading(), ""
    if value.get("reblog") is not None:
        repost_of = status_key(status.obj("reblog"))
        if depth < _MAX_REPOST_DEPTH:
            original = _read(value["reblog"], received_at, host, f"{where}.reblog", depth + 1)
        else:
            status.note("reblog", "nested too deep, left in the raw payload")
    post = _post(status, key, repost_of, host, received_at)
    return original + Reading(posts=(post,))


def _post(status: Fields, key: str, repost_of: str, host: str, received_at: datetime) -> Post:
    text = plain_text(status.text("content", needed=True))
    sensitive = status.flag("sensitive")
    edited_at = status.time("edited_at")
    return Post(
        key=key,
        platform=Platform.MASTODON,
        author=_author(status, host),
        text=text,
        received_at=received_at,
        created_at=status.time("created_at", needed=True),
        native_id=status.ident("id", needed=True),
        version=edited_at.isoformat() if edited_at else "",
        language=language(status.text("language")),
        media=_media(status, sensitive),
        hashtags=_hashtags(status, text),
        mentions=_mentions(status, host),
        repost_of=repost_of,
        reply_to=_reply_to(status.ident("in_reply_to_id"), host, key),
        quote_of=_quote_of(status),
        visibility=_visibility(status),
        content_warning=status.text("spoiler_text"),
        sensitive=sensitive,
        edited_at=edited_at,
        permalink=status.text("url") or status.text("uri"),
        raw=status.data,
        problems=tuple(status.problems),
    )


def _reply_to(native_id: str, host: str, key: str) -> str:
    """A server names the answered status by its own id only: `mastodon:HOST#ID`, no URI is given."""
    if not native_id:
        return ""
    return f"mastodon:{host or _netloc(key.removeprefix('mastodon:'))}#{native_id}"


def _author(status: Fields, host: str) -> Author:
    account = status.obj("account")
    if not account:
        status.note("account", "missing")
        return Author(id="")
    handle = full_name(account, host)
    signs = set(bio_signs(_self_description(account)))
    for name, says, sign in (
        ("bot", True, AuthorSign.BOT),
        ("noindex", True, AuthorSign.NO_INDEX),
        ("indexable", False, AuthorSign.NO_INDEX),
        ("discoverable", False, AuthorSign.NOT_DISCOVERABLE),
        ("locked", True, AuthorSign.LOCKED),
        ("suspended", True, AuthorSign.SUSPENDED),
        ("memorial", True, AuthorSign.MEMORIAL),
    ):
        if account.data.get(name) is says:
            signs.add(sign)
    return Author(
        id=account.ident("uri") or account.ident("url") or handle,
        handle=handle,
        display_name=account.text("display_name"),
        signs=frozenset(signs),
    )


def _self_description(account: Fields) -> str:
    parts = [plain_text(account.text("note")), account.text("display_name")]
    for field in account.objs("fields"):
        parts += [plain_text(field.text("name")), plain_text(field.text("value"))]
    return "\n".join(parts)


def full_name(account: Fields, host: str) -> str:
    """An account's or a mention's `user@host`; names of the answering server come without a host.

    The host is that of the account's own address, else the answering server's.
    """
    name = account.ident("acct") or account.ident("username")
    if not name or "@" in name:
        return name
    for address in (account.ident("url"), account.ident("uri")):
        netloc = _netloc(address)
        if netloc:
            return f"{name}@{netloc}"
    return f"{name}@{host}" if host else name


def _netloc(address: str) -> str:
    try:
        return urlsplit(address).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def _hashtags(status: Fields, text: str) -> tuple[str, ...]:
    """The server's own list; the text is only asked where the server sent none."""
    if "tags" not in status.data:
        status.note("tags", "missing; hashtags were read from the text")
        return extract(text)
    return distinct(tag.text("name") for tag in status.objs("tags"))


def _mentions(status: Fields, host: str) -> tuple[str, ...]:
    names = [full_name(mention, host) for mention in status.objs("mentions")]
    return tuple(dict.fromkeys(name for name in names if name))


def _visibility(status: Fields) -> Visibility:
    """An unknown or missing visibility is read as private: the strictest that can be meant."""
    word = status.text("visibility", needed=True)
    try:
        return Visibility(word)
    except ValueError:
        if word:
            status.note("visibility", "unknown word, read as private")
        return Visibility.PRIVATE


def _quote_of(status: Fields) -> str:
    """A quote counts only when its author accepted it (state=accepted)."""
    if not isinstance(status.data.get("quote"), dict):
        return ""
    quote = status.obj("quote")
    if quote.text("state") != "accepted":
        return ""
    return status_key(quote.obj("quoted_status"))


def _media(status: Fields, sensitive: bool) -> tuple[Media, ...]:
    found = [_attachment(item, sensitive) for item in status.objs("media_attachments")]
    return tuple(media for media in found if media)


def _attachment(item: Fields, sensitive: bool) -> Media | None:
    """`url` is this server's copy and null while it is made; `remote_url` is the origin's."""
    addresses = [item.ident(name) for name in ("url", "remote_url", "preview_url")]
    urls = [address for address in addresses if address]
    if not urls:
        item.note("url", "an attachment without any address")
        return None
    kind = _KINDS.get(item.text("type"), MediaKind.OTHER)
    if kind is MediaKind.OTHER and _PHOTO_NAME.search(_path(urls[0])):
        kind = MediaKind.PHOTO  # "unknown" is what a server says of a copy that it did not make
    return Media(
        url=urls[0],
        kind=kind,
        fallbacks=tuple(dict.fromkeys(url for url in urls[1:] if url != urls[0])),
        alt_text=item.text("description"),
        sensitive=sensitive,
    )


def _path(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


def statuses_of(value: Any) -> list[Any]:
    """The statuses inside an answer that wraps them: notifications, grouped ones, search, context."""
    if not isinstance(value, dict):
        return []
    if isinstance(value.get("status"), dict):
        return [value["status"]]
    found: list[Any] = []
    for name in ("ancestors", "statuses", "descendants"):
        items = value.get(name)
        if isinstance(items, list):
            found.extend(items)
    return found
