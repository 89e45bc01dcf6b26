"""Answers that are not a page of their own: errors as readable pages or problem+json, redirects.

Says what went wrong; decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import Scope

from bot.console.rendering import Renderer
from bot.console.tongue import Said, noted
from store.errors import Conflict, HomewardError, Missing, NotAllowed, PhotoError, StoreError, UsageError

TITLES: Mapping[int, str] = Said(
    {
        400: noted("That will not do"),
        401: noted("Sign in first"),
        403: noted("Not allowed"),
        404: noted("Not here"),
        405: noted("Not in that way"),
        409: noted("Somebody was quicker"),
        410: noted("This link is over"),
        413: noted("Too large"),
        429: noted("Too many tries"),
        500: noted("A mistake of ours"),
        503: noted("Not just now"),
    }
)

Kind = TypeVar("Kind", bound=StrEnum)


def status_of(error: HomewardError) -> int:
    """The HTTP status that an error of the house becomes."""
    kinds: tuple[tuple[type[HomewardError], int], ...] = (
        (NotAllowed, 403),
        (UsageError, 400),
        (Missing, 404),
        (Conflict, 409),
        (PhotoError, 404),
        (StoreError, 503),
    )
    return next((status for kind, status in kinds if isinstance(error, kind)), 503)


class Answers:
    """Makes error answers in the form the caller can read."""

    def __init__(self, pages: Renderer) -> None:
        self._pages = pages

    def plain(self, scope: Scope, status: int, words: str, **headers: str) -> Response:
        """An error page, or problem+json (RFC 9457) under /api and for probes."""
        path = scope["path"]
        if path.startswith("/api/") or path in ("/healthz", "/readyz", "/metrics"):
            return problem(status, words, headers)
        context: dict[str, Any] = {"title": title_of(status), "words": words, "back": back_of(scope)}
        context["request_id"] = scope.get("state", {}).get("request_id", "")
        return self._pages.page(Request(scope), "error.html", status=status, headers=headers, **context)


def title_of(status: int, *, plain: bool = False) -> str:
    """A heading for a status in the reader's language; `plain` always in English, as programs are told."""
    known = dict.get(cast("dict[int, str]", TITLES), status) if plain else TITLES.get(status)
    return known or (HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error")


def problem(status: int, words: str, headers: dict[str, str] | None = None) -> Response:
    """An error as application/problem+json, in English whatever the caller reads: a title stays the same."""
    title = title_of(status, plain=True)
    content = {"type": "about:blank", "title": title, "status": status, "detail": words}
    return JSONResponse(content, status, headers, media_type="application/problem+json")


def back_of(scope: Scope) -> str:
    """The page of ours from which the reader came, "/" if unknown."""
    headers = Headers(scope=scope)
    try:
        parts = urlsplit(headers.get("referer", ""))
    except ValueError:
        return "/"
    if parts.netloc and parts.netloc == headers.get("host"):
        return local_path(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    return "/"


def local_path(wanted: str) -> str:
    """`wanted` if it is a path on this console, otherwise "/": nobody is sent elsewhere."""
    plain = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if plain else "/"


def see(path: str) -> RedirectResponse:
    """Go on to a page after a form (303)."""
    return RedirectResponse(path, status_code=303)


def one_of(kind: type[Kind], name: str, value: str) -> Kind:
    """The member that a field names. Raises UsageError with what is allowed."""
    try:
        return kind(value)
    except ValueError:
        raise UsageError(name, f"is {value[:40]!r}; it is one of {', '.join(kind)}") from None
