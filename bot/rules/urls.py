"""Find what X and Mastodon take for a link in plain text. Pure: text in, spans out.

Needed only to count lengths and to prove that our own words hold no link; nothing here opens one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import regex

from bot.rules.tlds import TLDS

_ACCENTED = r"\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268" + (
    r"\u026f\u0272\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_CYRILLIC = r"\u0400-\u04ff"
# What may stand in a host beside dots: everything but ASCII punctuation, blanks, marks of direction.
_HOST_CHAR = (
    r"[^\s!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~\u180e\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    r"\ufeff\ufffe\uffff]"
)
_BARE_CHAR = rf"[A-Za-z0-9{_ACCENTED}]"
_LABEL = rf"{_HOST_CHAR}(?:(?:{_HOST_CHAR}|[_-])*{_HOST_CHAR})?"
_BARE_LABEL = rf"{_BARE_CHAR}(?:(?:{_BARE_CHAR}|[_-])*{_BARE_CHAR})?"

_SCHEME = regex.compile(r"(?<![A-Za-z0-9@＠$#＃\ufeff\ufffe\uffff])https?://", regex.I)
_HOST_RUN = regex.compile(rf"(?:{_HOST_CHAR}|[_.-])+")
_BARE_RUN = regex.compile(
    rf"(?<![A-Za-z0-9@＠$#＃\ufeff\ufffe\uffff_./-]){_BARE_CHAR}(?:{_BARE_CHAR}|[_.-])*\.(?:{_HOST_CHAR}|-)+"
)
_FULL_HOST = regex.compile(rf"(?:{_LABEL}\.)+{_LABEL}")
_FULL_BARE = regex.compile(rf"(?:{_BARE_LABEL}\.)+{_LABEL}")
_PUNYCODE = regex.compile(r"xn--[a-z0-9-]+")
_PORT = regex.compile(r":[0-9]+")
_PATH_CHAR = rf"[A-Za-z0-9!*';:=+,.$/%#\[\]\u2013_~@|&{_ACCENTED}{_CYRILLIC}-]"
_PATH = regex.compile(
    rf"/(?:(?:{_PATH_CHAR}|\((?:{_PATH_CHAR}|\({_PATH_CHAR}*\))*\))*"
    rf"(?<=[A-Za-z0-9=_#/+{_ACCENTED}{_CYRILLIC})-]))?"
)
_QUERY = regex.compile(r"\?[A-Za-z0-9!?*'@();:&=+$/%#\[\]_.,~|-]*(?<=[A-Za-z0-9_&=#/?-])")
# X shortens every link to its own host, whose links end where their short code ends.
_SHORT = regex.compile(r"https?://t\.co/([A-Za-z0-9]+)", regex.I)
_SHORT_CODE_MAX = 40
_LABEL_MAX = 63
_HOST_MAX = 253
_TLD_MAX = max(len(name) for name in TLDS)


def find_urls(text: str, *, bare: bool = True) -> list[tuple[int, int]]:
    """Spans [start, end) of the links in `text`, in order, none overlapping.

    With `bare`, domains without "https://" count too, as X does (docs.x.com, counting characters);
    Mastodon links only what has a scheme.
    """
    spans = list(_scan(text, _SCHEME, _with_scheme))
    if bare:
        spans += [
            span
            for span in _scan(text, _BARE_RUN, _bare)
            if not any(span[0] < end and start < span[1] for start, end in spans)
        ]
    return sorted(spans)


def _scan(
    text: str, opening: regex.Pattern[str], read: Callable[[str, regex.Match[str]], int | None]
) -> Iterator[tuple[int, int]]:
    """Try `read` at each place where `opening` matches; go on behind what it took."""
    at = 0
    while (found := opening.search(text, at)) is not None:
        end = read(text, found)
        at = found.start() + 1 if end is None else end
        if end is not None:
            yield found.start(), end


def _with_scheme(text: str, scheme: regex.Match[str]) -> int | None:
    run = _HOST_RUN.match(text, scheme.end(), scheme.end() + _HOST_MAX + 1)
    host_end = _host_end(text, scheme.end(), run.end(), _FULL_HOST) if run else None
    if host_end is None:
        return None
    end = _tail_end(text, host_end)
    short = _SHORT.match(text, scheme.start(), end)
    if short is None:
        return end
    return None if len(short[1]) > _SHORT_CODE_MAX else _query_end(text, short.end())


def _bare(text: str, run: regex.Match[str]) -> int | None:
    limit = min(run.end(), run.start() + _HOST_MAX + 1)
    host_end = _host_end(text, run.start(), limit, _FULL_BARE)
    return None if host_end is None else _tail_end(text, host_end)


def _host_end(text: str, start: int, end: int, shape: regex.Pattern[str]) -> int | None:
    """End of the longest host within text[start:end] that closes with a known top-level domain."""
    for dot in range(end - 1, start, -1):
        if text[dot] != ".":
            continue
        stop = _tld_end(text, dot + 1, end)
        if stop is not None and shape.fullmatch(text, start, stop) and _labels_hold(text[start:stop]):
            return stop
    return None


def _tld_end(text: str, start: int, end: int) -> int | None:
    """End of the top-level domain that begins at `start`; what follows must not go on with it."""
    coded = _PUNYCODE.match(text, start, end)
    stops = [coded.end()] if coded else range(min(end, start + _TLD_MAX), start, -1)
    for stop in stops:
        if (coded or text[start:stop].lower() in TLDS) and not _goes_on(text, stop):
            return stop
    return None


def _goes_on(text: str, at: int) -> bool:
    following = text[at : at + 1]
    return following in {"@", "+", "-"} or (following.isascii() and following.isalnum())


def _labels_hold(host: str) -> bool:
    """Label rules: none too long once encoded, no underscore in the registered name, no false `xn--`."""
    labels = host.split(".")
    if len(host) > _HOST_MAX or "_" in labels[-2]:
        return False
    for label in labels:
        if label.isascii():
            size = len(label)
        elif label.lower().startswith("xn--"):
            return False
        else:
            size = len("xn--") + len(label.encode("punycode"))
        if size > _LABEL_MAX:
            return False
    return True


def _tail_end(text: str, at: int) -> int:
    """End of port, path and query that follow the host."""
    port = _PORT.match(text, at)
    at = port.end() if port else at
    path = _PATH.match(text, at)
    return _query_end(text, path.end() if path else at)


def _query_end(text: str, at: int) -> int:
    query = _QUERY.match(text, at)
    return query.end() if query and query.end() > query.start() + 1 else at
