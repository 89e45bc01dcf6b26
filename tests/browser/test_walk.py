"""Each page in both languages, on a phone and on a desk, light and dark: whole, quiet and accessible."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Served
from tests.browser.pages import name_of, paths_of

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


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_whole_quiet_and_accessible(
    open_browser: Callable[..., Any], served: Served, axe: str, request: pytest.FixtureRequest,
    language: str, width: str, scheme: str,
) -> None:  # fmt: skip
    page = open_browser(
        viewport={"width": WIDTHS[width], "height": 844 if width == "phone" else 900},
        color_scheme=scheme, locale="zh-CN" if language == "zh-Hans" else "en-GB",
        has_touch=width == "phone", is_mobile=width == "phone", timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    )  # fmt: skip
    said: list[str] = []
    page.on("console", lambda word: said.append(word.text) if word.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    shots = request.config.getoption("--shots")
    wrong: dict[str, list[str]] = {}
    walked = 0
    for path in paths_of(served.world):
        said.clear()
        answer = page.goto(path)
        if answer.status in (400, 403, 404, 422) and path != "/nowhere":
            continue
        walked += 1
        found = [f"status {answer.status}"] if answer.status >= 500 else []
        # A page that is not there is an error in the browser's own eyes as well.
        found += [] if answer.status >= 400 else said
        if page.locator("html").get_attribute("lang") != language:
            found.append("is in another language")
        if page.evaluate("document.documentElement.scrollWidth") > WIDTHS[width]:
            wide = page.evaluate(TOO_WIDE, WIDTHS[width]) or ["something"]
            found += [f"scrolls sideways: {one}" for one in wide]
        page.evaluate(axe)
        found += page.evaluate(ASK_AXE, RULES)
        if shots:
            folder = Path(shots) / f"{language}-{width}-{scheme}"
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=folder / f"{name_of(path)}.png", full_page=True)
        if found:
            wrong[path] = found
    assert wrong == {}, "\n".join(f"{path}: {each}" for path, list_ in wrong.items() for each in list_)
    assert walked > 25
