"""What is asked of X, as text: search queries and stream rules made from TagQuery. Pure; asks nobody.

Operators: docs.x.com x-api/posts/search/integrate/operators and build-a-query (space is AND, binds
before OR; only single terms are negated; `lang:` and `is:` need a term that stands alone beside them).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import regex

from collectors.hashtags import distinct
from collectors.payload import Fields, language
from store.errors import UsageError
from store.records.page import TagQuery

RECENT_CHARS = 512
ARCHIVE_CHARS = 1024
RULE_CHARS = 1024
RULE_PREFIX = "homeward:"
RULES_AT_MOST = 1000

_TAG = regex.compile(r"(?=.*[^\p{N}])[\p{L}\p{M}\p{N}_\u200c\u200d·・]+")
_NAME = re.compile(r"\w{1,15}|\d{1,19}", re.ASCII)
_UNQUOTABLE = re.compile(r'["“”\\\x00-\x1f\x7f]+')
_LANGS = {"zh": ("zh-CN", "zh-TW"), "he": ("iw",), "id": ("in",)}  # X's spelling
_UNKNOWN_LANGUAGE = "und"


def compose(query: TagQuery, limit: int = RECENT_CHARS) -> tuple[str, ...]:
    """The query as X reads it, in as many texts of at most `limit` characters as `any` needs.

    A post of unknown language passes `langs`, so `lang:und` is asked for with them. Names that no
    account of X can have are left out of `not_authors`. Raises UsageError for what X cannot be asked.
    """
    tags = [_tag(tag) for tag in distinct(query.any)]
    fixed = _fixed(query)
    if not tags and not query.all and not query.phrases:
        raise UsageError("query", "X is asked by hashtag or phrase: the query has neither")
    if not tags:
        return (_within(fixed, limit),)
    texts: list[str] = []
    group: list[str] = []
    for tag in tags:
        if group and len(_joined([*group, tag], fixed)) > limit:
            texts.append(_joined(group, fixed))
            group = []
        group.append(tag)
        _within(_joined([tag], fixed), limit)
    return (*texts, _joined(group, fixed))


def shown(query: TagQuery) -> tuple[str, ...]:
    """What recent search will be asked, for people to read. Raises UsageError like `compose`."""
    return compose(query, RECENT_CHARS)


def digest(texts: Iterable[str]) -> str:
    """Eight hexadecimal digits that change with the texts."""
    return sha256("\n".join(texts).encode()).hexdigest()[:8]


def _joined(tags: Sequence[str], fixed: str) -> str:
    any_of = tags[0] if len(tags) == 1 else f"({' OR '.join(tags)})"
    return f"{any_of} {fixed}"


def _within(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    words = f"is {len(text)} characters long where X takes {limit}: ask for fewer words or authors at once"
    raise UsageError("query", words)


def _fixed(query: TagQuery) -> str:
    """Everything but `any`."""
    parts = [_tag(tag) for tag in distinct(query.all)]
    parts += [f'"{phrase}"' for phrase in (_phrase(p) for p in query.phrases) if phrase]
    langs = _langs(query.langs)
    if langs:
        parts.append(f"({' OR '.join(f'lang:{lang}' for lang in langs)})")
    parts += [f"-{_tag(tag)}" for tag in distinct(query.none)]
    names = [name.lstrip("@") for name in query.not_authors]
    parts += [f"-from:{name}" for name in names if _NAME.fullmatch(name)]
    return " ".join([*parts, "-is:retweet"])


def _tag(tag: str) -> str:
    tag = tag.strip()
    if not _TAG.fullmatch(tag):
        raise UsageError("query", f"{tag[:40]!r} cannot be a hashtag on X: letters, digits and _ only")
    return f"#{tag}"


def _phrase(phrase: str) -> str:
    return " ".join(_UNQUOTABLE.sub(" ", phrase).split())


def _langs(langs: Sequence[str]) -> list[str]:
    known = [language(lang) for lang in langs]
    if any(not lang for lang in known):
        raise UsageError("query", "a language of the query is no BCP 47 tag such as en or zh-TW")
    spelled = [name for lang in known for name in _LANGS.get(lang, (lang,))]
    return list(dict.fromkeys([*spelled, _UNKNOWN_LANGUAGE])) if spelled else []


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the filtered stream: what it matches and the tag that marks it as ours."""

    value: str
    tag: str


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What to add, which ids to delete, and the ids of rules that already say what is wanted."""

    add: tuple[Rule, ...]
    delete: tuple[str, ...]
    kept: frozenset[str]


def rules(queries: Sequence[TagQuery]) -> tuple[Rule, ...]:
    """The stream's rules for these queries, each once. Raises UsageError like `compose`."""
    values = list(dict.fromkeys(text for query in queries for text in compose(query, RULE_CHARS)))
    if len(values) > RULES_AT_MOST:
        raise UsageError("query", f"{len(values)} rules where X takes {RULES_AT_MOST}: follow fewer hashtags")
    return tuple(Rule(value, RULE_PREFIX + digest([value])) for value in values)


def reconcile(wanted: Sequence[Rule], existing: Sequence[Any]) -> RuleChange:
    """Bring the rules on the server to the wanted ones. Rules without our prefix are never touched.

    A foreign rule with a wanted value counts as that rule, since X takes no value twice.
    """
    missing = {rule.value: rule for rule in wanted}
    kept: set[str] = set()
    delete: list[str] = []
    for fields in (Fields(item, []) for item in existing):
        ident, value = fields.ident("id"), fields.text("value")
        if ident and missing.pop(value, None) is not None:
            kept.add(ident)
        elif ident and fields.text("tag").startswith(RULE_PREFIX):
            delete.append(ident)
    return RuleChange(tuple(missing.values()), tuple(delete), frozenset(kept))
