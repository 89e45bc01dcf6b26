"""Commands about posts from files: import, and imports with what is stated about them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.context import DONE, PROBLEMS, Cli, who
from bot.cli.running import Json
from bot.services import import_cover, importing
from bot.services import imports as kept
from bot.services.imports import ImportView
from store.errors import UsageError

Given = Annotated[str, typer.Option("--source", help="Who gave it, in words.")]
On = Annotated[str, typer.Option("--basis", help=f"On what basis: {', '.join(kept.BASES)}.")]
Grantor = Annotated[str, typer.Option(help="Who granted it, if not the giver.")]
Until = Annotated[str, typer.Option(help="When that ends: 2027-12-31; without end if left out.")]
Scope = Annotated[str, typer.Option(help="What for: match,answer (both if left out).")]
By = Annotated[str, typer.Option(help="Your account; `operator` if left out.")]
_EVERY_POSTS = 5000


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("import")(import_)
    imports = typer.Typer(
        help="What was imported, and who gave it on what basis.",
        rich_markup_mode=None,
        invoke_without_command=True,
    )
    imports.callback()(listing)
    imports.command("state")(state)
    imports.command("revoke")(revoke)
    app.add_typer(imports, name="imports")


def import_(
    context: typer.Context,
    paths: Annotated[
        list[Path], typer.Argument(help="Files or folders: payloads, or the platforms' own exports.")
    ],
    source: Given = "",
    basis: On = "",
    grantor: Grantor = "",
    until: Until = "",
    scope: Scope = "",
    covers: Annotated[
        list[str] | None, typer.Option(help="A hashtag of which it holds all posts of a span.")
    ] = None,
    covers_since: Annotated[str, typer.Option(help="Where that span begins: 2011-02-01.")] = "",
    covers_until: Annotated[str, typer.Option(help="Where it ends.")] = "",
    as_json: Json = False,
) -> None:
    """Import posts from files: payloads of all platforms, and exports of X, Mastodon, Bluesky, Weibo.

    JSON, JSON Lines, CSV, CAR; also packed (gzip, zip, tar). What is broken is set aside, the rest goes
    on. Without --source and --basis the posts are stored, but nothing of them is compared or answered
    until `imports state` says who gave them and on what basis.

    Example: run_bot.py import ana-export.zip --source "Ana, by mail" --basis platform_export_by_author
    """
    cli: Cli = context.obj
    importing.check_paths(paths)  # Before anything is opened: a mistyped name begins no real data.
    said = kept.statement(source=source, basis=basis, grantor=grantor, until=until, scope=scope)
    since = kept.moment(covers_since, "--covers-since")
    claims = import_cover.claims_of(covers or [], since, kept.moment(covers_until, "--covers-until"))
    with cli.installation(real=True) as built:
        report = importing.import_paths(
            built.road, paths, by="operator", statement=said, claims=claims,
            scratch=built.home.scratch, progress=_Teller(cli),
        )  # fmt: skip

    cli.answer(as_json, report.as_json(), lambda: _show(cli, report))
    raise typer.Exit(PROBLEMS if report.set_aside else DONE)


def _show(cli: Cli, report: importing.ImportReport) -> None:
    cli.out.print(f"{report.found} posts found, {report.stored} stored ({report.new} new).", markup=False)
    for rule, amount in report.not_kept.items():
        cli.out.print(f"{amount} not kept: {rule}", markup=False)
    for item in report.set_aside:
        cli.out.print(f"set aside: {item.where}: {item.reason}", markup=False)
    for each in report.waiting:
        cli.out.print(
            f"Import {each} waits for its basis: nothing of it is compared or answered until "
            f"`run_bot.py imports state {each} --source … --basis …`.",
            markup=False,
        )


class _Teller:
    """Says now and then how far a large file is."""

    def __init__(self, cli: Cli) -> None:
        self._cli = cli
        self._told: dict[str, int] = {}

    def __call__(self, name: str, posts: int) -> None:
        if posts - self._told.get(name, 0) >= _EVERY_POSTS:
            self._told[name] = posts
            self._cli.say(f"{name}: {posts:,} posts …")


def listing(context: typer.Context, as_json: Json = False) -> None:
    """What was imported: files, posts, where it stands, who gave it on what basis.

    Example: run_bot.py imports --json
    """
    if context.invoked_subcommand is not None:
        return
    cli: Cli = context.obj
    with cli.installation() as built:
        found = kept.listing(built.road)

    def show() -> None:
        columns = ("id", "begun (UTC)", "files", "posts", "state", "given by", "named")
        empty = "Nothing was imported yet: `run_bot.py import PATH --source … --basis …`."
        cli.table("Imports", columns, [_row(view) for view in found], empty=empty)

    cli.answer(as_json, {"imports": [view.as_json() for view in found]}, show)


def _row(view: ImportView) -> tuple[object, ...]:
    made, named = view.made, view.made.named.splitlines()
    more = f" and {len(named) - 1} more" if len(named) > 1 else ""
    name = Path(named[0]).name if named else ""
    posts = sum(file.posts for file in view.files)
    return made.id, _day(made.begun_at), len(view.files), posts, _state(view), _given(view), f"{name}{more}"


def _state(view: ImportView) -> str:
    said = view.made.statement
    if said is None:
        return "waits for its basis" if view.state == "waiting" else view.state
    until = f", until {_day(said.until)}" if said.until else ""
    return f"{view.state}: {said.basis.value} ({', '.join(kept.scope_words(said.scope))}{until})"


def _given(view: ImportView) -> str:
    said = view.made.statement
    if said is None:
        return ""
    return f"{said.source} ({said.grantor})" if said.grantor else said.source


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def state(
    context: typer.Context,
    import_id: Annotated[str, typer.Argument(metavar="ID", help="An import, or the beginning of its id.")],
    source: Given = "",
    basis: On = "",
    grantor: Grantor = "",
    until: Until = "",
    scope: Scope = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """State afterwards who gave an import and on what basis; its posts are then compared and answered.

    As far as their platforms' rules let that be: a statement is asked besides them and lifts none.

    Example: run_bot.py imports state 3f0c2a --source "city police" --basis authority_order --scope match
    """
    cli: Cli = context.obj
    said = kept.statement(source=source, basis=basis, grantor=grantor, until=until, scope=scope)
    if said is None:
        raise UsageError("--source, --basis", "are missing: who gave it, and on what basis")
    with cli.installation() as built:
        name = who(cli, built, by) if by else "operator"
        view, reached = kept.state(built.road, import_id, said, by=name)
    _tell(cli, view, reached, as_json)


def revoke(
    context: typer.Context,
    import_id: Annotated[str, typer.Argument(metavar="ID", help="An import, or the beginning of its id.")],
    by: By = "",
    as_json: Json = False,
) -> None:
    """Take the statement about an import back: matches, faces and vectors made under it go.

    Example: run_bot.py imports revoke 3f0c2a
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        name = who(cli, built, by) if by else "operator"
        view, reached = kept.revoke(built.road, import_id, by=name)
    _tell(cli, view, reached, as_json)


def _tell(cli: Cli, view: ImportView, reached: int, as_json: bool) -> None:
    def show() -> None:
        cli.out.print(
            f"Import {view.made.id} is {view.state}; {reached} posts were decided anew.", markup=False
        )

    cli.answer(as_json, {**view.as_json(), "posts_reached": reached}, show)
