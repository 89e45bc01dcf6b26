"""Which thresholds are in force: the model's own, what a person accepted for it, and the operator's wish.

What was never measured for the wish alerts nobody; nothing here puts numbers into force.
"""

from __future__ import annotations

from bot.match import proposing
from bot.match.inputs import Thresholds
from bot.match.proposing import Numbers
from bot.pipeline.road import Road
from store import proposals
from store.codec import from_json
from store.proposals import Proposal


def numbers_of(proposal: Proposal) -> Numbers:
    """The numbers of a proposal. Raises StoreError when they cannot be read."""
    return from_json(Numbers, proposal.numbers, subject=f"proposed thresholds {proposal.number}")


def in_force(road: Road, usual: Thresholds, model: str) -> Thresholds:
    """Thresholds of the model with this digest, for which `usual` was measured elsewhere."""
    with road.store.reading() as tx:
        accepted = proposals.in_force(tx, model)
    if accepted is not None:
        return proposing.in_force(usual, numbers_of(accepted))
    return proposing.as_wished(usual, road.rules.wish)
