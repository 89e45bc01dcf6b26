"""A set of hashtags with its query: as JSON, as a test on stored posts, as each platform reads it.

Asks no platform and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from collectors import bluesky_search, weibo_terms, x_query
from collectors.hashtags import normalise
from collectors.mastodon import NAMES_THAT_COUNT
from store.errors import UsageError
from store.records.page import TagQuery
from store.tag_posts import TagSet

FIELDS = ("all", "none", "phrases", "langs", "not_authors")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which posts a campaign asks for: one of `hashtags`, and what TagQuery says of the rest."""

    hashtags: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    langs: tuple[str, ...] = ()
    not_authors: tuple[str, ...] = ()

    @property
    def query(self) -> TagQuery:
        """The whole of it as one query."""
        return TagQuery(self.hashtags, *(getattr(self, name) for name in FIELDS))

    def content(self) -> dict[str, Any]:
        """As it stands in the campaign block: without what asks for nothing."""
        rest = {name: list(value) for name, value in asdict(self).items() if name != "hashtags" and value}
        return {"hashtags": list(self.hashtags)} | ({"query": rest} if rest else {})


def selection_of(content: Mapping[str, Any]) -> Selection:
    """The selection of a campaign block or draft."""
    query = content.get("query") or {}
    rest = {name: tuple(query.get(name) or ()) for name in FIELDS}
    return Selection(tuple(content.get("hashtags") or ()), **rest)


def set_test(selection: Selection) -> Callable[[TagSet], bool]:
    """Whether posts with these hashtags in this language are wanted, their authors and words apart.

    Says the same as `collectors.hashtags.wanted`, which takes one post at a time.
    """
    any_of, all_of, none_of = (
        frozenset(filter(None, map(normalise, tags)))
        for tags in (selection.hashtags, selection.all, selection.none)
    )
    langs = tuple(lang.casefold() for lang in selection.langs)

    def is_wanted(held: TagSet) -> bool:
        tags = set(held.tags)
        if (any_of and not any_of & tags) or not all_of <= tags or none_of & tags:
            return False
        spoken = held.language.casefold()
        return not langs or not spoken or any(spoken == x or spoken.startswith(f"{x}-") for x in langs)

    return is_wanted


@dataclass(frozen=True, slots=True)
class Shown:
    """What a platform is asked, in its own words, and what of the query is filtered here instead.

    `wrong` says why the platform cannot be asked at all, "" where it can.
    """

    kind: str
    asked: tuple[str, ...] = ()
    here: tuple[str, ...] = ()
    wrong: str = ""


def shown(selection: Selection, kind: str) -> Shown:
    """The query as this kind of source asks for it."""
    way = _WAYS.get(kind)
    if not selection.hashtags:
        return Shown(kind, wrong="no hashtag is asked for")
    try:
        return way(selection) if way else Shown(kind, _one_by_one(selection), _here(selection, FIELDS))
    except UsageError as error:
        return Shown(kind, wrong=error.detail)


def _one_by_one(selection: Selection) -> tuple[str, ...]:
    return tuple(f"#{tag}" for tag in selection.hashtags)


def _here(selection: Selection, names: Sequence[str]) -> tuple[str, ...]:
    """Parts of the query that are tested on each post after it came."""
    words = {
        "all": "all of these hashtags",
        "none": "none of these hashtags",
        "phrases": "these words",
        "langs": "these languages",
        "not_authors": "not by these authors",
    }
    return tuple(
        f"{words[name]}: {', '.join(getattr(selection, name))}" for name in names if getattr(selection, name)
    )


def _x(selection: Selection) -> Shown:
    texts: list[str] = []
    here: list[str] = []
    for tag in selection.hashtags:
        try:
            texts += x_query.shown(_of(selection, tag))
        except UsageError as error:
            here.append(f"#{tag} is not asked for: {error.detail}")
    odd = [name for name in selection.not_authors if "@" in name.lstrip("@") or "." in name]
    here += [f"names that no account of X can have: {', '.join(odd)}"] if odd else []
    words = tuple(f"{text}  ({len(text)} of {x_query.RECENT_CHARS} characters)" for text in texts)
    return Shown("x", words, tuple(here)) if words else Shown("x", wrong="; ".join(here))


def _of(selection: Selection, tag: str) -> TagQuery:
    return TagQuery((tag,), *(getattr(selection, name) for name in FIELDS))


def _weibo(selection: Selection) -> Shown:
    texts = tuple(str(weibo_terms.terms(_of(selection, tag), "query")) for tag in selection.hashtags)
    here = _here(selection, ("all", "none", "phrases", "not_authors"))
    unknown = ("Weibo names no language: posts of all languages are kept",) if selection.langs else ()
    return Shown("weibo", texts, (*here, *unknown))


def _mastodon(selection: Selection) -> Shown:
    all_of, none_of = selection.all[:NAMES_THAT_COUNT], selection.none[:NAMES_THAT_COUNT]
    rest = [f"all[]={normalise(tag)}" for tag in all_of] + [f"none[]={normalise(tag)}" for tag in none_of]
    tail = f"?{'&'.join(rest)}" if rest else ""
    asked = tuple(f"GET /api/v1/timelines/tag/{normalise(tag)}{tail}" for tag in selection.hashtags)
    here = list(_here(selection, ("phrases", "langs", "not_authors")))
    for name, asked_for in (("all", all_of), ("none", none_of)):
        beyond = getattr(selection, name)[len(asked_for) :]
        if beyond:
            here.append(f"{name} beyond the {NAMES_THAT_COUNT} that a server counts: {', '.join(beyond)}")
    return Shown("mastodon", asked, tuple(here))


def _bluesky(selection: Selection) -> Shown:
    searched = bluesky_search.texts(selection.query)
    lang = f" lang={selection.langs[0]}" if len(selection.langs) == 1 else ""
    tags = "".join(f" tag={tag}" for tag in selection.all)
    asked = (
        "Jetstream: every post of the network, tested here",
        *(f"searchPosts q={q}{tags}{lang}" for q in searched),
    )
    names = ("none", "not_authors") if lang or not selection.langs else ("none", "langs", "not_authors")
    return Shown("bluesky", asked, _here(selection, names))


_WAYS: Mapping[str, Callable[[Selection], Shown]] = {
    "x": _x, "weibo": _weibo, "mastodon": _mastodon, "bluesky": _bluesky,
}  # fmt: skip
