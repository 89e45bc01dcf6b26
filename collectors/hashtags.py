"""Hashtags: one spelling for comparing, finding them in text, and deciding which posts are wanted.

Pure: text and records in, values out. The byte filter for streams may let a post through in vain but
never holds one back that a query could want.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence

import regex

from store.records.page import TagQuery
from store.records.post import Post

MAX_TAG_CHARS = 140

# A word with marks, joiners and the middle dots that tags use; not only digits.
_TAG_CHARS = r"[\p{L}\p{M}\p{N}_\u200c\u200d·・]"
_LONE = regex.compile(
    rf"(?<![A-Za-z0-9_&/＆])[#＃](?!\p{{N}}+(?!{_TAG_CHARS}))({_TAG_CHARS}{{1,{MAX_TAG_CHARS}}})"
)
_PAIRED = regex.compile(rf"[#＃]([^#＃\n\r]{{1,{MAX_TAG_CHARS}}})[#＃]")
_INVISIBLE = {0x200B: None, 0x2060: None, 0xFEFF: None, 0xFE0E: None, 0xFE0F: None}


def normalise(tag: str) -> str:
    """The spelling in which tags are compared: NFKC, case folded, without `#`/`＃` and outer spaces."""
    folded = unicodedata.normalize("NFKC", tag).casefold().translate(_INVISIBLE)
    return " ".join(unicodedata.normalize("NFKC", folded).strip().strip("#").split())


def extract(text: str, *, paired: bool = False) -> tuple[str, ...]:
    """The hashtags of a text as written there, in order, each once by its normalised spelling.

    `paired` reads `#话题#` as Weibo does: spaces are allowed inside and a single `#` starts nothing.
    Otherwise `#tag` and `＃tag` end at the first character that is no letter, mark, digit or `_`;
    a tag may follow a CJK character directly, as people who write without spaces do.
    """
    if paired:
        return distinct(found[1].strip() for found in _PAIRED.finditer(text))
    tags: list[str] = []
    end = -1
    for found in _LONE.finditer(text):
        if found.start() == end and not _starts_after_space(text, end):
            end = -1  # the closing half of a pair such as #话题#
            continue
        tags.append(found[1])
        end = found.end()
    return distinct(tags)


def _starts_after_space(text: str, position: int) -> bool:
    return position > 0 and text[position - 1].isspace()


def distinct(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags without `#`, each once by its normalised spelling, empty ones left out."""
    seen: dict[str, str] = {}
    for tag in tags:
        key = normalise(tag)
        if key and key not in seen:
            seen[key] = tag.strip().lstrip("#＃")
    return tuple(seen.values())


def wanted(query: TagQuery, post: Post) -> bool:
    """Does the post answer the query? See TagQuery; a post of unknown language passes `langs`."""
    tags = {normalise(tag) for tag in post.hashtags}
    if query.any and not any(normalise(tag) in tags for tag in query.any):
        return False
    if not all(normalise(tag) in tags for tag in query.all):
        return False
    if any(normalise(tag) in tags for tag in query.none):
        return False
    if query.phrases and not _has_phrases(query.phrases, post.text):
        return False
    if query.langs and post.language and not _speaks(query.langs, post.language):
        return False
    names = {name.casefold() for name in (post.author.id, post.author.handle) if name}
    return not any(name.lstrip("@").casefold() in names for name in query.not_authors)


def _has_phrases(phrases: Sequence[str], text: str) -> bool:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return all(unicodedata.normalize("NFKC", phrase).casefold() in folded for phrase in phrases)


def _speaks(langs: Sequence[str], language: str) -> bool:
    """`zh` accepts every Chinese; `zh-TW` only itself."""
    spoken = language.casefold()
    return any(spoken == lang.casefold() or spoken.startswith(lang.casefold() + "-") for lang in langs)


# What a JSON encoder may write for `#`, `＃` or for letters inside a key or a type name.
_ESCAPED = regex.compile(rb"\\u00(?:23|[4-7])|\\u(?:[fF][fF]03|[fF][eE]5[fF])")
_WIDE = ("＃".encode(), "﹟".encode())


def byte_filter(queries: Sequence[TagQuery], *, plain: Sequence[bytes]) -> Callable[[bytes], bool]:
    """A test on the raw JSON of one event: could a query want a post in it?

    A post can only carry a tag through `facet#tag`, a `tags` list, or a `#` in its text; so the event
    is worth decoding when it has one of the first two or more `#` than the `plain` phrases (type
    names ending in `#`, disjoint) account for. A query without tags wants every post looked at.
    """
    if any(not query.any and not query.all for query in queries):
        return lambda data: True

    def may_hold_tag(data: bytes) -> bool:
        if b"#" in data:
            if data.count(b"#") > sum([data.count(phrase) for phrase in plain]):
                return True
            if b"facet#tag" in data:
                return True
        if b'"tags"' in data:
            return True
        if not data.isascii() and any(sign in data for sign in _WIDE):
            return True
        return b"\\" in data and _ESCAPED.search(data) is not None

    return may_hold_tag
