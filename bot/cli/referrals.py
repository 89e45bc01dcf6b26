"""Commands for welfare referrals: list, show, draft, prepare, step. Nothing is sent from here.

What may be referred and in which words is decided in bot/rules/referral.py.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from bot.cli.context import Cli, who
from bot.cli.running import Json
from bot.services import referrals
from bot.services.referrals import ReferralView
from store.errors import UsageError
from store.records.referral import Danger, Details, ReferralState

By = Annotated[str, typer.Option("--by", help="Your account.")]
Id = Annotated[str, typer.Argument(help="The referral's reference, as `referrals list` shows it.")]
PostKey = Annotated[str, typer.Argument(help="The post's key.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(
        help="Welfare referrals: a child in need who stands beside no registered child.",
        rich_markup_mode=None,
    )
    for name, call in (
        ("list", list_), ("show", show), ("draft", draft), ("prepare", prepare), ("step", step),
    ):  # fmt: skip
        group.command(name)(call)
    app.add_typer(group, name="referrals")


def list_(context: typer.Context, by: By = "", as_json: Json = False) -> None:
    """All referrals, the newest first.

    Example: run_bot.py referrals list --by rita
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        found = referrals.listing(built.road, by=who(cli, built, by))
    document = [
        {"id": r.id, "state": r.state.value, "body": r.body, "prepared_by": r.prepared_by,
         "prepared_at": r.prepared_at, "answer_due_at": r.answer_due_at}
        for r in found
    ]  # fmt: skip
    rows = [
        (r.id, r.state.value, r.body, r.prepared_by, f"{r.answer_due_at:%Y-%m-%d}" if r.answer_due_at else "")
        for r in found
    ]
    columns = ("id", "state", "to", "prepared by", "answer due")
    empty = "There is no referral. `referrals prepare` writes one for a post."
    cli.answer(as_json, document, lambda: cli.table("Referrals", columns, rows, empty=empty))


def show(context: typer.Context, id: Id, by: By = "", as_json: Json = False) -> None:
    """One referral with the words that go to the body.

    Example: run_bot.py referrals show K7M2PQX4 --by rita
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        view = referrals.show(built.road, id, by=who(cli, built, by))
    _tell(cli, as_json, view)


def draft(context: typer.Context, post: PostKey, by: By = "", as_json: Json = False) -> None:
    """What a referral of a post begins with: the bodies, place and day that were read from it.

    Example: run_bot.py referrals draft mastodon:https://social.example/1 --by rita
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        found = referrals.draft(built.road, post, by=who(cli, built, by))
    document: dict[str, Any] = {
        "post": found.post_key, "bodies": [body.name for body in found.bodies], "where": found.where,
        "day": found.day, "has_candidate": found.has_candidate, "before": list(found.before),
        "signs": [sign.value for sign in Danger],
    }  # fmt: skip

    def show_it() -> None:
        cli.out.print(
            f"Read from the post: {found.where or 'no place'}, {found.day or 'no day'}", markup=False
        )
        bodies = ", ".join(document["bodies"]) or "none: enter them under `outcomes.bodies` in config.yaml"
        cli.out.print(f"Bodies: {bodies}", markup=False)
        cli.out.print(f"Dangers: {', '.join(document['signs'])}", markup=False)
        if found.has_candidate:
            cli.out.print("It stands beside a registered child: decide that in review.", markup=False)

    cli.answer(as_json, document, show_it)


def prepare(
    context: typer.Context,
    post: PostKey,
    body: Annotated[str, typer.Option("--to", help="A licensed body, as config.yaml names it.")],
    sign: Annotated[
        list[str], typer.Option(help=f"A danger that was seen; again for more: {', '.join(Danger)}.")
    ],
    seen: Annotated[str, typer.Option(help="What was seen: no name, account, link or number.")],
    where: Annotated[str, typer.Option(help="District or town.")],
    day: Annotated[str, typer.Option(help="YYYY-MM-DD")],
    looks: Annotated[str, typer.Option(help="About how old, and how it looks.")] = "",
    needs: Annotated[str, typer.Option(help="Which help it needs.")] = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Write a referral. Somebody else releases it; a person then hands it over.

    Example: run_bot.py referrals prepare POST --to Office --sign ill --seen … --where … --day 2026-11-24
    """
    cli: Cli = context.obj
    signs = frozenset(_sign(each) for each in sign)
    details = Details(seen, where, _day(day), looks, needs)
    with cli.installation(for_account=True) as built:
        view = referrals.prepare(built.road, post, body, signs, details, by=who(cli, built, by))
    _tell(cli, as_json, view)


def _sign(text: str) -> Danger:
    if text not in set(Danger):
        words = f"is {text[:20]!r}; a danger that was seen is one of {', '.join(Danger)}"
        raise UsageError("--sign", words)
    return Danger(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError("--day", f"is {text[:40]!r}; a day is written YYYY-MM-DD") from None


def step(
    context: typer.Context,
    id: Id,
    to: Annotated[str, typer.Argument(help=", ".join(ReferralState))],
    why: Annotated[str, typer.Option(help="To whom it was handed, what was answered, or why it ends.")] = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Release a referral that somebody else prepared; hand it over, keep the answer, or withdraw it.

    Example: run_bot.py referrals step K7M2PQX4 handed_over --why "Ms Lin, at the office" --by lena
    """
    if to not in set(ReferralState):
        raise UsageError("state", f"is {to[:20]!r}; it is one of {', '.join(ReferralState)}")
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        view = referrals.step(built.road, id, ReferralState(to), by=who(cli, built, by), why=why)
    _tell(cli, as_json, view)


def _tell(cli: Cli, as_json: bool, view: ReferralView) -> None:
    held = view.referral
    document: dict[str, Any] = {
        "id": held.id, "state": held.state.value, "post": held.post_key, "body": held.body,
        "signs": [sign.value for sign in held.signs], "prepared_by": held.prepared_by,
        "answer_due_at": held.answer_due_at, "words": view.words, "answer": view.details.answer,
        "next": [state.value for state in view.next],
    }  # fmt: skip

    def show_it() -> None:
        cli.out.print(f"{held.id}  [{held.state.value}]  to {held.body}", markup=False)
        for language, text in view.words.items():
            cli.out.print(f"--- {language}\n{text}", markup=False)
        if view.details.answer:
            cli.out.print(f"answer: {view.details.answer}", markup=False)
        if view.next:
            names = ", ".join(state.value for state in view.next)
            cli.out.print(f"you can take: {names}", markup=False)

    cli.answer(as_json, document, show_it)
