"""The HTML of fediverse posts and profiles as plain text. Pure; keeps every word that was shown."""

from __future__ import annotations

import html
import re

MAX_HTML_CHARS = 100_000

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)[^<>]*>|<![^<>]*>")
_LINE_TAGS = frozenset({"br"})
_BLOCK_ENDS = frozenset({"p", "div", "li", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "tr"})
_UNSHOWN = frozenset({"script", "style", "template"})


def plain_text(content: str) -> str:
    """The text a reader sees: `<br>` and the end of a block are newlines, entities are characters.

    The text of `span.invisible` (the hidden parts of links) is kept, so that addresses stay whole.
    Only the first MAX_HTML_CHARS characters are read; the scan is linear whatever they are.
    """
    parts: list[str] = []
    unshown = ""
    position = 0
    content = content[:MAX_HTML_CHARS]
    for tag in _TAG.finditer(content):
        if not unshown:
            parts.append(html.unescape(content[position : tag.start()]))
        position = tag.end()
        closing, name = bool(tag[1]), (tag[2] or "").lower()
        if unshown:
            unshown = "" if closing and name == unshown else unshown
        elif name in _UNSHOWN and not closing:
            unshown = name
        elif name in _LINE_TAGS or (closing and name in _BLOCK_ENDS):
            parts.append("\n")
    if not unshown:
        parts.append(html.unescape(content[position:]))
    return "".join(parts).strip()
