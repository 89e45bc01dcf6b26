"""Rules that every module keeps: size, docstring, one reader of settings, one clock, one error tree."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

import bot
import collectors
import store
from store import errors

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bot", "collectors", "store")
MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "migrations/versions" not in path.as_posix()
)
LONGEST_MODULE, LONGEST_FUNCTION = 400, 40

# Only ever made shorter. Each entry says why it may stay for now.
LONG_FUNCTIONS: dict[str, str] = {}

# Who may read the wall clock: the one clock that is passed around, and what stamps or schedules by it.
CLOCKS = {
    "store/db.py": "utc_now, the clock that everything else is handed",
    "bot/clockwork.py": "APScheduler compares with the wall clock itself",
    "store/gazetteer_build.py": "the day on which the file was built, for people",
}
ENVIRONMENT = {
    "bot/config.py": "the one reader of settings and secrets",
    "bot/photos/worker.py": "cleans its own process before it opens strangers' bytes",
    "setup_env.py": "runs before anything is installed",
}


@cache
def source(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


@cache
def tree(path: str) -> ast.Module:
    return ast.parse(source(path), path)


def functions(path: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path}:{node.name}", node


def code_lines(path: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function that are neither blank, comment nor docstring."""
    lines = source(path).splitlines()
    skipped: set[int] = set()
    if ast.get_docstring(node) is not None:
        first = node.body[0]
        skipped = set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    numbers = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    bodies = (lines[n - 1].strip() for n in numbers if n not in skipped)
    return sum(1 for text in bodies if text and not text.startswith("#"))


