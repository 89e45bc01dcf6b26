"""Commands for people of whom something is held: forget person, post; person export; requests …"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.chain import write_new
from bot.cli.context import DONE, PROBLEMS, Cli, who
from bot.cli.running import Json
from bot.pipeline.forgetting_people import Report
from bot.services import erasure, person_export
from bot.services.erasure import Wish
from store.errors import UsageError
from store.records.post import Platform
from store.records.replying import AskedBy, Asker, Wants

By = Annotated[str, typer.Option("--by", help="Your account.")]
Why = Annotated[str, typer.Option(help="Who asked and how it was proved; kept in the audit.")]
Account = Annotated[str, typer.Argument(help="The account's name on its platform.")]
On = Annotated[Platform, typer.Option("--platform", help="mastodon, bluesky, x or weibo.")]
LastingId = Annotated[str, typer.Option("--id", help="Its lasting id, where a name stood for several.")]
Reference = Annotated[str, typer.Argument(help="The request's reference, as the list shows it.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    forget = typer.Typer(help="Forget a person or posts, and say what went.", rich_markup_mode=None)
    forget.command("person")(forget_person)
    forget.command("post")(forget_post)
    forget.command("lift")(lift)
    app.add_typer(forget, name="forget")
    person = typer.Typer(help="What is held about a person.", rich_markup_mode=None)
    person.command("export")(export)
    app.add_typer(person, name="person")
    desk = typer.Typer(help="People who want to be forgotten, or a copy.", rich_markup_mode=None)
    for call in (list_, show, ask, attest, let_go, erase, refuse, told):
        desk.command(call.__name__.rstrip("_").replace("_", "-"))(call)
    app.add_typer(desk, name="requests")


def _told(cli: Cli, as_json: bool, report: Report) -> None:
    """What went, what is left, what cannot go; exit code 1 where something is left."""

    def show_it() -> None:
        for kind, number in report.went.items():
            cli.out.print(f"{number:6} {kind}", markup=False)
        if not report.went:
            cli.out.print("Nothing was held.", markup=False)
        for kind, number in report.left.items():
            cli.out.print(f"! {number} {kind} still there", markup=False)
        for name, why in report.kept:
            cli.out.print(f"- {name}: {why}", markup=False)

    cli.answer(as_json, {"went": report.went, "left": report.left, "kept": dict(report.kept)}, show_it)
    raise typer.Exit(PROBLEMS if report.left else DONE)


def forget_person(
    context: typer.Context, account: Account, platform: On, author_id: LastingId = "",
    by: By = "", why: Why = "", as_json: Json = False,
) -> None:  # fmt: skip
    """Forget an author in every table, file and cache. They are not collected again, nor by a restore.

    Example: run_bot.py forget person ana@social.example --platform mastodon --why "letter of 3 May" --by ada
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        me = who(cli, built, by)
        report = erasure.forget_person(built.road, platform, account, by=me, why=why, author_id=author_id)
    _told(cli, as_json, report)


def forget_post(
    context: typer.Context,
    keys: Annotated[list[str], typer.Argument(help="Keys of the posts.")],
    by: By = "",
    why: Why = "",
    as_json: Json = False,
) -> None:
    """Forget single posts with their photos, faces, vectors and what was read from them.

    Example: run_bot.py forget post KEY --why "shows a flat, asked by its owner" --by ada
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        report = erasure.forget_posts(built.road, keys, by=who(cli, built, by), why=why)
    _told(cli, as_json, report)


def lift(
    context: typer.Context, account: Account, platform: On, author_id: LastingId = "",
    by: By = "", why: Why = "",
) -> None:  # fmt: skip
    """Somebody who was forgotten may be collected again: they said so themselves.

    Example: run_bot.py forget lift ana@social.example --platform mastodon --why "mail of 9 June" --by ada
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        me = who(cli, built, by)
        erasure.lift(built.road, platform, account, by=me, why=why, author_id=author_id)
    cli.out.print("New posts of this account are taken again.", markup=False)


def export(
    context: typer.Context, account: Account, platform: On,
    out: Annotated[Path, typer.Option(help="The ZIP to write: a new file.")],
    author_id: LastingId = "", by: By = "", why: Why = "", as_json: Json = False,
) -> None:  # fmt: skip
    """Pack everything that is held about an author, for that author: JSON by kind, and photos.

    Example: run_bot.py person export ana@social.example --platform mastodon --out a.zip --why letter --by lia
    """
    cli: Cli = context.obj
    if out.exists():
        raise UsageError(str(out), "is there already; name a new file")
    with cli.installation(for_account=True) as built:
        me = who(cli, built, by)
        made = person_export.export(built.road, platform, account, by=me, why=why, author_id=author_id)
    write_new(out, made.data)

    def show_it() -> None:
        cli.out.print(", ".join(f"{number} {kind}" for kind, number in made.counts.items()), markup=False)
        for each in made.left_out:
            cli.out.print(f"- left out: {each}", markup=False)

    cli.answer(as_json, {"counts": made.counts, "left_out": list(made.left_out), "path": str(out)}, show_it)


# ── the desk ─────────────────────────────────────────────────────────────────────────────────────


