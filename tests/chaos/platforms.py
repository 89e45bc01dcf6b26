"""Platforms on loopback as the kills of replying see them: where to write, whom to answer, what was counted.

Counted on the server's side, never by what Homeward believes. Knows nothing of kills.
"""

from __future__ import annotations

import json
from itertools import count
from typing import Protocol

from tests.contract.senders.weibo_bench import RIP, ROOMY
from tests.servers.pds import POST, Network
from tests.servers.pds_front import PdsFront
from tests.servers.weibo import WeiboServer
from tests.servers.x import XServer
from tests.servers.x_auth import ALL_SCOPES, USER, Token


class Desk(Protocol):
    """One platform's server."""

    name: str
    write: str

    @property
    def address(self) -> str:
        """Where the server listens."""

    def account(self, address: str) -> str:
        """The block of config.yaml, the server behind that address."""

    def secrets(self) -> str:
        """The variables of the environment, as JSON."""

    def post(self) -> str:
        """A post that names us: JSON of its key, native id, author, and our name."""

    def replies(self, post: str) -> int:
        """How many of our replies to that post the server has."""


class XDesk:
    """The stand-in for X."""

    name, write = "x", "^/2/tweets$"

    def __init__(self) -> None:
        self.server = XServer(limits=dict.fromkeys(("create", "me", "timeline", "lookup_one"), (None, None)))
        self.server.posts_per_day = 10**6
        self.server.start()
        self.address = self.server.base_url
        self._refresh = self.server.tokens.new_name("refresh")
        token = Token(USER, self.server.bot_id, ALL_SCOPES, None)
        self.server.tokens.refresh[self._refresh] = token

    def account(self, address: str) -> str:
        return json.dumps({"handle": "homeward", "server": address})

    def secrets(self) -> str:
        return json.dumps(
            {"HOMEWARD_X_CLIENT_ID": self.server.api_key, "HOMEWARD_X_REFRESH_TOKEN": self._refresh}
        )

    def post(self) -> str:
        ident = self.server.add_post("@homeward seen at the pier", age_s=60)
        return json.dumps([f"x:{ident}", ident, "finder", "homeward"])

    def replies(self, post: str) -> int:
        return len(self.server.replies_by_bot(json.loads(post)[1]))

    def close(self) -> None:
        self.server.stop()


class WeiboDesk:
    """The stand-in for Weibo."""

    name, write = "weibo", "comments/create"

    def __init__(self) -> None:
        self.server = WeiboServer(budgets=ROOMY)
        self.server.start()
        self.address = self.server.base_url

    def account(self, address: str) -> str:
        return json.dumps({"screen_name": self.server.bot, "rip": RIP, "server": address})

    def secrets(self) -> str:
        return json.dumps({"HOMEWARD_WEIBO_TOKEN": self.server.bot_token})

    def post(self) -> str:
        ident = str(self.server.add_post(f"@{self.server.bot} 在码头看到", age_s=60))
        return json.dumps([f"weibo:{ident}", ident, "路人甲", self.server.bot])

    def replies(self, post: str) -> int:
        return len(self.server.comments_by_bot(int(json.loads(post)[1])))

    def close(self) -> None:
        self.server.stop()


class BlueskyDesk:
    """The real personal data server behind its front."""

    name, write = "bluesky", "com.atproto.repo.putRecord"
    _names = count(1)

    def __init__(self, network: Network) -> None:
        self._network = network
        self.front = PdsFront(network.pds)
        self.front.start()
        self.address = self.front.base_url
        self._finder = network.sign_up(f"finder{next(self._names)}")
        self._us = network.sign_up(f"home{next(self._names)}")

    def account(self, address: str) -> str:
        return json.dumps({"handle": self._us.handle, "did": self._us.did, "server": address})

    def secrets(self) -> str:
        return json.dumps({"HOMEWARD_BLUESKY_APP_PASSWORD": f"pw-{self._us.handle.partition('.')[0]}"})

    def post(self) -> str:
        rkey = self._finder.post(f"@{self._us.handle} seen at the pier")
        key = self._finder.key(rkey)
        return json.dumps([key, key.removeprefix("bluesky:"), self._finder.handle, self._us.handle])

    def replies(self, post: str) -> int:
        wanted, cursor, found = json.loads(post)[1], "", 0
        while True:
            asked = {"repo": self._us.did, "collection": POST, "limit": "100", "cursor": cursor}
            asked = {name: value for name, value in asked.items() if value}
            page = self._network.http.get("/xrpc/com.atproto.repo.listRecords", params=asked).json()
            values = [each["value"] for each in page["records"]]
            found += [value["reply"]["parent"]["uri"] for value in values].count(wanted)
            cursor = page.get("cursor", "")
            if not cursor or not values:
                return found

    def close(self) -> None:
        self.front.stop()
