"""A query as the words that Weibo's search is asked for, and as text that people are shown. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import regex

from collectors.hashtags import wanted
from store.errors import UsageError
from store.records.page import TagQuery
from store.records.post import Post

_NOT_IN_TERMS = regex.compile(r"[{}\"“”#＃\p{Cc}]+")
_SUPER = "[超话]"
_CUT = "text: cut"  # how the reader names a text that Weibo has shortened


@dataclass(frozen=True, slots=True)
class Terms:
    """The words of `q`; `is_topic` asks for them inside `#…#` only (`istag=1`)."""

    q: str
    is_topic: bool

    def params(self) -> list[tuple[str, str]]:
        """The parameters of a search request."""
        return [("q", self.q), *([("istag", "1")] if self.is_topic else [])]

    def __str__(self) -> str:
        return f"#{self.q}#" if self.is_topic else f"“{self.q}”"


def terms(query: TagQuery, subject: str) -> Terms:
    """What to search for: one hashtag, or else one phrase.

    `{ } "` may not stand in a search and are left out. Raises UsageError naming `subject` for a query that
    joins several names of `any` (each is searched by itself) or that has neither hashtag nor phrase.
    """
    if len(query.any) > 1:
        raise UsageError(subject, f"{len(query.any)} hashtags in one query: Weibo is searched one at a time")
    for tag in (*query.any, *query.all):
        if word := _clean(tag):
            return Terms(word, is_topic=True)
    for phrase in query.phrases:
        if word := _clean(phrase):
            return Terms(word, is_topic=False)
    raise UsageError(subject, "Weibo searches by hashtag or phrase: the query has neither that can be sent")


def _clean(words: str) -> str:
    return " ".join(_NOT_IN_TERMS.sub(" ", words).split())


def shown(query: TagQuery, subject: str) -> str:
    """The search as words for people, such as `#宝贝回家#, without #广告#, not by 某人`."""
    found = str(terms(query, subject))
    rest = [*(f"#{_clean(tag)}#" for tag in query.all), *(f"“{_clean(phrase)}”" for phrase in query.phrases)]
    parts = [found]
    if others := [word for word in rest if word != found]:
        parts.append(f"also with {', '.join(others)}")
    if query.none:
        parts.append(f"without {', '.join(f'#{_clean(tag)}#' for tag in query.none)}")
    if query.not_authors:
        parts.append(f"not by {', '.join(query.not_authors)}")
    return ", ".join(parts)


def rest_of(query: TagQuery) -> Callable[[Post], bool]:
    """The test that is left after Weibo has searched, which takes parts of names for the name.

    A text that Weibo has cut may carry names and phrases behind the cut, and a repost those of its
    original, so these are not held against them. Languages are not tested: Weibo names none.
    """
    lenient = replace(query, any=(), all=(), phrases=())

    def is_wanted(post: Post) -> bool:
        is_cut = any(problem.startswith(_CUT) for problem in post.problems)
        return wanted(lenient if is_cut or post.repost_of else query, _with_super_topics(post))

    return is_wanted


def _with_super_topics(post: Post) -> Post:
    """A super topic is written `#name[超话]#` and counts as `#name#` too."""
    names = tuple(tag.removesuffix(_SUPER) for tag in post.hashtags if tag.endswith(_SUPER))
    return replace(post, hashtags=(*post.hashtags, *names)) if names else post
