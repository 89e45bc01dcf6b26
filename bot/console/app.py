"""The console as one ASGI application: layers, pages, error answers. Builds no service, decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.console.answers import Answers, status_of
from bot.console.describing import URL, describe
from bot.console.door import Door
from bot.console.guard import Guard
from bot.console.here import Console, ConsoleSettings
from bot.console.pages import (
    api,
    campaign,
    campaign_end,
    casefiles,
    confirming,
    coverage,
    deciding,
    deciding_numbers,
    delivery,
    entrance,
    erasures,
    exact,
    exchange,
    families,
    finding,
    front,
    hashtags,
    hashtags_drafts,
    holds,
    incidents,
    leads,
    outgoing,
    outgoing_rules,
    outgoing_talk,
    own,
    people,
    probes,
    public,
    quarantine,
    referrals,
    registry,
    registry_edit,
    registry_files,
    registry_pairs,
    registry_work,
    safeguarding,
    seeing,
    seen,
)
from bot.console.rendering import STATIC, Renderer
from bot.console.tongue import Speaking
from bot.pipeline.road import Road
from bot.services import brake
from store.errors import HomewardError

__all__ = ["ConsoleSettings", "build_app"]

PARTS = (
    entrance,
    own,
    people,
    front,
    confirming,
    deciding,
    deciding_numbers,
    seeing,
    seen,
    exact,
    registry,
    registry_edit,
    registry_files,
    registry_pairs,
    registry_work,
    families,
    casefiles,
    delivery,
    outgoing,
    outgoing_rules,
    outgoing_talk,
    coverage,
    hashtags,
    hashtags_drafts,
    campaign,
    campaign_end,
    public,
    quarantine,
    leads,
    referrals,
    finding,
    exchange,
    holds,
    erasures,
    incidents,
    safeguarding,
    probes,
    api,
)
"""Every module of pages, in the order in which their paths are tried."""


def build_app(road: Road, settings: ConsoleSettings) -> FastAPI:
    """The console over these services, ready for an ASGI server. Binds no port."""

    def around() -> Mapping[str, Any]:
        return {
            "campaign": settings.name,
            "sample": settings.sample,
            "can_leave": settings.leave_sample is not None,
            "stopped": [each.words for each in brake.state(road)],
        }

    pages = Renderer(around)
    console, answers = Console(road, settings, pages), Answers(pages)
    app = FastAPI(title="Homeward", docs_url=None, redoc_url=None, openapi_url=URL)
    app.state.console = console
    for part in PARTS:
        app.include_router(part.router)
    app.mount("/static", _Static(directory=STATIC), name="static")
    _answer_errors(app, answers)
    describe(app)
    # The one added last is the outermost.
    app.add_middleware(Door, console=console, answers=answers)
    app.add_middleware(Speaking, secure=settings.secure_cookies)
    app.add_middleware(
        Guard, answers=answers, allowed_hosts=settings.allowed_hosts, secure=settings.secure_cookies
    )
    return app


class _Static(StaticFiles):
    """Our own style and script: kept by browsers, but asked about each time."""

    def file_response(self, *args: Any, **named: Any) -> Response:
        """A file with its cache rule."""
        answer = super().file_response(*args, **named)
        answer.headers["Cache-Control"] = "no-cache"
        return answer


def _answer_errors(app: FastAPI, answers: Answers) -> None:
    """Errors of the house become readable pages; others fall through to the guard."""

    async def of_the_house(request: Request, error: Exception) -> Response:
        assert isinstance(error, HomewardError)
        return answers.plain(request.scope, status_of(error), str(error))

    async def of_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        words = "There is no such page." if error.status_code == 404 else f"{error.detail}."
        return answers.plain(request.scope, error.status_code, words, **(error.headers or {}))

    async def of_input(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        wrong = "; ".join(f"{each['loc'][-1]}: {each['msg']}" for each in error.errors())
        return answers.plain(request.scope, 400, f"The address or form is not complete. {wrong}.")

    app.add_exception_handler(HomewardError, of_the_house)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(RequestValidationError, of_input)
