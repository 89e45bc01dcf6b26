"""Commands × roles: the command line asks for the same rights as the console, before anything else."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.cli import rights
from bot.cli.app import command, main
from bot.services import people
from store import users
from tests.integration import command_rights
from tests.integration.console.world import World

LET_IN, WRONG_USE = 77, 2


class LetIn(Exception):
    """The account may: nothing of the command itself runs after that."""


class Line:
    """Calls commands over one installation with an account of each role, up to where it is let in."""

    def __init__(self, world: World, folder: Path) -> None:
        self.config, self.file, self.new = folder / "config.yaml", folder / "there.jpg", folder / "new"
        self.config.write_text("campaign: {hashtags: [Tag]}\n")
        self.file.write_bytes(b"a photo")
        for role in people.ROLES:
            people.add(world.road, f"only-{role}", role, by="tests")
        config = SimpleNamespace(file=self.config, campaign=SimpleNamespace(sources=[]))
        built = SimpleNamespace(
            road=world.road, home=SimpleNamespace(is_sample=False), config=config, close=lambda: None
        )
        self.doors = cast(Any, SimpleNamespace(open=lambda *_, **__: built))
        # An account is looked for only where real data was begun.
        (folder / "homeward.db").touch()
        self.data = folder

    def call(self, words: str, role: str) -> tuple[bool, str]:
        """Whether the role was let in, and what it was told if not."""
        given = words.replace("FILE", str(self.file)).replace("NEW", str(self.new)).split()
        said = io.StringIO()
        options = ["--config", str(self.config), "--data", str(self.data)]
        try:
            with redirect_stdout(io.StringIO()), redirect_stderr(said):
                code = main(self.doors, [*options, *given, "--by", f"only-{role}"])
        except LetIn:
            return True, ""
        assert code == WRONG_USE and "who may" in said.getvalue(), (words, role, code, said.getvalue())
        return False, said.getvalue()


@pytest.fixture
def line(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    real = rights.need

    def need(name: str, roles: tuple[str, ...]) -> None:
        real(name, roles)
        raise LetIn

    monkeypatch.setattr(rights, "need", need)
    return Line(world, tmp_path)


def of(words: str) -> str:
    """The command of a call, without what it is called with."""
    known = rights.COMMANDS
    parts = words.split()
    return next(name for n in (3, 2, 1) if (name := " ".join(parts[:n])) in known)


def test_every_command_is_in_the_table_with_the_roles_that_may() -> None:
    # A command that is not there: write it into rights.py of the command line and into command_rights.py.
    there = {words for words, _ in rights.every(command())}
    assert there == set(rights.COMMANDS)
    asking = {of(words) for words in command_rights.table()}
    assert asking | command_rights.free() == there and not asking & command_rights.free()
    assert {name for name, right in rights.COMMANDS.items() if right is None} == command_rights.free()


def test_each_command_keeps_out_a_role_that_may_not_and_names_those_that_may(line: Line) -> None:
    for words, may in command_rights.table().items():
        others = [role for role in (users.VIEWER, users.ADMIN, users.OFFICER) if role not in may]
        if may == {"every"}:
            continue
        was_let_in, said = line.call(words, others[0])
        assert not was_let_in, words
        assert f"has the role {others[0]}" in said and all(role in said for role in may), said


@pytest.mark.servers
def test_every_command_lets_in_the_roles_of_the_table_and_no_other(line: Line) -> None:
    wrong = [
        (words, role)
        for words, may in command_rights.table().items()
        for role in people.ROLES
        if line.call(words, role)[0] != (role in may or may == {"every"})
    ]
    assert wrong == []


def test_the_first_account_of_a_fresh_machine_needs_nobody() -> None:
    for words in ("user add", "user link", "status", "doctor", "config check", "import", "reply stop"):
        assert rights.COMMANDS[words] is None
