"""Commands for finding by hand: desk, search, show, open; audit and check of searches of others.

Limits are those of bot/services/finding.py, the same as in the console; no picture is shown here.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

import typer

from bot.cli.context import Cli, who
from bot.cli.running import Json
from bot.rules.finding import Query, words_of
from bot.services import finding, finding_audit
from bot.services.finding import SearchView
from store.errors import UsageError
from store.records.sighting import Sighting

By = Annotated[str, typer.Option("--by", help="Your account.")]
Id = Annotated[str, typer.Argument(help="The search's id, as `finding desk` shows it.")]
USUAL_DAYS = 30


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(
        help="Finding by hand: for an active case of your team, with a purpose; never by a face.",
        rich_markup_mode=None,
    )
    for name, call in (
        ("desk", desk), ("search", search), ("show", show), ("open", open_), ("audit", audit),
        ("check", check),
    ):  # fmt: skip
        group.command(name)(call)
    app.add_typer(group, name="finding")


def desk(context: typer.Context, by: By = "", as_json: Json = False) -> None:
    """What you can search for, how many searches are left today, and what you searched before.

    Example: run_bot.py finding desk --by rita
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        found = finding.desk(built.road, by=who(cli, built, by))
    made = [{"id": s.id, "case": s.case_id, "purpose": s.purpose, "at": s.at} for s in found.made]
    document = {
        "cases": [row.case.id for row in found.cases], "left": found.left, "per_day": found.per_day,
        "searches": made,
    }  # fmt: skip

    def show_it() -> None:
        cases = ", ".join(row.case.id for row in found.cases) or "none: you are in the team of no active case"
        cli.out.print(f"{found.left} of {found.per_day} searches are left today.", markup=False)
        cli.out.print(f"Cases: {cases}", markup=False)
        rows = [(s.id, s.case_id, s.purpose, f"{s.at:%Y-%m-%d %H:%M} UTC") for s in found.made]
        cli.table("Searches", ("id", "case", "purpose", "at"), rows, empty="You have not searched yet.")

    cli.answer(as_json, document, show_it)


