"""Finding a reply again on a Mastodon server, which is what keeps it from being sent twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from store.records.reply import Absent, Receipt, Reply, Unknown
from tests.contract.senders.contract import row
from tests.contract.senders.mastodon_bench import LISTING, MastodonBench

pytestmark = pytest.mark.servers


def test_the_reply_is_found_behind_many_newer_posts(bench: MastodonBench, reply: Reply) -> None:
    bench.lose_answer()
    assert isinstance(bench.sender.send(reply), Unknown)
    for n in range(45):
        bench.server.call("POST", "/api/v1/statuses", bench.server.bot_token, status=f"other words {n}")
    assert isinstance(bench.sender.find(reply), Receipt)


def test_the_listing_stops_at_posts_older_than_the_draft(bench: MastodonBench, reply: Reply) -> None:
    bench.sender.send(reply)
    bench.server.fault(*LISTING, type="latency", count=1)
    bench.server.fault(*LISTING, type="status", status=500, count=9)
    later = replace(row(bench, reply.to_native_id, "other"), drafted_at=bench.now + timedelta(days=1))
    assert isinstance(bench.sender.find(later), Absent)


def test_a_listing_that_breaks_off_is_no_proof_of_absence(bench: MastodonBench, reply: Reply) -> None:
    bench.sender.send(reply)
    bench.server.fault(*LISTING, type="latency", count=1)
    bench.server.fault(*LISTING, type="status", status=500, count=9)
    assert isinstance(bench.sender.find(row(bench, reply.to_native_id, "other")), Unknown)


def test_a_listing_that_goes_in_circles_is_no_proof_of_absence(bench: MastodonBench, reply: Reply) -> None:
    page = [{"id": "5", "content": "<p>other words</p>", "created_at": datetime.now(UTC).isoformat()}]
    bench.server.fault(*LISTING, type="status", status=200, body=page, count=9)
    assert isinstance(bench.sender.find(reply), Unknown)


def test_an_older_post_with_the_same_reference_elsewhere_is_not_the_reply(
    bench: MastodonBench, reply: Reply
) -> None:
    other, _ = bench.post()
    text = f"see {reply.reference} for the state of this"
    bench.server.call("POST", "/api/v1/statuses", bench.server.bot_token, status=text)
    text = f"about {reply.reference}"
    bench.server.call("POST", "/api/v1/statuses", bench.server.bot_token, status=text, in_reply_to_id=other)
    assert isinstance(bench.sender.find(reply), Absent)


def test_a_reply_is_found_though_the_answered_post_is_deleted(bench: MastodonBench, reply: Reply) -> None:
    bench.lose_answer()
    bench.sender.send(reply)
    bench.delete(reply.to_native_id)
    assert isinstance(bench.sender.find(reply), Receipt)


def test_a_reply_whose_words_the_server_changed_is_found_by_its_reference(
    bench: MastodonBench, reply: Reply
) -> None:
    text = f"@finder thanks. {reply.reference}"
    for below in ({"in_reply_to_id": reply.to_native_id}, {}):
        bench.server.clear_bot_statuses()
        bench.server.call("POST", "/api/v1/statuses", bench.server.bot_token, status=text, **below)
        assert isinstance(bench.sender.find(reply), Receipt)


def test_a_copy_of_our_words_by_somebody_else_is_not_our_reply(bench: MastodonBench, reply: Reply) -> None:
    bench.server.post(reply.text, in_reply_to_id=reply.to_native_id)
    assert isinstance(bench.sender.find(reply), Absent)


def test_a_reply_that_the_listing_hides_is_found_below_the_post(bench: MastodonBench, reply: Reply) -> None:
    assert isinstance(bench.sender.send(reply), Receipt)
    bench.server.fault(*LISTING, type="status", status=200, body=[])
    assert isinstance(bench.sender.find(reply), Receipt)


@pytest.mark.parametrize("page", ["words", {"error": "words"}, [None], ["words"], [[]], [{}], [{"id": 3}], 7])
def test_a_listing_of_an_odd_shape_is_no_proof_of_absence(
    bench: MastodonBench, reply: Reply, page: object
) -> None:
    bench.server.fault(*LISTING, type="status", status=200, body=page, count=99)
    assert isinstance(bench.sender.find(reply), Unknown)
