"""Who calls the stand-in for X: tokens, their kinds and lives, and the OAuth 2.0 endpoints."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.servers.stand_in import Answer, Refused, Request, json_answer
from tests.servers.x_problem import unauthorized

if TYPE_CHECKING:
    from tests.servers.x import XServer

APP, USER, OAUTH1 = "OAuth 2.0 Application-Only", "OAuth 2.0 User Context", "OAuth 1.0a User Context"
ALL_SCOPES = ("tweet.read", "tweet.write", "users.read", "offline.access")
_ACCESS_FOR, _CODE_FOR = timedelta(hours=2), timedelta(seconds=30)
_OAUTH1_TOKEN = re.compile(r'oauth_token="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    user_id: str | None
    scopes: tuple[str, ...]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Caller:
    """The owner of a call's token; `headers` are the rate-limit headers of this call."""

    kind: str
    user_id: str | None
    scopes: tuple[str, ...]
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Tokens:
    known: dict[str, Token] = field(default_factory=dict)
    refresh: dict[str, Token] = field(default_factory=dict)
    codes: dict[str, tuple[Token, str]] = field(default_factory=dict)
    number: int = 0

    def new_name(self, kind: str) -> str:
        self.number += 1
        return f"{kind}-{self.number}"


def caller(server: XServer, request: Request) -> Caller:
    """The owner of the token in the Authorization header; 401 when there is none that counts."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme == "OAuth" and server.rule("X-09"):
        found = _OAUTH1_TOKEN.search(value)
        value = found[1] if found and "oauth_signature=" in value else ""
    elif scheme != "Bearer":
        value = ""
    token = server.tokens.known.get(value)
    if token is not None and (token.kind == OAUTH1) != (scheme == "OAuth"):
        token = None
    if token is None:
        if not server.rule("X-01"):
            return Caller(APP, None, ())
        raise unauthorized()
    if server.rule("X-05") and token.expires_at is not None and token.expires_at <= server.now():
        raise unauthorized()
    return Caller(token.kind, token.user_id, token.scopes)


def _oauth_error(code: str, detail: str) -> Refused:
    return Refused(json_answer({"error": code, "error_description": detail}, 400))


def app_token(server: XServer, request: Request) -> Answer:
    """`POST /oauth2/token` with Basic key:secret and grant_type=client_credentials."""
    if request.headers.get("authorization") != _basic(server):
        raise unauthorized()
    if request.form.get("grant_type") != "client_credentials":
        raise _oauth_error("unsupported_grant_type", "client_credentials is needed")
    return json_answer({"token_type": "bearer", "access_token": server.app_token})


def _basic(server: XServer) -> str:
    pair = f"{server.api_key}:{server.api_secret}".encode()
    return "Basic " + base64.b64encode(pair).decode()


def issue_code(server: XServer, scopes: tuple[str, ...], challenge: str) -> str:
    """A code as the consent page would hand out for the bot's account."""
    name = server.tokens.new_name("code")
    server.tokens.codes[name] = (Token(USER, server.bot_id, scopes, server.now() + _CODE_FOR), challenge)
    return name


def user_token(server: XServer, request: Request) -> Answer:
    """`POST /2/oauth2/token`: authorization_code (with PKCE S256) or refresh_token."""
    form, tokens = request.form, server.tokens
    if request.headers.get("authorization") != _basic(server) and form.get("client_id") != server.api_key:
        raise unauthorized()
    match form.get("grant_type"):
        case "authorization_code":
            grant, challenge = _used_code(server, form.get("code", ""))
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            if challenge and base64.urlsafe_b64encode(digest).decode().rstrip("=") != challenge:
                raise _oauth_error("invalid_request", "Value passed for the code verifier was invalid.")
        case "refresh_token":
            name = form.get("refresh_token", "")
            found = tokens.refresh.get(name)
            if found is None:
                raise _oauth_error("invalid_request", "Value passed for the token was invalid.")
            if server.rule("X-06"):
                del tokens.refresh[name]
            grant = found
        case other:
            raise _oauth_error("unsupported_grant_type", f"{other} is no grant type")
    return json_answer(_issue(server, grant))


def _used_code(server: XServer, code: str) -> tuple[Token, str]:
    found = server.tokens.codes.get(code)
    if found is not None and server.rule("X-07"):
        del server.tokens.codes[code]
        assert found[0].expires_at is not None
        if found[0].expires_at < server.now():
            found = None
    if found is None:
        raise _oauth_error("invalid_request", "Value passed for the authorization code was invalid.")
    return found


def _issue(server: XServer, grant: Token) -> dict[str, object]:
    tokens = server.tokens
    access = tokens.new_name("access")
    token = Token(USER, grant.user_id, grant.scopes, server.now() + _ACCESS_FOR)
    tokens.known[access] = token
    answer: dict[str, object] = {
        "token_type": "bearer",
        "expires_in": int(_ACCESS_FOR.total_seconds()),
        "access_token": access,
        "scope": " ".join(grant.scopes),
    }
    if "offline.access" in grant.scopes or not server.rule("X-08"):
        answer["refresh_token"] = tokens.new_name("refresh")
        tokens.refresh[str(answer["refresh_token"])] = token
    return answer


def revoke(server: XServer, request: Request) -> Answer:
    name = request.form.get("token", "")
    gone = server.tokens.known.pop(name, None) or server.tokens.refresh.pop(name, None)
    return json_answer({"revoked": gone is not None})
