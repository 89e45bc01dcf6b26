"""Welfare referrals: the list, the form for a post, one referral with its words. Decides nothing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bot.console import lead_words
from bot.console.answers import one_of, see
from bot.console.auth import Form, Right, Viewer, form_for, needs
from bot.console.here import Here
from bot.console.pages.leads import NO_STORE, day_of
from bot.console.rendering import link_to
from bot.services import referrals
from store.records.referral import Danger, Details, ReferralState

router = APIRouter(include_in_schema=False)
Reader = Annotated[Viewer, Depends(needs(Right.REFERRALS))]
Preparer = Annotated[Viewer, Depends(needs(Right.REFER))]
PrepareForm = Annotated[Form, Depends(form_for(Right.REFER))]
StepForm = Annotated[Form, Depends(form_for(Right.REFERRALS))]


@router.get("/referrals")
def listing(request: Request, here: Here, viewer: Reader) -> Response:
    """All referrals, by reference."""
    found = referrals.listing(here.road, by=viewer.name)
    return here.pages.page(request, "referrals.html", found=found, names=lead_words)


@router.get("/referral/new")
def blank(request: Request, here: Here, viewer: Preparer, post: str) -> Response:
    """The form for a post."""
    draft = referrals.draft(here.road, post, by=viewer.name)
    return here.pages.page(request, "referral_new.html", draft=draft, names=lead_words)


@router.post("/referral/new")
def prepare(here: Here, form: PrepareForm) -> Response:
    """Keep a referral; nothing leaves before somebody else releases it."""
    signs = frozenset(sign for sign in Danger if form.get(f"sign_{sign.value}") == "1")
    details = Details(
        form.get("seen"), form.get("where"), day_of("day", form.get("day")), form.get("looks"),
        form.get("needs"),
    )  # fmt: skip
    by = form.viewer.name
    view = referrals.prepare(here.road, form.need("post"), form.get("body"), signs, details, by=by)
    return see(link_to("/referral", id=view.referral.id))


@router.get("/referral")
def detail(request: Request, here: Here, viewer: Reader, id: str) -> Response:
    """One referral with the words that go to the body."""
    view = referrals.show(here.road, id, by=viewer.name)
    return here.pages.page(request, "referral.html", view=view, names=lead_words, headers=NO_STORE)


@router.post("/referral/step")
def step(here: Here, form: StepForm) -> Response:
    """Release, hand over, answer or withdraw."""
    to = one_of(ReferralState, "to", form.need("to"))
    view = referrals.step(here.road, form.need("id"), to, by=form.viewer.name, why=form.get("why"))
    return see(link_to("/referral", id=view.referral.id))
