"""The sender for an account on X. It asks, posts once, looks up in our own timeline, deletes; never decides.

X knows no idempotency key: a lost answer, and a refusal as duplicate, mean that the reply may stand. Only the
timeline tells, by the random reference. What is spent goes into one book with what collecting spends.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

from bot.rules import lengths
from bot.senders.base import Account, Sender, SenderSpec
from bot.senders.rows import (
    doubtful,
    has_token,
    is_refusal,
    look_up,
    never_left,
    receipt,
    server_words,
    unfit,
)
from bot.senders.x_client import XUser
from bot.senders.x_post import FIELDS, Us, absence, is_duplicate, newest, text_of, why_not
from collectors.base import Checked
from collectors.context import Context
from collectors.http import Answer, Http, Limits, checked_base_url
from collectors.payload import Fields
from collectors.session import MemoryVault, Sessions
from collectors.session_ways import XWay
from collectors.x_books import Books
from collectors.x_budget import Caps, Cost, Prices
from collectors.x_http import problem_of, refusal
from collectors.x_ledger import SharedLedger
from store.errors import BadPayload, NeedsPerson, RateLimited, SourceError, Unreachable
from store.records.post import Platform
from store.records.reply import Absent, Receipt, Refused, Reply, SenderLimits, Unknown

CLIENT, SECRET, REFRESH = "HOMEWARD_X_CLIENT_ID", "HOMEWARD_X_CLIENT_SECRET", "HOMEWARD_X_REFRESH_TOKEN"
BASE_URL = "https://api.x.com"
SPEC = SenderSpec(Platform.X, lengths.RULES[Platform.X])
_VISIBILITIES = frozenset({"public", "unlisted"})
_PAGE = 100
_PAGES_MAX = 33  # X shows the 3,200 newest posts of a timeline.
_CLOCK_SLACK = timedelta(hours=1)
_REMEMBERED_MAX = 1000
_CAPPED_WAIT = timedelta(hours=1)
_REPLIES = "replies"


def build_in(account: Account, context: Context) -> Sender | None:
    """The sender for our account, None while the app's id and the account's refresh token are not set."""
    client, refresh = context.secrets.get(CLIENT, ""), context.secrets.get(REFRESH, "")
    if not client or not refresh:
        return None
    subject, limits = f"x {account.handle}", Limits(timeout_s=20, deadline_s=40)
    base_url = checked_base_url(account.server or BASE_URL, "accounts.x.server")
    door = Http(subject, base_url, context, limits=limits)
    secret = context.secrets.get(SECRET, "")
    way = XWay(subject, door, account.handle, refresh, (client, secret), context.clock)
    vault = context.vault or MemoryVault(context.clock)
    sessions = Sessions(subject, way, vault, context.clock)
    prices = Prices()
    shared = SharedLedger(vault, account.handle, _REPLIES, context.clock)
    books = Books(subject, Caps(), prices, context.clock, shared, sets_caps=False)
    return XSender(account, XUser(subject, base_url, context, sessions, limits, door), books, prices)


class XSender:
    """One account. `account.id` is its number if the operator wrote it down; another one is then refused."""

    def __init__(self, account: Account, user: XUser, books: Books, prices: Prices) -> None:
        self.platform: str = Platform.X.value
        self.account = account.handle
        self.limits = SenderLimits(
            max_length=SPEC.length.max_length,
            length_unit=SPEC.length.unit,
            per_hour=400,
            per_day=9600,
            source="https://docs.x.com/x-api/fundamentals/rate-limits: 100 posts in 15 minutes",
        )
        self._id = account.id
        self._user = user
        self._books = books
        # The lookup before, the newest version of an edited post, the reply; each with its author.
        self._reply = Cost(0, prices.reply)
        self._whole = Cost(4, 4 * prices.post + 4 * prices.user + prices.reply)
        self._lock = threading.Lock()
        self._us: Us | None = None
        self._known: dict[str, str] = {}

    def close(self) -> None:
        """Give back the connections. Safe to call twice."""
        self._user.close()

    def measure(self, text: str, to_handle: str) -> int:
        """Length in X's weight."""
        return SPEC.length.measure(text, to_handle)

    # ---- before sending

    def may_answer(self, reply: Reply) -> str:
        """Read the newest version of the answered post: "" if it still stands, else why no answer may go.

        Raises RateLimited while the month's money does not reach for a reply.
        """
        self._books.need(self._whole)
        us, ident = self._me(), reply.to_native_id
        answer = self._looked_up(ident)
        if not answer.obj("data"):
            return absence(answer)
        latest = newest(answer.obj("data"))
        if latest != ident:
            answer = self._looked_up(latest)
            if not answer.obj("data"):
                return absence(answer)
        with self._lock:
            if len(self._known) >= _REMEMBERED_MAX:
                self._known.clear()
            self._known[ident] = latest
        return why_not(answer, us)

    def _looked_up(self, ident: str) -> Fields:
        answer = self._user.read("get_tweet", ident, **FIELDS)
        self._books.charge(_REPLIES, answer.data)
        return answer

    def _me(self) -> Us:
        """Our account, asked for once. Raises NeedsPerson if the token is another's."""
        with self._lock:
            if self._us is not None:
                return self._us
        answer = self._user.read("get_me")
        self._books.spend(_REPLIES, Cost(0, Prices().user))
        me = Us(answer.obj("data").ident("id"), answer.obj("data").text("username"))
        if not me.id or me.handle.casefold() != self.account.casefold() or self._id not in ("", me.id):
            raise NeedsPerson(self.account, "the refresh token belongs to another account")
        with self._lock:
            self._us = me
        return me

    # ---- sending

    def send(self, reply: Reply) -> Receipt | Refused | Unknown:
        """Post the reply once. Raises RateLimited, or Unreachable where no connection stood."""
        why = unfit(reply, self.platform, self.account, SPEC.length, _VISIBILITIES, links=False)
        if why:
            return Refused(why)
        self._books.need(self._reply)
        self._me()
        with self._lock:
            target = self._known.get(reply.to_native_id, reply.to_native_id)
        answer = self._written("create_tweet", text=reply.text, in_reply_to_tweet_id=target)
        judged = self._judged(answer, reply)
        if not isinstance(judged, Refused):
            self._books.spend(_REPLIES, self._reply)  # Perhaps sent is perhaps charged.
        return judged

    def _written(self, method: str, *args: str, **asked: str) -> Answer | Unknown:
        """The answer to a write. Raises RateLimited, and Unreachable where no connection stood."""
        try:
            answer = self._user.ask(method, *args, **asked)
        except Unreachable as error:
            if never_left(error):
                raise Unreachable(self.account, "no connection to X; nothing was sent") from None
            return Unknown(error.detail)
        except BadPayload as error:
            return Unknown(error.detail)
        if answer.status in (402, 429):
            said = refusal(answer, self._user.now())
            wait = said.retry_after if isinstance(said, RateLimited) else _CAPPED_WAIT
            raise RateLimited(self.account, said.detail, wait)
        return answer

    def _judged(self, answer: Answer | Unknown, reply: Reply) -> Receipt | Refused | Unknown:
        if isinstance(answer, Unknown):
            return doubtful(reply, self.account, answer.why)
        said = _fields(answer)
        if answer.status in (200, 201):
            post = said.obj("data")
            if post.ident("id") and has_token(text_of(post), reply.reference):
                return self._receipt(post, reply)
            return doubtful(reply, self.account, "X's answer is not the post we sent")
        if answer.status == 403 and is_duplicate(said):
            return doubtful(reply, self.account, "X calls it a duplicate: an earlier try may stand")
        if is_refusal(answer.status):
            return Refused(server_words(answer, problem_of(said.data), said.text("detail")))
        return doubtful(reply, self.account, f"X answered {answer.status}")

    def _receipt(self, post: Fields, reply: Reply) -> Receipt:
        ident = post.ident("id")
        at = post.time("created_at") or self._user.now()
        return receipt(reply, ident, f"https://x.com/{self.account}/status/{ident}", at)

    # ---- afterwards

    def find(self, reply: Reply) -> Receipt | Absent | Unknown:
        """Look for the reference in our own timeline, back to when the row was drafted.

        Absent only after a complete listing. The caller waits before it asks.
        """

        def receipt_of(post: Fields) -> Receipt | None:
            return self._receipt(post, reply) if post.ident("id") else None

        absent = "none of our posts since it was drafted carries its reference"
        return look_up(reply, lambda: self._own_posts(reply), text_of, receipt_of, absent)

    def _own_posts(self, reply: Reply) -> Iterator[Fields]:
        """Raises SourceError; Unreachable where the listing does not come to its end."""
        me, token = self._me(), ""
        since = f"{reply.drafted_at - _CLOCK_SLACK:%Y-%m-%dT%H:%M:%SZ}"
        asked = {"start_time": since, "max_results": _PAGE, "tweet_fields": ["created_at", "note_tweet"]}
        for _ in range(_PAGES_MAX):
            page = self._user.read(
                "get_users_tweets", me.id, **asked, **({"pagination_token": token} if token else {})
            )
            self._books.charge(_REPLIES, page.data)
            if not isinstance(page.data.get("data", []), list) or not isinstance(page.data.get("meta"), dict):
                raise BadPayload(self.account, "the listing of our own posts cannot be read")
            yield from page.objs("data")
            before, token = token, page.obj("meta").text("next_token")
            if not token:
                return
            if token == before:
                break
        raise Unreachable(self.account, "the listing of our own posts does not come to an end")

    def withdraw(self, receipt: Receipt) -> Receipt | Refused | Unknown:
        """Delete the reply. One that is gone already counts as withdrawn. Raises like `send`."""
        answer = self._written("delete_tweet", receipt.id)
        if isinstance(answer, Unknown):
            return answer
        said = _fields(answer)
        if answer.status == 404 or (answer.status == 200 and said.obj("data").flag("deleted")):
            return Receipt(receipt.id, receipt.url, self._user.now(), receipt.text_digest)
        if is_refusal(answer.status):
            return Refused(server_words(answer, problem_of(said.data), said.text("detail")))
        return Unknown(f"X answered {answer.status}")

    # ---- trying itself out

    def check(self) -> list[Checked]:
        """Whether the token may post, and what is left of the month's money. Posts nothing."""
        try:
            self._me()
            scope = self._user.session().scope.split()
            left = self._books.words()
        except SourceError as error:
            return [Checked("account", False, error.detail, "see docs/platforms/x.md, Replying")]
        may = not scope or "tweet.write" in scope
        words = "may post" if may else "the token lacks the scope tweet.write"
        way_out = "" if may else "authorise the app again with tweet.write"
        return [Checked("write rights", may, words, way_out), Checked("budget", True, left)]


def _fields(answer: Answer) -> Fields:
    try:
        return Fields(answer.json(), [])
    except BadPayload:
        return Fields({}, [])
