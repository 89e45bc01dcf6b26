"""The sender for a Bluesky account. It asks, writes a finished record once, looks it up, withdraws.

The record's key follows from the row, and it is written create-only: whatever was lost on the way, the same
row can stand once at most. It never decides.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog

from bot.rules import lengths
from bot.senders import bluesky_record as made
from bot.senders.base import Account, Sender, SenderSpec
from bot.senders.bluesky_client import Pds
from bot.senders.bluesky_record import POST, Ref
from bot.senders.rows import has_token, is_refusal, never_left, receipt, server_words, unfit
from collectors.base import Checked
from collectors.bluesky_record import read_profile
from collectors.context import Context
from collectors.http import Answer, Http, Limits, error_of
from collectors.payload import Fields
from collectors.session import MemoryVault, Sessions
from collectors.session_ways import BlueskyWay, reason_of, scope_of
from store.errors import BadPayload, NeedsPerson, SourceError, Unreachable
from store.records.post import AuthorSign, Platform
from store.records.reply import Absent, Receipt, Refused, Reply, SenderLimits, Unknown

_log = structlog.get_logger(__name__)

PASSWORD = "HOMEWARD_BLUESKY_APP_PASSWORD"  # noqa: S105 (a variable's name)
SERVICE = "https://bsky.social"
SPEC = SenderSpec(Platform.BLUESKY, lengths.RULES[Platform.BLUESKY])
_VISIBILITIES = frozenset({"public", "unlisted"})
# Scopes of an access token that may write records (BA packages/pds, auth-scope.ts).
_WRITING = frozenset({"com.atproto.access", "com.atproto.appPass", "com.atproto.appPassPrivileged"})
_PROFILE = "app.bsky.actor.profile"


def build_in(account: Account, context: Context) -> Sender | None:
    """The sender for our account, None while its app password is not set."""
    password = context.secrets.get(PASSWORD, "")
    if not password:
        return None
    service, limits = account.server or SERVICE, Limits(timeout_s=20, deadline_s=40)
    subject = f"bluesky {account.handle}"

    def client(address: str) -> Http:
        return Http(subject, address, context, limits=limits)

    door = client(service)
    way = BlueskyWay(subject, door, account.handle, password, context.clock)
    vault = context.vault or MemoryVault(context.clock)
    pds = Pds(subject, service, Sessions(subject, way, vault, context.clock), client, beside=[door])
    return BlueskySender(account, pds)


class BlueskySender:
    """One account. `account.id` is our DID if the operator wrote it down; another one is then refused."""

    def __init__(self, account: Account, pds: Pds) -> None:
        self.platform: str = Platform.BLUESKY.value
        self.account = account.handle
        self.limits = SenderLimits(
            max_length=SPEC.length.max_length,
            length_unit=SPEC.length.unit,
            per_hour=1666,
            per_day=11_666,
            source="https://docs.bsky.app/docs/advanced-guides/rate-limits: 5,000 points an hour, create 3",
        )
        self._did = account.id
        self._pds = pds

    def close(self) -> None:
        """Give back the connections. Safe to call twice."""
        self._pds.close()

    def measure(self, text: str, to_handle: str) -> int:
        """Length in graphemes."""
        return SPEC.length.measure(text, to_handle)

    # ---- before sending

    def may_answer(self, reply: Reply) -> str:
        """Read the answered post again: "" if it still stands, else why it must not be answered."""
        did, uri = self._me(), made.uri_of(reply)
        view = self._views([uri]).get(uri)
        if view is None:
            return "the post is gone"
        if not made.speaks_to(view.obj("record"), did, self.account):
            return "the author changed the post and no longer names the campaign account"
        viewer, author = view.obj("viewer"), view.obj("author").obj("viewer")
        if viewer.flag("replyDisabled"):
            return "the author lets nobody like us answer this post"
        if author.flag("blockedBy") or author.text("blocking"):
            return "the author and the campaign account have blocked each other"
        asked = self._pds.read("app.bsky.actor.getProfiles", [("actors", made.author_of(uri))])
        signs = [read_profile(item).signs for item in asked.items("profiles")]
        if any(AuthorSign.NO_BOT in each for each in signs):
            return "the author's profile now asks bots to keep away"
        return ""

    def _views(self, uris: list[str]) -> dict[str, Fields]:
        """The posts that the network shows our account, by address. Raises SourceError."""
        found = self._pds.read("app.bsky.feed.getPosts", [("uris", uri) for uri in uris])
        if not isinstance(found.data.get("posts"), list):
            raise BadPayload(self.account, "getPosts answered no list of posts")
        return {view.text("uri"): view for view in found.objs("posts") if view.text("cid")}

    def _refs(self, reply: Reply) -> tuple[Ref, Ref] | None:
        """(root, parent) in the versions that stand now; None when the post is gone. Raises SourceError."""
        uri = made.uri_of(reply)
        view = self._views([uri]).get(uri)
        if view is None:
            return None
        root, parent = made.refs(view.data)
        if root.uri != parent.uri:
            # What the author's program wrote of the root may be an older version of it.
            now = self._views([root.uri]).get(root.uri)
            root = Ref(root.uri, now.text("cid")) if now is not None else root
        return root, parent

    def _me(self) -> str:
        """Our DID. Raises NeedsPerson if the password is another account's."""
        session = self._pds.session()
        if self._did and session.id != self._did:
            raise NeedsPerson(self.account, f"the password belongs to {session.id}, not to {self._did}")
        return session.id

    # ---- sending

    def send(self, reply: Reply) -> Receipt | Refused | Unknown:
        """Write the record, create-only. Raises as Mastodon's: only where nothing was written."""
        why = unfit(reply, self.platform, self.account, SPEC.length, _VISIBILITIES, links=True)
        if why:
            return Refused(why)
        did, standing = self._me(), self._refs(reply)
        if standing is None:
            return Refused("the post is gone")
        # `null` asks that nothing stands there yet. A client library that leaves it out would overwrite.
        body = {**self._place(did, reply), "record": made.record(reply, *standing), "swapRecord": None}
        answer = self._written("com.atproto.repo.putRecord", body)
        if isinstance(answer, Unknown):
            return self._doubtful(reply, answer.why)
        if answer.status == 200:
            if self._says_ours(answer, did, reply):
                return self._receipt(did, reply)
            return self._doubtful(reply, "the server's answer is not the record we wrote")
        if reason_of(answer) == "InvalidSwap":
            found = self.find(reply)  # an earlier try stands, with the post in another version
            return found if isinstance(found, Receipt) else self._doubtful(reply, found.why)
        if is_refusal(answer.status):
            return Refused(_words(answer))
        return self._doubtful(reply, f"the server answered {answer.status}")

    def _place(self, did: str, reply: Reply) -> dict[str, Any]:
        return {"repo": did, "collection": POST, "rkey": made.record_key(reply)}

    def _written(self, name: str, body: dict[str, Any]) -> Answer | Unknown:
        """The answer to a write. Raises RateLimited, and Unreachable where no connection stood."""
        try:
            answer = self._pds.procedure(name, body)
        except Unreachable as error:
            if never_left(error):
                raise Unreachable(self.account, "no connection to the server; nothing was sent") from None
            return Unknown(error.detail)
        except BadPayload as error:
            return Unknown(error.detail)
        if answer.status == 429:
            raise error_of(answer, self._pds.now())
        return answer

    def _says_ours(self, answer: Answer, did: str, reply: Reply) -> bool:
        try:
            return Fields(answer.json(), []).text("uri") == self._uri(did, reply)
        except BadPayload:
            return False

    def _uri(self, did: str, reply: Reply) -> str:
        return f"at://{did}/{POST}/{made.record_key(reply)}"

    def _receipt(self, did: str, reply: Reply, at: datetime | None = None) -> Receipt:
        address = f"https://bsky.app/profile/{did}/post/{made.record_key(reply)}"
        return receipt(reply, self._uri(did, reply), address, at or self._pds.now())

    def _doubtful(self, reply: Reply, words: str) -> Unknown:
        _log.warning("reply_doubtful", account=self.account, reference=reply.reference, why=words)
        return Unknown(words)

    # ---- afterwards

    def find(self, reply: Reply) -> Receipt | Absent | Unknown:
        """Read the row's own place in our repository: one question, and its answer is complete."""
        try:
            did = self._me()
            answer = self._pds.query("com.atproto.repo.getRecord", list(self._place(did, reply).items()))
            if answer.status == 400 and reason_of(answer) == "RecordNotFound":
                return Absent("nothing stands at its place in our repository")
            if answer.status != 200:
                return Unknown(f"our own record could not be read ({answer.status})")
            record = Fields(answer.json(), []).obj("value")
        except SourceError as error:
            return Unknown(error.detail)
        if not has_token(record.text("text"), reply.reference):
            return Unknown("another record stands at its place in our repository")
        return self._receipt(did, reply, record.time("createdAt"))

    def withdraw(self, receipt: Receipt) -> Receipt | Refused | Unknown:
        """Delete the record. One that is gone already counts as withdrawn. Raises like `send`."""
        did, (_, _, rkey) = self._me(), receipt.id.rpartition("/")
        if receipt.id != f"at://{did}/{POST}/{rkey}":
            return Refused("the receipt does not name a post of this account")
        body = {"repo": did, "collection": POST, "rkey": rkey}
        answer = self._written("com.atproto.repo.deleteRecord", body)
        if isinstance(answer, Unknown):
            return answer
        if answer.status == 200:
            return Receipt(receipt.id, receipt.url, self._pds.now(), receipt.text_digest)
        if is_refusal(answer.status):
            return Refused(_words(answer))
        return Unknown(f"the server answered {answer.status}")

    # ---- trying itself out

    def check(self) -> list[Checked]:
        """Whether the account may write, and whether its profile says that it is a bot. Writes nothing."""
        try:
            session = self._pds.session()
            self._me()
            scope = scope_of(session.access)
            profile = self._profile(session.id)
        except SourceError as error:
            return [Checked("account", False, error.detail, "see docs/platforms/bluesky.md, Replying")]
        may = not scope or scope in _WRITING
        words = "may write posts" if may else f"the sign-in may not write posts ({scope})"
        found = [Checked("write rights", may, words, "" if may else "make a new app password")]
        labels = profile.obj("labels").objs("values")
        is_bot = any(each.text("val") == "bot" for each in labels)
        words = "the profile says that it is a bot" if is_bot else "the profile does not say that it is a bot"
        way_out = (
            "" if is_bot else "add the self-label bot to the profile (docs/platforms/bluesky.md, Replying)"
        )
        return [*found, Checked("bot label", is_bot, words, way_out)]

    def profile(self) -> str:
        """The words of our own profile. Raises SourceError."""
        return self._profile(self._pds.session().id).text("description")

    def _profile(self, did: str) -> Fields:
        place = [("repo", did), ("collection", _PROFILE), ("rkey", "self")]
        answer = self._pds.query("com.atproto.repo.getRecord", place)
        if answer.status == 400 and reason_of(answer) == "RecordNotFound":
            return Fields({}, [])
        if answer.status != 200:
            raise error_of(answer, self._pds.now())
        return Fields(answer.json(), []).obj("value")


def _words(answer: Answer) -> str:
    try:
        message = Fields(answer.json(), []).text("message")
    except BadPayload:
        message = ""
    return server_words(answer, reason_of(answer), message)
