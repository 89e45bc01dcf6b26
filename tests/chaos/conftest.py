"""One zygote a test process, and data folders that are ready to be filled."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from store.db import Store, sqlite_url
from store.migrate import migrate

ROOT = Path(__file__).resolve().parents[2]


class Zygote:
    """Orders for tests.chaos.zygote, one at a time."""

    def __init__(self, *programs: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.zygote", *programs],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )

    def order(self, program: str, *arguments: str, kill: tuple[str, int] | None = None) -> dict[str, Any]:
        """Run the program once, to its end or to the kill."""
        assert self._process.stdin is not None and self._process.stdout is not None
        order = {"program": program, "arguments": arguments, "kill": kill}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """A process that forks killable children."""
    made = Zygote("road", "sending", "collecting", "saving")
    yield made
    made.close()


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Makes a data root whose databases are migrated and empty: only the road itself is to be killed."""
    template = tmp_path_factory.mktemp("template") / "homeward.db"
    store = Store(sqlite_url(template))
    migrate(store)
    store.close()

    def make() -> Path:
        folder = tmp_path_factory.mktemp("data")
        (folder / "sample").mkdir()
        for home in (folder, folder / "sample"):
            shutil.copy(template, home / "homeward.db")
        return folder

    return make
