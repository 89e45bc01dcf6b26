"""Files in a folder, read by the archive: the suite asks of kept payloads what it asks of a platform."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from collectors.archive import read_archive
from collectors.base import Collector, SourceSpec
from store.errors import BadPayload
from store.records.page import Page
from store.records.post import Platform
from tests.contract.collectors.harness import Cable
from tests.contract.collectors.mastodon_server import MastodonHarness

ASKS_NOBODY = (
    "files are read; nobody is asked over a network, so nobody can refuse, vanish or be told who asks"
)
ONE_BY_ONE = "an import reads what it is given; what became of a post is asked of its platform"


class _Knife:
    """Reads files as if they had been copied up to a byte only."""

    def __init__(self, harness: ArchiveHarness) -> None:
        self._harness = harness

    @property
    def at(self) -> int | None:
        return self._harness.cut_at

    @at.setter
    def at(self, value: int | None) -> None:
        self._harness.cut_at = value

    @property
    def passed(self) -> int:
        return max(path.stat().st_size for path in self._harness.files())

    def through(self, options: dict[str, Any]) -> dict[str, Any]:
        return options

    def stop(self) -> None:
        self._harness.cut_at = None


class _Reader:
    """Stands for a collector where the suite wants one."""

    spec = SourceSpec("archive", Platform.MASTODON, streams=False, polls=True)
    name = "source"

    def close(self) -> None:
        pass


class ArchiveHarness(MastodonHarness):
    """Each posting is one more file; a cursor is the name of the last file that was read to its end."""

    kind = "archive"
    name = "archive"
    cannot: Mapping[str, str] = {
        "test_it_keeps_the_contract_by_type": "the archive is read by imports, not by the clock",
        "test_a_refusal_is_an_error_of_the_house": ASKS_NOBODY,
        "test_a_token_that_runs_out_in_the_middle_loses_nothing": ASKS_NOBODY,
        "test_a_limit_in_the_middle_of_a_walk_loses_nothing": ASKS_NOBODY,
        "test_a_server_that_is_not_there_is_unreachable": ASKS_NOBODY,
        "test_the_server_is_told_who_asks": ASKS_NOBODY,
        "test_an_answer_that_is_no_json_is_a_bad_payload": ASKS_NOBODY,
        "test_a_lookup_answers_in_order_and_says_what_is_gone": ONE_BY_ONE,
        "test_ways_that_the_platform_does_not_have_are_not_supported": ONE_BY_ONE,
        "test_a_cursor_that_is_not_ours_is_said_so": "the place of an import is the program's own file name",
    }

    def start(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.cut_at: int | None = None
        self._number = 0

    def stop(self) -> None:
        self._folder.cleanup()

    def files(self) -> list[Path]:
        """All files, oldest first."""
        return sorted(Path(self._folder.name).glob("*.json"))

    def options(self) -> dict[str, Any]:
        return {}

    def spec(self) -> SourceSpec:
        return _Reader.spec

    def collector(self, secrets: Mapping[str, str] | None = None, **options: Any) -> Any:
        return _Reader()

    def cable(self) -> Cable:
        return _Knife(self)

    def add(self, text: str, **values: Any) -> dict[str, Any]:
        status = super().add(text, **values)
        self._write([status])
        return status

    def _write(self, statuses: list[dict[str, Any]]) -> None:
        self._number += 1
        given = statuses * (2 if self.twice else 1)
        file = Path(self._folder.name) / f"{self._number:06d}.json"
        file.write_text(json.dumps(given))

    def edit(self, key: str, text: str) -> None:
        super().edit(key, text)
        self._write([self.statuses[self.native_id(key)]])

    def drain(self, collector: Collector, cursor: str) -> list[Page]:
        found: list[Page] = []
        for path in self.files():
            if path.stem <= cursor:
                continue
            body = path.read_bytes()
            is_whole = self.cut_at is None or self.cut_at >= len(body)
            copy = path
            if not is_whole:
                copy = path.with_name(f"cut-{path.name}l")
                copy.write_bytes(body[: self.cut_at])
            for file in read_archive([copy], self.now):
                found.extend(file.pages)
            if not is_whole:
                copy.unlink()
                raise BadPayload("source", f"{path.name} is not whole")
            found.append(Page(cursor=path.stem))
        return found


HARNESSES = (ArchiveHarness,)
