"""How each platform signs in and renews: Bluesky's token pair, X's OAuth 2.0 user tokens, Weibo's one token.

Asks the network through collectors/http.py. When a renewed session is kept and who may renew is decided
in session.py. Sources: com.atproto.server lexicons; docs.x.com oauth-2-0; open.weibo.com OAuth2.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from collectors.http import Answer, Http, checked_base_url, error_of, is_loopback
from collectors.payload import Fields, decode_json
from collectors.session import Session
from store.errors import BadPayload, ConfigError, NeedsPerson

_REFUSALS = frozenset({400, 401, 403})
_REFRESH_DAYS = timedelta(days=90)


def reason_of(answer: Answer) -> str:
    """The name of an error in an XRPC or OAuth answer, such as `ExpiredToken`; "" where there is none."""
    try:
        return Fields(answer.json(), []).ident("error")[:60]
    except BadPayload:
        return ""


class BlueskyWay:
    """createSession with an app password, refreshSession while it lasts.

    createSession is allowed 30 times in five minutes and 300 a day, so the pair is kept and renewed
    (docs.bsky.app, rate limits). refreshSession replaces both tokens.
    """

    def __init__(
        self, subject: str, http: Http, identifier: str, password: str, clock: Callable[[], datetime]
    ) -> None:
        self.account = f"bluesky:{identifier.lstrip('@').casefold()}"
        self._subject = subject
        self._http = http
        self._identifier = identifier.lstrip("@")
        self._password = password
        self._clock = clock

    def sign_in(self) -> Session:
        """See Way."""
        body = {"identifier": self._identifier, "password": self._password}
        path = "/xrpc/com.atproto.server.createSession"
        answer = self._http.post(path, json=body, accept=_REFUSALS)
        if answer.status in _REFUSALS:
            reason = reason_of(answer)
            if answer.status == 400 and reason not in ("InvalidRequest", "AuthFactorTokenRequired"):
                raise error_of(answer, self._clock())
            raise NeedsPerson(self._subject, _refused(reason, self._identifier))
        return self._read(answer, None)

    def renew(self, held: Session) -> Session | None:
        """See Way."""
        path = "/xrpc/com.atproto.server.refreshSession"
        answer = self._http.post(path, accept=_REFUSALS, bearer=held.refresh)
        return None if answer.status in _REFUSALS else self._read(answer, held)

    def _read(self, answer: Answer, before: Session | None) -> Session:
        body = Fields(answer.json(), [])
        access, refresh, did = (body.text(name) for name in ("accessJwt", "refreshJwt", "did"))
        if not access or not refresh or not did:
            raise BadPayload(self._subject, f"{answer.path} answered no session")
        if body.data.get("active") is False:
            words = f"the account {self._identifier} is not active ({body.text('status')[:40]})"
            raise NeedsPerson(self._subject, f"{words}; sign in to it in the app and see why")
        service = _server_of(body, self._http.base_url) or (before.service if before else "")
        until = expiry_of(refresh) or self._clock() + _REFRESH_DAYS
        return Session(self.account, access, refresh, expiry_of(access), until, did, service)


def _refused(reason: str, identifier: str) -> str:
    if reason == "AccountTakedown":
        return f"the account {identifier} was taken down; ask the service's moderators"
    if reason == "AuthFactorTokenRequired":
        return "the password is the account's own and asks for a code; make an app password"
    return (
        f"the service refuses {identifier} with this password; make an app password under Settings, "
        "Privacy and security, App passwords, and put it into .env"
    )


def _server_of(body: Fields, base_url: str) -> str:
    """The account's own server by its DID document; "" where it is not named or not safe to use."""
    if not isinstance(body.data.get("didDoc"), dict):
        return ""
    endpoint = pds_of(body.obj("didDoc"))
    try:
        address = checked_base_url(endpoint, "didDoc")
    except ConfigError:
        return ""
    # Neither a token over plain HTTP nor a request into a private network, unless the operator's own
    # address is on this machine, too.
    host = urlsplit(address).hostname or ""
    is_odd = address.startswith("http://") or not is_public_name(host)
    return "" if is_odd and not is_loopback(urlsplit(base_url).hostname or "") else address


