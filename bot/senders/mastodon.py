"""The sender for an account on a Mastodon server. It asks, sends once, looks up, withdraws; it never decides.

Some servers ignore the idempotency key, so a doubtful reply is looked for among our own posts.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from bot.rules import lengths
from bot.senders.base import Account, Sender, SenderSpec
from bot.senders.mastodon_client import Trouble, Verdict, Watch, judge, open_client
from bot.senders.mastodon_status import (
    Status,
    addresses,
    asks_no_bot,
    author_id,
    carries,
    is_the_reply,
    mappings,
    profile_text,
    speaks_to,
    uri_of,
    written_at,
)
from bot.senders.rows import has_token
from collectors.base import Checked
from store.db import utc_now
from store.errors import BadPayload, NeedsPerson, SourceError, Unreachable
from store.records.post import Platform
from store.records.reply import Absent, Level, Receipt, Refused, Reply, SenderLimits, Unknown

_log = structlog.get_logger(__name__)

_VISIBILITIES = frozenset({"unlisted", "direct"})
_PAGE = 40
_PAGES_MAX = 50
# Our clock and the server's may differ; older posts of ours than this cannot be the reply.
_CLOCK_SLACK = timedelta(hours=1)
_REMEMBERED_MAX = 1000


TOKEN = "HOMEWARD_MASTODON_TOKEN"  # noqa: S105 (a variable's name)
SPEC = SenderSpec(Platform.MASTODON, lengths.RULES[Platform.MASTODON])


def build(account: Account, secrets: Mapping[str, str], user_agent: str) -> Sender | None:
    """The sender for our account, None while its token is not set."""
    token = secrets.get(TOKEN, "")
    return MastodonSender(account.server, token, account.handle, user_agent=user_agent) if token else None


class MastodonSender:
    """One account on one server.

    `account` is user@host. `clock` gives aware UTC. `max_length` is the server's
    configuration.statuses.max_characters.
    """

    def __init__(
        self,
        base_url: str,
        access_token: str,
        account: str,
        *,
        clock: Callable[[], datetime] = utc_now,
        user_agent: str,
        timeout_s: float = 20.0,
        max_length: int = lengths.RULES[Platform.MASTODON].max_length,
        session: Any = None,
    ) -> None:
        self.platform: str = Platform.MASTODON.value
        self.account = account
        self.limits = SenderLimits(
            max_length=max_length,
            length_unit="characters",
            per_hour=100,
            per_day=2400,
            source="https://docs.joinmastodon.org/api/rate-limits/; 300 posts in 3 hours: rate_limiter.rb",
        )
        self._clock = clock
        self._watch = Watch()
        self._client = open_client(
            base_url, access_token, self._watch, user_agent=user_agent, timeout_s=timeout_s, session=session
        )
        self._lock = threading.Lock()
        self._own_id = ""
        self._known: dict[str, str] = {}

    def close(self) -> None:
        """Give back the connections. Safe to call twice."""
        self._client.session.close()

    def measure(self, text: str, to_handle: str) -> int:
        """Length in characters as Mastodon counts them."""
        return lengths.mastodon_length(text)

    # ---- before sending

    def may_answer(self, reply: Reply) -> str:
        """Read the answered post again: "" if it still stands, else why it must not be answered."""
        status = self._answered(reply)
        if status is None:
            return "the post is gone"
        if status.get("edited_at") and not speaks_to(status, self._me()):
            return "the author changed the post and no longer names the campaign account"
        if str(status.get("visibility")) in {"private", "direct"} and reply.visibility != "direct":
            return "the post is not public any more, and a reply must not be seen by more people than it"
        if asks_no_bot(status):
            return "the author's profile now asks bots to keep away"
        return ""

    def resolve(self, uri: str) -> str:
        """Our server's id of the post with this address; "" when the server does not find it.

        Raises SourceError.
        """
        return str((self._search(uri) or {}).get("id") or "")

    def _answered(self, reply: Reply) -> Status | None:
        """The post to be answered as our server has it now, None when it is gone.

        Ids belong to one server, and the post may have been seen on another: what stands under the
        row's id is believed only if its address agrees, else the address is looked up. Raises
        Unreachable while our server does not find a post that it was not said to have.
        """
        uri = uri_of(reply)
        found = self._status(reply.to_native_id) if reply.to_native_id else None
        missing = found is None and bool(reply.to_native_id)
        if found is None or uri not in addresses(found):
            found = self._search(uri)
            if found is None and missing:
                return None
        if found is None:
            raise Unreachable(self.account, "our server does not find the post to be answered")
        self._remember(uri, str(found.get("id") or ""))
        return found

    def _status(self, status_id: str) -> Status | None:
        try:
            found: Status = self._read(partial(self._client.status, status_id))
        except _Refusal as refusal:
            if refusal.verdict.status in {404, 410}:
                return None
            raise refusal.verdict.as_error(self.account) from None
        return found

    def _search(self, uri: str) -> Status | None:
        """What our server finds under an address, fetching it from its origin if need be."""
        search = partial(self._client.search_v2, uri, resolve=True, result_type="statuses")
        try:
            found = self._read(search)
        except _Refusal as refusal:
            raise refusal.verdict.as_error(self.account) from None
        # A server without the post may answer with whatever its words resemble.
        matching = (s for s in mappings(found.get("statuses")) if uri in addresses(s))
        return next((s for s in matching if s.get("id")), None)

    def _remember(self, uri: str, status_id: str) -> None:
        with self._lock:
            if len(self._known) >= _REMEMBERED_MAX:
                self._known.clear()
            self._known[uri] = status_id

    def _target(self, reply: Reply) -> str:
        """Our server's id of the post to be answered, as `may_answer` found it; "" when it is gone."""
        with self._lock:
            known = self._known.get(uri_of(reply), "")
        return known or str((self._answered(reply) or {}).get("id") or "")

    # ---- sending

    def send(self, reply: Reply) -> Receipt | Refused | Unknown:
        """Post the reply once, with its idempotency key.

        Raises RateLimited, or Unreachable where no connection stood: nothing was sent then. A row that
        breaks the account's rules is Refused before anything leaves.
        """
        unfit = self._unfit(reply)
        if unfit:
            return Refused(unfit)
        target = self._target(reply)
        if not target:
            return Refused("the post is gone")
        self._watch.start()
        try:
            status = self._client.status_post(
                reply.text,
                in_reply_to_id=target,
                visibility=reply.visibility,
                language=reply.language.split("-")[0] or None,
                idempotency_key=reply.idempotency_key,
            )
            receipt = self._receipt(status, reply) if carries(status, reply.reference) else None
        except Exception as error:  # noqa: BLE001 - after the request left, every failure is a value
            return self._after(error, reply)
        if receipt is None:
            return self._doubtful(reply, "the server's answer is not the post we sent")
        return receipt

    def _unfit(self, reply: Reply) -> str:
        """Why this row must not leave, whatever was decided before; "" when it may."""
        length = self.measure(reply.text, reply.to_handle)
        if reply.level is Level.DRY_RUN:
            return "this row is a rehearsal, and rehearsals are never sent"
        if reply.platform != self.platform or reply.account != self.account:
            return "this row belongs to another account"
        if reply.visibility not in _VISIBILITIES:
            return f"visibility {reply.visibility!r} is not allowed; allowed: unlisted, direct"
        if not reply.idempotency_key or not has_token(reply.text, reply.reference):
            return "the row lacks its idempotency key or its reference and could not be found again"
        if not reply.text.startswith(f"@{reply.to_handle.removeprefix('@')} "):
            return "the text does not begin with the author it answers"
        if length > self.limits.max_length:
            return f"too long: {length} of {self.limits.max_length} characters"
        return ""

    def _after(self, error: Exception, reply: Reply) -> Refused | Unknown:
        verdict = judge(error, self._watch.answer, self._clock())
        match verdict.trouble:
            case Trouble.WAIT | Trouble.NEVER_SENT:
                raise verdict.as_error(self.account) from None
            case Trouble.REFUSED:
                return Refused(verdict.words)
        return self._doubtful(reply, verdict.words)

    def _doubtful(self, reply: Reply, words: str) -> Unknown:
        _log.warning("reply_doubtful", account=self.account, reference=reply.reference, why=words)
        return Unknown(words)

    # ---- afterwards

    def find(self, reply: Reply) -> Receipt | Absent | Unknown:
        """Look for the reply among our own posts, back to when it was drafted, and below the post.

        Absent only after a complete listing. The caller waits before it asks: right after a lost
        answer the server may still be working on the request.
        """
        try:
            for status in self._candidates(reply):
                if is_the_reply(status, reply):
                    return self._receipt(status, reply) or Unknown("our own post came without an id")
        except _Refusal as refusal:
            return Unknown(refusal.verdict.words)
        except SourceError as error:
            return Unknown(error.detail)
        return Absent("none of our posts since it was drafted carries its reference")

    def withdraw(self, receipt: Receipt) -> Receipt | Refused | Unknown:
        """Delete the reply. One that is gone already counts as withdrawn. Raises like `send`."""
        self._watch.start()
        try:
            self._client.status_delete(receipt.id)
        except Exception as error:  # noqa: BLE001 - after the request left, every failure is a value
            verdict = judge(error, self._watch.answer, self._clock())
            if verdict.trouble in {Trouble.WAIT, Trouble.NEVER_SENT}:
                raise verdict.as_error(self.account) from None
            if verdict.status not in {404, 410}:
                refused = verdict.trouble is Trouble.REFUSED
                return Refused(verdict.words) if refused else Unknown(verdict.words)
        return Receipt(receipt.id, receipt.url, self._clock(), receipt.text_digest)

    def _candidates(self, reply: Reply) -> Iterator[Status]:
        """Our posts that could be the reply: our listing first, then what stands below the post.

        Raises Unreachable when the listing does not come to its end.
        """
        own = self._me()
        yield from self._own_statuses(own, reply.drafted_at - _CLOCK_SLACK)
        with self._lock:
            answered = self._known.get(uri_of(reply)) or reply.to_native_id
        if not answered:
            return
        try:
            context = self._read(partial(self._client.status_context, answered))
        except _Refusal:
            return  # the answered post is gone or hidden; the complete listing has to do
        for status in mappings(context.get("descendants")):
            if author_id(status) == own:
                yield status

    def _own_statuses(self, own: str, since: datetime) -> Iterator[Status]:
        before: str | None = None
        for _ in range(_PAGES_MAX):
            listing = partial(self._client.account_statuses, own, exclude_reblogs=True, limit=_PAGE)
            page = self._read(partial(listing, max_id=before), list)
            if not all(isinstance(status, Mapping) for status in page):
                raise BadPayload(self.account, "the listing of our own posts cannot be read")
            yield from page
            if not page:
                return
            last = page[-1]
            written = written_at(last)
            if written is not None and written < since:
                return
            if not last.get("id") or str(last["id"]) == before:
                break
            before = str(last["id"])
        raise Unreachable(self.account, "the listing of our own posts does not come to an end")

    def _me(self) -> str:
        """Our account's id on its server, asked for once. Raises NeedsPerson if the token is another's."""
        with self._lock:
            if self._own_id:
                return self._own_id
        account = self._credentials()
        name = str(account.get("username") or "")
        if name.casefold() != self.account.split("@")[0].casefold():
            raise NeedsPerson(self.account, "the token belongs to another account of this server")
        with self._lock:
            self._own_id = str(account.get("id") or "")
            return self._own_id

    def profile(self) -> str:
        """The words of our own profile: its note and its fields, as they were typed. Raises SourceError."""
        return profile_text(self._credentials())

    def check(self) -> list[Checked]:
        """Whether the token is that of our account, and whether its profile says that it is a bot."""
        try:
            self._me()
            is_bot = self._credentials().get("bot") is True
        except SourceError as error:
            return [Checked("account", False, error.detail, "see docs/platforms/mastodon.md")]
        words = "the profile says that it is a bot" if is_bot else "the profile does not say that it is a bot"
        way_out = "" if is_bot else "tick “This is an automated account” in the profile's settings"
        found = Checked("account", True, f"the token is that of {self.account}")
        return [found, Checked("bot label", is_bot, words, way_out)]

    def _credentials(self) -> Any:
        """Our account as its server tells it to us alone. Raises SourceError."""
        try:
            return self._read(self._client.account_verify_credentials)
        except _Refusal as refusal:
            raise refusal.verdict.as_error(self.account) from None

    def _read(self, call: Callable[[], Any], shape: type = Mapping) -> Any:
        """Make one read. Raises SourceError, or _Refusal for an answer of the 4xx class."""
        self._watch.start()
        try:
            found = call()
            if not isinstance(found, shape):
                raise TypeError(f"not a {shape.__name__}")
            return found
        except Exception as error:  # noqa: BLE001 - Mastodon.py raises classes of many trees
            verdict = judge(error, self._watch.answer, self._clock())
            if verdict.trouble is Trouble.REFUSED:
                raise _Refusal(verdict) from None
            raise verdict.as_error(self.account) from None

    def _receipt(self, status: Status, reply: Reply) -> Receipt | None:
        if not status.get("id"):
            return None
        digest = hashlib.sha256(reply.text.encode("utf-8", "surrogatepass")).hexdigest()
        address = str(status.get("url") or status.get("uri") or "")
        return Receipt(str(status["id"]), address, written_at(status) or self._clock(), digest)


class _Refusal(Exception):
    """An answer of the 4xx class to a read; never leaves this module."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.words)
        self.verdict = verdict
