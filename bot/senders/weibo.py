"""The sender for a Weibo account: comments below posts. It asks, writes once, looks up; it never decides.

Weibo knows no idempotency key: a lost answer, and the codes for repeated words, mean that the comment may
stand. Only our own comments tell, by the random reference.
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from bot.rules import lengths
from bot.senders.base import Account, Sender, SenderSpec
from bot.senders.rows import ANY_STATUS, doubtful, has_token, look_up, never_left, receipt, unfit
from bot.senders.weibo_comment import Meaning, ident_of, is_older, meaning, why_not, words_of
from collectors import weibo_errors as errors
from collectors.base import Checked
from collectors.context import Context
from collectors.http import Answer, Http, Limits
from collectors.http import error_of as error_of_status
from collectors.payload import Fields
from collectors.session import MemoryVault, Session, Sessions
from collectors.session_ways import WeiboWay
from collectors.weibo import parse_date, read_status
from store.errors import BadPayload, NeedsPerson, RateLimited, SourceError, Unreachable
from store.records.post import AuthorSign, Platform
from store.records.reply import Absent, Receipt, Refused, Reply, SenderLimits, Unknown

TOKEN = "HOMEWARD_WEIBO_TOKEN"  # noqa: S105 (a variable's name)
BASE_URL = "https://api.weibo.com"
SPEC = SenderSpec(Platform.WEIBO, lengths.RULES[Platform.WEIBO])
_VISIBILITIES = frozenset({"public", "unlisted"})
_HOUR = timedelta(hours=1)
_PAGE = 200
_PAGES_MAX = 10
_COMMENT = f"{Platform.WEIBO.value}:comment/"


def build_in(account: Account, context: Context) -> Sender | None:
    """The sender for our account, None while its token is not set. `rip` is among the account's options."""
    token = context.secrets.get(TOKEN, "")
    if not token:
        return None
    subject = f"weibo {account.handle}"
    http = Http(subject, account.server or BASE_URL, context, limits=Limits(timeout_s=20, deadline_s=40))
    way = WeiboWay(subject, account.handle, token, None, context.clock)
    sessions = Sessions(subject, way, context.vault or MemoryVault(context.clock), context.clock)
    return WeiboSender(account, http, sessions)


