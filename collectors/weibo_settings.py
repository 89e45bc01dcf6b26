"""The modes and options of the Weibo collector, and the checked values it is built from. Reads nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from collectors.base import Option, Secret, SourceSpec
from collectors.options import within
from collectors.payload import parse_time
from collectors.weibo_budget import CONTRACT_PER_HOUR, STANDARD_PER_DAY, STANDARD_PER_HOUR, Allowance
from collectors.weibo_windows import WindowRules
from store.errors import ConfigError
from store.records.post import Platform

VARIABLE = "HOMEWARD_WEIBO_TOKEN"


class Mode(StrEnum):
    """What Weibo grants, one way of reading each."""

    MENTIONS = "mentions"
    COMMENTS = "comments"
    LOOKUP = "lookup"
    SEARCH = "commercial_search"
    PUSH = "commercial_push"


CONTRACT_MODES = frozenset({Mode.SEARCH, Mode.PUSH})
ACCOUNT_MODES = frozenset({Mode.MENTIONS, Mode.COMMENTS})
_PUSH_PATHS = ("/commercial/push", "/2/commercial/push.json")

SPEC = SourceSpec(
    kind="weibo",
    platform=Platform.WEIBO,
    streams=False,
    polls=True,
    poll_every_s=1200.0,
    docs="docs/platforms/weibo.md",
    options=(
        Option("mode", str, "mentions", "what is read", tuple(Mode)),
        Option("contract", str, "", "number or words of the data contract; commercial modes are off without"),
        Option("token_secret", str, VARIABLE, "variable that holds the account's access token"),
        Option("token_expires_at", str, "", "when the token ends, such as 2026-05-01T08:00:00+08:00"),
        Option(
            "calls_per_day",
            int,
            -1,
            "most calls in a Beijing day; 0: no bound; -1: what Weibo states",
            minimum=-1,
            maximum=1_000_000_000,
        ),
        Option(
            "calls_per_hour",
            int,
            -1,
            "most calls in an hour; 0: no bound; -1: what Weibo states",
            minimum=-1,
            maximum=1_000_000_000,
        ),
        Option(
            "page_size",
            int,
            50,
            "posts asked for at once: 1 to 200, in commercial_search 10 to 50",
            minimum=1,
            maximum=200,
        ),
        Option(
            "own_posts", tuple, (), "ids of our posts whose comments are read; empty: all that we receive"
        ),
        Option(
            "first_pages",
            int,
            4,
            "pages that a new source reads back (mentions, comments)",
            minimum=1,
            maximum=1000,
        ),
        Option(
            "backfill_hours",
            float,
            24.0,
            "how far a new source looks back (commercial_search)",
            minimum=0,
            maximum=720,
        ),
        Option(
            "window_s",
            int,
            3600,
            "longest window of time that is searched at once",
            minimum=1,
            maximum=2_592_000,
        ),
        Option(
            "overlap_s",
            int,
            60,
            "how far a window reaches back into the one before it",
            minimum=1,
            maximum=3600,
        ),
        Option(
            "passes",
            int,
            4,
            "how often a window is read at most, as results differ from time to time",
            minimum=1,
            maximum=20,
        ),
        Option("subid", str, "", "number of the subscription (commercial_push)"),
        Option("push_path", str, _PUSH_PATHS[0], "path of the push, as the contract names it", _PUSH_PATHS),
        Option(
            "push_percent",
            float,
            1.0,
            "share of the posts that the subscription brings, in per cent",
            minimum=0.001,
            maximum=100,
        ),
        Option(
            "silence_s",
            float,
            90.0,
            "seconds after which a silent push is connected anew",
            minimum=0.1,
            maximum=300,
        ),
        Option(
            "gap_after_s",
            float,
            30.0,
            "a break of the push that is longer is a gap",
            minimum=1,
            maximum=86_400,
        ),
        Option("base_url", str, "https://api.weibo.com", "address of the standard interface"),
        Option("commercial_url", str, "https://c.api.weibo.com", "address of the commercial interface"),
        Option("timeout_s", float, 20.0, "seconds to wait for an answer", minimum=1, maximum=300),
        Option("max_answer_mb", float, 8.0, "largest answer that is read", minimum=0.1, maximum=100),
    ),
    secrets=(
        Secret(
            VARIABLE,
            "access token of the campaign account: register an app on open.weibo.com, sign in at "
            "oauth2/authorize, exchange the code at oauth2/access_token; it lasts one day to a week",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Rules:
    """The checked options that the collector itself looks at; names and units as in SPEC."""

    mode: Mode
    contract: str
    page_size: int
    first_pages: int
    own_posts: tuple[str, ...]
    backfill_s: int
    windows: WindowRules
    subid: str
    push_path: str
    push_percent: float
    silence_s: float
    gap_after_s: float
    max_line_bytes: int


def rules_of(name: str, options: Mapping[str, Any]) -> Rules:
    """The rules from checked options. Raises ConfigError."""
    mode = Mode(options["mode"])
    low, high = (10, 50) if mode is Mode.SEARCH else (1, 200)
    size = within(options, name, "page_size", low, high)
    if mode is Mode.PUSH and options["contract"] and not options["subid"].strip().isdecimal():
        raise ConfigError(f"{name}.subid", "commercial_push needs the number of the subscription")
    return Rules(
        mode=mode,
        contract=options["contract"].strip(),
        page_size=size,
        first_pages=within(options, name, "first_pages", 1, 1000),
        own_posts=tuple(dict.fromkeys(options["own_posts"])),
        backfill_s=int(within(options, name, "backfill_hours", 0, 24 * 30) * 3600),
        windows=WindowRules(
            count=size,
            window_s=within(options, name, "window_s", 1, 30 * 86400),
            overlap_s=within(options, name, "overlap_s", 1, 3600),
            passes=within(options, name, "passes", 1, 20),
        ),
        subid=options["subid"].strip(),
        push_path=options["push_path"],
        push_percent=within(options, name, "push_percent", 0.001, 100),
        silence_s=within(options, name, "silence_s", 0.1, 300),
        gap_after_s=within(options, name, "gap_after_s", 1, 86400),
        max_line_bytes=int(options["max_answer_mb"] * 1_000_000),
    )


def allowance_of(name: str, options: Mapping[str, Any], mode: Mode) -> Allowance:
    """The calls allowed: as the operator says, else as Weibo states for this mode."""
    day, hour = (within(options, name, w, -1, 10**9) for w in ("calls_per_day", "calls_per_hour"))
    is_contract = mode in CONTRACT_MODES
    return Allowance(
        (0 if is_contract else STANDARD_PER_DAY) if day < 0 else day,
        (CONTRACT_PER_HOUR if is_contract else STANDARD_PER_HOUR) if hour < 0 else hour,
    )


def expiry_of(name: str, options: Mapping[str, Any]) -> datetime | None:
    """When the token ends, None if the operator does not say."""
    text = options["token_expires_at"]
    moment = parse_time(text) if text else None
    if text and moment is None:
        words = f"should be a time such as 2026-05-01T08:00:00+08:00, found {text[:40]!r}"
        raise ConfigError(f"{name}.token_expires_at", words)
    return moment.astimezone(UTC) if moment else None
