"""What a platform allows, as data: the records of a policy file and their validation. Pure.

The YAML itself is read elsewhere and handed in as a mapping; nothing here decides about a post.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from store.records.permit import Use
from store.records.post import AuthorSign, Platform

_E = TypeVar("_E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """One line of a platform's policy: whether a use is allowed, in one sentence, and on which page.

    `liftable` says that a permission declared by the operator turns a "no" into a "yes"; `following` that
    for a reply it is enough that the author follows the account.
    """

    id: str
    use: Use
    allows: bool
    words: str
    source: str
    liftable: bool = False
    following: bool = False


@dataclass(frozen=True, slots=True)
class SignRule:
    """What a sign of the author forbids. No permission of an operator lifts an author's wish."""

    id: str
    sign: AuthorSign
    forbids: frozenset[Use]
    words: str
    source: str


@dataclass(frozen=True, slots=True)
class Policy:
    """What a platform allows, as read on a day from the pages that its lines name.

    `delete_within_h` hours after a post is known to be gone, every copy has to be gone too.
    `keep_days` after it was received no copy may be kept at all; None where the platform sets no such limit.
    `place_stays`: the place with which a post is tagged may be shown with the post and serve nothing else.
    """

    platform: Platform
    read_on: date
    lines: tuple[PolicyLine, ...]
    signs: tuple[SignRule, ...] = ()
    delete_within_h: int = 24
    keep_days: int | None = None
    place_stays: bool = False

    @property
    def following_counts(self) -> bool:
        """Whether a line that allows replies says that following the account is enough."""
        return any(line.following and line.allows and line.use is Use.REPLY for line in self.lines)


_POLICY_KEYS = frozenset(
    {"platform", "read_on", "delete_within_h", "keep_days", "place_stays", "lines", "signs"}
)
_LINE_KEYS = frozenset({"id", "use", "allows", "liftable", "following", "words", "source"})
_SIGN_KEYS = frozenset({"id", "sign", "forbids", "words", "source"})


def parse_policy(mapping: Mapping[str, Any], platforms: Iterable[Platform] = Platform) -> Policy:
    """Turn the mapping of a policy file into a Policy. `platforms` are those that may be named.

    Raises ValueError that names each mistake by its place, e.g. "lines[2].use: found 'look', allowed: …".
    """
    if not isinstance(mapping, Mapping):
        raise ValueError("a policy is a mapping with the keys " + ", ".join(sorted(_POLICY_KEYS)))
    problems: list[str] = []
    _check_keys(mapping, _POLICY_KEYS, "", problems)
    lines = [_line(item, f"lines[{n}]", problems) for n, item in _items(mapping, "lines", problems)]
    signs = [_sign(item, f"signs[{n}]", problems) for n, item in _items(mapping, "signs", problems)]
    platform = _choice(mapping.get("platform"), list(platforms), "platform", problems)
    read_on = _day(mapping.get("read_on"), problems)
    within = mapping.get("delete_within_h", 24)
    if not isinstance(within, int) or isinstance(within, bool) or within < 0:
        problems.append(f"delete_within_h: found {within!r}, allowed: whole hours, 0 or more")
    keep_days = mapping.get("keep_days")
    is_days = isinstance(keep_days, int) and not isinstance(keep_days, bool) and keep_days >= 1
    if keep_days is not None and not is_days:
        problems.append(f"keep_days: found {keep_days!r}, allowed: whole days, 1 or more, or left out")
    place_stays = mapping.get("place_stays", False)
    if not isinstance(place_stays, bool):
        problems.append(f"place_stays: found {place_stays!r}, allowed: true or false")
    ids = [entry.id for entry in (*lines, *signs) if entry is not None]
    problems += [f"{name}: this id is used twice" for name in sorted({n for n in ids if ids.count(n) > 1})]
    if problems or platform is None or read_on is None:
        raise ValueError("; ".join(problems))
    return Policy(
        platform=platform,
        read_on=read_on,
        lines=tuple(line for line in lines if line is not None),
        signs=tuple(sign for sign in signs if sign is not None),
        delete_within_h=within,
        keep_days=keep_days,
        place_stays=place_stays,
    )


def _items(mapping: Mapping[str, Any], key: str, problems: list[str]) -> list[tuple[int, Mapping[str, Any]]]:
    found = mapping.get(key, [])
    if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
        problems.append(f"{key}: found something else, allowed: a list of mappings")
        return []
    return list(enumerate(found))


def _check_keys(mapping: Mapping[str, Any], allowed: frozenset[str], where: str, problems: list[str]) -> None:
    names = ", ".join(sorted(allowed))
    problems += [f"{where}{key}: unknown key, allowed: {names}" for key in mapping if key not in allowed]


def _line(item: Mapping[str, Any], where: str, problems: list[str]) -> PolicyLine | None:
    _check_keys(item, _LINE_KEYS, where + ".", problems)
    use = _choice(item.get("use"), list(Use), where + ".use", problems)
    problems += [
        f"{where}.{key}: found {item[key]!r}, allowed: true or false"
        for key in ("allows", "liftable", "following")
        if not isinstance(item.get(key, False), bool)
    ]
    if "allows" not in item:
        problems.append(f"{where}.allows: missing, allowed: true or false")
    texts = _texts(item, where, problems)
    if use is None or texts is None:
        return None
    allows, liftable, following = (item.get(key) is True for key in ("allows", "liftable", "following"))
    return PolicyLine(texts[0], use, allows, texts[1], texts[2], liftable, following)


def _sign(item: Mapping[str, Any], where: str, problems: list[str]) -> SignRule | None:
    _check_keys(item, _SIGN_KEYS, where + ".", problems)
    sign = _choice(item.get("sign"), list(AuthorSign), where + ".sign", problems)
    named = item.get("forbids")
    if not isinstance(named, list) or not named:
        problems.append(f"{where}.forbids: found {named!r}, allowed: a list of {_words_of(list(Use))}")
        named = []
    uses = [_choice(name, list(Use), where + ".forbids", problems) for name in named]
    texts = _texts(item, where, problems)
    if sign is None or texts is None:
        return None
    return SignRule(texts[0], sign, frozenset(use for use in uses if use is not None), texts[1], texts[2])


def _texts(item: Mapping[str, Any], where: str, problems: list[str]) -> tuple[str, str, str] | None:
    """The id, words and source of an entry; each is needed, since each is shown to people."""
    found = tuple(item.get(key) for key in ("id", "words", "source"))
    bad = [
        key
        for key, value in zip(("id", "words", "source"), found, strict=True)
        if not (isinstance(value, str) and value.strip())
    ]
    problems += [f"{where}.{key}: missing, allowed: text" for key in bad]
    if bad:
        return None
    return str(found[0]).strip(), str(found[1]).strip(), str(found[2]).strip()


def _choice(value: object, allowed: list[_E], where: str, problems: list[str]) -> _E | None:
    for member in allowed:
        if member.value == value:
            return member
    problems.append(f"{where}: found {value!r}, allowed: {_words_of(allowed)}")
    return None


def _words_of(members: Iterable[StrEnum]) -> str:
    return ", ".join(member.value for member in members)


def _day(value: object, problems: list[str]) -> date | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        problems.append(
            f"read_on: found {value!r}, allowed: the day on which the pages were read, YYYY-MM-DD"
        )
        return None
