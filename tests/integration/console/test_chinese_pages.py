"""In Chinese no page says anything in English: a machine reads all of them and names what it finds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.browser.furnished import EVERYTHING, furnish
from tests.browser.furnished_field import empty_world, furnish_field
from tests.browser.pages import OF_THEIR_LINK, Page, empty_pages, pages_of
from tests.integration.console.conftest import Browser
from tests.integration.console.world import World, make_world

pytestmark = pytest.mark.servers
# Elements whose words are code, an address, a time's name of a zone, or what somebody wrote.
SKIPPED = {"code", "kbd", "pre", "script", "style", "bdi", "time", "svg"}
NO_END = {"br", "hr", "img", "input", "link", "meta", "path", "rect", "circle", "line", "source", "wbr"}
SPOKEN = ("alt", "aria-label", "title", "placeholder")
LATIN = re.compile(r"[A-Za-z][A-Za-z'’]*(?:[ ,;:.-]+[A-Za-z][A-Za-z'’]*)*")
NAMES = re.compile(
    r"config\.yaml 里的 [\w.]+|run_bot\.py[\w ./-]*|\w+：此项必填|“(?:delete|erase)”|“[^”]*”|"
    r"Bring <them> home|Child <b>Seven</b>|Homeward(?:Tag)?|Mastodon|Bluesky|Weibo|English|Chengdu|Jinjiang|"
    r"Child Office|No\. 17|PSB Chengdu|A 17|Example police|CyberTipline|INHOPE|NCMEC|testclient|"
    r"PFIF|JSON|CSV|PDF|JPEG|PNG|SHA-256|FPIR|DNA|API|UTC|TOTP|UTF-8|YYYY(?:-MM(?:-DD)?)?|ISO|[GMk]B|km|"
    # Languages, accounts, hashtags, placeholders, settings, addresses, ids, commands and files.
    r"\b(?:zh-Han[st]|zh|en|dry-run)\b|#\w+|\{\w+\}|@?[\w.-]+@[\w.-]+|(?<![\w])\.[a-z]+\b|--[\w-]+|"
    r"(?<![A-Za-z])(?:ada|alma|rob|rita|vera|sam|lena|root|tests?|Tests|homeward|id\d|Home|Find|one|two)(?![A-Za-z])|"
    r"[\w.-]*\w[._/:][\w./:%?=&-]+|/[a-z]+\b|\b(?=\w*\d)[A-Z0-9]{3,}\b|\b[A-Z]{6,}\b|\b[0-9a-f]{8,}\b|Asia/Shanghai"
)
WRITTEN = (
    "scar on the left hand", "police file 17", "police", "same scar", "a child <i>at</i> a fountain",
    "Example", "letter of 3 May", "fountain", "looked at", "says so", "both are in use", "as agreed",
    "no such post",
    "the window passed", "outage", "timed out", "asked too often: waits for 40 s", "A child at the station",
    "near the", "the faces look alike", "eight years lie between", "mastodon",
)  # fmt: skip
"""What people wrote into the made-up installation, or what its making gave the machine to say."""


class Words(HTMLParser):
    """The words of a page that its reader is told, without code and without what somebody wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        marked = tag != "html" and given.get("lang") not in (None, "zh-Hans")
        skipped = tag in SKIPPED or marked or "dir" in given or "key" in (given.get("class") or "").split()
        if not skipped and not self._is_skipping():
            self.found += [str(given[name]) for name in SPOKEN if given.get(name)]
        if tag not in NO_END:
            self.open.append((tag, skipped))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._is_skipping():
            self.found.append(" ".join(data.split()))

    def _is_skipping(self) -> bool:
        return any(skipped for _, skipped in self.open)


def english_of(html: str) -> list[str]:
    """Each run of words in the page that is none of the names that stay as they are."""
    reader = Words()
    reader.feed(html)
    left = []
    for text in reader.found:
        bare = text
        for words in WRITTEN:
            bare = re.sub(rf"(?<![A-Za-z]){re.escape(words)}(?![A-Za-z])", "·", bare)
        left += [run[0] for run in LATIN.finditer(NAMES.sub("·", bare)) if len(run[0]) > 2]
    return left


def _walk(world: World, pages: list[Page], *, sample: bool = True) -> Iterator[tuple[Page, str]]:
    browsers: dict[str, Browser] = {}
    app = world.app(sample=sample)
    for page in pages:
        if page.language == OF_THEIR_LINK or page.deed is not None:
            continue
        if page.who not in browsers:
            browsers[page.who] = browser = Browser(app)
            browser.http.headers["accept-language"] = "zh-CN"
            if page.who:
                browser.post(f"/enter/{world.token_of(page.who)}")
        answer = browsers[page.who].get(page.path)
        assert answer.status_code == page.status, (page.path, answer.status_code)
        assert '<html lang="zh-Hans"' in answer.text, page.path
        yield page, answer.text


def _lines(found: dict[str, list[str]]) -> list[str]:
    """Each English run once, with a page on which it stands."""
    where = {run: path for path, left in reversed(found.items()) for run in left}
    return sorted(f"{path}: {run}" for run, path in where.items())


def test_a_furnished_installation_says_nothing_in_english_to_a_chinese_reader(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    furnish(world)
    made = {name: path for name, path in furnish_field(world, EVERYTHING).items() if name != "report"}
    found = {page.path: english_of(html) for page, html in _walk(world, pages_of(world, made))}
    assert len(found) > 60
    assert _lines(found) == []


def test_an_empty_installation_says_nothing_in_english_to_a_chinese_reader(tmp_path: Path) -> None:
    world = empty_world(tmp_path)
    found = {page.path: english_of(html) for page, html in _walk(world, empty_pages(), sample=False)}
    assert _lines(found) == []


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<p>由 rob 登记</p>", []),
        ("<p>Nothing waits 没有</p>", ["Nothing waits"]),
        ("<p lang='en'>Nothing waits</p><code>run it</code>", []),
        ("<button aria-label='Sign out'>退出</button>", ["Sign out"]),
    ],
)
def test_the_reader_finds_english_and_passes_over_names(html: str, left: list[str]) -> None:
    assert english_of(html) == left
