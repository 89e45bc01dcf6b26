"""The rules take values and give values: they import nothing that could look or act elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "bot" / "rules"
MODULES = sorted(FOLDER.glob("*.py"))
MAY_IMPORT = {
    "__future__", "bot.rules", "collections", "dataclasses", "datetime", "enum", "hashlib", "hmac",
    "itertools", "math", "regex", "statistics", "store.records", "string", "types",
    "typing", "unicodedata", "urllib.parse",
    # Archives in memory, and signatures: values in, values out.
    "cryptography.exceptions", "cryptography.hazmat.primitives", "io", "json", "store.errors", "zipfile",
}  # fmt: skip
NEVER_CALLED = {"open", "now", "today", "utcnow", "getenv", "random", "urlopen", "print", "sleep"}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield f"{node.module}"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_a_rule_imports_only_the_vocabulary_and_pure_libraries(module: Path) -> None:
    for name in imported(ast.parse(module.read_text(encoding="utf-8"))):
        assert any(name == allowed or name.startswith(allowed + ".") for allowed in MAY_IMPORT), name


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_a_rule_calls_no_clock_file_or_chance(module: Path) -> None:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            assert name not in NEVER_CALLED, f"{module.name}:{node.lineno}"


def test_there_are_rules_to_look_at() -> None:
    assert len(MODULES) > 6
