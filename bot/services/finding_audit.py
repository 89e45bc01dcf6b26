"""The weekly look at searches by hand: a tenth, drawn with the installation's key, seen by somebody else.

Who looks sees what was asked, for what and how often results were opened; no picture and no post.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.pipeline.road import Road
from bot.rules import finding as rules
from bot.rules.finding import Query
from bot.services import leads_people
from store import audit, campaign, case_teams, searches, users
from store.errors import Missing, NotAllowed, UsageError
from store.searches import Audited, Search

AUDITORS = frozenset({users.ADMIN, users.ORGANISER, users.REVIEWER})
LEAST_WORDS = 4


@dataclass(frozen=True, slots=True)
class Drawn:
    """A search that somebody else looks at; `query` None once its case was destroyed. `opened`: the reasons
    for which results were opened."""

    audited: Audited
    search: Search
    query: Query | None
    opened: tuple[str, ...]
    is_own: bool


def listing(road: Road, *, by: str) -> list[Drawn]:
    """What was drawn, undone ones first; of sealed cases for their team alone. Raises NotAllowed."""
    with road.store.reading() as tx:
        leads_people.need_role(tx, by, AUDITORS, "look at searches of others")
        found = []
        for audited, search in searches.audits(tx, viewer=by):
            opened = [each.opened_why for each in searches.results(tx, search.id) if each.opened_at]
            query = rules.from_kept(search.query) if search.query else None
            is_own = bool(rules.may_not_audit(by, search.account))
            found.append(Drawn(audited, search, query, tuple(opened), is_own))
    return found


def done(road: Road, search_id: str, *, by: str, was_right: bool, words: str) -> None:
    """Say whether a search was as it should be. Raises NotAllowed for one's own, Missing, Conflict."""
    if len(words.strip()) < LEAST_WORDS:
        raise UsageError("words", "say in words what you found")
    now = road.clock()
    with road.store.transaction(durable=True) as tx:
        leads_people.need_role(tx, by, AUDITORS, "look at searches of others")
        search = searches.get(tx, search_id)
        if case_teams.is_hidden(tx, search.case_id, by):
            raise Missing(search_id[:40], searches.NONE)
        if refused := rules.may_not_audit(by, search.account):
            raise NotAllowed(search_id, refused)
        searches.audit(tx, search_id, by=by, was_right=was_right, words=words.strip(), at=now)
        audit.write(tx, now, by, "finding.audited", search_id, was_right=was_right)
        if not was_right:
            words = f"A search by hand ({search_id}) was found not to be as it should be: Finding, audit."
            campaign.notice(tx, f"finding:wrong:{search_id}", words, now)
