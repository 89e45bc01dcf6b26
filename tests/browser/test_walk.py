"""Every page on a phone and on a desk, light and dark, in both languages: whole, quiet and accessible.

Each page is seen twice, so that it is seen once in each language, at each width and in each scheme; which of
the four ways to do that is taken goes round from page to page. With `--all` each is seen in all eight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Served
from tests.browser.pages import Page, empty_pages, name_of, pages_of

LANGUAGES = ("en", "zh-Hans")
WIDTHS = {"phone": 390, "desk": 1280}
SCHEMES = ("light", "dark")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# A bar at the window's edge covers what is scrolled under it: axe would call that too small.
ASK_AXE = """async (rules) => {
  for (const bar of document.querySelectorAll(".decide")) bar.style.position = "static";
  const found = await axe.run(document, {runOnly: {type: "tag", values: rules}, resultTypes: ["violations"]});
  return found.violations.map((one) => one.id + ": " + one.nodes.slice(0, 3).map(
    (node) => node.target.join(" ") + " (" + node.html.slice(0, 120) + ")").join(" | "));
}"""
TOO_WIDE = """(most) => [...document.querySelectorAll("body *")].filter((one) => {
  const box = one.getBoundingClientRect();
  return box.width && box.right > most && !one.closest(".scroll, .hush, pre, .raw, .tabs, nav");
}).slice(0, 4).map((one) => one.tagName + "." + one.className + ": " + one.textContent.slice(0, 60))"""
Open = Callable[..., Any]


def _way(number: int, language: str, width: str, scheme: str) -> bool:
    """Whether the page of this number is seen in this way: in two of eight ways that share nothing."""
    bits = LANGUAGES.index(language), list(WIDTHS).index(width), SCHEMES.index(scheme)
    first = (0, number % 2, number // 2 % 2)
    return bits in (first, tuple(1 - bit for bit in first))


class Walk:
    """One reader's way through the pages: what was wrong where."""

    def __init__(self, enter: Open, way: tuple[str, str, str], axe: str, shots: str) -> None:
        language, width, scheme = way
        self._enter: Callable[[str, Served], Any] = lambda who, at: enter(
            who, at=at, viewport={"width": WIDTHS[width], "height": 844 if width == "phone" else 900},
            color_scheme=scheme, locale="zh-CN" if language == "zh-Hans" else "en-GB",
            has_touch=width == "phone", is_mobile=width == "phone", timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
        )  # fmt: skip
        self._axe, self._language, self._width = axe, language, WIDTHS[width]
        self._shots = Path(shots) / "-".join(way) if shots else None
        self._readers: dict[tuple[str, str], Any] = {}
        self._said: list[str] = []
        self.wrong: dict[str, list[str]] = {}

    def _reader(self, who: str, at: Served) -> Any:
        """The browser of an account, opened when it is first needed."""
        if (who, at.address) not in self._readers:
            page = self._enter(who, at)
            page.on("console", lambda word: self._said.append(word.text) if word.type == "error" else None)
            page.on("pageerror", lambda error: self._said.append(str(error)))
            self._readers[who, at.address] = page
        return self._readers[who, at.address]

    def look(self, one: Page, at: Served) -> None:
        """Go to a page, do what is to be done there, and note what is wrong with it."""
        page = self._reader(one.who, at)
        self._said.clear()
        answer = page.goto(one.path)
        if one.deed is not None:
            one.deed(page)
        found = list(self._problems(page, one, answer.status))
        if self._shots:
            self._shots.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=self._shots / f"{name_of(one.name)}.png", full_page=True)
        if found:
            self.wrong[f"{one.name} ({one.path})"] = found

    def _problems(self, page: Any, one: Page, status: int) -> Iterator[str]:
        if status != one.status:
            yield f"status {status}, not {one.status}"
        # A page that is not there is an error in the browser's own eyes as well.
        yield from self._said if status < 400 else ()
        if not one.language and page.locator("html").get_attribute("lang") != self._language:
            yield "is in another language"
        if page.evaluate("document.documentElement.scrollWidth") > self._width:
            for wide in page.evaluate(TOO_WIDE, self._width) or ["something"]:
                yield f"scrolls sideways: {wide}"
        page.evaluate(self._axe)
        yield from page.evaluate(ASK_AXE, RULES)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_whole_quiet_and_accessible(
    open_browser: Open, served: Served, bare: Served, axe: str, request: pytest.FixtureRequest,
    language: str, width: str, scheme: str,
) -> None:  # fmt: skip
    walk = Walk(open_browser, (language, width, scheme), axe, request.config.getoption("--shots"))
    pages = [(one, served) for one in pages_of(served.world, served.pages)]
    pages += [(one, bare) for one in empty_pages()]
    walked = 0
    for number, (one, at) in enumerate(pages):
        if request.config.getoption("--all") or _way(number, language, width, scheme):
            walk.look(one, at)
            walked += 1
    wrong = [f"{name}: {each}" for name, found in walk.wrong.items() for each in found]
    assert wrong == [], "\n".join(wrong)
    assert walked > 20


def test_each_page_is_seen_in_each_language_width_and_scheme() -> None:
    ways = [(lang, width, scheme) for lang in LANGUAGES for width in WIDTHS for scheme in SCHEMES]
    for number in range(8):
        seen = [way for way in ways if _way(number, *way)]
        assert len(seen) == 2
        assert all(len({way[part] for way in seen}) == 2 for part in range(3))
    assert {way for number in range(4) for way in ways if _way(number, *way)} == set(ways)
