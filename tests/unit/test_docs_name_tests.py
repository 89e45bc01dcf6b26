"""Documents that say which test shows a thing: each test named in them exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
LEAST = {"docs/security.md": 40, "docs/safety.md": 15}


@pytest.mark.parametrize("document", sorted(LEAST))
def test_every_test_that_a_document_names_exists(document: str) -> None:
    named = NAMED.findall((ROOT / document).read_text(encoding="utf-8"))
    assert len(named) >= LEAST[document], "the table names its tests as `path.py::test_name`"
    files = {file: (ROOT / "tests" / file) for file, _ in named}
    texts = {file: path.read_text(encoding="utf-8") if path.exists() else "" for file, path in files.items()}
    missing = [f"{file}::{name}" for file, name in named if f"def {name}(" not in texts[file]]
    assert missing == []


@pytest.mark.parametrize("document", sorted(LEAST))
def test_every_line_of_a_table_of_tests_names_one(document: str) -> None:
    lines = (ROOT / document).read_text(encoding="utf-8").splitlines()
    heads = {"| ASVS | what | tests |", "| harm | what stands against it | tests |"}
    inside, nameless, seen = False, [], 0
    for line in lines:
        inside = line in heads or (inside and line.startswith("|"))
        if inside and line not in heads and not line.startswith("|---"):
            seen += 1
            nameless += [] if NAMED.search(line) else [line]
    assert seen >= LEAST[document] // 2
    assert nameless == []