class WeiboSender:
    """One account. Without `rip`, the address from which the account really acts, it writes nothing."""

    def __init__(self, account: Account, http: Http, sessions: Sessions) -> None:
        self.platform: str = Platform.WEIBO.value
        self.account = account.handle
        self.limits = SenderLimits(
            max_length=SPEC.length.max_length,
            length_unit=SPEC.length.unit,
            per_hour=30,
            per_day=33,
            source="open.weibo.com, 2025-05: 30 writes an hour, 100 calls a day; three calls a reply",
        )
        self._rip = account.options.get("rip", "")
        self._http = http
        self._sessions = sessions
        self._lock = threading.Lock()

    def close(self) -> None:
        """Give back the connections. Safe to call twice."""
        self._http.close()

    def measure(self, text: str, to_handle: str) -> int:
        """Length in characters, half ones rounded up."""
        return SPEC.length.measure(text, to_handle)

    # ---- asking

    def _asked(self, method: str, path: str, values: Mapping[str, str]) -> Answer:
        """One call, whatever is answered; a token that is over is taken anew from the operator once."""
        session = self._sessions.current()
        answer = self._called(session, method, path, values)
        if meaning(_code(answer) or 0) is Meaning.TOKEN:
            answer = self._called(self._sessions.renewed(session), method, path, values)
        return answer

    def _called(self, session: Session, method: str, path: str, values: Mapping[str, str]) -> Answer:
        form = {**values, "access_token": session.access}
        with self._lock:
            if method == "POST":
                return self._http.post(path, form=form, accept=ANY_STATUS)
            return self._http.get(path, list(form.items()), accept=ANY_STATUS)

    def _read(self, path: str, values: Mapping[str, str], method: str = "GET") -> tuple[Any, int]:
        """(the JSON of an answer, 0) or (None, the code of a post that is gone). Raises SourceError."""
        answer = self._asked(method, path, values)
        code = _code(answer)
        if code is not None and code in errors.GONE:
            return None, code
        if code is not None:
            raise errors.error_of(self.account, answer.path, code, _HOUR)
        if not 200 <= answer.status < 300:
            raise error_of_status(answer, self._http.now())
        return answer.json(), 0

    # ---- before sending

    def may_answer(self, reply: Reply) -> str:
        """Read the answered post again: "" if it still stands, else why it must not be answered.

        Raises NeedsPerson while `rip` is not set.
        """
        if reply.post_key.startswith(_COMMENT):
            return "what was written below a post is answered by the team's own hand"
        self._check_rip()
        value, code = self._read("/2/statuses/show.json", {"id": reply.to_native_id})
        found = read_status(value, self._http.now()) if code == 0 else None
        post = next((p for p in found.posts if p.native_id == reply.to_native_id), None) if found else None
        if post is None:
            return "the post is gone"
        if AuthorSign.NO_BOT in post.author.signs:
            return "the author's profile now asks bots to keep away"
        return why_not(post, self.account)

    def _check_rip(self) -> None:
        """Weibo demands the address of who acts; one that is made up would be a lie in every reply."""
        try:
            ipaddress.ip_address(self._rip)
        except ValueError:
            found = "is not an address" if self._rip else "is not set"
            words = f"accounts.weibo.rip {found}: write the address from which this machine is seen"
            raise NeedsPerson(self.account, words) from None

    # ---- sending

    def send(self, reply: Reply) -> Receipt | Refused | Unknown:
        """Write the comment once. Raises RateLimited, or Unreachable where no connection stood.

        A token or a right that is missing is RateLimited, too: nothing was written, and a person can mend it.
        """
        why = unfit(reply, self.platform, self.account, SPEC.length, _VISIBILITIES, links=False)
        if why or reply.post_key.startswith(_COMMENT):
            return Refused(why or "what was written below a post is answered by the team's own hand")
        try:
            self._check_rip()
        except NeedsPerson as error:
            return Refused(error.detail)
        values = {"id": reply.to_native_id, "comment": reply.text, "comment_ori": "0", "rip": self._rip}
        answer = self._written("/2/comments/create.json", values)
        if isinstance(answer, Unknown | Refused):
            return doubtful(reply, self.account, answer.why) if isinstance(answer, Unknown) else answer
        comment = _fields(answer)
        if ident_of(comment) and has_token(comment.text("text"), reply.reference):
            return self._receipt(comment, reply)
        return doubtful(reply, self.account, "Weibo's answer is not the comment we wrote")

    def _written(self, path: str, values: Mapping[str, str]) -> Answer | Refused | Unknown:
        """A good answer to a write, or what the other ones mean."""
        try:
            answer = self._asked("POST", path, values)
        except Unreachable as error:
            if never_left(error):
                raise Unreachable(self.account, "no connection to Weibo; nothing was sent") from None
            return Unknown(error.detail)
        except BadPayload as error:
            return Unknown(error.detail)
        code = _code(answer)
        if code is None:
            good = 200 <= answer.status < 300
            return answer if good else Unknown(f"Weibo answered {answer.status} without a code")
        match meaning(code):
            case Meaning.WAIT | Meaning.PERSON | Meaning.TOKEN:
                raise RateLimited(self.account, words_of(code), _HOUR)
            case Meaning.FINAL:
                return Refused(words_of(code))
        return Unknown(words_of(code))

    def _receipt(self, comment: Fields, reply: Reply) -> Receipt:
        at = parse_date(comment.text("created_at")) or self._http.now()
        # A comment has no address of its own; the post's shows it.
        address = f"https://m.weibo.cn/detail/{reply.to_native_id}"
        return receipt(reply, ident_of(comment), address, at)

    # ---- afterwards

    def find(self, reply: Reply) -> Receipt | Absent | Unknown:
        """Look for the reference among our own comments, back to when the row was drafted.

        Absent only after a complete listing. The caller waits before it asks.
        """

        def receipt_of(comment: Fields) -> Receipt | None:
            return self._receipt(comment, reply) if ident_of(comment) else None

        def text_of(comment: Fields) -> str:
            return comment.text("text")

        absent = "none of our comments since it was drafted carries its reference"
        return look_up(reply, lambda: self._own_comments(reply), text_of, receipt_of, absent)

    def _own_comments(self, reply: Reply) -> Iterator[Fields]:
        """Raises SourceError; Unreachable where the listing does not come to its end."""
        since = (reply.drafted_at - _HOUR).timestamp()
        for page in range(1, _PAGES_MAX + 1):
            value, code = self._read("/2/comments/by_me.json", {"count": str(_PAGE), "page": str(page)})
            listing = Fields(value, [])
            if code or not isinstance(listing.data.get("comments"), list):
                raise BadPayload(self.account, "the listing of our own comments cannot be read")
            found = listing.objs("comments")
            yield from found
            if not found or is_older(found[-1], since):
                return
        raise Unreachable(self.account, "the listing of our own comments does not come to an end")

    def withdraw(self, receipt: Receipt) -> Receipt | Refused | Unknown:
        """Delete the comment. One that is gone already counts as withdrawn. Raises like `send`."""
        answer = self._written("/2/comments/destroy.json", {"cid": receipt.id})
        if isinstance(answer, Refused) and answer.why == words_of(20201):
            return Receipt(receipt.id, receipt.url, self._http.now(), receipt.text_digest)
        if isinstance(answer, Refused | Unknown):
            return answer
        if ident_of(_fields(answer)) != receipt.id:
            return Unknown("Weibo's answer is not the comment that was to be deleted")
        return Receipt(receipt.id, receipt.url, self._http.now(), receipt.text_digest)

    # ---- trying itself out

    def check(self) -> list[Checked]:
        """Whether the token is accepted, how long it lasts, and whether `rip` is set. Writes nothing."""
        way_out = "see docs/platforms/weibo.md, Replying"
        try:
            value, code = self._read("/oauth2/get_token_info", {}, "POST")
            if code:
                raise BadPayload(self.account, words_of(code))
            left_s = Fields(value, []).number("expire_in") or 0
            found = [
                Checked("token", True, f"accepted for {left_s / 3600:.0f} h; only a comment shows the right")
            ]
        except SourceError as error:
            found = [Checked("token", False, error.detail, way_out)]
        try:
            self._check_rip()
            return [*found, Checked("rip", True, "the acting address is set")]
        except NeedsPerson as error:
            return [*found, Checked("rip", False, error.detail, way_out)]


def _fields(answer: Answer) -> Fields:
    try:
        return Fields(answer.json(), [])
    except BadPayload:
        return Fields({}, [])


def _code(answer: Answer) -> int | None:
    return errors.code_in(_fields(answer).data)
