"""Error bodies of the stand-in for X. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.servers.stand_in import Refused, json_answer

PROBLEMS = "https://api.x.com/2/problems/"
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."


def problem(
    status: int, kind: str, title: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> Refused:
    """A refusal; `kind` is the last part of its type, or about:blank."""
    address = kind if kind == "about:blank" else PROBLEMS + kind
    body = {"title": title, "detail": detail, "type": address, "status": status, **more}
    return Refused(json_answer(body, status, headers))


def bad(parameter: str, value: object, message: str) -> Refused:
    """400 for one parameter."""
    error = {"parameters": {parameter: [str(value)]}, "message": message}
    body = {
        "errors": [error],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": PROBLEMS + "invalid-request",
    }
    return Refused(json_answer(body, 400))


def forbidden(detail: str) -> Refused:
    return problem(403, "about:blank", "Forbidden", detail)


def unauthorized() -> Refused:
    return problem(401, "about:blank", "Unauthorized", "Unauthorized")


def wrong_context(used: str, needed: str) -> Refused:
    """403 for a token of the wrong kind."""
    detail = f"Authenticating with {used} is forbidden for this endpoint. Supported: [{needed}]."
    return problem(403, "unsupported-authentication", "Unsupported Authentication", detail)


def missing(post_id: str, parameter: str) -> dict[str, Any]:
    """One entry of errors[] for a post that is not there."""
    return {
        "value": post_id,
        "detail": f"Could not find tweet with {parameter}: [{post_id}].",
        "title": "Not Found Error",
        "resource_type": "tweet",
        "parameter": parameter,
        "resource_id": post_id,
        "type": PROBLEMS + "resource-not-found",
    }


def hidden(post_id: str, parameter: str) -> dict[str, Any]:
    """One entry of errors[] for a post of a protected account."""
    return {
        "value": post_id,
        "detail": f"Sorry, you are not authorized to see the Tweet with {parameter}: [{post_id}].",
        "title": "Authorization Error",
        "resource_type": "tweet",
        "parameter": parameter,
        "resource_id": post_id,
        "section": "data",
        "type": PROBLEMS + "not-authorized-for-resource",
    }
