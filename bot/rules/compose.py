"""Compose what is sent to a person, and the references by which it is found again. Pure.

The signature takes a hotline, a reference, a handle, a language and a platform: there is no way to
pass a name, a place, a case or a sighting.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

import regex

from bot.rules import lengths
from bot.rules.urls import find_urls
from bot.rules.wording import Catalogue
from store.records.post import Platform
from store.records.reply import Purpose

# No vowels, so that no word appears by chance; none of 0 O 1 I L, which are misread.
ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
REFERENCE_LENGTH = 6

_REFERENCE = regex.compile(rf"[{ALPHABET}]{{{REFERENCE_LENGTH}}}")
_HOTLINE = regex.compile(r"[^@#＠＃{}<>\p{C}]{2,40}")
# Stricter than `find_urls`: what only looks like an address is none of the operator's numbers either.
_ADDRESS = regex.compile(r"://|\p{L}\.\p{L}")
_MASTODON_HANDLE = regex.compile(r"[A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*@[\w-]+(?:\.[\w-]+)*(?::[0-9]{1,5})?")
_OTHER_HANDLE = regex.compile(r"[A-Za-z0-9_-]{1,60}")
_HANDLES = {
    Platform.MASTODON: _MASTODON_HANDLE,
    Platform.BLUESKY: regex.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"),
    Platform.X: regex.compile(r"[A-Za-z0-9_]{1,15}"),
    Platform.WEIBO: regex.compile(r"[\p{Han}A-Za-z0-9_-]{1,30}"),
}
_HANDLE_MAX = 320


@dataclass(frozen=True, slots=True)
class Draft:
    """A finished text with its length as the platform counts it, and the most that it takes."""

    text: str
    language: str
    length: int
    max_length: int
    unit: str


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why no text could be composed from these values, in words."""

    why: str


def compose(
    purpose: Purpose,
    *,
    catalogue: Catalogue,
    hotline: str,
    reference: str,
    handle: str,
    language: str,
    platform: Platform,
    max_length: int | None = None,
    rules: lengths.Rules = lengths.RULES,
) -> Draft | Unfit:
    """Fill the fixed template of `purpose`.

    `handle` (Mastodon: user@host) is written only on Mastodon, where a reply reaches only whom it
    names, and where the template asks for it. `max_length` is the server's own limit, `rules` the
    platforms whose length is known.
    Values that are not what they claim to be are Unfit and never echoed.
    """
    template = catalogue.text(purpose, language)
    if "{handle}" in template and not _plain_handle(handle, platform):
        return Unfit("the handle is none of this platform")
    if not _HOTLINE.fullmatch(hotline) or _ADDRESS.search(hotline):
        return Unfit("the hotline is not a short number or a few words without a link")
    named = f"@{handle.removeprefix('@')}"
    words = template.format(hotline=hotline, reference=reference, handle=named)
    if find_urls(template.format(hotline=hotline, reference=reference, handle="")):
        return Unfit("the template holds a link")
    return _finished(words, reference, handle, language, platform, max_length, rules)


def compose_free(
    words: str,
    *,
    catalogue: Catalogue,
    reference: str,
    handle: str,
    language: str,
    platform: Platform,
    rules: lengths.Rules = lengths.RULES,
) -> Draft | Unfit:
    """A person's own words, closed by the line with the reference. The caller checks what they say."""
    line = catalogue.reference_lines[language].format(reference=reference)
    if find_urls(words):
        return Unfit("the words hold a link")
    return _finished(f"{words.strip()} {line}", reference, handle, language, platform, None, rules)


def _finished(
    words: str,
    reference: str,
    handle: str,
    language: str,
    platform: Platform,
    max_length: int | None,
    rules: lengths.Rules,
) -> Draft | Unfit:
    if not _REFERENCE.fullmatch(reference):
        return Unfit("the reference is not one of ours")
    if platform is Platform.MASTODON:
        plain = _plain_handle(handle, platform)
        if not plain:
            return Unfit("the handle is not a Mastodon address, user@host")
        words = f"@{plain} {words}"
    rule = rules.get(platform)
    if rule is None:
        return Unfit(f"nothing says how long a text may be on {platform.value}")
    most = rule.max_length if max_length is None else max_length
    length = rule.measure(words)
    if not rule.fits(words, max_length=most):
        return Unfit(f"the text is too long: {length} of {most} {rule.unit}")
    return Draft(words, language, length, most, rule.unit)


def _plain_handle(handle: str, platform: Platform) -> str:
    """The handle without @ if it is one of the platform, else ""."""
    plain = handle.removeprefix("@")
    pattern = _HANDLES.get(platform, _OTHER_HANDLE)
    return plain if len(plain) <= _HANDLE_MAX and pattern.fullmatch(plain) else ""


def reference(secret: bytes, key: str) -> str:
    """Short reference of a reply: 6 characters, the same for the same key, unguessable without `secret`.

    It is derived, not drawn, so that a crash between drawing and storing cannot make two.
    """
    number = int.from_bytes(_mac(secret, "reference", key), "big")
    chars = []
    for _ in range(REFERENCE_LENGTH):
        number, rest = divmod(number, len(ALPHABET))
        chars.append(ALPHABET[rest])
    return "".join(chars)


def idempotency_key(secret: bytes, key: str) -> str:
    """32 hex digits that make the platform recognise a second attempt at the same reply."""
    return _mac(secret, "idempotency", key).hex()[:32]


def _mac(secret: bytes, label: str, key: str) -> bytes:
    if not secret:
        raise ValueError("the installation's key is empty; references would be guessable")
    return hmac.new(
        secret, f"homeward/{label}/{key}".encode("utf-8", "surrogatepass"), hashlib.sha256
    ).digest()
