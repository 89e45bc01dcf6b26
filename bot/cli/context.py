"""What every command is handed, how it opens an installation, and how it answers.

Answers go to standard output (with --json one document), everything else to standard error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn, Protocol

import typer
from rich.console import Console
from rich.table import Table

from bot.cli import rights
from bot.config import Config, load
from bot.config_schema import Source as SourceBlock
from bot.home import Home, choose
from bot.observe import set_up_logs
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from bot.services import people
from bot.services.face_evaluation import Looker
from bot.services.places import Opener
from bot.services.sample import REVIEWER
from store.errors import (
    ConfigError,
    Conflict,
    HomewardError,
    Missing,
    PhotoRefused,
    SchemaMismatch,
    UsageError,
)

SHORT_KEY = 24
DONE, PROBLEMS, WRONG_USE, WRONG_CONFIG, OUTSIDE = 0, 1, 2, 3, 4


class Installation(Protocol):
    """An opened installation: the road to call services with, and a way to close it."""

    @property
    def road(self) -> Road: ...

    @property
    def home(self) -> Home: ...

    @property
    def config(self) -> Config: ...

    @property
    def close(self) -> Callable[[], None]: ...

    @property
    def sources_of(self) -> Callable[[Config], dict[str, Source]]: ...

    @property
    def source_of(self) -> Callable[[Config, SourceBlock], Source]: ...


@dataclass(frozen=True, slots=True)
class Doors:
    """What only the top of the program can do: open an installation, run the daemon, run once.

    `looker` looks at photos with a model, `gazetteer` opens a file of places, without any installation.
    """

    open: Callable[..., Installation]
    run: Callable[..., int]
    once: Callable[..., dict[str, Any]]
    looker: Callable[[Config, str], AbstractContextManager[Looker]] | None = None
    gazetteer: Opener | None = None
    console: Callable[..., int] | None = None
    work: Callable[..., int] | None = None


@dataclass(slots=True)
class Cli:
    """The global options of one call."""

    doors: Doors
    config_file: Path
    data: Path
    sample_config: Path
    log_level: str = "WARNING"
    err: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))
    out: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))

    def config(self, *, level: str | None = None) -> Config:
        """The checked config; logs are set up with its secrets masked. Raises ConfigError."""
        config = load(self.config_file)
        set_up_logs(level=level or self.log_level, secrets=config.secrets.values())
        return config

    def home(self, config: Config, *, real: bool = False) -> tuple[Home, Config]:
        """The data folder that this call is about, and the config that goes with it."""
        has_hashtags = bool(config.campaign.hashtags) and not config.sample
        home = choose(self.data, has_hashtags=has_hashtags, real=real, sample=config.sample)
        if home.is_sample and not config.sample:
            # Where the console listens is the machine's matter, in the sample too.
            config = replace(load(self.sample_config), console=config.console)
        return home, config

    @contextmanager
    def installation(self, *, real: bool = False, for_account: bool = False) -> Iterator[Installation]:
        """Open the installation for one command. `real`: the command begins real data.

        `for_account`: it needs an account, so where no data was begun yet there is nothing to open.
        """
        home, config = self.home(self.config(), real=real)
        if for_account and not home.is_sample and not (home.database.exists() or config.database_url):
            raise UsageError("--by", "nobody has an account here yet; `run_bot.py user add NAME` makes one")
        built = self.doors.open(config, home, say=self.say)
        try:
            yield built
        finally:
            built.close()

    def say(self, words: str) -> None:
        """Tell the person at the terminal something that is not the answer."""
        self.err.print(words, markup=False, soft_wrap=True)

    def as_text(self, document: Any) -> str:
        """A document as the JSON text that `--json` prints."""
        return json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n"

    def answer(self, as_json: bool, document: Any, show: Callable[[], None]) -> None:
        """One JSON document, or the same for people."""
        if as_json:
            sys.stdout.write(self.as_text(document))
        else:
            show()

    def table(self, title: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]], *, empty: str) -> None:
        """A table for people, or a sentence that says what to do when there is nothing."""
        if not rows:
            self.out.print(empty, markup=False)
            return
        table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
        for number, column in enumerate(columns):
            # What people copy from here stays in one piece.
            short = column in ("key", "id") and all(len(str(row[number])) <= SHORT_KEY for row in rows)
            table.add_column(column, overflow="fold", no_wrap=short)
        for row in rows:
            table.add_row(*(str(cell) for cell in row))
        self.out.print(table)


def who(cli: Cli, built: Installation, by: str) -> str:
    """The account behind a step. In the sample there is one; otherwise it has to be named and known.

    It must have the right that bot/cli/rights.py names for the running command, as in the console.
    """
    if not by and built.home.is_sample:
        return REVIEWER
    if not by:
        names = (
            ", ".join(user.name for user in people.listing(built.road))
            or "none yet: `run_bot.py user add NAME`"
        )
        raise UsageError("--by", f"say who you are (accounts: {names})")
    user = people.known(built.road, by)
    rights.need(user.name, user.roles)
    return user.name


def viewer_of(cli: Cli, built: Installation, by: str) -> str:
    """The account that looks; without one nobody, who is in no case's team. In the sample there is one."""
    return who(cli, built, by) if by or built.home.is_sample else ""


def exit_code(error: HomewardError) -> int:
    """The exit code that tells what kind of failure it was."""
    if isinstance(error, ConfigError):
        return WRONG_CONFIG
    if isinstance(error, UsageError | PhotoRefused | Missing | Conflict | SchemaMismatch):
        return WRONG_USE
    return OUTSIDE


def fail(error: HomewardError) -> NoReturn:
    """One clear message on standard error and the exit code that fits."""
    sys.stderr.write(f"{error}\n")
    raise typer.Exit(exit_code(error))
