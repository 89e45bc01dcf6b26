"""Commands about thresholds: what counts now, proposing from what was seen, accepting, refusing."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from bot.cli.context import Cli, who
from bot.cli.running import Json
from bot.services import thresholds
from bot.services.thresholds import Offer
from store.codec import to_json

By = Annotated[str, typer.Option("--by", help="Your account.")]
Why = Annotated[str, typer.Option(help="Why, for those who come after you.")]
Number = Annotated[int, typer.Argument(help="The number, as `thresholds list` shows it.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(
        help="Where candidates begin: proposed, then accepted by a person.", rich_markup_mode=None
    )
    group.command("list")(list_)
    group.command("show")(show)
    group.command("propose")(propose)
    group.command("accept")(accept)
    group.command("refuse")(refuse)
    app.add_typer(group, name="thresholds")


def as_document(offer: Offer) -> dict[str, Any]:
    """A proposal as JSON, its numbers as they were proposed."""
    proposal = offer.proposal
    plain = (
        "number",
        "source",
        "model",
        "why",
        "made_by",
        "made_at",
        "decided_by",
        "decided_at",
        "decided_why",
    )
    return {
        **{name: getattr(proposal, name) for name in plain},
        "standing": standing(offer),
        "numbers": to_json(offer.numbers),
    }


def standing(offer: Offer) -> str:
    """Where a proposal stands, in a word or two."""
    if offer.is_in_force:
        return "in force"
    if offer.proposal.decided_at is None:
        return "proposed" if offer.is_of_model else "for another face model"
    return "accepted before" if offer.proposal.accepted else "refused"


def _show(cli: Cli, offer: Offer) -> None:
    numbers, wish = offer.numbers, offer.numbers.wish
    cli.out.print(
        f"{offer.proposal.number} [{standing(offer)}] from {offer.proposal.source}: at most one false alert "
        f"in {wish.photos_per_false_alert:,} photos, {wish.reviews_per_day} reviews a day; "
        f"{numbers.cases} cases, {numbers.photos_a_day:.0f} photos a day for {numbers.days:.0f} days",
        markup=False,
    )
    rows = [
        (
            band.looks,
            band.photos,
            f"{band.review:.2f}",
            "untested" if band.alert is None else f"{band.alert:.2f}",
            band.shown,
            band.needed,
        )
        for band in numbers.bands
    ]
    columns = ("looks (years)", "photos", "review from", "first from", "shown", "needed to test")
    cli.table("Thresholds by likely age", columns, rows, empty="")
    cli.out.print(
        f"With these {numbers.reviews_a_day:.1f} photos a day would have been shown, and {numbers.kept} of "
        f"{numbers.possible} possible resemblances.",
        markup=False,
    )


def list_(context: typer.Context, as_json: Json = False) -> None:
    """What counts now, and all proposals, newest first.

    Example: run_bot.py thresholds list
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        state = thresholds.state(built.road)
    now = state.now
    first = (
        "untested: none is looked at first" if now.alert_normalised == float("inf") else now.alert_normalised
    )

    def show_it() -> None:
        words = f"accepted bands: {len(now.bands)}" if now.bands else f"as shipped, {now.basis}"
        line = f"Now, with {state.cases} active cases: review from {now.review_normalised:g}"
        cli.out.print(f"{line}, {first} ({words})", markup=False)
        rows = [
            (o.proposal.number, standing(o), o.proposal.source, o.proposal.made_by, o.proposal.decided_by,
             f"{o.numbers.reviews_a_day:.1f}")
            for o in state.offers
        ]  # fmt: skip
        columns = ("number", "standing", "from", "by", "decided by", "reviews a day")
        cli.table("Proposed", columns, rows, empty="Nothing was proposed; `thresholds propose` does.")

    document = {
        "cases": state.cases,
        "in_force": _now(now),
        "proposals": [as_document(o) for o in state.offers],
    }
    cli.answer(as_json, document, show_it)


def _now(now: Any) -> dict[str, Any]:
    alert = None if now.alert_normalised == float("inf") else now.alert_normalised
    return {"review": now.review_normalised, "alert": alert, "bands": to_json(now.bands), "basis": now.basis}


def show(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """One proposal with its numbers.

    Example: run_bot.py thresholds show 1
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        offer = thresholds.one(built.road, number)
    cli.answer(as_json, as_document(offer), lambda: _show(cli, offer))


def propose(
    context: typer.Context,
    days: Annotated[int, typer.Option(help="From the photos compared in so many days.")] = thresholds.DAYS,
    by: By = "",
    why: Why = "",
    as_json: Json = False,
) -> None:
    """Turn the wish of config.yaml into numbers, from the photos that were compared and what people decided.

    Example: run_bot.py thresholds propose --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        offer = thresholds.propose(built.road, by=who(cli, built, by), days=days, why=why)
    cli.answer(as_json, as_document(offer), lambda: _show(cli, offer))


def accept(context: typer.Context, number: Number, by: By = "", why: Why = "", as_json: Json = False) -> None:
    """Put proposed thresholds into force.

    Example: run_bot.py thresholds accept 1 --by ana --why "as discussed on Monday"
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        offer = thresholds.accept(built.road, number, by=who(cli, built, by), why=why)
    cli.answer(as_json, as_document(offer), lambda: _show(cli, offer))


def refuse(context: typer.Context, number: Number, by: By = "", why: Why = "", as_json: Json = False) -> None:
    """Leave thresholds as they are.

    Example: run_bot.py thresholds refuse 1 --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        offer = thresholds.refuse(built.road, number, by=who(cli, built, by), why=why)
    cli.answer(as_json, as_document(offer), lambda: _show(cli, offer))
