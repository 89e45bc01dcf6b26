"""Public numbers for those who run the campaign, and its end: one step below the other, each a plain form.

Decides nothing: who may take which step when is said by the services.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console import words_campaign
from bot.console.answers import see
from bot.console.auth import CampaignForm, CampaignRunner
from bot.console.here import Here
from bot.pipeline import ending as steps
from bot.services import ending, public_numbers
from store.errors import Missing, UsageError

router = APIRouter(include_in_schema=False)


@router.get("/campaign/public")
def told(request: Request, here: Here, viewer: CampaignRunner) -> Response:
    """What the public was told, what is due, and outcomes that wait for another person."""
    releases, outcomes, due = public_numbers.told(here.road)
    return here.pages.page(
        request, "campaign_public.html", releases=releases, outcomes=outcomes, due=due,
        is_on=here.road.life.public_numbers, most=public_numbers.MAX_BASIS_CHARS,
    )  # fmt: skip


@router.post("/campaign/public/tell")
def tell(here: Here, form: CampaignForm) -> Response:
    """Make the releases that are due."""
    public_numbers.tell_due(here.road, by=form.viewer.name)
    return see("/campaign/public")


@router.post("/campaign/public/propose")
def propose(here: Here, form: CampaignForm) -> Response:
    """Propose what may be told of outcomes."""
    found, reunited = _number("found", form.need("found")), _number("reunited", form.need("reunited"))
    basis, by = form.need("basis"), form.viewer.name
    public_numbers.propose_outcomes(here.road, found=found, reunited=reunited, basis=basis, by=by)
    return see("/campaign/public")


@router.post("/campaign/public/release")
def release(here: Here, form: CampaignForm) -> Response:
    """Release outcomes that another person proposed."""
    public_numbers.release_outcomes(here.road, _number("number", form.need("number")), by=form.viewer.name)
    return see("/campaign/public")


def _number(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise UsageError(name, f"is {text[:20]!r}; write a whole number")
    return int(text)


@router.get("/campaign/end")
def end(request: Request, here: Here, viewer: CampaignRunner) -> Response:
    """How far the end has come, and the next step."""
    return here.pages.page(
        request, "campaign_end.html", end=ending.look(here.road), names=steps, say=words_campaign,
        platforms=ending.at_platforms(here.road), most=ending.MAX_CHARS,
    )  # fmt: skip


@router.post("/campaign/end/{step}")
def take(here: Here, form: CampaignForm, step: str) -> Response:
    """Take one step."""
    road, by = here.road, form.viewer.name
    if step == "stop":
        ending.stop(road, by=by, why=form.need("why"))
    elif step == "go-on":
        ending.go_on(road, by=by, why=form.need("why"))
    elif step == "report":
        ending.report(road, by=by)
    elif step == "hand-over":
        to, basis, what = form.need("to"), form.need("basis"), form.need("what")
        ending.hand_over(road, to=to, basis=basis, what=what, by=by)
    elif step == "hand-over-confirm":
        ending.confirm_hand_over(road, by=by)
    elif step == "purge":
        ending.propose_purge(road, by=by)
    elif step == "purge-confirm":
        ending.confirm_purge(road, by=by)
    elif step == "revoke":
        ending.revoke(road, by=by)
    else:
        raise Missing(step[:40], "is not a step of the end")
    return see("/campaign/end")
