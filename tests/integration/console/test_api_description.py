"""The API does what its description says: odd and hostile requests made from the description itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from bot.services import tokens
from bot.services.tokens import Scope
from tests.integration.console.world import World

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
pytestmark = pytest.mark.servers
EXAMPLES = 25
MODES = ("POSITIVE", "NEGATIVE")


def test_no_answer_is_a_mistake_of_ours_or_is_not_described(world: World) -> None:
    token, _ = tokens.make(world.road, "ada", "tests", tuple(Scope), days=30)
    headers = {"Authorization": f"Bearer {token}"}
    # The name by which schemathesis reaches an application without a socket.
    app = world.app(allowed_hosts=("testserver",))
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, headers=headers)
    asked: dict[int, int] = {}
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in MODES:
            wanted = schemathesis.GenerationMode[mode]
            if wanted.is_negative and not (operation.query or operation.body):
                continue
            _ask(operation.as_strategy(generation_mode=wanted), headers, asked)
    assert asked[200] > EXAMPLES and asked[400] > EXAMPLES and asked.get(404), asked
    assert not set(asked) & set(range(500, 600))


def _ask(cases: Any, headers: dict[str, str], asked: dict[int, int]) -> None:
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=cases)
    def ask(case: Any) -> None:
        # All checks but those that ask how strict a server is about what it does not need to read.
        answer = case.call(headers=headers)
        case.validate_response(answer, excluded_checks=_too_strict())
        asked[answer.status_code] = asked.get(answer.status_code, 0) + 1

    ask()


def _too_strict() -> list[Any]:
    names = ("positive_data_acceptance", "negative_data_rejection", "ignored_auth")
    schemathesis.checks.load_all_checks()
    return [schemathesis.checks.CHECKS.get_one(name) for name in names]
