"""Commands that keep data safe: backup make, verify, key; restore; check; upgrade."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.context import DONE, PROBLEMS, Cli
from bot.cli.running import Json
from bot.home import DaemonLock, Home
from bot.pipeline import backing_up, backup_file
from bot.pipeline.backup_file import Keys
from bot.services import checking, restoring, upgrading
from bot.services.restoring import Placed, Settled
from store.db import Store, utc_now
from store.errors import UsageError

KeyFile = Annotated[
    Path | None, typer.Option("--key", help="The file with the key; default: the data folder's.")
]
HOUSE = "homeward"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="Backups: make one, look whether it is whole.", rich_markup_mode=None)
    group.command("make")(make)
    group.command("verify")(verify)
    app.add_typer(group, name="backup")
    app.command("restore")(restore)
    app.command("check")(check)
    app.command("upgrade")(upgrade)


def make(
    context: typer.Context,
    to: Annotated[
        Path | None, typer.Option(help="The folder; default: backup.folder in config.yaml.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write one encrypted backup of everything and read it back. The daemon may run meanwhile.

    Example: run_bot.py backup make --to /mnt/backup/homeward
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        plan = built.road.backup
        assert plan is not None
        folder = to or plan.folder
        if folder is None:
            raise UsageError("--to", "says where the backup goes, or set backup.folder in config.yaml")
        is_new_key = not plan.home.backup_key.exists()
        made = backing_up.make(built.road, plan, folder, by=HOUSE)
        key_file = plan.home.backup_key if plan.home.backup_key.exists() else None
    document = {"path": str(made.path), "size_bytes": made.size_bytes, "verified": made.verified}
    document |= {
        "files": made.contents.files,
        "rows": sum(made.contents.rows.values()),
        "pruned": made.pruned,
    }

    def show() -> None:
        cli.out.print(f"{made.path}", markup=False)
        read = "read back whole" if made.verified else "not read back: our own key does not open it"
        cli.out.print(f"{made.size_bytes / 1e6:.1f} MB, {made.contents.files} files, {read}", markup=False)
        if key_file is not None and is_new_key:
            words = f"Keep a copy of {key_file} elsewhere: without it no backup can be opened."
            cli.out.print(words, markup=False)

    cli.answer(as_json, document, show)


def verify(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A backup, homeward-….age.")],
    key: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Read a backup whole: every byte authentic, every digest right, the database sound.

    Example: run_bot.py backup verify /mnt/backup/homeward/homeward-20270301T030000Z.age
    """
    cli: Cli = context.obj
    home, keys = _home_and_keys(cli, key)
    if not file.is_file():
        raise UsageError(str(file), "is no file; give a backup, homeward-….age")
    work = home.folder.with_name(f".{home.folder.name}.verifying")
    try:
        contents = backup_file.verify(file, keys, work)
    finally:
        restoring.sweep(work)
    document: dict[str, Any] = {
        "path": str(file),
        "made_at": contents.made_at.isoformat(),
        "schema": contents.schema,
    }
    document |= {"files": contents.files, "rows": dict(contents.rows)}
    cli.answer(
        as_json,
        document,
        lambda: cli.out.print(
            f"Whole: made {contents.made_at:%Y-%m-%d %H:%M} UTC, {contents.files} files, "
            f"{sum(contents.rows.values())} rows.",
            markup=False,
        ),
    )


def _home_and_keys(cli: Cli, key: Path | None) -> tuple[Home, Keys]:
    """The folder that a restore is about, and the key that opens backups; none is made here."""
    config = cli.config()
    home = Home(cli.data, False) if not config.sample else cli.home(config)[0]
    given = config.secrets.get("HOMEWARD_BACKUP_KEY")
    if home.restoring.exists():
        home.prepare()  # A restore that was cut off comes to its place first: the key lies in it.
    if key is None and not given:
        key = home.backup_key
        if not key.exists() and (home.folder / "sample" / key.name).exists():
            key = home.folder / "sample" / key.name
    return home, backup_file.keys_of(key, given)


