"""What machines ask: is the process alive, can it take posts, its numbers.

Open without login, so nothing that a post, a case or a person says is told here.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.console.here import Here
from bot.observe import CONTENT_TYPE
from bot.services import overview
from store.errors import HomewardError, Missing

router = APIRouter(include_in_schema=False)
_TOLD = ("source", "platform", "state", "behind_s", "last_ok_at", "last_post_at", "failures")


@router.get("/healthz")
def healthz() -> Response:
    """ "ok" as long as the process lives."""
    return PlainTextResponse("ok")


@router.get("/readyz")
def readyz(here: Here) -> Response:
    """Whether every source answers, and how far behind each is. 503 when not."""
    try:
        state = overview.overview(here.road)
    except (HomewardError, SQLAlchemyError):
        return JSONResponse({"ready": False, "why": "the database does not answer", "sources": []}, 503)
    told = state.as_json()
    sources: list[dict[str, Any]] = [{name: source[name] for name in _TOLD} for source in told["sources"]]
    content = {"ready": told["ready"], "at": told["at"], "sources": sources, "jobs": told["jobs"]}
    return JSONResponse(content, 200 if state.is_ready else 503)


@router.get("/metrics")
def metrics(here: Here) -> Response:
    """The numbers, for Prometheus."""
    if here.settings.metrics is None:
        raise Missing("metrics", "are not served by this console")
    return Response(here.settings.metrics(), headers={"Content-Type": CONTENT_TYPE})
