"""The language and the time zone of a page: what templates and the console's own sentences are said in.

English is what the code says; another language is a catalogue beside it (locale/, gettext .po), compiled in
memory when it is first needed. Nothing that people wrote passes here.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import structlog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.support import Translations
from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

log = structlog.get_logger(__name__)

LOCALES = Path(__file__).parent / "locale"
DOMAIN = "console"
LANGUAGE_COOKIE, ZONE_COOKIE = "homeward_language", "homeward_zone"
PATH = "/language"
_YEAR_S = 365 * 24 * 3600
_MAX_FORM_BYTES = 4096


class Language(StrEnum):
    """A language of the console, as HTML names it."""

    EN = "en"
    ZH = "zh-Hans"

    @property
    def locale(self) -> str:
        """The name of its catalogue and of Babel's rules for dates, numbers and plurals."""
        return {"en": "en", "zh-Hans": "zh_CN"}[self.value]

    @property
    def own_name(self) -> str:
        """What its readers call it."""
        return {"en": "English", "zh-Hans": "简体中文"}[self.value]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a page: in which language, and in which time zone (IANA name, "" for UTC)."""

    language: Language = Language.EN
    zone: str = ""


_reader: ContextVar[Reader] = ContextVar("reader")


def reader() -> Reader:
    """The reader of the page that is being made."""
    return _reader.get(Reader())


def set_reader(to: Reader) -> None:
    """Make pages for this reader from here on, in this request's own context."""
    _reader.set(to)


def gettext(words: str) -> str:
    """A sentence of the console in the language of the page that is being made."""
    return _catalogue(reader().language).gettext(words)


def ngettext(one: str, many: str, number: int) -> str:
    """The same for a sentence that counts; `%(num)d` or `%(n)s` stands in it."""
    return _catalogue(reader().language).ngettext(one, many, number)


def noted(words: str) -> str:
    """Marks a sentence in a table for the catalogue; it is said where it is looked up."""
    return words


class Said(dict[Any, str]):
    """A table of English words that says each in the reader's language when it is looked up."""

    def __getitem__(self, key: Any) -> str:
        return gettext(super().__getitem__(key))

    def items(self) -> Any:
        """Each key with its word in the reader's language."""
        return {key: self[key] for key in self}.items()

    def get(self, key: Any, default: Any = None) -> Any:
        """The word in the reader's language, `default` where there is none."""
        word = super().get(key)
        return default if word is None else gettext(word)


@cache
def _catalogue(language: Language) -> NullTranslations:
    """The catalogue of a language; none for English, nor where the file cannot be read."""
    path = LOCALES / language.locale / "LC_MESSAGES" / f"{DOMAIN}.po"
    if language is Language.EN:
        return NullTranslations()
    compiled = io.BytesIO()
    try:
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=language.locale, abort_invalid=True))
    except (OSError, PoFileError, ValueError) as error:
        # A console in English is better than none.
        log.error("catalogue_unreadable", language=language.value, reason=str(error))
        return NullTranslations()
    compiled.seek(0)
    return Translations(compiled, domain=DOMAIN)


# ── who reads ────────────────────────────────────────────────────────────────────────────────────


def reader_of(headers: Headers) -> Reader:
    """The reader by the cookies; on the first visit by what the browser says it can read."""
    cookies = cookie_parser(headers.get("cookie", ""))
    chosen = cookies.get(LANGUAGE_COOKIE, "")
    language = Language(chosen) if chosen in set(Language) else preferred(headers.get("accept-language", ""))
    return Reader(language, cookies.get(ZONE_COOKIE, "").replace("%2F", "/")[:64])


def preferred(accepts: str) -> Language:
    """The language that an Accept-Language header asks for, English where it names none of ours."""
    found: list[tuple[float, int, Language]] = []
    for place, entry in enumerate(accepts[:500].split(",")):
        tag, _, rest = entry.strip().partition(";")
        try:
            weight = float(rest.strip().removeprefix("q=")) if rest else 1.0
        except ValueError:
            continue
        primary = tag.strip().casefold().split("-")[0]
        match = next((one for one in Language if one.value.split("-")[0] == primary), None)
        if match is not None and weight > 0:
            found.append((-weight, place, match))
    return min(found)[2] if found else Language.EN


@dataclass(frozen=True, slots=True)
class Speaking:
    """ASGI middleware: each request is answered in its reader's language; /language changes it.

    The switch needs no session: what it sets is a taste, in a cookie of the browser that sent the form.
    `secure` marks the cookies for https alone.
    """

    app: ASGIApp
    secure: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the reader, then pass the request on, or take the switch's form."""
        if scope["type"] == "http":
            set_reader(reader_of(Headers(scope=scope)))
            if scope["path"] == PATH and scope["method"] == "POST":
                await (await self._switched(Request(scope, receive)))(scope, receive, send)
                return
        await self.app(scope, receive, send)

    async def _switched(self, request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk[: _MAX_FORM_BYTES - len(body)]
        fields = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        answer = RedirectResponse(_came_from(request.headers), status_code=303)
        for name, value in _choices(fields).items():
            answer.set_cookie(name, value, max_age=_YEAR_S, samesite="lax", secure=self.secure)
        return answer


def _choices(fields: Mapping[str, str]) -> dict[str, str]:
    """The cookies that a form asks for; what is no language of ours changes nothing."""
    found = {}
    if fields.get("to", "") in set(Language):
        found[LANGUAGE_COOKIE] = fields["to"]
    zone = fields.get("zone")
    if zone is not None and len(zone) <= 64 and all(each.isalnum() or each in "/_+-" for each in zone):
        found[ZONE_COOKIE] = zone
    return found


def _came_from(headers: Headers) -> str:
    """The page of ours from which a form was sent, "/" if unknown; nobody is sent elsewhere."""
    parts = urlsplit(headers.get("referer", ""))
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    is_ours = parts.netloc == headers.get("host") and path.startswith("/") and "\\" not in path
    return path if is_ours and not path.startswith("//") and path.isprintable() else "/"
