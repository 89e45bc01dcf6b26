"""What an authority sees: the page behind a one-time link, and the encrypted file for who has the code too.

No account and no session; counted by address. A link that is over, used or made up answers in the same words.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from bot.console.auth import fields_of
from bot.console.here import Console, Here
from bot.console.limiter import address_key
from bot.services import delivery
from store.errors import Missing

router = APIRouter(include_in_schema=False)
NO_STORE = {"Cache-Control": "no-store"}
MOST_CODE = 60


def _wait_s(request: Request, here: Console) -> float:
    address = request.client.host if request.client else ""
    return here.tries.wait((f"case-file:{address_key(address)}",), here.road.clock())


def _page(request: Request, here: Console, state: str, status: int = 200) -> Response:
    return here.pages.page(request, "delivery.html", status=status, headers=NO_STORE, state=state)


def _slow(request: Request, here: Console, wait_s: float) -> Response:
    page = _page(request, here, "slow", 429)
    page.headers["Retry-After"] = str(int(wait_s) + 1)
    return page


@router.get("/case-file/{token}")
def form(request: Request, here: Here, token: str) -> Response:
    """The form for the code. Opening it uses nothing up."""
    try:
        delivery.standing(here.road, token)
    except Missing:
        wait_s = _wait_s(request, here)
        return _slow(request, here, wait_s) if wait_s else _page(request, here, "over", 410)
    return _page(request, here, "form")


@router.post("/case-file/{token}")
async def fetch(request: Request, here: Here, token: str) -> Response:
    """The encrypted file, once, for who has the code."""
    wait_s = _wait_s(request, here)
    if wait_s:
        return _slow(request, here, wait_s)
    code = (await fields_of(request)).get("code", "")[:MOST_CODE]
    return await run_in_threadpool(_fetch, request, here, token, code)


def _fetch(request: Request, here: Console, token: str, code: str) -> Response:
    try:
        found = delivery.fetch(here.road, token, code)
    except Missing:
        return _page(request, here, "over", 410)
    if found is None:
        return _page(request, here, "wrong", 403)
    headers = {
        **NO_STORE,
        "Content-Disposition": f'attachment; filename="{found.name}"',
        "Repr-Digest": f"sha-256=:{found.base64}:",
    }
    return Response(found.data, media_type="application/octet-stream", headers=headers)
