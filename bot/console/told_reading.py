"""Reads from the code which sentences services, rules and stores can say to a person, for the catalogue.

Only looks at source text, for `make words` and for the test that every sentence has its Chinese: nothing of
the running console needs it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import yaml  # type: ignore[import-untyped]

Found = tuple[int, None, str, list[str]]
"""Line, function, message, comments: what Babel takes from an extractor."""
NAMES = "abcdefghijklmnopqrstuvwxyz"
_ERROR = re.compile(
    r"(?:errors\.)?(?:\w*Error|NotAllowed|Missing|Conflict|SchemaMismatch|Sealed|RateLimited|Unreachable|"
    r"NeedsPerson|BadPayload|PhotoRefused|PhotoUnavailable|LeaseLost|Mistake|HTTPException)\Z"
)
_SILENT = re.compile(r"(?:^|\.)log(?:ger)?\.|\b(?:noted|gettext|ngettext|compile|text|strftime)\Z")
_SPOKEN = re.compile(r"[a-z]{2,}")
_CODE = re.compile(
    r"\b(?:SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|ALTER|DROP)\b|[⺀-鿿]|^https?:|\\[bsd]|\(\?|filename=|"
    r"'self'|'none'|^camera=|^private, |^public, |^noindex|\bimport json|^GET /|^searchPosts|^`?run_bot|^--"
)
MORE = (
    "about %(a)s", "%(a)s km", "%(a)s m", "%(a)s h", "%(a)s min", "%(a)s s", "%(a)s hour", "%(a)s hours",
    "%(a)s days", "%(a)s to %(b)s", "possible", "not possible", "token", "number %(a)s",
)  # fmt: skip
"""Words that stand between values and alone would be too short to be told from a name."""
LEAST_LETTERS = 5
"""Fewer letters beside the values, and a pattern would fit what it does not mean."""


def extract(
    fileobj: BinaryIO, keywords: Any, comment_tags: Any, options: dict[str, str] | None
) -> Iterator[Found]:
    """Babel's extractor: the sentences of a module. With the option `errors` only those of its errors."""
    only_errors = (options or {}).get("only") == "errors"
    for line, message in sentences(fileobj.read().decode("utf-8"), only_errors=only_errors):
        yield line, None, message, []


def extract_policies(fileobj: BinaryIO, keywords: Any, comment_tags: Any, options: Any) -> Iterator[Found]:
    """Babel's extractor for the policies of platforms: what each line says about a post."""
    for line in yaml.safe_load(fileobj.read())["lines"]:
        yield 1, None, " ".join(str(line["words"]).split()).replace("%", "%%"), []
    for words in MORE:
        yield 1, None, words, []


def sentences(source: str, *, only_errors: bool = False) -> Iterator[tuple[int, str]]:
    """Line and message of each sentence in a module; values are %(a)s, %(b)s … in their order."""
    nodes = list(ast.walk(ast.parse(source)))
    wanted = _in_errors(nodes) if only_errors else None
    if wanted is not None and not wanted:
        return
    silent = _silent(nodes)
    for node in nodes:
        if id(node) in silent or (wanted is not None and id(node) not in wanted):
            continue
        if isinstance(node, ast.JoinedStr):
            message = _message(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            message = node.value.replace("%", "%%")
        else:
            continue
        if is_sentence(message):
            yield node.lineno, message.strip()


def is_sentence(message: str) -> bool:
    """Whether a text says something in English beyond its values."""
    bare = re.sub(r"%\(\w\)s", "", message)
    letters = sum(each.isalpha() for each in bare)
    return (
        " " in message.strip()
        and letters >= LEAST_LETTERS
        and bool(_SPOKEN.search(bare))
        and not _CODE.search(message)
    )


def _message(node: ast.JoinedStr) -> str:
    """The sentence of an f-string; neighbouring values are one."""
    parts: list[str] = []
    for value in node.values:
        if isinstance(value, ast.Constant):
            parts.append(str(value.value).replace("%", "%%"))
        elif not parts or not parts[-1].startswith("%("):
            name = NAMES[sum(part.startswith("%(") for part in parts)]
            parts.append(f"%({name})s")
    return "".join(parts)


def _silent(nodes: list[ast.AST]) -> set[int]:
    """Nodes that nobody reads: docstrings, log lines, patterns, keys, pieces of f-strings."""
    found: set[int] = set()
    for node in nodes:
        body = getattr(node, "body", None)
        for step in body if isinstance(body, list) else ():
            if isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant | ast.JoinedStr):
                found.add(id(step.value))
        if isinstance(node, ast.Call) and _SILENT.search(_dotted(node.func)):
            found.update(id(each) for each in ast.walk(node))
        elif isinstance(node, ast.JoinedStr):
            found.update(_pieces(node))
    return found


def _pieces(node: ast.JoinedStr) -> set[int]:
    """What an f-string is made of, and the formats of its values; not what a value itself says."""
    found: set[int] = set()
    for value in node.values:
        found.add(id(value))
        if isinstance(value, ast.FormattedValue) and value.format_spec is not None:
            found.update(id(each) for each in ast.walk(value.format_spec))
    return found


def _in_errors(nodes: list[ast.AST]) -> set[int]:
    """Nodes that are said by an error of the house."""
    found: set[int] = set()
    for node in nodes:
        if isinstance(node, ast.Call) and _ERROR.match(_dotted(node.func)):
            found.update(id(each) for each in ast.walk(node))
    return found


def _dotted(node: ast.expr) -> str:
    """The name by which something is called, such as `log.info`; of what is no name only its last part."""
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
