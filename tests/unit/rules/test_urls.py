"""What counts as a link in plain text."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules.urls import find_urls


def found(text: str, *, bare: bool = True) -> list[str]:
    return [text[start:end] for start, end in find_urls(text, bare=bare)]


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("nothing to see", []),
        ("look: https://heimweg.example.org/a?b=c#d, there", ["https://heimweg.example.org/a?b=c#d"]),
        ("HTTPS://Heimweg.ORG", ["HTTPS://Heimweg.ORG"]),
        ("heimweg.org and weg.heim", ["heimweg.org"]),
        ("在heimweg.org看到", ["heimweg.org"]),
        ("寻人启事。heimweg.cn/孩子", ["heimweg.cn/"]),
        ("https://寻人.中国/a", ["https://寻人.中国/a"]),
        ("lin@heimweg.org", []),
        ("@lin@heimweg.org", []),
        ("#heimweg.org $heimweg.org", []),
        ("a.b.heimweg.co.uk/x_(y)!", ["a.b.heimweg.co.uk/x_(y)"]),
        ("heimweg.orgs heimweg.org- 3.5", []),
        ("https://heimweg", []),
        ("https://under_score.org", []),
        ("https://sub_domain.score.org", ["https://sub_domain.score.org"]),
        ("https://heimweg.org:8443/x", ["https://heimweg.org:8443/x"]),
        ("https://heimweg.org/x...", ["https://heimweg.org/x"]),
        ("1-800-843-5678 or 116 000", []),
        ("xn--fiqs8s.cn", ["xn--fiqs8s.cn"]),
        ("a" * 64 + ".org", []),
        ("https://heimweg.org https://weg.org", ["https://heimweg.org", "https://weg.org"]),
    ],
)
def test_links_are_found(text: str, links: list[str]) -> None:
    assert found(text) == links


def test_without_bare_domains_only_a_scheme_makes_a_link() -> None:
    assert found("heimweg.org https://weg.org", bare=False) == ["https://weg.org"]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ahttps:/.?#@-_(é孩🙂 com\u202a", max_size=60))
def test_spans_are_ordered_apart_and_within_the_text(text: str) -> None:
    spans = find_urls(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(one[1] <= two[0] for one, two in itertools.pairwise(spans))
