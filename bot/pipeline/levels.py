"""Which level rows get that are drafted now, and which words they are made of. Changes neither."""

from __future__ import annotations

from bot.pipeline.road import Road
from bot.rules import levels as rules
from bot.rules.wording import Catalogue
from store import levels
from store.db import Transaction
from store.records.reply import Level


def in_force(road: Road, tx: Transaction) -> Level:
    """The level that two people agreed on, at most the one of the config; dry-run until they did."""
    return rules.in_force(road.plan.level, levels.accepted(tx))


def catalogue(road: Road, tx: Transaction) -> Catalogue:
    """The shipped words with the approved versions in their places."""
    return road.rules.catalogue.with_versions(levels.in_force(tx))
