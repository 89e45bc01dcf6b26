"""The OpenAPI description of `/api/v1`: its answers, errors and ways to prove who one is. Describes alone."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from bot.console.answers import title_of
from bot.console.pages.api_models import Problem

URL = "/api/v1/openapi.json"
DESCRIPTION = (
    "What the console shows, for programs. Send a token made under “Your account → Tokens for programs” as "
    "`Authorization: Bearer …`. A token gives no more than its account may see, and only within its scopes. "
    "Lists come in pages: send `next` back as `cursor`. Errors are application/problem+json (RFC 9457)."
)
# 405 and 413 can meet any path; 429 and 500 too, the latter being a mistake of ours.
READS, WRITES = (400, 401, 403, 404, 405, 500, 503), (400, 401, 403, 404, 405, 409, 413, 500, 503)
_PROBLEM = {"$ref": "#/components/schemas/Problem"}


def describe(app: FastAPI) -> None:
    """Let the application answer `URL` with the description of its API."""
    made: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not made:
            made.update(_made(app))
        return made

    app.openapi = openapi  # type: ignore[method-assign]


def _made(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title="Homeward", version="1", description=DESCRIPTION, routes=app.routes)
    for path in found["paths"].values():
        for method, operation in path.items():
            answers = operation["responses"]
            answers.pop("422", None)  # Ours is a 400 with the words of what was wrong.
            for status in WRITES if method == "post" else READS:
                content = {"application/problem+json": {"schema": _PROBLEM}}
                answers[str(status)] = {"description": title_of(status, plain=True), "content": content}
            operation["security"] = [{"token": []}]
    parts = found.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema()
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return found
