"""A platform in memory and a sender on it, with faults on demand: the fake of the Sender contract.

For tests and demonstrations only; it keeps what a server would keep, so that a test can count there.
"""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.rules import lengths
from store.errors import RateLimited, Unreachable
from store.records.post import Platform
from store.records.reply import Absent, Receipt, Refused, Reply, SenderLimits, Unknown


class Fault(StrEnum):
    """What goes wrong with one call of `send` (or, where it says so, of any other)."""

    LOSE_ANSWER = "lose_answer"  # the platform acts, its answer never arrives
    LOSE_REQUEST = "lose_request"  # the request never arrives, which nobody can tell from the above
    REFUSE = "refuse"
    RATE_LIMIT = "rate_limit"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class FakePost:
    """A post that can be answered."""

    id: str
    names_us: bool = True
    edited: bool = False


@dataclass(frozen=True, slots=True)
class FakeReply:
    """A reply as the platform keeps it."""

    id: str
    account: str
    to_id: str
    text: str
    at: datetime


@dataclass
class FakePlatform:
    """The server's side. `honours_keys` says whether it recognises idempotency keys."""

    honours_keys: bool = True
    can_list: bool = True
    posts: dict[str, FakePost] = field(default_factory=dict)
    replies: dict[str, FakeReply] = field(default_factory=dict)
    keys: dict[tuple[str, str], str] = field(default_factory=dict)
    made: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def post(self, post_id: str, *, names_us: bool = True) -> FakePost:
        """Put a post there."""
        self.posts[post_id] = FakePost(post_id, names_us)
        return self.posts[post_id]

    def edit(self, post_id: str, *, names_us: bool) -> None:
        """Change a post; `names_us` says whether our account is still named in it."""
        self.posts[post_id] = replace(self.posts[post_id], names_us=names_us, edited=True)

    def delete(self, post_id: str) -> None:
        """Take a post away."""
        self.posts.pop(post_id, None)

    def accept(self, account: str, to_id: str, text: str, key: str, at: datetime) -> FakeReply:
        """Keep a reply, once per key where keys are honoured."""
        with self.lock:
            known = self.keys.get((account, key)) if self.honours_keys else None
            if known is not None and known in self.replies:
                return self.replies[known]
            self.made += 1
            reply = FakeReply(f"r{self.made}", account, to_id, text, at)
            self.replies[reply.id] = reply
            self.keys[(account, key)] = reply.id
            return reply


class FakeSender:
    """Keeps the Sender contract on a FakePlatform. `faults` are used up one by one by `send`."""

    def __init__(
        self,
        server: FakePlatform,
        clock: Callable[[], datetime],
        *,
        platform: Platform = Platform.MASTODON,
        account: str = "homeward@fake.example",
        max_length: int | None = None,
    ) -> None:
        rule = lengths.RULES[platform]
        self.platform: str = platform.value
        self.account = account
        self.limits = SenderLimits(
            rule.max_length if max_length is None else max_length, rule.unit, 100, 2400, rule.source
        )
        self.server = server
        self.faults: deque[Fault] = deque()
        self._platform = platform
        self._clock = clock

    def measure(self, text: str, to_handle: str) -> int:
        """Length as the platform counts it."""
        return lengths.measure(self._platform, text, to_handle)

    def may_answer(self, reply: Reply) -> str:
        """Look at the answered post as it is now."""
        post = self.server.posts.get(reply.to_native_id)
        if post is None:
            return "the post is gone"
        if post.edited and not post.names_us:
            return "the author changed the post and no longer names the campaign account"
        return ""

    def send(self, reply: Reply) -> Receipt | Refused | Unknown:
        """Send once, with the next fault if one is set."""
        length = self.measure(reply.text, reply.to_handle)
        if length > self.limits.max_length:
            return Refused(f"too long: {length} of {self.limits.max_length} {self.limits.length_unit}")
        fault = self.faults.popleft() if self.faults else None
        match fault:
            case Fault.RATE_LIMIT:
                raise RateLimited(self.account, "the platform asks to wait", timedelta(seconds=60))
            case Fault.UNREACHABLE:
                raise Unreachable(self.account, "no connection; nothing was sent")
            case Fault.REFUSE:
                return Refused("the platform said no")
            case Fault.LOSE_REQUEST:
                return Unknown("no answer came")
        kept = self.server.accept(
            self.account, reply.to_native_id, reply.text, reply.idempotency_key, self._clock()
        )
        return Unknown("no answer came") if fault is Fault.LOSE_ANSWER else _receipt(kept)

    def find(self, reply: Reply) -> Receipt | Absent | Unknown:
        """Look through our replies for the reference."""
        if not self.server.can_list:
            return Unknown("our own posts cannot be listed just now")
        for kept in self.server.replies.values():
            if kept.account == self.account and reply.reference in kept.text.split():
                return _receipt(kept)
        return Absent("no reply of ours carries this reference")

    def withdraw(self, receipt: Receipt) -> Receipt | Refused | Unknown:
        """Take the reply away; one that is gone already counts as withdrawn."""
        self.server.replies.pop(receipt.id, None)
        return replace(receipt, at=self._clock())


def _receipt(kept: FakeReply) -> Receipt:
    digest = hashlib.sha256(kept.text.encode("utf-8", "surrogatepass")).hexdigest()
    return Receipt(kept.id, f"https://fake.example/{kept.id}", kept.at, digest)
