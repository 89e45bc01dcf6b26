"""Which address of a picture is asked after which: another size, another host, later."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot.pipeline import look
from store.errors import PhotoRefused, PhotoUnavailable, RateLimited
from store.records.post import Media

BYTES = b"picture"
HOME, CDN, SMALL = "https://pds.example/blob", "https://cdn.example/full", "https://cdn.example/thumb"
GONE, AWAY = PhotoRefused("p", "gone (404)"), PhotoUnavailable("p", "no answer")
BUSY = RateLimited("p", "429", timedelta(seconds=9))


def fetched(answers: dict[str, Any]) -> tuple[list[str], Any]:
    asked: list[str] = []

    def fetch(url: str, referer: str) -> bytes:
        asked.append(url)
        if isinstance(answers[url], Exception):
            raise answers[url]
        return BYTES

    road: Any = SimpleNamespace(fetcher=SimpleNamespace(fetch=fetch))
    try:
        return asked, look._fetch(road, Media(HOME, fallbacks=(CDN, SMALL)))
    except (PhotoRefused, PhotoUnavailable, RateLimited) as error:
        return asked, error


@pytest.mark.parametrize(
    ("answers", "asked", "result"),
    [
        ({HOME: BYTES}, [HOME], BYTES),
        ({HOME: GONE, CDN: BYTES}, [HOME, CDN], BYTES),
        ({HOME: AWAY, CDN: BYTES}, [HOME, CDN], BYTES),
        ({HOME: BUSY, CDN: BYTES}, [HOME, CDN], BYTES),
        ({HOME: GONE, CDN: AWAY}, [HOME, CDN], AWAY),  # the small one is on the same host
        ({HOME: AWAY, CDN: GONE, SMALL: GONE}, [HOME, CDN, SMALL], AWAY),
        ({HOME: GONE, CDN: GONE, SMALL: BYTES}, [HOME, CDN, SMALL], BYTES),
        ({HOME: GONE, CDN: GONE, SMALL: GONE}, [HOME, CDN, SMALL], GONE),
    ],
)
def test_another_host_is_a_second_way_and_a_smaller_size_only_after_a_refusal(
    answers: dict[str, Any], asked: list[str], result: Any
) -> None:
    assert fetched(answers) == (asked, result)
