"""Which roles an account has, as the services of outcomes ask it, and what it is to leads. Reads only."""

from __future__ import annotations

from bot.rules import leads as rules
from bot.rules.leads import Part
from store import leads, users
from store.db import Transaction
from store.errors import NotAllowed
from store.records.lead import LeadRow


def roles(tx: Transaction, account: str) -> frozenset[str]:
    """The roles of an account that is not disabled. Raises Missing for one that there is none of."""
    user = users.get(tx, account)
    return frozenset() if user.disabled else frozenset(user.roles)


def parts(tx: Transaction, account: str) -> frozenset[Part]:
    """What an account is to leads. Raises NotAllowed for one that has nothing to do with them."""
    found = rules.parts_of(roles(tx, account))
    if not found:
        who = ", ".join(sorted(part.value for part in Part))
        raise NotAllowed(account, f"has no role that works with leads; those that do: {who}")
    return found


def is_assigned(tx: Transaction, lead: LeadRow, account: str) -> bool:
    """Whether a lead was given to an account."""
    return any(person.account == account for person in leads.people(tx, [lead.id]).get(lead.id, []))


def need_role(tx: Transaction, account: str, allowed: frozenset[str], what: str) -> None:
    """Raises NotAllowed for an account without one of these roles, Missing where there is none."""
    if not roles(tx, account) & allowed:
        raise NotAllowed(account, f"may not {what}; who may: {', '.join(sorted(allowed))}")


def workers(tx: Transaction) -> list[str]:
    """Accounts to whom a lead can be given, by name."""
    named = [user.name for user in users.listing(tx) if not user.disabled]
    return [name for name in named if rules.parts_of(roles(tx, name)) & rules.WORKS]
