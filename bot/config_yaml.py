"""Read a YAML file into plain values, remembering the line of every key and item.

Plain data only: no tags, anchors or aliases, so nothing in a file can run code or blow up. Every
flaw of the text becomes a `Mistake`; what the values mean is not known here.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from store.errors import Mistake

_CORE = "tag:yaml.org,2002:"
MAX_FILE_BYTES = 1_000_000
MAX_DEPTH = 20

Where = tuple[str | int, ...]
"""A place in the file: keys and item numbers (from 0) from the top."""

PLAIN_TEXT = "spaces for indentation, `key: value` and `- item`, text with special signs in quotes"
_PLAIN_TAGS = {_CORE + name for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq")}
# Words of the YAML reader, and what to tell an operator instead: (part of its words, found, allowed).
_SYNTAX = (
    ("found character '\\t'", "a tab", "spaces for indentation"),
    ("found character '@'", 'an unquoted "@"', 'quotes around it: "@name"'),
    ("found character '`'", 'an unquoted "`"', "quotes around the text"),
    ("found character '%'", 'an unquoted "%"', "quotes around the text"),
    (
        "mapping values are not allowed",
        'a ": " where none can be',
        "the keys of a block in one column, and quotes around text that holds a colon",
    ),
    ("found unexpected end of stream", "a quote that is never closed", "a closing quote"),
    ("got '<stream end>'", 'a "[" or "{" that is never closed', "its closing bracket"),
    ("found '<stream end>'", 'a "[" or "{" that is never closed', "its closing bracket"),
    ("but found another document", 'a second document ("---")', "one document"),
    ("found undefined alias", "an alias (*name)", "the value itself; in quotes if it begins with *"),
)


@dataclass(frozen=True, slots=True)
class Document:
    """A file as read. `data` holds dicts, lists, str, int, float, bool and None; times stay text."""

    file: str
    data: Any
    lines: dict[Where, int] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()

    def line(self, where: Where) -> int:
        """The line (from 1) of a key or item, or of the nearest block around it."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)

    def mistake(self, where: Where, found: str, allowed: str) -> Mistake:
        """A mistake at this place."""
        return Mistake(self.file, self.line(where), dotted(where), found, allowed)


def dotted(where: Where) -> str:
    """The place as people write it: campaign.sources[0].kind."""
    text = ""
    for step in where:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def read(path: Path) -> Document:
    """Read a file. Whatever is wrong with it is in `mistakes`; this never raises."""
    file = str(path)
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            return _unreadable(file, 0, "more than a megabyte", "a settings file")
        raw = path.read_bytes()
    except OSError as error:
        return _unreadable(
            file, 0, (error.strerror or type(error).__name__).lower(), "a file that can be read"
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _unreadable(
            file, line, f"a byte that is not UTF-8 (0x{raw[error.start]:02x})", "text saved as UTF-8"
        )
    return parse(text, file)


def parse(text: str, file: str) -> Document:
    """Read the text of a file. Whatever is wrong with it is in `mistakes`; this never raises."""
    reader = YAML(typ="safe", pure=True)
    try:
        root = reader.compose(io.StringIO(text))
    except MarkedYAMLError as error:
        return _syntax(file, error)
    except YAMLError as error:
        # The reader of characters knows a position only.
        position = getattr(error, "position", 0)
        return _unreadable(file, text.count("\n", 0, position) + 1, "a control character", "plain text")
    except RecursionError:
        return _unreadable(file, 1, "blocks nested far too deep", f"at most {MAX_DEPTH} levels")
    if root is None:
        return Document(file, {})
    walk = _Walk(file, reader)
    data = walk.value(root, ())
    return Document(file, data, walk.lines, tuple(walk.mistakes))


def _unreadable(file: str, line: int, found: str, allowed: str) -> Document:
    return Document(file, None, {}, (Mistake(file, line, "", found, allowed),))


def _syntax(file: str, error: MarkedYAMLError) -> Document:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    said = " ".join(str(part) for part in (error.problem, error.context) if part)
    for part, found, allowed in _SYNTAX:
        if part in said:
            if found.endswith("never closed") and error.context_mark:
                line = error.context_mark.line + 1
            return _unreadable(file, line, found, allowed)
    return _unreadable(file, line, f"broken YAML ({said or 'unreadable'})", PLAIN_TEXT)


class _Walk:
    """Turns the reader's nodes into values; collects lines and mistakes on the way."""

    def __init__(self, file: str, reader: YAML) -> None:
        self.file = file
        self.reader = reader
        self.lines: dict[Where, int] = {}
        self.mistakes: list[Mistake] = []
        self._seen: set[int] = set()

    def value(self, node: Node, where: Where) -> Any:
        self.lines.setdefault(where, node.start_mark.line + 1)
        if id(node) in self._seen:
            return self._wrong(node, where, "an alias (*name)", "the value itself, written out")
        self._seen.add(id(node))
        if len(where) > MAX_DEPTH:
            return self._wrong(node, where, "blocks nested too deep", f"at most {MAX_DEPTH} levels")
        tag = str(node.tag)
        if tag not in _PLAIN_TAGS:
            return self._wrong(node, where, f"the tag {tag.replace(_CORE, '!!')}", "plain values")
        if isinstance(node, MappingNode):
            return self._mapping(node, where)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*where, at)) for at, item in enumerate(node.value)]
        return self._scalar(node, where, tag)

    def _mapping(self, node: MappingNode, where: Where) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._wrong(key_node, where, "a key that is a list or a block", "a word as key")
                continue
            key = str(key_node.value)
            place = (*where, key)
            line = key_node.start_mark.line + 1
            if key in values:
                found = f"this key a second time (first in line {self.lines[place]})"
                self.mistakes.append(Mistake(self.file, line, dotted(place), found, "each key once"))
                continue
            self.lines[place] = line
            values[key] = self.value(value_node, place)
        return values

    def _scalar(self, node: Node, where: Where, tag: str) -> Any:
        if tag.endswith((":str", ":timestamp")):
            text = str(node.value)
            if any("\ud800" <= sign <= "\udfff" for sign in text):
                return self._wrong(node, where, "half of a surrogate pair", "whole characters")
            return text
        try:
            return self.reader.constructor.construct_object(node)
        except (ValueError, YAMLError):
            return self._wrong(node, where, f'"{str(node.value)[:40]}"', "a plain value")

    def _wrong(self, node: Node, where: Where, found: str, allowed: str) -> None:
        self.mistakes.append(Mistake(self.file, node.start_mark.line + 1, dotted(where), found, allowed))