def calls(path: str) -> Iterator[tuple[int, str, ast.Call]]:
    """Every call with its line and its written name, such as `datetime.now`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func), node


def test_the_modules_are_all_seen() -> None:
    assert {"bot/main.py", "collectors/base.py", "store/db.py", "bot/pipeline/send.py"} <= set(MODULES)


def test_every_module_says_what_it_is_for() -> None:
    # A package's own file may be empty; with code in it, it explains itself too.
    silent = [path for path in MODULES if ast.get_docstring(tree(path)) is None and source(path).strip()]
    assert silent == []


def test_no_module_is_longer_than_400_lines() -> None:
    sizes = {path: len(source(path).splitlines()) for path in MODULES}
    assert {path: size for path, size in sizes.items() if size > LONGEST_MODULE} == {}


def test_no_function_is_longer_than_40_lines_of_code() -> None:
    long = {
        name: code_lines(path, node)
        for path in MODULES
        for name, node in functions(path)
        if code_lines(path, node) > LONGEST_FUNCTION
    }
    assert set(long) - set(LONG_FUNCTIONS) == set(), long


def test_the_list_of_long_functions_only_shrinks() -> None:
    long = {
        name
        for path in MODULES
        for name, node in functions(path)
        if code_lines(path, node) > LONGEST_FUNCTION
    }
    assert set(LONG_FUNCTIONS) - long == set(), "no longer too long: take it off the list"


def test_only_the_config_reads_the_environment() -> None:
    reads = re.compile(r"\b(?:os\.)?(?:environ|getenv|putenv)\b")
    found = {
        path
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute | ast.Name) and reads.fullmatch(ast.unparse(node))
    }
    assert found - set(ENVIRONMENT) == set()


def test_only_the_command_line_prints() -> None:
    found = [
        f"{path}:{line}"
        for path in MODULES
        if not path.startswith("bot/cli/")
        for line, name, _ in calls(path)
        if name in ("print", "sys.stdout.write", "pprint", "pprint.pprint")
    ]
    # The photo gate's worker speaks with its parent through its standard output.
    assert [place for place in found if not place.startswith("bot/photos/worker.py")] == []


def test_nobody_reads_a_clock_without_a_zone() -> None:
    found = [
        f"{path}:{line} {name}"
        for path in MODULES
        for line, name, call in calls(path)
        if name.rsplit(".", 1)[-1] in ("utcnow", "utcfromtimestamp", "today")
        or (name.endswith("datetime.now") and not call.args and not call.keywords)
    ]
    assert found == []


def test_the_wall_clock_is_read_where_it_is_made_and_passed_everywhere_else() -> None:
    found = {
        path
        for path in MODULES
        for _, name, _ in calls(path)
        if name in ("datetime.now", "datetime.datetime.now", "time.time", "date.today")
    }
    assert found - set(CLOCKS) == set()


def test_nothing_is_caught_and_forgotten() -> None:
    found = []
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.ExceptHandler):
                continue
            caught = ast.unparse(node.type) if node.type else "everything"
            is_broad = caught in ("everything", "Exception", "BaseException")
            does_nothing = all(isinstance(each, ast.Pass | ast.Continue) for each in node.body)
            if is_broad and does_nothing:
                found.append(f"{path}:{node.lineno}")
    assert found == []


def test_every_step_is_named_once() -> None:
    named = Counter(
        (call.args[0].value if isinstance(call.args[0], ast.Constant) else ast.unparse(call.args[0]), path)
        for path in MODULES
        if "from store.steps import step" in (ROOT / path).read_text("utf-8")
        for _, name, call in calls(path)
        if name == "step" and call.args
    )
    names = [name for name, _ in named]
    assert len(names) > 30
    assert {name for name, count in named.items() if count > 1} == set()
    # Polls and streams read pages in the same way; a kill at either is a kill at that step.
    assert {name for name, count in Counter(names).items() if count > 1} == set()


def test_nothing_mentions_how_the_project_was_made() -> None:
    words = re.compile(r"\b(?:TODO|FIXME|XXX)\b|\b[Ii]ssue #?\d")
    found = [
        f"{path}:{number}"
        for path in MODULES
        for number, line in enumerate(source(path).splitlines(), 1)
        if words.search(line)
    ]
    assert found == []


# ── the error tree ───────────────────────────────────────────────────────────────────────────────


def _import_everything() -> None:
    for package in (bot, collectors, store):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in found.name and not found.name.endswith("__main__"):
                importlib.import_module(found.name)


def all_errors(kind: type[errors.HomewardError] = errors.HomewardError) -> list[type[errors.HomewardError]]:
    return [kind, *(each for sub in kind.__subclasses__() for each in all_errors(sub))]


def drawn() -> dict[str, str]:
    """Name and parent of each error in the tree at the top of store/errors.py."""
    parents: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"([ │├└─]*)([A-Z]\w+)(?:  |$)", line.removeprefix("    "))
        if not found or not (found[1] or found[2] == "HomewardError"):
            continue
        depth = len(found[1])
        above = [(d, name) for d, name in above if d < depth]
        parents[found[2]] = above[-1][1] if above else ""
        above.append((depth, found[2]))
    return parents


def test_every_error_is_in_the_tree_that_is_drawn_and_under_the_right_parent() -> None:
    _import_everything()
    real = {kind.__name__: kind.__mro__[1].__name__ for kind in all_errors()}
    real["HomewardError"] = ""
    assert drawn() == real


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_every_error_names_its_subject_and_then_what_was_found(kind: type[errors.HomewardError]) -> None:
    more = [timedelta(seconds=3)] if "retry_after" in inspect.signature(kind).parameters else []
    made = kind("the subject", "what was found and the way out", *more)
    assert str(made).splitlines()[0] == "the subject: what was found and the way out"
    assert (made.subject, made.detail) == ("the subject", "what was found and the way out")
    assert isinstance(kind.retry, bool)
    assert inspect.getdoc(kind)


def test_no_error_is_defined_outside_the_tree() -> None:
    _import_everything()
    elsewhere = {kind.__name__ for kind in all_errors() if kind.__module__ != "store.errors"}
    assert elsewhere == set()


def test_what_helps_when_tried_again_says_so() -> None:
    again = {kind.__name__ for kind in all_errors() if kind.retry}
    photos = {"PhotoUnavailable", "NoRoom"}
    assert again == {"RateLimited", "Unreachable", "Unwritable", "StoreUnreachable"} | photos
