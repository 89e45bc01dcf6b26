"""What a Bluesky source can be told in config.yaml, and these options checked. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from collectors.base import Option, Secret
from collectors.bluesky_follow import StreamRules
from collectors.context import Context
from collectors.http import checked_base_url
from collectors.jetstream import HOSTS, Wire
from collectors.options import within

PASSWORD = "HOMEWARD_BLUESKY_APP_PASSWORD"  # noqa: S105  (the name of a variable)
NO_ACCOUNT = "gaps are not filled by search, and posts that name us come by the stream alone"

OPTIONS = (
    Option("wire", str, "v2", "format of the stream; v1 for older hosts", ("v1", "v2")),
    Option("hosts", tuple, (), "wss:// addresses to try in turn; empty: the network's own"),
    Option("appview", str, "https://public.api.bsky.app", "where posts and profiles are looked up"),
    Option("service", str, "https://bsky.social", "our account's server: login, search, notifications"),
    Option("identifier", str, "", "handle or DID of our account; empty: accounts.bluesky.handle"),
    Option("password_secret", str, PASSWORD, "the variable that holds the app password"),
    Option("plc", str, "https://plc.directory", "where a DID's own server is looked up"),
    Option("originals", bool, True, "ask the author's own server for a picture before the picture host"),
    Option(
        "rewind_s",
        float,
        5.0,
        "how far before the cursor reading begins after a break",
        minimum=0,
        maximum=3600,
    ),
    Option(
        "gap_after_s",
        float,
        300.0,
        "a first event later than this after the cursor is a gap",
        minimum=1,
        maximum=86_400,
    ),
    Option("flush_s", float, 0.5, "longest time until what came is handed on", minimum=0.05, maximum=60),
    Option(
        "silence_s",
        float,
        60.0,
        "a host that brings nothing for so long is left for the next",
        minimum=0.2,
        maximum=3600,
    ),
    Option(
        "max_frame_mb",
        float,
        4.0,
        "a larger event is refused and counted as a gap",
        minimum=0.001,
        maximum=64,
    ),
    Option(
        "search_cap",
        int,
        10_000,
        "posts read in one walk of the search before the rest is a gap",
        minimum=100,
        maximum=1_000_000,
    ),
    Option("timeout_s", float, 20.0, "seconds to wait for an answer or a connection", minimum=1, maximum=300),
)
SECRETS = (Secret(PASSWORD, "app password of our account: Settings, Privacy and security, App passwords"),)


@dataclass(frozen=True, slots=True)
class Account:
    """Our account as the operator named it. `missing` says what lacks and how to get it."""

    identifier: str
    password: str = field(repr=False)
    variable: str = PASSWORD

    @property
    def is_wanted(self) -> bool:
        """Is any account named?"""
        return bool(self.identifier)

    @property
    def is_complete(self) -> bool:
        """Can it sign in?"""
        return bool(self.identifier and self.password)

    @property
    def missing(self) -> str:
        """The way out, "" when nothing lacks."""
        if not self.identifier:
            return "enter accounts: bluesky: handle: in config.yaml and its app password in .env"
        if not self.password:
            return f"make an app password (docs/platforms/bluesky.md), put it into .env as {self.variable}"
        return ""


def account_of(name: str, options: Mapping[str, Any], context: Context) -> Account:
    """The account of the options, or the campaign's own."""
    identifier = options["identifier"] or context.accounts.get("bluesky", "")
    variable = options["password_secret"]
    return Account(identifier.strip().lstrip("@"), context.secrets.get(variable, "").strip(), variable)


def addresses(name: str, options: Mapping[str, Any]) -> tuple[str, str, str]:
    """(AppView, our account's server, directory), checked. Raises ConfigError."""
    appview, service, plc = (
        checked_base_url(options[word], f"{name}.{word}") for word in ("appview", "service", "plc")
    )
    return appview, service, plc


def rules_of(name: str, options: Mapping[str, Any]) -> StreamRules:
    """How the stream is read. Raises ConfigError."""
    wire = Wire(options["wire"])
    hosts = tuple(
        checked_base_url(host, f"{name}.hosts", schemes=("wss", "ws"))
        for host in options["hosts"] or HOSTS[wire]
    )
    within(options, name, "search_cap", 100, 1_000_000)
    return StreamRules(
        wire=wire,
        hosts=hosts,
        rewind_s=within(options, name, "rewind_s", 0, 3600),
        gap_after_s=within(options, name, "gap_after_s", 1, 86400),
        flush_s=within(options, name, "flush_s", 0.05, 60),
        silence_s=within(options, name, "silence_s", 0.2, 3600),
        timeout_s=within(options, name, "timeout_s", 1, 300),
        max_frame_bytes=int(within(options, name, "max_frame_mb", 0.001, 64) * 1_000_000),
    )
