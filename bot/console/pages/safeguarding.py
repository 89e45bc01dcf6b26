"""Pages of the safeguarding lead alone; and the way by which a reviewer hands a post over.

Who may see what is decided in bot/services/safeguarding.py.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console.answers import see
from bot.console.auth import Lead, LeadForm, ReviewForm
from bot.console.here import Here
from bot.console.pages.seeing import photo_answer
from bot.console.rendering import link_to
from bot.console.renditions import View
from bot.services import safeguarding

router = APIRouter(include_in_schema=False)


@router.get("/safeguarding")
def listing(request: Request, here: Here, viewer: Lead) -> Response:
    """All tasks, undone ones first: references, no words of the posts."""
    return here.pages.page(request, "safeguarding.html", tasks=safeguarding.tasks(here.road, by=viewer.name))


@router.get("/safeguarding/task")
def detail(request: Request, here: Here, viewer: Lead, reference: str, show: int = 0) -> Response:
    """One task with the post and its matches."""
    item = safeguarding.show(here.road, reference, by=viewer.name)
    return here.pages.page(
        request, "safeguarding_task.html", item=item, show=show == 1, signs=safeguarding.WORDS
    )


@router.get("/safeguarding/photo/{digest}")
def photo(here: Here, viewer: Lead, digest: str, view: View = View.BLURRED) -> Response:
    """A picture of a post that is for the lead, blurred unless asked for otherwise."""
    jpeg = safeguarding.photo(here.road, digest, by=viewer.name)
    return photo_answer(here, viewer, digest, jpeg, view)


@router.post("/safeguarding/done")
def done(here: Here, form: LeadForm) -> Response:
    """A task was taken care of."""
    reference = form.need("reference")
    safeguarding.done(here.road, reference, by=form.viewer.name, note=form.get("note"))
    return see(link_to("/safeguarding/task", reference=reference))


@router.post("/safeguarding/reply")
def reply(here: Here, form: LeadForm) -> Response:
    """Let the hotline words go, or stop them."""
    reference, key = form.need("reference"), form.need("key")
    act = safeguarding.approve if form.get("to") == "approve" else safeguarding.cancel
    act(here.road, reference, key, by=form.viewer.name)
    return see(link_to("/safeguarding/task", reference=reference))


@router.post("/safeguarding/hand-over")
def hand_over(here: Here, form: ReviewForm) -> Response:
    """A reviewer saw that a post is for the lead; from then on nobody else sees it."""
    safeguarding.hand_over(here.road, form.need("key"), by=form.viewer.name)
    return see("/sightings")
