"""Mastodon.py as a sender needs it: never sleeping, never redirected, and with a judgement of each failure.

The question behind every failure of a write is whether the server may have acted. Nothing here decides
what to send.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import requests
from mastodon import Mastodon

from bot.senders.rows import never_connected
from store.errors import BadPayload, ConfigError, NeedsPerson, RateLimited, SourceError, Unreachable

# Without a version Mastodon.py 2.3.3 asks for it, and recurses for ever where the server refuses.
_VERSION = "4.2.0"
_WAIT_DEFAULT = timedelta(minutes=5)
_WAIT_MIN = timedelta(seconds=1)
_WAIT_MAX = timedelta(hours=3)
_SERVER_WORDS_MAX = 200
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# Answers of the 4xx class after which the server may have acted, or may act when asked again.
_UNDECIDED = frozenset({408, 409, 425, 429})


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an answer: its status (0 when none came) and its headers."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)


class Watch:
    """Remembers the head of the last answer, for each thread by itself."""

    def __init__(self) -> None:
        self._local = threading.local()

    def start(self) -> None:
        """Forget what came before the next request."""
        self._local.answer = Answer()

    @property
    def answer(self) -> Answer:
        """What has come since `start`."""
        found: Answer = getattr(self._local, "answer", Answer())
        return found

    def __call__(self, response: Any, *_: object, **__: object) -> None:
        """Hook of requests: called as soon as the head is there, even if the body is cut later."""
        self._local.answer = Answer(int(response.status_code), dict(response.headers))


class Trouble(StrEnum):
    """What a failure means for a request that was to change something."""

    NEVER_SENT = "never_sent"
    WAIT = "wait"
    REFUSED = "refused"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judged failure: its kind, the status (0 when none came), words without any content of posts."""

    trouble: Trouble
    status: int
    words: str
    wait: timedelta = _WAIT_DEFAULT

    def as_error(self, subject: str) -> SourceError:
        """The failure of a read as the project's own error."""
        match self.trouble:
            case Trouble.WAIT:
                return RateLimited(subject, self.words, self.wait)
            case Trouble.REFUSED if self.status in {401, 403}:
                return NeedsPerson(subject, f"{self.words}; check the account's token and its state")
            case Trouble.REFUSED:
                return BadPayload(subject, self.words)
            case Trouble.LOST if 200 <= self.status < 300:
                return BadPayload(subject, self.words)
        return Unreachable(subject, self.words)


def open_client(
    base_url: str, access_token: str, watch: Watch, *, user_agent: str, timeout_s: float, session: Any = None
) -> Mastodon:
    """A Mastodon.py client whose answers `watch` sees.

    Raises ConfigError when the address is not https (http is taken for loopback alone): the token
    would travel in the open.
    """
    parts = urlsplit(base_url)
    if not parts.hostname or not (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    ):
        raise ConfigError(
            "mastodon server", f"found {base_url!r}, allowed: an address that begins with https://"
        )
    if session is None:
        session = requests.Session()
        # Proxies and .netrc of the environment are not read behind the configuration's back.
        session.trust_env = False
    # A redirected POST becomes a GET elsewhere, with the token.
    session.max_redirects = 0
    session.hooks["response"].append(watch)
    return Mastodon(
        api_base_url=base_url,
        access_token=access_token,
        mastodon_version=_VERSION,
        ratelimit_method="throw",
        request_timeout=timeout_s,
        user_agent=user_agent,
        session=session,
    )


def judge(error: Exception, answer: Answer, now: datetime) -> Verdict:
    """What an exception of Mastodon.py means, by what came over the wire and not by its class.

    Its classes mislead: MastodonRatelimitError is also raised for an unreadable header of a success.
    """
    status = answer.status
    if status == 0:
        if never_connected(error):
            return Verdict(Trouble.NEVER_SENT, 0, "no connection to the server; nothing was sent")
        return Verdict(Trouble.LOST, 0, "no answer came from the server")
    if status == 429:
        return Verdict(
            Trouble.WAIT, status, "the server asks to wait (429)", _wait(_lower(answer.headers), now)
        )
    if 400 <= status < 500 and status not in _UNDECIDED:
        return Verdict(Trouble.REFUSED, status, f"the server said no ({status}){_server_words(error)}")
    if 200 <= status < 300:
        return Verdict(Trouble.LOST, status, f"the server's answer ({status}) cannot be read")
    return Verdict(Trouble.LOST, status, f"the server answered {status}")


def _server_words(error: Exception) -> str:
    """The server's own sentence about a refusal, cut short, as Mastodon.py hands it on."""
    words = error.args[3] if len(error.args) > 3 else None
    return f": {words[:_SERVER_WORDS_MAX]}" if isinstance(words, str) and words.strip() else ""


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _wait(headers: Mapping[str, str], now: datetime) -> timedelta:
    """How long to wait: Retry-After, else X-RateLimit-Reset against the server's own clock."""
    after = headers.get("retry-after", "")
    if after.isdigit():
        wait = timedelta(seconds=min(int(after), int(_WAIT_MAX.total_seconds())))
    else:
        until = _moment(headers.get("x-ratelimit-reset", ""))
        wait = _WAIT_DEFAULT if until is None else until - (_moment(headers.get("date", "")) or now)
    return min(max(wait, _WAIT_MIN), _WAIT_MAX)


def _moment(value: str) -> datetime | None:
    """A time in one of the forms servers use: ISO 8601, Unix seconds, or that of HTTP."""
    try:
        if value.isdigit():
            return datetime.fromtimestamp(int(value), UTC)
        found = parsedate_to_datetime(value) if "," in value else datetime.fromisoformat(value)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
