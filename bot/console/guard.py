"""The outermost layer of the console: Host check, same-origin check, size cap, security headers, last catch.

Knows no page and no account.
"""

from __future__ import annotations

import secrets
import traceback
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.console.answers import Answers

log = structlog.get_logger(__name__)

CSP = (
    "default-src 'self'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "font-src 'self'; object-src 'none'; base-uri 'none'; frame-src 'none'; frame-ancestors 'none'; "
    "form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # `no-referrer` would make browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Robots-Tag": "noindex, nofollow",
}
MAX_FORM_BYTES = 64 * 1024
# Forms that carry files: photos of a child, a registry's file.
MAX_UPLOAD_BYTES = 48 * 2**20
UPLOADS = ("/cases/new", "/cases/import", "/cases/photos")
UPLOAD_FOLDERS = ("/family/",)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class TooLarge(Exception):
    """A request body over the cap; never leaves this module."""


@dataclass(frozen=True, slots=True)
class Guard:
    """ASGI middleware. `allowed_hosts` as in ConsoleSettings; `secure` adds Strict-Transport-Security."""

    app: ASGIApp
    answers: Answers
    allowed_hosts: tuple[str, ...] = ()
    secure: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it before anything else has seen it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(6)
        scope.setdefault("state", {})["request_id"] = request_id
        started = False

        async def send_safe(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._dress(MutableHeaders(scope=message))
            await send(message)

        try:
            with structlog.contextvars.bound_contextvars(request_id=request_id):
                await self._serve(scope, receive, send_safe)
        except Exception as error:
            # The last door: a reader never sees a traceback. The error's message is not logged,
            # since it can carry what people wrote.
            log.error("console_failed", request_id=request_id, kind=type(error).__name__, at=_place(error))
            if started:
                raise
            words = f"Something went wrong here. It is logged under {request_id}."
            await self.answers.plain(scope, 500, words)(scope, receive, send_safe)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope)
        if refusal is not None:
            await self.answers.plain(scope, *refusal)(scope, receive, send)
            return
        try:
            await self.app(scope, _capped(receive, _most_bytes(scope["path"])), send)
        except TooLarge:
            await self.answers.plain(scope, 413, "The form is too large.")(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self.knows_host(hosts[0], scope):
            words = "Homeward is not reached by that name. Add it to console.allowed_hosts in config.yaml."
            return 400, words
        query = scope.get("query_string", b"").lower()
        if b"\0" in query or b"%00" in query or "\0" in scope["path"]:
            return 400, "The address holds a character that no name here can hold."
        if scope["method"] not in _READS and not _is_same_origin(headers, hosts[0]):
            return (
                403,
                "The form was not sent from the console itself. Open the page again and send it there.",
            )
        return None

    def knows_host(self, host: str, scope: Scope) -> bool:
        """Whether a Host header names this console: loopback with our port, or a name from the settings."""
        try:
            parts = urlsplit(f"//{host}")
            name, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        if parts.path or parts.query or parts.fragment or "@" in host:
            return False
        allowed = {entry.casefold() for entry in self.allowed_hosts}
        if name in allowed or host.casefold() in allowed:
            return True
        server = scope.get("server")
        ours = server[1] if server else None
        default = 443 if scope.get("scheme") == "https" else 80
        return name in LOOPBACK and (ours is None or (port or default) == ours)

    def _dress(self, headers: MutableHeaders) -> None:
        for name, value in HEADERS.items():
            headers[name] = value
        if self.secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        headers.setdefault("Cache-Control", "no-store")


def _is_same_origin(headers: Headers, host: str) -> bool:
    """What the browser says about where a form comes from. Scripts without a browser say nothing."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc.casefold() == host.casefold()


def _most_bytes(path: str) -> int:
    is_upload = path in UPLOADS or path.startswith(UPLOAD_FOLDERS)
    return MAX_UPLOAD_BYTES if is_upload else MAX_FORM_BYTES


def _capped(receive: Receive, most: int) -> Receive:
    total = 0

    async def read() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > most:
            raise TooLarge
        return message

    return read


def _place(error: Exception) -> str:
    frames = reversed(traceback.extract_tb(error.__traceback__)[-4:])
    return " < ".join(f"{each.filename.rsplit('/', 1)[-1]}:{each.lineno} {each.name}" for each in frames)
