"""The desk of people who want to be forgotten or to see what is held: list, one wish, its steps, the copy.

Nothing is decided here: bot/services/erasure.py and person_export.py do.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console.answers import one_of, see
from bot.console.auth import CopyForm, DeskForm, DeskViewer, Right, Viewer
from bot.console.here import Console, Here
from bot.console.rendering import link_to
from bot.pipeline.forgetting_people import Report
from bot.services import erasure, person_export
from store.records.post import Platform
from store.records.replying import AskedBy, Asker, Wants

router = APIRouter(include_in_schema=False)
PAGE = "/requests"


@router.get(PAGE)
def listing(request: Request, here: Here, viewer: DeskViewer) -> Response:
    """All wishes, what is due first on top, and a form for one that came by another way."""
    return here.pages.page(
        request, "requests.html", found=erasure.listing(here.road), now=here.road.clock(),
        platforms=list(here.road.rules.accounts) or list(Platform), due=here.road.plan.erasure_due.days,
    )  # fmt: skip


@router.get(f"{PAGE}/wish")
def one(request: Request, here: Here, viewer: DeskViewer, reference: str) -> Response:
    """One wish, what it is about, and the steps that may be taken."""
    return _page(request, here, viewer, erasure.show(here.road, reference), None)


def _page(
    request: Request, here: Console, viewer: Viewer, view: erasure.Wish, report: Report | None
) -> Response:
    return here.pages.page(
        request, "request.html", view=view, report=report, me=viewer.name,
        platforms=list(here.road.rules.accounts) or list(Platform), may_copy=viewer.may(Right.PERSON_COPY),
    )  # fmt: skip


@router.post(f"{PAGE}/ask")
def ask(here: Here, form: DeskForm) -> Response:
    """A wish that came by mail or over the counter."""
    kind = one_of(Asker, "kind", form.need("kind"))
    platform = one_of(Platform, "platform", form.need("platform")) if kind is Asker.AUTHOR else None
    view = erasure.ask(
        here.road, by=form.viewer.name, kind=kind, way=one_of(AskedBy, "way", form.need("way")),
        wants=one_of(Wants, "wants", form.need("wants")), platform=platform, handle=form.get("handle"),
        keys=form.get("posts").split(), contact=form.get("contact"), words=form.get("words"),
    )  # fmt: skip
    return see(_to(view.erasure.reference))


@router.post(f"{PAGE}/identify")
def identify(here: Here, form: DeskForm) -> Response:
    """The account of a mailed wish."""
    platform = one_of(Platform, "platform", form.need("platform"))
    reference, handle = form.need("reference"), form.need("handle")
    erasure.identify(here.road, reference, by=form.viewer.name, platform=platform, handle=handle)
    return see(_to(reference))


@router.post(f"{PAGE}/attest")
def attest(here: Here, form: DeskForm) -> Response:
    """A document that somebody saw."""
    erasure.attest(here.road, form.need("reference"), by=form.viewer.name, what=form.get("what"))
    return see(_to(form.need("reference")))


@router.post(f"{PAGE}/let-go")
def let_go(here: Here, form: DeskForm) -> Response:
    """Posts beside a case may go without a hold."""
    erasure.let_go(here.road, form.need("reference"), by=form.viewer.name)
    return see(_to(form.need("reference")))


@router.post(f"{PAGE}/erase")
def erase(request: Request, here: Here, form: DeskForm) -> Response:
    """Carry it out, and show what went."""
    view, report = erasure.erase(here.road, form.need("reference"), by=form.viewer.name)
    return _page(request, here, form.viewer, view, report)


@router.post(f"{PAGE}/refuse")
def refuse(here: Here, form: DeskForm) -> Response:
    """Not carried out, with a reason."""
    erasure.refuse(here.road, form.need("reference"), by=form.viewer.name, why=form.get("why"))
    return see(_to(form.need("reference")))


@router.post(f"{PAGE}/told")
def told(here: Here, form: DeskForm) -> Response:
    """The person was told."""
    erasure.told(here.road, form.need("reference"), by=form.viewer.name, how=form.get("how"))
    return see(_to(form.need("reference")))


@router.post("/requests-copy")
def copy(here: Here, form: CopyForm) -> Response:
    """The packed copy for the person."""
    made, held = person_export.of_wish(here.road, form.need("reference"), by=form.viewer.name)
    name = f'attachment; filename="copy-{held.reference}.zip"'
    return Response(made.data, media_type="application/zip", headers={"Content-Disposition": name})


def _to(reference: str) -> str:
    return link_to(f"{PAGE}/wish", reference=reference)