def search(
    context: typer.Context,
    case_id: Annotated[str, typer.Argument(help="An active case of your team.")],
    purpose: Annotated[str, typer.Option(help="For what, in words; others read it.")],
    place: Annotated[str, typer.Option(help="District, town or city, or its number.")],
    radius_km: Annotated[float, typer.Option(help="5 to 100 km around it.")] = 10.0,
    since: Annotated[str, typer.Option(help="First day, YYYY-MM-DD; 30 days ago without it.")] = "",
    until: Annotated[str, typer.Option(help="Last day; today without it.")] = "",
    words: Annotated[str, typer.Option(help="Words that the post has to hold.")] = "",
    sex: Annotated[str, typer.Option(help="female or male, as the post says.")] = "",
    age_from: Annotated[float | None, typer.Option(help="Years, as the post says.")] = None,
    age_to: Annotated[float | None, typer.Option(help="Years.")] = None,
    marks: Annotated[str, typer.Option(help="A mark that the post names.")] = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Search sightings. Counts as one of the day's searches and stands in the audit chain.

    Example: run_bot.py finding search home/1 --purpose "seen at the station?" --place Jinjiang --by rita
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        name = who(cli, built, by)
        where = finding.area(built.road, int(place) if place.isascii() and place.isdigit() else place)
        today = built.road.clock().date()
        first, last = (
            _day("--since", since, today - timedelta(days=USUAL_DAYS)),
            _day("--until", until, today),
        )
        query = Query(
            where.name, where.lat, where.lon, radius_km, datetime.combine(first, time(tzinfo=UTC)),
            datetime.combine(last, time(tzinfo=UTC)) + timedelta(days=1),
            words_of(words), sex, age_from, age_to, marks,
        )  # fmt: skip
        view = finding.search(built.road, case_id, purpose, query, by=name)
    _tell(cli, as_json, view)


def _day(option: str, text: str, usual: date) -> date:
    try:
        return date.fromisoformat(text) if text else usual
    except ValueError:
        raise UsageError(option, f"is {text[:40]!r}; a day is written YYYY-MM-DD") from None


def show(context: typer.Context, id: Id, by: By = "", as_json: Json = False) -> None:
    """A search of yours with what it found: place and time, never the words of a post.

    Example: run_bot.py finding show K7M2PQX4 --by rita
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        view = finding.show(built.road, id, by=who(cli, built, by))
    _tell(cli, as_json, view)


def _claim(sighting: Sighting | None) -> tuple[str, str]:
    """District or town and day: what is shown of a result that was not opened."""
    where = sighting.where.best if sighting else None
    when = sighting.when.best if sighting else None
    place = (where.district or where.city or where.name) if where else ""
    return place, f"{when.start:%Y-%m-%d}" if when else ""


def _tell(cli: Cli, as_json: bool, view: SearchView) -> None:
    rows = [
        (each.result.number, *_claim(each.sighting), "yes" if each.has_photo else "",
         "gone" if each.is_gone else "opened" if each.result.opened_at else "")
        for each in view.found
    ]  # fmt: skip
    names = ("number", "where", "when", "photo", "state")
    document = {"id": view.search.id, "case": view.search.case_id, "found": [_named(names, r) for r in rows]}

    def show_it() -> None:
        cli.table(f"Search {view.search.id}", names, rows, empty="Nothing was found.")
        if rows:
            cli.out.print(
                f"`finding open {view.search.id} NUMBER --why …` opens one; it is written down.", markup=False
            )

    cli.answer(as_json, document, show_it)


def _named(names: tuple[str, ...], row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(names, row, strict=True))


def open_(
    context: typer.Context,
    id: Id,
    number: Annotated[int, typer.Argument(help="The result's number.")],
    why: Annotated[str, typer.Option(help="For what; kept, and read by who checks searches.")],
    by: By = "",
    as_json: Json = False,
) -> None:
    """Open one result: the post as it is. Its photo is shown in the console.

    Example: run_bot.py finding open K7M2PQX4 3 --why "same station, same day" --by rita
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        found = finding.open_result(built.road, id, number, why, by=who(cli, built, by))
    place, day = _claim(found.sighting)
    document = {"post": found.post.key, "where": place, "when": day, "text": found.post.text}

    def show_it() -> None:
        cli.out.print(f"{found.post.key}  {place}  {day}\n{found.post.text}", markup=False)

    cli.answer(as_json, document, show_it)


def audit(context: typer.Context, by: By = "", as_json: Json = False) -> None:
    """Searches of others that were drawn to be looked at, with purpose and reasons; no post, no picture.

    Example: run_bot.py finding audit --by omar
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        drawn = finding_audit.listing(built.road, by=who(cli, built, by))
    document = [
        {
            "id": d.search.id, "by": d.search.account, "case": d.search.case_id, "purpose": d.search.purpose,
            "place": d.query.place if d.query else None, "opened": list(d.opened), "own": d.is_own,
            "checked_by": d.audited.auditor, "was_right": d.audited.was_right if d.audited.done_at else None,
        }
        for d in drawn
    ]  # fmt: skip
    rows = [
        (d.search.id, d.search.account, d.search.case_id, d.search.purpose, "; ".join(d.opened),
         d.audited.auditor or ("somebody else's to check" if d.is_own else "open"))
        for d in drawn
    ]  # fmt: skip
    columns = ("id", "by", "case", "purpose", "opened for", "checked by")
    empty = "Nothing was drawn. A tenth of each finished week's searches is."
    cli.answer(as_json, document, lambda: cli.table("Searches", columns, rows, empty=empty))


def check(
    context: typer.Context,
    id: Id,
    verdict: Annotated[str, typer.Argument(help="fits or wrong: case, purpose and search together.")],
    words: Annotated[str, typer.Option(help="What you found, in words.")] = "",
    by: By = "",
) -> None:
    """Say whether somebody else's search was as it should be.

    Example: run_bot.py finding check K7M2PQX4 fits --words "same town as the case" --by omar
    """
    if verdict not in ("fits", "wrong"):
        raise UsageError("verdict", f"is {verdict[:20]!r}; write fits or wrong")
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        name = who(cli, built, by)
        finding_audit.done(built.road, id, by=name, was_right=verdict == "fits", words=words)
    cli.out.print("Written down.", markup=False)
