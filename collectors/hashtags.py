"""Hashtags: one spelling for comparing, finding them in text, and deciding which posts are wanted.

Pure: text and records in, values out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import regex

from store.records.page import TagQuery
from store.records.post import Post

MAX_TAG_CHARS = 140

# A word with marks, joiners and the middle dots that tags use; not only digits. It ends where they end.
_TAG_CHARS = r"[\p{L}\p{M}\p{N}_\u200c\u200d·・]"
_WORD = regex.compile(rf"(?!\p{{N}}+(?!{_TAG_CHARS})){_TAG_CHARS}{{1,{MAX_TAG_CHARS}}}")
_PAIRED = regex.compile(rf"[#＃]([^#＃\n\r]{{1,{MAX_TAG_CHARS}}})[#＃]")
# Behind these a `#` starts no tag: part of a word, an entity, an address.
_GLUED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_&/＆")
_INVISIBLE = {0x200B: None, 0x2060: None, 0xFEFF: None, 0xFE0E: None, 0xFE0F: None}


def normalise(tag: str) -> str:
    """The spelling in which tags are compared: NFKC, case folded, without outer `#`/`＃` and spaces.

    Normalising what is normalised changes nothing.
    """
    if tag.isascii():
        folded = tag.lower()
    else:
        folded = unicodedata.normalize("NFKC", tag).casefold().translate(_INVISIBLE)
        folded = unicodedata.normalize("NFKC", folded)
    return " ".join(folded.split()).strip("# ")


def extract(text: str, *, paired: bool = False) -> tuple[str, ...]:
    """The hashtags of a text as written there, in order, each once by its normalised spelling.

    `paired` reads `#话题#` as Weibo does: spaces are allowed inside and a single `#` starts nothing.
    Otherwise `#tag` and `＃tag` end at the first character that is no letter, mark, digit or `_`;
    a tag may follow a CJK character directly, as people who write without spaces do.
    """
    if paired:
        return distinct(found[1].strip() for found in _PAIRED.finditer(text))
    return distinct(_words(text))


def _words(text: str) -> Iterator[str]:
    """Each `#tag` of a text without its sign, in order, repeated ones too."""
    text = text.replace("＃", "#")
    end = -1
    place = text.find("#")
    while place >= 0:
        found = None if place and text[place - 1] in _GLUED else _WORD.match(text, place + 1)
        if found is None:
            place = text.find("#", place + 1)
            continue
        if place == end:
            end = -1  # the closing half of a pair such as #话题#
        else:
            end = found.end()
            yield found[0]
        place = text.find("#", found.end())


class TagSet:
    """Some hashtags to look for in many texts. The members are the normalised spellings of `tags`.

    Most words are told apart by their first character alone: normalising changes what follows it, never
    the letter that a word begins with, once that letter is taken apart (NFD) on both sides.
    """

    __slots__ = ("_ascii", "_first", "members")

    def __init__(self, tags: Iterable[str]) -> None:
        self.members = frozenset(normalise(tag) for tag in tags) - {""}
        self._first = frozenset(first_letter(member[0]) for member in self.members) | {""}
        self._ascii = tuple(member for member in self.members if member.isascii())

    def has(self, tag: str) -> bool:
        """Is it one of them, in any spelling?"""
        if first_letter(tag[:1]) not in self._first:
            return False
        if tag.isascii() and tag.isalnum():
            return tag.lower() in self.members
        return normalise(tag) in self.members

    def may_be_in(self, text: str) -> bool:
        """False only if `extract` finds none of them in the text."""
        if "＃" in text:
            text = text.replace("＃", "#")
        first, place = self._first, text.find("#")
        while place >= 0:
            behind = place + 1
            place = text.find("#", behind)
            if first_letter(text[behind : behind + 1]) in first:
                part = text[behind:place] if place >= 0 else text[behind:]
                if self._may_begin(part):
                    return True
        return False

    def _may_begin(self, part: str) -> bool:
        """Does one of them begin what stands behind a `#`?"""
        if part.isascii() and not part.lower().startswith(self._ascii):
            return False
        word = _WORD.match(part)
        return word is not None and normalise(word[0]) in self.members


@lru_cache(maxsize=8192)
def first_letter(char: str) -> str:
    """What a word that begins with this character begins with once it is normalised and taken apart.

    "" where that depends on what follows: nothing, marks, invisible characters, spaces and signs, and
    what falls apart into one of these first.
    """
    plain = normalise(char)
    begins = unicodedata.normalize("NFKC", char)[:1]
    if not plain or begins == "#" or begins.isspace():
        return ""
    first = unicodedata.normalize("NFD", plain)[0]
    is_mark = any(unicodedata.category(each).startswith("M") for each in (char, begins, first))
    return "" if is_mark else first


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