def restore(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="A backup, homeward-….age.")] = None,
    key: KeyFile = None,
    ledger: Annotated[
        Path | None, typer.Option(help="What was forgotten since; default: forgotten.age beside the backup.")
    ] = None,
    finish: Annotated[bool, typer.Option("--finish", help="Finish a restore that was interrupted.")] = False,
    as_json: Json = False,
) -> None:
    """Bring a backup back into the data folder. What lies there now is moved aside, not deleted.

    What was forgotten since the backup is forgotten again before anything is served, and sending stays
    stopped until somebody lets it go on. Example: run_bot.py restore homeward-20270301T030000Z.age
    """
    cli: Cli = context.obj
    if file is None and not finish:
        raise UsageError("FILE", "give a backup, homeward-….age, or --finish")
    home, keys = _home_and_keys(cli, key)
    placed = None if finish or file is None else _place(cli, file, home, keys, ledger)
    settled = _settle(cli, home, keys)
    before = str(placed.before) if placed is not None and placed.before is not None else ""
    cli.answer(as_json, {**asdict(settled), "before": before}, partial(_told, cli, home, placed, settled))
    raise typer.Exit(DONE if settled.ledgers and not settled.to_look_at else PROBLEMS)


def _place(cli: Cli, file: Path, home: Home, keys: Keys, ledger: Path | None) -> Placed:
    """Put the files where they belong, while nobody else works in the folder."""
    home.prepare()
    lock = DaemonLock(home)
    lock.take()
    try:
        sealed = cli.config().secrets.get("HOMEWARD_SEAL_KEY")
        return restoring.place(file, home, keys, key_given=sealed, ledger=ledger, at=utc_now())
    finally:
        lock.release()


def _settle(cli: Cli, home: Home, keys: Keys) -> Settled:
    config = cli.config()
    if config.database_url:
        store = Store(config.database_url)
        try:
            restoring.into_server(home, store)
        finally:
            store.close()
    built = cli.doors.open(config, home, say=cli.say)
    try:
        return restoring.finish(built.road, home, keys, by=HOUSE)
    finally:
        built.close()


def _told(cli: Cli, home: Home, placed: Placed | None, settled: Settled) -> None:
    made = f"backup of {placed.contents.made_at:%Y-%m-%d %H:%M} UTC" if placed else "backup"
    lines = [
        f"The {made} is in force in {home.folder}.",
        f"Forgotten again: {settled.posts} posts, {settled.cases_destroyed} cases; out of the search: "
        f"{settled.cases_out_of_search}; wishes of people: {settled.wishes}.",
    ]
    if not settled.ledgers:
        lines.append("! No list of what was forgotten since the backup was found.")
    lines += [f"! {words}" for words in settled.to_look_at]
    if placed is not None and placed.before is not None:
        lines.append(f"What was there before lies in {placed.before}; delete it when you need it no more.")
    lines.append("Sending is stopped: `reply resume --by YOU --why …` lets it go on.")
    for words in lines:
        cli.out.print(words, markup=False)


def check(
    context: typer.Context,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what can be mended; nothing is deleted.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Look over everything that is stored: database, photos, vectors, outbox, audit chain.

    Example: run_bot.py check --repair
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        done = checking.check(built.road, built.home, repair=repair)

    def show() -> None:
        looked = ", ".join(f"{count} {name}" for name, count in done.looked_at.items())
        cli.out.print(f"Looked at {looked}.", markup=False)
        rows = [(each.part.value, each.subject, each.what, each.way_out) for each in done.findings]
        if rows:
            cli.table("Found", ("part", "what", "is", "way out"), rows, empty="")
        words = f"{done.mended} mended." if repair else "`check --repair` mends what can be mended."
        cli.out.print("All is as it should be." if not rows else words, markup=False)

    cli.answer(as_json, asdict(done), show)
    raise typer.Exit(PROBLEMS if len(done.findings) > done.mended else DONE)


def upgrade(
    context: typer.Context,
    as_json: Json = False,
) -> None:
    """Bring the database to this version's schema: saved first, put back if anything fails.

    Example: run_bot.py upgrade
    """
    cli: Cli = context.obj
    config = cli.config()
    home, config = cli.home(config)
    home.prepare()
    lock = DaemonLock(home)
    lock.take()
    try:
        done = upgrading.upgrade(home, config.database_url if not home.is_sample else "", now=utc_now())
    finally:
        lock.release()

    def show() -> None:
        if done.before == done.after:
            cli.out.print(f"The database has this version's schema ({done.after}) already.", markup=False)
            return
        cli.out.print(f"The database went from schema {done.before} to {done.after}.", markup=False)
        cli.out.print(f"As it was before: {done.copy}", markup=False)

    cli.answer(as_json, asdict(done) | {"copy": str(done.copy or "")}, show)
