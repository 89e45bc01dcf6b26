"""The end of a campaign, step by step: stop, final report, hand-over, purge, tokens. Each is recorded.

Nothing collected is deleted before another person confirmed that it was handed over; a purge needs two.
A step taken twice changes nothing, so that an interrupted end goes on where it stood.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.pipeline import ending
from bot.pipeline.ending import DONE, HANDOVER, PURGE, REPORT, REVOKE, RUNNING, STOP, WAITS
from bot.pipeline.road import Road
from bot.services import brake, people, reporting
from store import audit, campaign_purge, campaign_steps, users
from store.campaign_steps import CampaignStep
from store.db import Transaction
from store.errors import Conflict, NotAllowed, UsageError

STEPS = (STOP, REPORT, HANDOVER, PURGE, REVOKE)
MAX_CHARS = 1000
REVOKED_AT = {
    "weibo": "https://open.weibo.com/connect/myapps",
    "x": "https://developer.x.com/en/portal/dashboard",
    "mastodon": "/oauth/authorized_applications",
    "bluesky": "https://bsky.app/settings/app-passwords",
}
"""Where an account takes a program's access back; on Mastodon a path on the account's own server."""


@dataclass(frozen=True, slots=True)
class End:
    """How far the end has come: each step by its name, None while nobody has taken it, and what would go."""

    steps: Mapping[str, CampaignStep | None]
    goes: Mapping[str, int]
    stays: Mapping[str, int]

    def is_done(self, name: str) -> bool:
        """Whether the step is behind us."""
        step = self.steps.get(name)
        return step is not None and step.state == DONE


def look(road: Road) -> End:
    """Where the end stands. Counts what a purge would delete and what would stay."""
    with road.store.reading() as tx:
        held = campaign_steps.beginning(tx, "end.")
        goes, stays = campaign_purge.goes(tx), campaign_purge.stays(tx)
    return End({name: held.get(name) for name in STEPS}, goes, stays)


def stop(road: Road, *, by: str, why: str) -> None:
    """Collect nothing more and send nothing more. Raises UsageError without a reason."""
    may_run(road, by)
    _need("why", why)
    brake.stop(road, by=by, why=why)
    with road.store.transaction() as tx:
        if campaign_steps.get(tx, STOP) is None:
            _record(road, tx, CampaignStep(STOP, DONE, {"why": why.strip()}, by, road.clock()))


def go_on(road: Road, *, by: str, why: str) -> None:
    """Take the stop back while nothing was deleted: collecting goes on, sending is resumed by its own step.

    Raises Conflict once a purge was confirmed.
    """
    may_run(road, by)
    _need("why", why)
    with road.store.transaction() as tx:
        purge = campaign_steps.get(tx, PURGE)
        if purge is not None and purge.state in (RUNNING, DONE):
            raise Conflict(PURGE, "was confirmed; the campaign cannot go on")
        if campaign_steps.drop(tx, STOP):
            audit.write(tx, road.clock(), by, "campaign.resumed", STOP, why=why.strip())


def report(road: Road, *, by: str) -> int:
    """Make the final report. Its number. Raises Conflict before the stop."""
    may_run(road, by)
    with road.store.reading() as tx:
        _after(tx, STOP)
    made = reporting.final(road, by=by)
    with road.store.transaction() as tx:
        _record(road, tx, CampaignStep(REPORT, DONE, {"report": made.number}, by, road.clock()))
    return made.number


def hand_over(road: Road, *, to: str, basis: str, what: str, by: str) -> None:
    """Write down to whom what was handed over and on what basis; it waits for another person's word.

    Raises UsageError without one of them, Conflict before the final report or after a confirmation.
    """
    may_run(road, by)
    for name, value in (("to", to), ("basis", basis), ("what", what)):
        _need(name, value)
    detail = {"to": to.strip(), "basis": basis.strip(), "what": what.strip()}
    with road.store.transaction() as tx:
        _after(tx, REPORT)
        held = campaign_steps.get(tx, HANDOVER)
        if held is not None and held.state == DONE:
            raise Conflict(HANDOVER, "was confirmed before")
        _record(road, tx, CampaignStep(HANDOVER, WAITS, detail, by, road.clock()))


def confirm_hand_over(road: Road, *, by: str) -> None:
    """Say that it really arrived. Raises NotAllowed for who wrote it down, Conflict if nothing waits."""
    may_run(road, by)
    with road.store.transaction() as tx:
        _second(road, tx, HANDOVER, by, DONE)


def propose_purge(road: Road, *, by: str) -> None:
    """Propose to delete what was collected. Raises Conflict before the hand-over was confirmed."""
    may_run(road, by)
    with road.store.transaction() as tx:
        _after(tx, HANDOVER)
        held = campaign_steps.get(tx, PURGE)
        if held is not None and held.state in (RUNNING, DONE):
            raise Conflict(PURGE, "was confirmed before")
        detail = {"goes": campaign_purge.goes(tx)}
        _record(road, tx, CampaignStep(PURGE, WAITS, detail, by, road.clock()))


def confirm_purge(road: Road, *, by: str) -> None:
    """Let the purge begin. Raises NotAllowed for who proposed it, Conflict if nothing waits."""
    may_run(road, by)
    with road.store.transaction() as tx:
        _after(tx, HANDOVER)
        _second(road, tx, PURGE, by, RUNNING)


def revoke(road: Road, *, by: str) -> Mapping[str, int]:
    """Forget platform sessions, sign everybody out, end every link and token. How many of each.

    Raises Conflict before the stop. What only the platform can take back is in `at_platforms`.
    """
    may_run(road, by)
    with road.store.transaction() as tx:
        _after(tx, STOP)
        ended = campaign_purge.revoke(tx, by=by, at=road.clock())
        detail = {"ended": ended, "platforms": sorted(str(each) for each in road.rules.accounts)}
        _record(road, tx, CampaignStep(REVOKE, DONE, detail, by, road.clock()))
    return ended


def at_platforms(road: Road) -> list[tuple[str, str, str]]:
    """(platform, our handle, address) of every access that only the platform can take back."""
    found = []
    for platform, account in sorted(road.rules.accounts.items()):
        address = REVOKED_AT.get(platform.value, "")
        if address.startswith("/"):
            address = f"https://{account.handle.rpartition('@')[2]}{address}"
        found.append((platform.value, account.handle, address))
    return found


def may_run(road: Road, by: str) -> None:
    """Raises NotAllowed for who does not run the campaign, Missing for nobody's account."""
    if not people.known(road, by).has(users.ADMIN, users.ORGANISER):
        raise NotAllowed(by, f"has neither the role {users.ORGANISER} nor {users.ADMIN}")


def _need(name: str, value: str) -> None:
    if not value.strip() or len(value) > MAX_CHARS:
        raise UsageError(name, f"is to be said in words, at most {MAX_CHARS} characters")


def _after(tx: Transaction, name: str) -> None:
    held = campaign_steps.get(tx, name)
    if held is None or held.state != DONE:
        raise Conflict(name, "has to be done first; the page Campaign, End shows the order")


def _second(road: Road, tx: Transaction, name: str, by: str, state: str) -> None:
    held = campaign_steps.get(tx, name)
    if held is None or held.state != WAITS:
        raise Conflict(name, "does not wait for anybody")
    if held.by == by:
        raise NotAllowed(by, "began this step; another person confirms it")
    _record(road, tx, replace(held, state=state, second_by=by, second_at=road.clock()))


def _record(road: Road, tx: Transaction, step: CampaignStep) -> None:
    campaign_steps.put(tx, step)
    counted: dict[str, Any] = {"state": step.state}
    audit.write(tx, road.clock(), step.second_by or step.by, "campaign.end", step.name, **counted)


def work_off(road: Road) -> int:
    """Delete now what was agreed on, without waiting for the clock. How many posts went."""
    return ending.purge(road)
