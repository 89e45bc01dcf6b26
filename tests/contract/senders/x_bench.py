"""The X sender beside the stand-in for X on loopback, as the tests of senders use it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.senders import x
from bot.senders.base import Account
from bot.senders.x import XSender
from collectors.context import Context
from collectors.session import MemoryVault
from tests.servers.x import XServer
from tests.servers.x_auth import ALL_SCOPES, USER, Token

CREATE: dict[str, Any] = {"path": "^/2/tweets$", "method": "POST"}
TIMELINE: dict[str, Any] = {"path": r"^/2/users/\d+/tweets$"}


class XBench:
    """The X sender and the stand-in. Each bench signs in with a refresh token of its own."""

    honours_keys = False
    refuses_doubles = True
    to_handle = "finder"

    def __init__(self, server: XServer) -> None:
        self.server = server
        self.now = datetime.now(UTC)
        self.vault = MemoryVault(lambda: self.now)
        self.sender = self.new_sender()

    def refresh_token(self, scopes: tuple[str, ...] = ALL_SCOPES) -> str:
        name = self.server.tokens.new_name("refresh")
        self.server.tokens.refresh[name] = Token(USER, self.server.bot_id, scopes, None)
        return name

    def new_sender(
        self, *, handle: str = "homeward", scopes: tuple[str, ...] = ALL_SCOPES, server: str = ""
    ) -> XSender:
        secrets = {x.CLIENT: self.server.api_key, x.REFRESH: self.refresh_token(scopes)}
        context = Context("tests@homeward.example", secrets, lambda: self.now, vault=self.vault)
        sender = x.build_in(Account(handle, server=server or self.server.base_url), context)
        assert isinstance(sender, XSender)
        return sender

    def post(self, text: str = "@homeward seen at the pier", **fields: Any) -> tuple[str, str]:
        ident = self.server.add_post(text, age_s=60, **fields)
        return ident, f"x:{ident}"

    def edit(self, native_id: str, *, names_us: bool) -> None:
        self.server.edit(native_id, "@homeward it was in the morning" if names_us else "never mind")

    def delete(self, native_id: str) -> None:
        self.server.delete(native_id)

    def fault(self, where: Mapping[str, Any], **values: Any) -> None:
        self.server.add_fault(**where, **values)

    def lose_answer(self) -> None:
        self.fault(CREATE, lose=True)

    def refuse(self) -> None:
        body = {"title": "Forbidden", "detail": "You are not permitted to reply.", "status": 403}
        self.fault(CREATE, status=403, body=json.dumps(body))

    def rate_limit(self) -> None:
        reset = str(int(self.now.timestamp()) + 60)
        self.fault(CREATE, status=429, body="{}", headers={"x-rate-limit-reset": reset})

    def break_listing(self) -> None:
        self.fault(TIMELINE, status=503, body="{}")

    def count(self) -> int:
        return len(self.server.replies_by_bot())

    def clear(self) -> None:
        """One server serves many tests; each begins without faults and with nothing said by us."""
        self.server.clear_faults()
        for post in self.server.replies_by_bot():
            self.server.delete(post.id)
