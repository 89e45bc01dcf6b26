"""What X offers beside reading: compliance jobs, and ending a dead connection that holds the slot."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import structlog

from collectors import registry
from collectors.base import ChecksInBatch, Collector
from collectors.context import Context
from store.errors import BadPayload, NeedsPerson, RateLimited, SourceError, Unreachable
from store.records.page import Page
from store.records.post import Post
from tests.contract.collectors.harness import CONTACT, QUERY
from tests.servers.x import XServer


class Seconds:
    """A clock for pauses that can be moved on."""

    now = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.now


@pytest.fixture
def server() -> Iterator[XServer]:
    with XServer(heartbeat_s=0.2) as running:
        yield running


def built(server: XServer, seconds: Seconds | None = None, **options: Any) -> Collector:
    secrets = {"HOMEWARD_X_BEARER": server.app_token}
    context = (
        Context(CONTACT, secrets, server.now, seconds) if seconds else Context(CONTACT, secrets, server.now)
    )
    given = {"base_url": server.base_url, "flush_s": 0.05, "spend_ceiling_usd": 1000.0, **options}
    return registry.build("x", "source", given, context)


@pytest.fixture
def collector(server: XServer) -> Iterator[Any]:
    made = built(server, compliance=True)
    assert isinstance(made, ChecksInBatch)
    yield made
    made.close()


# Compliance


def worked(collector: Any, ids: list[str]) -> Page:
    """All steps of one job."""
    cursor = ""
    for _ in range(6):
        page: Page = collector.check_batch(ids, cursor)
        if not page.more:
            return page
        cursor = page.cursor or ""
    raise AssertionError("the job does not end")


def test_a_job_names_what_is_gone_and_nothing_else(server: XServer, collector: Any) -> None:
    kept, gone, hidden = (server.add_post("a #found", author=name) for name in ("ana", "ben", "shy"))
    server.delete(gone)
    server.protect("shy")
    page = worked(collector, [kept, gone, hidden, "not an id", "123"])
    whys = {item.key: item.why for item in page.gone}
    assert whys == {
        f"x:{gone}": "deleted, says X",
        f"x:{hidden}": "protected, says X",
        "x:123": "deleted, says X",
    }
    assert page.posts == () and page.set_aside == () and page.cursor == ""
    assert server.cost_usd == 0


def test_a_source_is_not_set_up_for_jobs_unless_it_says_so(server: XServer) -> None:
    plain, set_up = built(server), built(server, compliance=True, compliance_every_h=6)
    assert plain.batch_every is None  # type: ignore[attr-defined]
    assert set_up.batch_every == timedelta(hours=6)  # type: ignore[attr-defined]
    assert [item.part for item in set_up.check([QUERY])] == ["search", "query", "compliance", "budget"]  # type: ignore[attr-defined]
    plain.close()
    set_up.close()


def test_nothing_is_asked_where_nothing_is_stored(server: XServer, collector: Any) -> None:
    assert collector.check_batch(["not an id"], "") == Page(cursor="")
    assert not server.jobs


def test_a_step_that_was_cut_is_taken_again(server: XServer, collector: Any) -> None:
    gone = server.add_post("a #found")
    server.delete(gone)
    cursor = collector.check_batch([gone], "").cursor
    for fault in ({"lose": True}, {"status": 503}):
        server.add_fault(path="^/compliance/", **fault)
        with pytest.raises((Unreachable, RateLimited)):
            collector.check_batch([gone], cursor)
    cursor = collector.check_batch([gone], cursor).cursor
    server.add_fault(path="/download", cut_at=10)
    with pytest.raises(Unreachable):
        collector.check_batch([gone], cursor)
    assert [item.key for item in collector.check_batch([gone], cursor).gone] == [f"x:{gone}"]


def test_a_plan_without_jobs_needs_a_person_who_is_told_how(server: XServer, collector: Any) -> None:
    body = {"type": "https://api.twitter.com/2/problems/client-forbidden", "title": "Client Forbidden"}
    server.add_fault(path="/2/compliance/jobs", status=403, body=json.dumps(body))
    with pytest.raises(NeedsPerson, match="set compliance: false"):
        collector.check_batch(["1"], "")


@pytest.mark.parametrize(
    "url",
    ["http://storage.googleapis.com/a", "https://storage.googleapis.com.evil.example/a", "", "https://[", 5],
)
def test_ids_go_to_no_host_but_x_own_storage(server: XServer, collector: Any, url: Any) -> None:
    body = {"data": {"id": "7", "upload_url": url, "download_url": url, "status": "created"}}
    server.add_fault(path="/2/compliance/jobs", status=200, body=json.dumps(body))
    with pytest.raises(BadPayload, match="for its files") as caught:
        collector.check_batch(["1"], "")
    assert "/a" not in str(caught.value)
    kept = {"id": "7", "upload": str(url), "download": str(url), "is_sent": False}
    with pytest.raises(BadPayload, match="for its files"):
        collector.check_batch(["1"], json.dumps(kept))
    with pytest.raises(BadPayload, match="cannot be read"):
        collector.check_batch(["1"], "{not a job")


def test_lines_that_cannot_be_read_are_set_aside_and_places_are_looked_up(
    server: XServer, collector: Any
) -> None:
    moved = server.add_post("a #found")
    lines = [
        b'{"id":"5","action":"delete","reason":"suspended"}',
        b'{"id":"6","action":"delete","reason":"something new"}',
        b'{"id":"7","action":"keep"}',
        b'{"id":',
        b'"text"',
        b"\xff\xfe",
        f'{{"id":"{moved}","action":"delete","reason":"scrub_geo","futureField":[1]}}'.encode(),
        b"",
    ]
    cursor = collector.check_batch([moved], "").cursor
    cursor = collector.check_batch([moved], cursor).cursor
    server.add_fault(path="/download", status=200, body=b"\n".join(lines))
    page = collector.check_batch([moved], cursor)
    assert {item.key: item.why for item in page.gone} == {
        "x:5": "its author is suspended, says X",
        "x:6": "not to be shown, says X",
    }
    assert len(page.set_aside) == 4 and all(item.where and item.reason for item in page.set_aside)
    (post,) = page.posts
    assert isinstance(post, Post) and post.native_id == moved


def test_a_job_that_failed_is_said_so(server: XServer, collector: Any) -> None:
    cursor = collector.check_batch(["1"], "").cursor
    cursor = collector.check_batch(["1"], cursor).cursor
    for status in ("failed", "expired", ""):
        body = json.dumps({"data": {"id": "1", "status": status}})
        server.add_fault(path="/2/compliance/jobs/", status=200, body=body)
        with pytest.raises(BadPayload, match="ended as"):
            collector.check_batch(["1"], cursor)


def test_a_signed_address_and_the_token_reach_no_log_and_no_storage(
    server: XServer, collector: Any, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("", "tweepy", "tweepy.client", "urllib3", "requests", "urllib3.connectionpool"):
        caplog.set_level(logging.DEBUG, logger=name or None)
    file = f"{server.base_url}/compliance/1/upload?X-Goog-Signature=canary"
    kept = json.dumps({"id": "1", "upload": file, "download": file, "is_sent": False})
    server.jobs["1"] = []
    collector.check_batch(["5"], kept)
    with pytest.raises(SourceError) as caught:
        server.add_fault(path="/compliance/1/upload", status=403, body="canary")
        collector.check_batch(["5"], kept)
    assert "canary" not in caplog.text + str(caught.value) and server.app_token not in caplog.text
    sent = [request for request in server.requests if request.path.startswith("/compliance/1/upload")]
    assert sent and all("authorization" not in request.headers for request in sent)
    assert all(request.headers["user-agent"].startswith("Homeward/") for request in sent)


# The slot


def refused(collector: Collector) -> RateLimited:
    with pytest.raises(RateLimited) as caught:
        list(collector.follow([QUERY], "", threading.Event()))
    assert type(caught.value) is RateLimited
    return caught.value


@pytest.fixture
def held(server: XServer) -> Iterator[XServer]:
    """A server on which the end of a connection was never noticed."""
    server.notice_disconnects = False
    first, stop = built(server, mode="stream"), threading.Event()
    for _ in first.follow([QUERY], "", stop):
        stop.set()
    first.close()
    assert server.connection_count == 1
    yield server


def read_one(collector: Collector) -> Page:
    stop, found = threading.Event(), Page()
    for page in collector.follow([QUERY], "", stop):
        found = page
        stop.set()
    return found


def test_a_dead_connection_is_waited_for_then_ended_and_said_so(held: XServer) -> None:
    seconds = Seconds()
    collector = built(held, seconds, mode="stream")
    with structlog.testing.capture_logs() as logs:
        assert "wait until X notices" in refused(collector).detail and held.connection_count == 1
        seconds.now += 61
        freed = refused(collector)
    assert freed.retry_after == timedelta(seconds=5) and "1 connections" in freed.detail
    assert [(log["event"], log["connections"]) for log in logs] == [("stream_slot_freed", 1)]
    assert read_one(collector).cursor
    collector.close()


def test_the_slot_is_freed_at_most_once_an_hour(held: XServer) -> None:
    seconds = Seconds()
    collector = built(held, seconds, mode="stream")
    refused(collector)
    seconds.now += 61
    assert refused(collector).retry_after == timedelta(seconds=5)
    read_one(collector)  # leaves a dead connection again
    for _ in range(10):
        seconds.now += 61
        assert refused(collector).retry_after > timedelta(seconds=5)
    seconds.now += 3600
    refused(collector)
    seconds.now += 61
    assert refused(collector).retry_after == timedelta(seconds=5)
    collector.close()


def test_an_operator_can_forbid_it_and_a_refusal_to_do_so_is_only_said(held: XServer) -> None:
    seconds = Seconds()
    forbidden, allowed = (built(held, seconds, mode="stream", free_slot=word) for word in (False, True))
    for collector in (forbidden, allowed):
        refused(collector)
    seconds.now += 61
    refused(forbidden)
    held.add_fault(path="/2/connections/all", status=503)
    with structlog.testing.capture_logs() as logs:
        assert "ended at X" not in refused(allowed).detail
    assert [log["event"] for log in logs] == ["stream_slot_not_freed"]
    assert held.connection_count == 1
    forbidden.close()
    allowed.close()
