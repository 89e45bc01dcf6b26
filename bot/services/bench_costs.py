"""What reading costs: dollars where a platform bills posts, requests where it counts them.

An upper estimate from the prices in the campaign's own sources; what was billed stands with the platform.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from collectors import registry
from store import campaign, schedule, tag_numbers
from store.db import Transaction
from store.tag_numbers import WHOLE, Grain

POST, USER = "price_post_usd", "price_user_usd"


@dataclass(frozen=True, slots=True)
class Price:
    """What one source bills: dollars for a post read, and for an author once a day."""

    post_usd: float = 0.0
    user_usd: float = 0.0


def prices(tx: Transaction) -> dict[str, Price]:
    """The prices of each source in force that bills anything, by its name."""
    version = campaign.current(tx)
    specs = registry.specs()
    found = {}
    for source in version.content.get("sources", ()) if version else ():
        spec = specs.get(source.get("kind", ""))
        declared = {option.name: option.default for option in spec.options} if spec else {}
        options = declared | (source.get("options") or {})
        price = Price(float(options.get(POST) or 0), float(options.get(USER) or 0))
        if price != Price():
            found[source["name"]] = price
    return found


def of_source(held: Mapping[str, Price], source: str, posts: int, author_days: int) -> float:
    """What these posts of a source cost, in dollars."""
    price = held.get(source, Price())
    return posts * price.post_usd + author_days * price.user_usd


def of_posts(tx: Transaction, posts: int) -> float:
    """What so many posts cost if they come from the sources as all stored ones did, in dollars."""
    rows = tag_numbers.read(tx, Grain.ALL, tags=[WHOLE])
    whole = sum(row.posts for row in rows if row.source == WHOLE)
    held = prices(tx)
    billed = sum(
        row.posts * (held[row.source].post_usd + held[row.source].user_usd)
        for row in rows
        if row.source in held
    )
    return posts * billed / whole if whole else 0.0


def requests_a_day(tx: Transaction) -> dict[tuple[str, str], float]:
    """How often each (source, hashtag) is asked in a day at its present pace."""
    return {
        (slot.source, slot.tag): 86400 / slot.interval_s
        for slot in schedule.slots(tx)
        if not slot.off and slot.interval_s
    }
