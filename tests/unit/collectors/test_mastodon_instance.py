"""What a server says of itself, and at which address its streams may be read."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.mastodon_instance import Instance, as_http, read_instance, refused_feed, streams_at
from store.errors import NeedsPerson

BASE = "https://harbour.example"


@pytest.mark.parametrize("value", [None, [], "x", {}, {"configuration": 7}, {"urls": {"streaming_api": []}}])
def test_a_page_that_says_nothing_is_an_empty_instance(value: Any) -> None:
    found = read_instance(value)
    assert (found.version, found.streaming_url, found.websocket_only) == ("", "", "")
    assert refused_feed(found, local_only=False, has_token=False) is None
    assert streams_at("source", BASE, "", found) == BASE


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("wss://harbour.example", BASE),
        ("wss://harbour.example/", BASE),
        ("https://HARBOUR.example:443/api/v1/streaming", BASE),
        ("", BASE),
        ("not an address", BASE),
        ("wss://user@streams.example", BASE),
        ("ftp://streams.example", BASE),
    ],
)
def test_streams_of_the_same_server_are_read_there(said: str, address: str) -> None:
    assert streams_at("source", BASE, "", Instance(streaming_url=said)) == address


@pytest.mark.parametrize(
    "said",
    [
        "wss://streaming.harbour.example",
        "wss://harbour.example:8443",
        "ws://harbour.example",
        "wss://127.0.0.1",
        "wss://harbour.example.evil.example",
    ],
)
def test_another_host_port_or_scheme_is_for_the_operator_to_allow(said: str) -> None:
    with pytest.raises(NeedsPerson, match="set streaming_url"):
        streams_at("source", BASE, "", Instance(streaming_url=said))
    assert streams_at("source", BASE, "https://mine.example", Instance(streaming_url=said)) == (
        "https://mine.example"
    )


def test_addresses_of_websockets_become_those_of_http_without_a_path() -> None:
    assert as_http("wss://a.example:4000/x?y#z") == "https://a.example:4000"
    assert as_http("ws://[::1]:3000") == "http://[::1]:3000"
    assert as_http("wss://a.example:99999") == as_http("wss://") == as_http("http://[bad") == ""


@pytest.mark.parametrize(
    ("access", "local_only", "has_token", "refused"),
    [
        ({"local": "public", "remote": "authenticated"}, False, False, ("remote", "authenticated")),
        ({"local": "public", "remote": "authenticated"}, True, False, None),
        ({"local": "public", "remote": "authenticated"}, False, True, None),
        ({"local": "disabled", "remote": "public"}, False, True, ("local", "disabled")),
    ],
)
def test_a_feed_that_is_not_for_this_reader_is_named(
    access: dict[str, str], local_only: bool, has_token: bool, refused: tuple[str, str] | None
) -> None:
    page = {"configuration": {"timelines_access": {"hashtag_feeds": access}}}
    assert refused_feed(read_instance(page), local_only=local_only, has_token=has_token) == refused
