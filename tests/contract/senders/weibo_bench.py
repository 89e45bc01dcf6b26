"""The Weibo sender beside the stand-in for Weibo on loopback, as the tests of senders use it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.senders import weibo
from bot.senders.base import Account
from bot.senders.weibo import WeiboSender
from collectors.context import Context
from tests.servers.weibo import WeiboServer

CREATE: dict[str, Any] = {"path": "comments/create", "method": "POST"}
BY_ME: dict[str, Any] = {"path": "comments/by_me"}
RIP = "203.0.113.7"  # RFC 5737: an address for documents
ROOMY = {"user_day": 10**6, "ip_hour": 10**6, "writes_hour": 10**6}


class WeiboBench:
    """The Weibo sender and the stand-in."""

    honours_keys = False
    refuses_doubles = True
    to_handle = "路人甲"

    def __init__(self, server: WeiboServer) -> None:
        self.server = server
        self.now = datetime.now(UTC)
        self.sender = self.new_sender()

    def new_sender(self, *, rip: str = RIP, token: str = "", server: str = "") -> WeiboSender:
        secrets = {weibo.TOKEN: token or self.server.bot_token}
        context = Context("tests@homeward.example", secrets, lambda: self.now)
        account = Account(self.server.bot, server=server or self.server.base_url, options={"rip": rip})
        sender = weibo.build_in(account, context)
        assert isinstance(sender, WeiboSender)
        return sender

    def post(self, text: str = "", **fields: Any) -> tuple[str, str]:
        ident = self.server.add_post(text or f"@{self.server.bot} 在码头看到", age_s=60, **fields)
        return str(ident), f"weibo:{ident}"

    def edit(self, native_id: str, *, names_us: bool) -> None:
        self.server.edit(int(native_id), f"@{self.server.bot} 是早上" if names_us else "算了")

    def delete(self, native_id: str) -> None:
        self.server.delete(int(native_id))

    def lose_answer(self) -> None:
        self.server.add_fault(lose=True, **CREATE)

    def refuse(self) -> None:
        self.code(20206)

    def code(self, code: int | str, status: int = 400) -> None:
        """Let the next comment be refused with that code, undone."""
        number = code if isinstance(code, int) else f'"{code}"'
        self.server.add_fault(status=status, body=f'{{"error_code": {number}, "error": "x"}}', **CREATE)

    def rate_limit(self) -> None:
        self.code("10024", 403)

    def break_listing(self) -> None:
        self.server.add_fault(status=503, body="<html>", **BY_ME)

    def count(self) -> int:
        return len(self.server.comments_by_bot())

    def clear(self) -> None:
        """One server serves many tests; each begins without faults and with nothing said by us."""
        self.server.clear_faults()
        for comment in self.server.comments_by_bot():
            self.server.delete_comment(comment.id)