def is_public_name(host: str) -> bool:
    """Can this name stand in the public DNS? No address, no single word, no name of a local network."""
    name = host.rstrip(".").lower()
    last = name.rpartition(".")[2]
    return "." in name and not last[:1].isdigit() and ":" not in name and last not in _LOCAL_NAMES


# Names that no public resolver answers (RFC 6761, 6762, 7686, 8375; ICANN 2024 for internal).
_LOCAL_NAMES = frozenset(
    {"localhost", "local", "internal", "test", "invalid", "onion", "arpa", "lan", "home", "corp"}
)


def pds_of(document: Fields) -> str:
    """The personal data server that a DID document names (atproto.com/specs/did), "" if none."""
    if not isinstance(document.data.get("service"), list):
        return ""
    for service in document.objs("service"):
        if service.text("id").endswith("#atproto_pds"):
            return service.text("serviceEndpoint")[:300]
    return ""


def expiry_of(token: str) -> datetime | None:
    """When a JWT says that it ends, None if it does not say. Its signature is the server's business."""
    seconds = _claims(token).number("exp")
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def scope_of(token: str) -> str:
    """What a JWT says that it may do, "" if it does not say."""
    return _claims(token).text("scope")[:100]


def _claims(token: str) -> Fields:
    parts = token.split(".")
    if len(parts) != 3:
        return Fields({}, [])
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        return Fields(decode_json(base64.urlsafe_b64decode(padded)), [])
    except (ValueError, binascii.Error):
        return Fields({}, [])


class XWay:
    """X's OAuth 2.0 user context: an access token for two hours, a refresh token that counts once.

    The operator's own refresh token begins the chain; what follows is kept in the vault. Public
    clients are named by `client_id` in the form, confidential ones by Basic (docs.x.com oauth-2-0).
    """

    def __init__(
        self,
        subject: str,
        http: Http,
        handle: str,
        refresh: str,
        client: tuple[str, str],
        clock: Callable[[], datetime],
    ) -> None:
        """`client` are the app's client id and its secret, "" for a public client."""
        self.account = f"x:{handle.lstrip('@').casefold()}"
        self._subject = subject
        self._http = http
        self._first = refresh
        self._client = client
        self._clock = clock

    def sign_in(self) -> Session:
        """See Way."""
        fresh = self.renew(Session(self.account, "", self._first)) if self._first else None
        if fresh is None:
            found = "refuses the refresh token" if self._first else "needs a refresh token"
            words = f"X {found} of {self.account}; authorise the app again with the scope offline.access"
            raise NeedsPerson(self._subject, f"{words} and put the new refresh token into .env")
        return fresh

    def renew(self, held: Session) -> Session | None:
        """See Way."""
        ident, secret = self._client
        form = {"grant_type": "refresh_token", "refresh_token": held.refresh, "client_id": ident}
        basic = (ident, secret) if secret else None
        answer = self._http.post("/2/oauth2/token", form=form, basic=basic, accept=_REFUSALS)
        if answer.status in _REFUSALS:
            return None
        body = Fields(answer.json(), [])
        access, refresh = body.text("access_token"), body.text("refresh_token")
        if not access:
            raise BadPayload(self._subject, f"{answer.path} answered no token")
        seconds = body.number("expires_in")
        ends_at = self._clock() + timedelta(seconds=min(seconds, 10**8)) if seconds else None
        scope = body.text("scope")[:300]
        return Session(self.account, access, refresh or held.refresh, ends_at, scope=scope)


class WeiboWay:
    """Weibo's one token: it ends when it ends, and only a person can make the next one."""

    def __init__(
        self,
        subject: str,
        screen_name: str,
        token: str,
        expires_at: datetime | None,
        clock: Callable[[], datetime],
    ) -> None:
        self.account = f"weibo:{screen_name}"
        self._subject = subject
        self._token = token
        self._expires_at = expires_at
        self._clock = clock

    def sign_in(self) -> Session:
        """See Way."""
        if not self._token or (self._expires_at is not None and self._expires_at <= self._clock()):
            found = "has ended" if self._token else "is missing"
            words = f"Weibo's access token {found} and cannot be renewed"
            raise NeedsPerson(self._subject, f"{words}; sign in again at api.weibo.com/oauth2/authorize")
        return Session(self.account, self._token, expires_at=self._expires_at)

    def renew(self, held: Session) -> Session | None:
        """Never: Weibo gives web apps no refresh token."""
        return None