def _document(view: Wish) -> dict[str, Any]:
    held = view.erasure
    return {
        "reference": held.reference, "state": str(held.state), "kind": str(held.kind), "way": str(held.way),
        "wants": str(held.wants), "platform": held.platform, "handle": view.who.handle, "code": view.who.code,
        "asked_at": held.asked_at.isoformat(), "due_at": held.due_at.isoformat(), "late": view.is_late,
        "posts": list(view.meant), "beside_cases": list(view.beside_cases), "not_yet": view.why_not,
        "sentence": view.sentence,
    }  # fmt: skip


def _shown(cli: Cli, as_json: bool, view: Wish) -> None:
    document = _document(view)

    def show_it() -> None:
        for name, value in document.items():
            if value not in ("", [], False):
                words = ", ".join(value) if isinstance(value, list) else value
                cli.out.print(f"{name.replace('_', ' ')}: {words}", markup=False)

    cli.answer(as_json, document, show_it)


def list_(context: typer.Context, by: By = "", as_json: Json = False) -> None:
    """Who asked, and by when it has to be decided.

    Example: run_bot.py requests list --by ada
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        who(cli, built, by)
        found = erasure.listing(built.road)
    rows = [
        (w.reference, str(w.state), str(w.kind), str(w.wants), f"{w.due_at:%Y-%m-%d}", w.done_by)
        for w in found
    ]
    names = ("reference", "state", "who", "wants", "due", "done by")
    document = {"requests": [dict(zip(names, row, strict=True)) for row in rows]}
    cli.answer(as_json, document, lambda: cli.table("Requests", names, rows, empty="Nobody has asked."))


def show(context: typer.Context, reference: Reference, by: By = "", as_json: Json = False) -> None:
    """One request: what it is about and what may be done.

    Example: run_bot.py requests show 7KX2QF --by ada
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        who(cli, built, by)
        view = erasure.show(built.road, reference)
    _shown(cli, as_json, view)


def ask(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="The author's account; nothing for who is pictured.")] = "",
    platform: Annotated[Platform | None, typer.Option(help="The account's platform.")] = None,
    kind: Annotated[Asker, typer.Option(help="Who asks.")] = Asker.AUTHOR,
    way: Annotated[AskedBy, typer.Option(help="By which way it came.")] = AskedBy.MAIL,
    wants: Annotated[Wants, typer.Option(help="erase, or a copy.")] = Wants.ERASE,
    post: Annotated[list[str] | None, typer.Option(help="A post that pictures the person.")] = None,
    contact: Annotated[str, typer.Option(help="How the person is reached; sealed.")] = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Record a request that came by mail or over the counter; what it means is hidden at once.

    Example: run_bot.py requests ask ana@social.example --platform mastodon --contact a@b.example --by ada
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        view = erasure.ask(
            built.road, by=who(cli, built, by), kind=kind, way=way, wants=wants, platform=platform,
            handle=account, keys=post or (), contact=contact,
        )  # fmt: skip
    _shown(cli, as_json, view)


def attest(
    context: typer.Context,
    reference: Reference,
    what: Annotated[str, typer.Option(help="Which document you saw; no number, no copy.")] = "",
    by: By = "",
) -> None:
    """Say which document proved a request; two people have to.

    Example: run_bot.py requests attest 7KX2QF --what "birth certificate" --by ada
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        view = erasure.attest(built.road, reference, by=who(cli, built, by), what=what)
    cli.out.print(f"{reference}: {view.erasure.state}", markup=False)


def let_go(context: typer.Context, reference: Reference, by: By = "") -> None:
    """Agree that posts that stand beside a case may go without a hold; two people have to.

    Example: run_bot.py requests let-go 7KX2QF --by ada
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        view = erasure.let_go(built.road, reference, by=who(cli, built, by))
    waits = "" if view.erasure.let_go_with else "; a second person has to agree"
    cli.out.print(f"Written down{waits}.", markup=False)


def erase(context: typer.Context, reference: Reference, by: By = "", as_json: Json = False) -> None:
    """Carry a proved request out, and say what went.

    Example: run_bot.py requests erase 7KX2QF --by ada
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        _, report = erasure.erase(built.road, reference, by=who(cli, built, by))
    _told(cli, as_json, report)


def refuse(context: typer.Context, reference: Reference, by: By = "", why: Why = "") -> None:
    """Refuse a request with a reason; what it hid is shown again.

    Example: run_bot.py requests refuse 7KX2QF --why "the account never sent its code" --by ada
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        erasure.refuse(built.road, reference, by=who(cli, built, by), why=why)
    cli.out.print("Refused; tell the person, with the reason.", markup=False)


def told(
    context: typer.Context,
    reference: Reference,
    how: Annotated[str, typer.Option(help="By which way, or why it could not be.")] = "",
    by: By = "",
) -> None:
    """Say that the person was told; who it was is forgotten.

    Example: run_bot.py requests told 7KX2QF --how "by mail on 9 May" --by ada
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        erasure.told(built.road, reference, by=who(cli, built, by), how=how)
    cli.out.print("Written down; who asked is known no longer.", markup=False)
