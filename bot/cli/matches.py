"""Commands for people who decide: matches list, matches show, review."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.context import Cli, who
from bot.cli.running import Json
from bot.services import review as reviewing
from bot.services.review import Card
from store.errors import UsageError
from store.records.match import Tier, Verdict

By = Annotated[str, typer.Option("--by", help="Your account.")]
Note = Annotated[str, typer.Option(help="Why, for those who come after you.")]
Key = Annotated[str, typer.Argument(help="The match's key, or its beginning, as `matches list` shows it.")]
POSSIBLE, NOT_THIS, LATER = "possible", "not-this-child", "later"
VERDICTS = {POSSIBLE: Verdict.POSSIBLE, NOT_THIS: Verdict.NOT_THIS_CHILD, LATER: Verdict.LATER}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="What looks alike, and why.", rich_markup_mode=None)
    group.command("list")(list_)
    group.command("show")(show)
    app.add_typer(group, name="matches")
    review = typer.Typer(
        help="Decide: possible resemblance, not this child, later; undo.", rich_markup_mode=None
    )
    review.command("list")(queue)
    review.command("show")(show)
    review.command(POSSIBLE)(_verdict(Verdict.POSSIBLE, "A possible resemblance: alerts the case team."))
    review.command(NOT_THIS)(
        _verdict(Verdict.NOT_THIS_CHILD, "Not this child: the pair never comes back by itself.")
    )
    review.command(LATER)(_verdict(Verdict.LATER, "Look at it later: it goes on the later pile."))
    review.command("undo")(undo)
    app.add_typer(review, name="review")


def as_document(card: Card) -> dict[str, Any]:
    """A match as JSON: no name, no contact."""
    match = card.row.match
    plain = ("key", "similarity", "rank", "fpir", "gallery_size", "age_gap_years", "travel")
    return {
        **{name: getattr(match, name) for name in plain},
        "state": card.row.state,
        "tier": match.tier.value,
        "label": match.label.value,
        "post": match.post_key,
        "platform": card.post.platform.value,
        "case": match.case_id,
        "reasons": [{"name": r.name, "weight": r.weight, "words": r.words} for r in match.reasons],
        **_claim(card),
        "who_hears": card.who_hears,
        "consent": card.consent.words,
        "copies": list(card.copies),
        "replies": [{"key": r.key, "state": r.state.value, "text": r.text} for r in card.replies],
        "decisions": [
            {"verdict": d.verdict.value, "by": d.by, "at": d.at, "undone": d.undone} for d in card.decisions
        ],
    }


def _claim(card: Card) -> dict[str, Any]:
    when = card.sighting.when.best if card.sighting else None
    where = card.sighting.where.best if card.sighting else None
    area = ("name", "lat", "lon", "radius_km")
    return {
        "when": {"start": when.start, "end": when.end} if when else None,
        "where": {name: getattr(where, name) for name in area} if where else None,
    }


def _short(key: str) -> str:
    """The beginning of a key: enough to name the match on the command line."""
    return key[:12]


def _table(cli: Cli, cards: list[Card], empty: str) -> None:
    rows = [
        (c.row.match.tier.value, f"{c.row.match.similarity:.3f}", c.row.state, c.row.match.label.value,
         c.row.match.case_id, c.post.platform.value, c.who_hears, _short(c.row.match.key))
        for c in cards
    ]  # fmt: skip
    columns = ("tier", "cosine", "state", "label", "case", "platform", "who hears", "key")
    cli.table("Possible resemblances", columns, rows, empty=empty)


def list_(context: typer.Context, as_json: Json = False) -> None:
    """Every match, open ones first, most similar first.

    Example: run_bot.py --data DIR matches list --json
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        cards = reviewing.listing(built.road)
    cli.answer(
        as_json,
        [as_document(card) for card in cards],
        lambda: _table(cli, cards, "Nobody resembles anybody: the normal answer."),
    )


def queue(
    context: typer.Context,
    tier: Annotated[Tier | None, typer.Option(help="Only this tier.")] = None,
    later: Annotated[bool, typer.Option("--later", help="The later pile.")] = False,
    as_json: Json = False,
) -> None:
    """What waits for a person.

    Example: run_bot.py review list
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        cards = reviewing.queue(built.road, tier=tier, state="later" if later else "open")
    cli.answer(
        as_json,
        [as_document(card) for card in cards],
        lambda: _table(cli, cards, "Nothing waits for review."),
    )


def show(
    context: typer.Context,
    key: Key,
    photos: Annotated[Path | None, typer.Option(help="Write both photos into this folder.")] = None,
    as_json: Json = False,
) -> None:
    """One match with its reasons for and against, and both photos as files.

    Example: run_bot.py review show KEY --photos /tmp/look
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        card = reviewing.card(built.road, key)
        shown = reviewing.photos_of(built.road, card)
    _answer(cli, as_json, card)
    if photos is not None:
        _write_photos(cli, photos, shown)


def _write_photos(cli: Cli, folder: Path, shown: dict[str, bytes]) -> None:
    """The re-encoded copies, never the originals; whoever asked for them has to remove them."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, data in shown.items():
            (folder / f"{name}.jpg").write_bytes(data)
    except OSError as error:
        raise UsageError(str(folder), f"cannot be written ({error.strerror})") from error
    cli.say(f"Photos: {', '.join(str(folder / f'{name}.jpg') for name in shown)}. Remove them after looking.")


def _verdict(verdict: Verdict, words: str) -> Any:
    def command(
        context: typer.Context, key: Key, by: By = "", note: Note = "", as_json: Json = False
    ) -> None:
        cli: Cli = context.obj
        with cli.installation() as built:
            card = reviewing.decide(built.road, key, verdict, by=who(cli, built, by), note=note)
        _answer(cli, as_json, card)

    name = next(word for word, kept in VERDICTS.items() if kept is verdict)
    command.__doc__ = f"{words}\n\nExample: run_bot.py review {name} KEY --by ana"
    return command


def undo(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="The match; without it, your last verdict.")] = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Take a verdict back; the match is open again.

    Example: run_bot.py review undo --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        card = reviewing.undo(built.road, key or None, by=who(cli, built, by))
    _answer(cli, as_json, card)


def _answer(cli: Cli, as_json: bool, card: Card) -> None:
    match = card.row.match

    def show_it() -> None:
        cli.out.print(
            f"{match.key}  [{card.row.state}]  {match.tier.value}, similarity {match.similarity:.3f}",
            markup=False,
        )
        for reason in match.reasons:
            sign = "+" if reason.weight > 0 else "-" if reason.weight < 0 else " "
            cli.out.print(f"  {sign} {reason.words}", markup=False)
        cli.out.print(f"  who hears of it: {card.who_hears} ({card.consent.words})", markup=False)
        for reply in card.replies:
            cli.out.print(f"  reply [{reply.state.value}]: {reply.text}", markup=False)

    cli.answer(as_json, as_document(card), show_it)
