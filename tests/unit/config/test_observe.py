"""Logs show no secret and nothing people wrote; metrics and health say what there is."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.masking import MASK
from bot.observe import Metrics, health, set_up_logs
from store.records.campaign import SourceHealth, SourceState

CANARY = "c4n4ry-hunter2-c4n4ry"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the logs go; the set-up from before is put back."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_log_line_is_one_json_object_with_time_and_level(stream: io.StringIO) -> None:
    set_up_logs(as_json=True, stream=stream)
    structlog.get_logger("here").warning("source.failed", source="one", failures=3)
    (line,) = lines(stream)
    assert (line["event"], line["level"], line["source"], line["failures"]) == (
        "source.failed",
        "warning",
        "one",
        3,
    )
    assert str(line["timestamp"]).endswith("Z")


def test_a_logger_made_before_the_set_up_follows_it(stream: io.StringIO) -> None:
    early = structlog.get_logger("early")
    set_up_logs(as_json=True, stream=stream)
    early.info("late")
    assert [line["event"] for line in lines(stream)] == ["late"]


@pytest.mark.parametrize(
    "fields",
    [
        {"token": CANARY},
        {"headers": {"Authorization": f"Bearer {CANARY}"}},
        {"url": f"https://me:{CANARY}@host.example/"},
        {"answers": [{"deep": {"access_token": CANARY}}]},
        {"note": f"the value {CANARY} was refused"},
        {"text": f"what a person wrote {CANARY}"},
        {"nested": {"email": CANARY}},
    ],
)
def test_secrets_and_what_people_wrote_stay_out_of_the_log(
    stream: io.StringIO, fields: dict[str, object]
) -> None:
    set_up_logs(as_json=True, stream=stream, secrets=[CANARY])
    structlog.get_logger().error("failed", **fields)
    assert CANARY not in stream.getvalue()
    assert len(lines(stream)) == 1


def test_tracebacks_and_lines_of_libraries_are_masked_too(stream: io.StringIO) -> None:
    set_up_logs(as_json=True, stream=stream, secrets=[CANARY])
    try:
        raise ValueError(CANARY)
    except ValueError:
        structlog.get_logger().exception("boom")
    logging.getLogger("some.library").warning("sent %s", CANARY)
    assert CANARY not in stream.getvalue()
    assert "ValueError" in str(lines(stream)[0]["exception"])
    assert lines(stream)[1]["event"] == f"sent {MASK}"


def test_a_token_that_was_renewed_can_be_added_later(stream: io.StringIO) -> None:
    redact = set_up_logs(as_json=True, stream=stream)
    redact.add("renewed-value")
    structlog.get_logger().info("x", note="renewed-value")
    assert "renewed-value" not in stream.getvalue()


def test_a_quiet_level_leaves_out_information_and_chatty_libraries(stream: io.StringIO) -> None:
    set_up_logs(as_json=True, stream=stream)
    logging.getLogger("httpx").info("HTTP Request: GET https://host/?x")
    structlog.get_logger().debug("detail")
    set_up_logs(level="warning", as_json=True, stream=stream)
    structlog.get_logger().info("fine")
    assert stream.getvalue() == ""


def test_a_person_at_a_terminal_gets_lines_instead_of_json(stream: io.StringIO) -> None:
    set_up_logs(as_json=False, stream=stream)
    structlog.get_logger().info("started", port=8780)
    assert "started" in stream.getvalue()
    assert "port=8780" in stream.getvalue()


def test_metrics_live_in_a_registry_of_their_own() -> None:
    one, two = Metrics(), Metrics()
    one.posts_stored.labels("mastodon", "home").inc(3)
    one.queue_age_s.set(1.5)
    text = one.render().decode()
    assert 'homeward_posts_stored_total{platform="mastodon",source="home"} 3.0' in text
    assert "homeward_queue_age_seconds 1.5" in text
    assert "mastodon" not in two.render().decode()
    assert "python_info" not in text


def test_a_failing_source_is_shown_but_does_not_make_homeward_unready() -> None:
    sources = [
        SourceHealth("one", "mastodon", SourceState.OK, "", behind_s=12.4),
        SourceHealth("two", "bluesky", SourceState.NEEDS_PERSON, "token refused"),
        SourceHealth("three", "bluesky", SourceState.OK, "", behind_s=5000),
    ]
    state = health(store_words="", queue_age_s=None, sources=sources)
    assert state.ready
    words = {check.name: (check.ok, check.words) for check in state.checks}
    assert words["source one"] == (True, "ok, 12 s behind")
    assert words["source two"] == (False, "needs person: token refused")
    assert words["source three"][0] is False
    assert json.loads(json.dumps(state.as_dict()))["ready"] is True


@pytest.mark.parametrize(("store", "age_s"), [("is locked", None), ("", 1000.0)])
def test_no_database_or_an_old_queue_makes_homeward_unready(store: str, age_s: float | None) -> None:
    state = health(store_words=store, queue_age_s=age_s, sources=[])
    assert not state.ready
    assert [check.ok for check in state.checks].count(False) == 1
