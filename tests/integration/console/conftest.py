"""The made-up installation and browsers on it. No socket is opened: the application is called directly."""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.console.world import ORIGIN, World, copy_world, make_world

with warnings.catch_warnings():
    # The test client says that it will want another name of its HTTP library one day.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient


class Browser:
    """A browser without JavaScript: keeps cookies, fills forms, follows redirects when told to."""

    def __init__(self, app: Any, origin: str = ORIGIN) -> None:
        self.http = TestClient(app, base_url=origin, raise_server_exceptions=False, follow_redirects=False)
        self.csrf = ""

    def get(self, path: str, **headers: str) -> Any:
        """Open a page; remembers the word its forms carry."""
        answer = self.http.get(path, headers=headers)
        found = re.search(r'name="csrf" value="([^"]+)"', answer.text)
        self.csrf = found[1] if found else self.csrf
        return answer

    def post(
        self, path: str, data: dict[str, str] | None = None, *, csrf: str | None = None, **headers: str
    ) -> Any:
        """Send a form of the page opened last."""
        fields = {"csrf": self.csrf if csrf is None else csrf, **(data or {})}
        return self.http.post(path, data=fields, headers={"Origin": ORIGIN, **headers})


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """The folder of an installation that was made once and closed, and what was put in."""
    folder = tmp_path_factory.mktemp("furnished")
    made = make_world(folder)
    made.road.store.close()
    return folder, made


@pytest.fixture
def world(tmp_path: Path, furnished: tuple[Path, World]) -> Iterator[World]:
    """A copy of it that a test may change."""
    folder, made = furnished
    shutil.copy(folder / "homeward.db", tmp_path)
    copied = copy_world(made, tmp_path)
    yield copied
    copied.road.store.close()


@pytest.fixture
def sign_in(world: World) -> Callable[..., Browser]:
    def enter(name: str = "ada", app: Any = None) -> Browser:
        browser = Browser(app or world.app())
        assert browser.post(f"/enter/{world.token_of(name)}").status_code == 303
        browser.get("/me")
        return browser

    return enter


@pytest.fixture
def stranger(world: World) -> Browser:
    return Browser(world.app())
