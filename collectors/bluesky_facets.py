"""Facets of Bluesky texts: which bytes are a hashtag or a mention. Pure.

Offsets count bytes of the UTF-8 text, the end excluded (docs.bsky.app, post richtext).
"""

from __future__ import annotations

from collectors.payload import Fields

_FACET = "app.bsky.richtext.facet#"


def tags_and_mentions(record: Fields, text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(hashtags without `#`, DIDs mentioned) that the record's valid facets mark."""
    tags: list[str] = []
    mentions: list[str] = []
    for facet in _valid(record, text):
        for feature in facet.objs("features"):
            kind = feature.text("$type")
            if kind == f"{_FACET}tag":
                tags.append(feature.text("tag"))
            elif kind == f"{_FACET}mention":
                mentions.append(feature.ident("did"))
    return tuple(filter(None, tags)), tuple(dict.fromkeys(filter(None, mentions)))


def _valid(record: Fields, text: str) -> list[Fields]:
    """Facets in order of their place, without those outside the text, inside a character or overlapping.

    A server accepts any numbers here, so they are as trustworthy as the author.
    """
    if "facets" not in record.data:
        return []
    data = text.encode("utf-8", "surrogatepass")
    placed = []
    for facet in record.objs("facets"):
        span = _span(facet.obj("index"), data)
        if span:
            placed.append((*span, facet))
        else:
            facet.note("index", "outside the text, left out")
    placed.sort(key=lambda item: (item[0], item[1]))
    kept: list[Fields] = []
    reached = 0
    for start, end, facet in placed:
        if start < reached:
            facet.note("index", "overlaps another facet, left out")
            continue
        kept.append(facet)
        reached = end
    return kept


def _span(index: Fields, data: bytes) -> tuple[int, int] | None:
    start, end = index.data.get("byteStart"), index.data.get("byteEnd")
    if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end <= len(data):
        return None
    if _inside_character(data, start) or _inside_character(data, end):
        return None
    return start, end


def _inside_character(data: bytes, position: int) -> bool:
    return position < len(data) and data[position] & 0xC0 == 0x80
