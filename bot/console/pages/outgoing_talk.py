"""What people wrote to us, answers to it, and what the team writes with its own hand.

Composes nothing: bot/services/conversations.py decides what may be said.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console.answers import one_of, see
from bot.console.auth import OutboxViewer, SendForm
from bot.console.here import Here
from bot.console.preview import preview
from bot.console.rendering import link_to
from bot.services import conversations
from store.records.reply import Purpose

router = APIRouter(include_in_schema=False)


@router.get("/outbox/talks")
def talks(request: Request, here: Here, viewer: OutboxViewer) -> Response:
    """Messages to us, open ones first."""
    views = conversations.listing(here.road)
    return here.pages.page(request, "talks.html", views=views)


@router.get("/outbox/talk")
def talk(request: Request, here: Here, viewer: OutboxViewer, key: str) -> Response:
    """One message, with the ways of answering it."""
    view = conversations.show(here.road, key)
    return here.pages.page(
        request, "talk.html", view=view, phrases=conversations.phrases(here.road, view),
        rows=[preview(here.road, row) for row in view.replies],
    )  # fmt: skip


@router.post("/outbox/talk/answer")
def answer(here: Here, form: SendForm) -> Response:
    """A fixed phrase; whoever chose it has approved it."""
    phrase = one_of(Purpose, "phrase", form.need("phrase"))
    conversations.answer(here.road, form.need("key"), phrase, by=form.viewer.name)
    return see(link_to("/outbox/talk", key=form.need("key")))


@router.post("/outbox/talk/write")
def write(here: Here, form: SendForm) -> Response:
    """Words of a person's own; a second one lets them go."""
    conversations.write(here.road, form.need("key"), form.need("words"), by=form.viewer.name)
    return see(link_to("/outbox/talk", key=form.need("key")))


@router.post("/outbox/talk/close")
def close(here: Here, form: SendForm) -> Response:
    """Nothing more is to be said."""
    conversations.close(here.road, form.need("key"), by=form.viewer.name)
    return see("/outbox/talks")


@router.get("/outbox/tasks")
def tasks(request: Request, here: Here, viewer: OutboxViewer) -> Response:
    """What the team writes with its own hand."""
    return here.pages.page(request, "hand_tasks.html", tasks=conversations.tasks(here.road))


@router.post("/outbox/tasks/done")
def done(here: Here, form: SendForm) -> Response:
    """What came of a task."""
    conversations.done(here.road, form.need("key"), by=form.viewer.name, outcome=form.get("outcome"))
    return see("/outbox/tasks")
