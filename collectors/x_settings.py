"""The settings of the live X collector: options, their bounds, what they mean together. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from collectors import x_budget as budget
from collectors.base import Option, Secret
from collectors.options import within
from collectors.x_stream import StreamRules
from store.errors import ConfigError

TOKEN = "HOMEWARD_X_BEARER"  # noqa: S105 (a variable's name)

OPTIONS = (
    Option("mode", str, "search", "recent search, or the filtered stream", ("search", "stream")),
    Option("base_url", str, "https://api.x.com", "where X's API answers"),
    Option("token_secret", str, TOKEN, "variable that holds the app's bearer token"),
    Option("account_id", str, "", "number of our own account, for its mentions; empty: not read"),
    Option("full_archive", bool, False, "the app may search further back than seven days"),
    Option("page_size", int, 100, "posts asked for at once, 10 to 100", minimum=10, maximum=100),
    Option(
        "backfill_hours",
        float,
        24.0,
        "how far back a new hashtag is read, at most 168",
        minimum=0.1,
        maximum=168,
    ),
    Option(
        "monthly_reads_cap",
        int,
        3_000_000,
        "posts read in a month, at most; collecting stops before",
        minimum=1,
        maximum=3_000_000,
    ),
    Option("spend_ceiling_usd", float, 50.0, "dollars spent on reading in a month, at most", minimum=0),
    Option(
        "day_burst", float, 3.0, "how many even shares of the month one day may take", minimum=1, maximum=31
    ),
    Option(
        "period_starts_day",
        int,
        1,
        "day of the month on which X's billing begins, 1 to 28",
        minimum=1,
        maximum=28,
    ),
    Option("price_post_usd", float, 0.005, "price of one post read", minimum=0),
    Option("price_user_usd", float, 0.01, "price of one author looked up with it", minimum=0),
    Option("price_mention_usd", float, 0.001, "price of one mention of our own account", minimum=0),
    Option(
        "heartbeat_s",
        float,
        25.0,
        "a stream without a sign of life for so long is broken; X sends one in 20",
        minimum=0.2,
        maximum=300,
    ),
    Option(
        "flush_s",
        float,
        0.5,
        "longest time until what the stream brought is handed on",
        minimum=0.05,
        maximum=60,
    ),
    Option(
        "rewind_s",
        float,
        60.0,
        "a hole in the stream is counted from so long before its last sign",
        minimum=0,
        maximum=3600,
    ),
    Option("free_slot", bool, True, "end this app's dead stream at X, at most once an hour"),
    Option("compliance", bool, False, "the app's plan has compliance jobs: they check all stored posts"),
    Option(
        "compliance_every_h", float, 12.0, "hours between two such checks, 1 to 24", minimum=1, maximum=24
    ),
    Option(
        "timeout_s", float, 20.0, "seconds to wait for an answer or a connection", minimum=0.2, maximum=300
    ),
    Option("max_answer_mb", float, 8.0, "largest answer that is read", minimum=0.1, maximum=100),
)
SECRETS = (
    Secret(TOKEN, "the app's bearer token: X developer console, your app, Keys and tokens, Bearer token"),
)


@dataclass(frozen=True, slots=True)
class Rules:
    """How this source reads: see the options of the same names."""

    mode: str
    account_id: str
    full_archive: bool
    page_size: int
    first: timedelta
    caps: budget.Caps
    prices: budget.Prices
    stream: StreamRules
    frees_slot: bool = True
    compliance_every: timedelta | None = None


def rules_of(name: str, options: Mapping[str, Any]) -> Rules:
    """The settings from checked options. Raises ConfigError."""
    account_id = options["account_id"]
    if account_id and not (account_id.isascii() and account_id.isdecimal() and len(account_id) <= 19):
        raise ConfigError(f"{name}.account_id", "should be the account's number, in quotes, not its name")
    prices = budget.Prices(
        _micros(name, options, "price_post_usd", 1),
        _micros(name, options, "price_user_usd", 1),
        _micros(name, options, "price_mention_usd", 1),
    )
    hours = within(options, name, "compliance_every_h", 1, 24)
    return Rules(
        mode=options["mode"],
        account_id=account_id,
        full_archive=options["full_archive"],
        page_size=within(options, name, "page_size", 10, 100),
        first=timedelta(hours=within(options, name, "backfill_hours", 0.1, 168)),
        caps=_caps(name, options, prices),
        prices=prices,
        stream=StreamRules(
            heartbeat_s=within(options, name, "heartbeat_s", 0.2, 300),
            flush_s=within(options, name, "flush_s", 0.05, 60),
            rewind_s=within(options, name, "rewind_s", 0, 3600),
        ),
        frees_slot=options["free_slot"],
        compliance_every=timedelta(hours=hours) if options["compliance"] else None,
    )


def _micros(name: str, options: Mapping[str, Any], word: str, most: float) -> int:
    dollars: float = within(options, name, word, 0, most)
    return round(dollars * budget.MICROS)


def _caps(name: str, options: Mapping[str, Any], prices: budget.Prices) -> budget.Caps:
    """A limit below the cost of one page would never let anything be read."""
    caps = budget.Caps(
        within(options, name, "monthly_reads_cap", 1, 3_000_000),
        _micros(name, options, "spend_ceiling_usd", 1e6),
        within(options, name, "day_burst", 1, 31),
        within(options, name, "period_starts_day", 1, 28),
    )
    least = budget.worst(budget.LEAST_PAGE, prices)
    words = "should be at least {}: so much the smallest page, of ten posts, can take"
    if caps.posts < least.posts:
        raise ConfigError(f"{name}.monthly_reads_cap", words.format(least.posts))
    if caps.micros < max(least.micros, 1):
        raise ConfigError(f"{name}.spend_ceiling_usd", words.format(budget.usd(least.micros)))
    return caps
