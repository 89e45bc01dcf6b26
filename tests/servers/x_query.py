"""X's search language: text to a tree, and whether a post fits the tree. Knows posts, no server.

Operators: space (AND, binds first), OR, parentheses, -term, word, "phrase", #tag, @name, from:, lang:, has:,
is:, conversation_id:, place:, place_country:, point_radius:[…], bounding_box:[…].
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.servers.stand_in import Rules, words
from tests.servers.x_world import XPost, XWorld

_TOKEN = re.compile(r'\s*(-?\(|\)|-?"[^"]*"|-?[a-z_]+:\[[^\]]*\]|-?[a-z_]+:"[^"]*"|[^\s()]+)')
_CJK = re.compile(r"[぀-ヿ㐀-鿿가-힯]")
_HAS = {"images", "geo", "media", "videos", "links", "mentions", "hashtags"}
_IS = {"reply", "retweet", "quote"}
_LANGUAGES = {
    *words("am ar bg bn cs da de el en es et fa fi fr gu hi ht hu hy in is it iw ja ka km kn ko lo lt lv"),
    *words("ml mr my ne nl no or pa pl ps pt ro ru sd si sk sl sr sv ta te th tl tr uk ur vi"),
    *("zh-CN", "zh-TW", "und"),
}


class QueryError(ValueError):
    """A query that the service would answer with 400; says why."""


@dataclass(frozen=True, slots=True)
class Term:
    kind: str
    value: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    parts: tuple[Node, ...]
    any_of: bool
    negated: bool = False


Node = Term | Group


def parse(text: str, rule: Rules) -> Node:
    """The tree of a query; QueryError when the service would refuse it."""
    tokens = _TOKEN.findall(text)
    if not tokens or _TOKEN.sub("", text).strip():
        raise QueryError(f"no viable alternative at {text!r}")
    tree, rest = _any_of(tokens, rule)
    if rest:
        raise QueryError(f"unexpected {rest[0]!r}")
    if rule("X-33") and not _is_anchored(tree):
        raise QueryError(
            "There must be at least one standalone operator beside has:, lang:, is: and negations"
        )
    return tree


def _any_of(tokens: list[str], rule: Rules) -> tuple[Node, list[str]]:
    first, tokens = _all_of(tokens, rule)
    parts = [first]
    while tokens and tokens[0] == "OR":
        node, tokens = _all_of(tokens[1:], rule)
        if rule("X-29"):
            parts.append(node)
        else:
            parts = _or_first(parts, node)
    return (parts[0] if len(parts) == 1 else Group(tuple(parts), True)), tokens


def _or_first(parts: list[Node], node: Node) -> list[Node]:
    """Only with X-29 off: OR takes the term before it and the term behind it."""
    left = parts[-1].parts if isinstance(parts[-1], Group) and not parts[-1].any_of else (parts[-1],)
    right = node.parts if isinstance(node, Group) and not node.any_of else (node,)
    return [Group((*left[:-1], Group((left[-1], right[0]), True), *right[1:]), False)]


def _all_of(tokens: list[str], rule: Rules) -> tuple[Node, list[str]]:
    parts: list[Node] = []
    while tokens and tokens[0] not in (")", "OR"):
        token, *tokens = tokens
        if token in ("(", "-("):
            if token == "-(" and rule("X-31"):
                raise QueryError("a group cannot be negated; negate its terms")
            node, tokens = _any_of(tokens, rule)
            if not tokens or tokens[0] != ")":
                raise QueryError("missing ')'")
            tokens = tokens[1:]
            parts.append(_grouped(node, token == "-(", rule))
        else:
            parts.append(_term(token, rule))
    if not parts:
        raise QueryError("a term is missing")
    return (parts[0] if len(parts) == 1 else Group(tuple(parts), False)), tokens


def _grouped(node: Node, negated: bool, rule: Rules) -> Node:
    if not rule("X-30") and isinstance(node, Group) and node.any_of:
        return node.parts[0]
    return Group((node,), False, negated) if negated else node


def _term(token: str, rule: Rules) -> Term:
    negated = token.startswith("-") and len(token) > 1
    bare = token[1:] if negated else token
    if bare[0] in "#＃":
        return Term("tag", bare[1:].casefold(), negated)
    if bare.startswith("@"):
        return Term("mention", bare[1:].casefold(), negated)
    kind, colon, value = bare.partition(":")
    if not colon or not re.fullmatch(r"[a-z_]+", kind):
        quoted = bare.startswith('"') and bare.endswith('"') and len(bare) > 1
        return Term("phrase" if quoted else "word", bare.strip('"').casefold(), negated)
    _check(kind, value, rule)
    return Term(kind, value.strip('"'), negated)


def _check(kind: str, value: str, rule: Rules) -> None:
    known: dict[str, Callable[[str], bool]] = {
        "from": bool,
        "to": bool,
        "conversation_id": str.isdigit,
        "place": bool,
        "place_country": lambda v: re.fullmatch(r"[A-Z]{2}", v) is not None,
        "has": _HAS.__contains__,
        "is": _IS.__contains__,
        "lang": lambda v: v in _LANGUAGES or not rule("X-35"),
        "point_radius": lambda v: _numbers(v) is not None and len(v.strip("[]").split()) == 3,
        "bounding_box": lambda v: _numbers(v) is not None and len(v.strip("[]").split()) == 4,
    }
    if rule("X-39") and (kind not in known or not known[kind](value)):
        raise QueryError(f"Reference to invalid operator or value '{kind}:{value}'")


def _numbers(value: str) -> list[float] | None:
    """Numbers of a bracket; a radius in km or mi becomes km."""
    out = []
    for piece in value.strip("[]").split():
        mile = piece.endswith("mi")
        try:
            out.append(float(piece.removesuffix("mi").removesuffix("km")) * (1.609344 if mile else 1))
        except ValueError:
            return None
    return out


def _is_anchored(node: Node) -> bool:
    if isinstance(node, Term):
        return not node.negated and node.kind not in ("has", "lang", "is")
    if node.negated:
        return False
    return (all if node.any_of else any)(_is_anchored(part) for part in node.parts)


def fits(node: Node, post: XPost, world: XWorld, rule: Rules) -> bool:
    """Whether the post matches; rules that are off widen the single operator they are about."""
    if isinstance(node, Group):
        found = (any if node.any_of else all)(fits(part, post, world, rule) for part in node.parts)
    else:
        found = _term_fits(node, post, world, rule)
    return found != node.negated


def _term_fits(term: Term, post: XPost, world: XWorld, rule: Rules) -> bool:
    value, text = term.value, post.text.casefold()
    match term.kind:
        case "tag":
            tags = [tag.casefold() for tag in post.hashtags]
            return value in tags if rule("X-32") else any(tag.startswith(value) for tag in tags)
        case "phrase":
            return value in text
        case "word":
            return value in text if _CJK.search(value) else value in re.findall(r"\w+", text)
        case "has":
            return _has(value, post, world) or not rule("X-34")
        case "lang":
            given = (value, "zh") if value.startswith("zh") else (value,)
            return post.lang in given or not rule("X-35")
        case "place" | "place_country" | "point_radius" | "bounding_box":
            return _placed(term, post, world) or not rule("X-37")
    return _related(term, post, world) or not rule("X-36")


def _has(what: str, post: XPost, world: XWorld) -> bool:
    kinds = {world.media[key].type for key in post.media}
    return {
        "images": "photo" in kinds,
        "videos": "video" in kinds,
        "media": bool(kinds),
        "geo": post.place_id is not None or post.coordinates is not None,
        "links": bool(post.links),
        "mentions": bool(post.mentions),
        "hashtags": bool(post.hashtags),
    }[what]


def _related(term: Term, post: XPost, world: XWorld) -> bool:
    author = world.users[post.author_id]
    kinds = {kind for kind, _ in post.references}
    match term.kind, term.value:
        case "mention", name:
            return name in (mention.casefold() for mention in post.mentions)
        case "from", who:
            return who.removeprefix("@").casefold() in (author.id, author.username.casefold())
        case "to", who:
            to = world.users.get(post.in_reply_to_user_id or "")
            return to is not None and who.removeprefix("@").casefold() == to.username.casefold()
        case "conversation_id", number:
            return post.conversation_id == number
        case "is", "reply":
            return "replied_to" in kinds
        case "is", "retweet":
            return "retweeted" in kinds
        case "is", "quote":
            return "quoted" in kinds
    return False


def _placed(term: Term, post: XPost, world: XWorld) -> bool:
    place = world.places.get(post.place_id or "")
    if term.kind == "place":
        return place is not None and term.value.casefold() in (
            place.id,
            place.name.casefold(),
            place.full_name.casefold(),
        )
    if term.kind == "place_country":
        return place is not None and place.country_code == term.value
    spot, numbers = world.spot(post), _numbers(term.value)
    if spot is None or numbers is None:
        return False
    if term.kind == "bounding_box":
        west, south, east, north = numbers
        return west <= spot[0] <= east and south <= spot[1] <= north
    return _distance_km((numbers[0], numbers[1]), spot) <= numbers[2]


def _distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great circle; points as (lon, lat)."""
    lon_a, lat_a, lon_b, lat_b = map(math.radians, (*a, *b))
    half = math.sin((lat_b - lat_a) / 2) ** 2
    half += math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(half))
