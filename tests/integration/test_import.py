"""Archives of every platform come in whole: what is found is stored, set aside, or refused by a rule."""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.config import Config
from bot.services import importing, inbox
from bot.wiring import Built
from store import posts, sources
from store import tables as t
from tests.integration.conftest import SAMPLE, work_off

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "posts"


@pytest.fixture
def built(build: Callable[..., Built], config: Callable[..., Config]) -> Built:
    return build(config())


def wipe(built: Built) -> None:
    with built.road.store.transaction() as tx:
        for table in reversed(t.metadata.sorted_tables):
            tx.execute(sa.delete(table))


def account(built: Built, path: Path) -> int:
    """Posts of which the import gives an account."""
    report = importing.import_paths(built.road, [path], by="test")
    return report.stored + len(report.set_aside) + sum(report.not_kept.values())


def test_every_recorded_answer_is_accounted_for(built: Built) -> None:
    folder = os.environ.get("HOMEWARD_DATA")
    if not folder:
        pytest.skip("HOMEWARD_DATA does not name the shared data; the project's own fixtures were checked")
    root = Path(folder) / "posts"
    with (root / "EXPECTED.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert rows
    wrong = []
    for row in rows:
        wipe(built)
        expected = int(row["posts"]) + int(row["nested"])
        found = account(built, root / row["file"])
        if found != expected:
            wrong.append((row["file"], expected, found))
    assert not wrong


def test_the_samples_of_all_platforms_come_in(built: Built) -> None:
    report = importing.import_paths(built.road, [SAMPLE / "posts"], by="test")
    assert (report.found, report.stored, report.set_aside, report.not_kept) == (6, 6, (), {})


def test_importing_twice_changes_nothing_and_says_the_same(built: Built) -> None:
    first = importing.import_paths(built.road, [SAMPLE / "posts"], by="test")
    second = importing.import_paths(built.road, [SAMPLE / "posts"], by="test")
    assert first.as_json() == second.as_json()
    assert (first.new, second.new) == (6, 0)


def test_a_broken_line_is_set_aside_and_the_rest_goes_on(built: Built, tmp_path: Path) -> None:
    whole = (SAMPLE / "posts" / "bluesky.jsonl").read_text()
    other = whole.replace("3lsample2222a", "3lsample2222b")
    file = tmp_path / "stream.jsonl.gz"
    file.write_bytes(gzip.compress((whole + '{"did": broken\n' + other).encode()))
    report = importing.import_paths(built.road, [file], by="test")
    assert report.stored == 2
    assert len(report.set_aside) == 1
    assert report.set_aside[0].where.endswith("stream.jsonl.gz:2")
    with built.road.store.reading() as tx:
        assert len(sources.set_asides(tx)) == 1


def test_private_posts_are_refused_by_a_rule_and_leave_only_a_count(built: Built, tmp_path: Path) -> None:
    statuses = json.loads((SAMPLE / "posts" / "mastodon.json").read_text())
    statuses[0]["visibility"] = "private"
    statuses[1]["account"]["note"] = "<p>I love trains. #NoBot</p>"
    file = tmp_path / "statuses.json"
    file.write_text(json.dumps(statuses))
    report = importing.import_paths(built.road, [file], by="test")
    assert report.stored == 1
    assert sum(report.not_kept.values()) == 2
    again = importing.import_paths(built.road, [file], by="test")
    assert again.not_kept == report.not_kept
    with built.road.store.reading() as tx:
        assert sum(sources.not_kept(tx).values()) == 2
        assert not posts.has(tx, f"mastodon:{statuses[0]['uri']}")


def test_photos_beside_the_payload_are_kept_even_if_the_folder_goes(built: Built, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    shutil.copytree(SAMPLE / "posts", folder)
    importing.import_paths(built.road, [folder], by="test")
    shutil.rmtree(folder)
    assert work_off(built) == 0
    with built.road.store.reading() as tx:
        states = set(tx.execute(sa.select(t.media.c.state)).scalars())
    assert states == {"kept"}


def test_the_inbox_is_emptied_into_done(built: Built) -> None:
    shutil.copytree(SAMPLE / "posts", built.home.inbox / "drop")
    assert inbox.sweep(built.road, built.home.inbox, settled_s=3600) == 0
    assert inbox.sweep(built.road, built.home.inbox, settled_s=0) == 1
    assert (built.home.inbox / "done" / "drop" / "x.json").exists()
    with built.road.store.reading() as tx:
        assert posts.has(tx, "x:1990000000000000401")
    assert inbox.sweep(built.road, built.home.inbox, settled_s=0) == 0
