"""Compose what is sent to a person, and the references by which it is found again. Pure.

The signature takes a hotline, a reference, a handle, a language and a platform: there is no way to
pass a name, a place, a case or a sighting.
"""

from __future__ import annotations

import hashlib
import hmac
import string
from dataclasses import dataclass

import regex

from bot.rules import lengths
from bot.rules.urls import find_urls
from bot.rules.words import TEMPLATES, Language
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
_HANDLE_MAX = 320


@dataclass(frozen=True, slots=True)
class Draft:
    """A finished text with its length as the platform counts it, and the most that it takes."""

    text: str
    language: Language
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
    hotline: str,
    reference: str,
    handle: str,
    language: Language,
    platform: Platform,
    max_length: int | None = None,
    rules: lengths.Rules = lengths.RULES,
) -> Draft | Unfit:
    """Fill the fixed template of `purpose`.

    `handle` (Mastodon: user@host) is written only on Mastodon, where a reply reaches only whom it
    names; the other platforms tell the author themselves. `max_length` is the server's own limit,
    `rules` the platforms whose length is known.
    Values that are not what they claim to be are Unfit and never echoed.
    """
    if not _REFERENCE.fullmatch(reference):
        return Unfit("the reference is not one of ours")
    if not _HOTLINE.fullmatch(hotline) or _ADDRESS.search(hotline):
        return Unfit("the hotline is not a short number or a few words without a link")
    words = TEMPLATES[purpose][language].format(hotline=hotline, reference=reference)
    if find_urls(words):
        return Unfit("the template holds a link")
    if platform is Platform.MASTODON:
        plain = handle.removeprefix("@")
        if len(plain) > _HANDLE_MAX or not _MASTODON_HANDLE.fullmatch(plain):
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


def placeholders(template: str) -> frozenset[str]:
    """The names in braces of a template; the catalogue's test allows {hotline} and {reference} alone."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name is not None)


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
