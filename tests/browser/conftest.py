"""A console served on loopback and a real Chromium that looks at it. Needs `make setup-browser`."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from tests.browser.furnished import EVERYTHING, furnish
from tests.browser.furnished_field import empty_world, furnish_field
from tests.browser.setup_browser import BROWSERS, SITE, read_state
from tests.integration.console.world import World, make_world

READY = read_state()
if READY:
    sys.path.append(str(SITE))
else:
    collect_ignore_glob = ["test_*.py"]

PATIENCE_MS = 60_000
"""How long a state is waited for: long enough for a slow machine, never slept through."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shots", default="", help="a folder into which the walk puts screenshots")
    parser.addoption("--all", action="store_true", help="walk each page in all eight ways")


@dataclass
class Served:
    """A console on loopback, and the installation behind it. `pages` are those that furnishing made."""

    address: str
    world: World
    pages: dict[str, str] = field(default_factory=dict)


@contextmanager
def _serving(world: World, **settings: Any) -> Iterator[str]:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        config = uvicorn.Config(world.app(**settings), log_level="error", server_header=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
            world.road.store.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The made-up installation, furnished so that every page has something to show."""
    world = make_world(tmp_path_factory.mktemp("served"))
    furnish(world)
    pages = furnish_field(world, EVERYTHING)
    with _serving(world, sample=True) as address:
        yield Served(address, world, pages)


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An installation on its first day: one account, nothing read, nothing registered."""
    world = empty_world(tmp_path_factory.mktemp("bare"))
    with _serving(world) as address:
        yield Served(address, world)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser, started once."""
    if READY and not READY["browser"]:
        os.environ["PLAYWRIGHT_BROWSERS_PATH"] = str(BROWSERS)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=READY["browser"] or None, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def open_browser(chromium: Any, served: Served) -> Iterator[Callable[..., Any]]:
    """A signed-in page of a fresh browser: `open_browser(name, at=…, **context options)`."""
    contexts: list[Any] = []

    def enter(name: str = EVERYTHING, at: Served = served, **options: Any) -> Any:
        context = chromium.new_context(base_url=at.address, **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        if name:
            page.goto(f"/enter/{at.world.token_of(name)}")
            page.locator("main form button").first.click()
            page.wait_for_url(f"{at.address}/")
        return page

    yield enter
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker's source."""
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
