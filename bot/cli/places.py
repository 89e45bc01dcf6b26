"""Commands for places: build the gazetteer, import map extracts, find a name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.context import Cli
from bot.cli.running import Json
from bot.services import places
from store.datum import Datum
from store.errors import UsageError

_SHOWN = (
    "name",
    "kind",
    "lat",
    "lon",
    "radius_km",
    "district",
    "city",
    "province",
    "country",
    "zone",
    "source",
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(
        help="Places: build the gazetteer, add map extracts, find a name.", rich_markup_mode=None
    )
    group.command("build")(build)
    group.command("import")(import_)
    group.command("find")(find)
    app.add_typer(group, name="places")


def _gazetteer(cli: Cli) -> Path:
    home, _ = cli.home(cli.config())
    home.prepare()
    return home.places


def build(context: typer.Context, as_json: Json = False) -> None:
    """Build the gazetteer from installed data, without a network. Imported extracts stay.

    Example: run_bot.py places build
    """
    cli: Cli = context.obj
    file = _gazetteer(cli)
    places.build(file, cli.say)
    cli.answer(as_json, {"file": str(file)}, lambda: cli.out.print(f"Built {file}.", markup=False))


def import_(
    context: typer.Context,
    extract: Annotated[
        Path, typer.Argument(help="An OpenStreetMap extract: .osm, .osm.gz, .osm.bz2, .geojson.")
    ],
    datum: Annotated[
        Datum | None,
        typer.Option(
            help="On what its points are given; told by the file without it (OpenStreetMap: wgs84)."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Add stations, exits, streets, crossings and landmarks of a map extract. Twice changes nothing.

    Example: run_bot.py places import chengdu.osm.bz2
    """
    cli: Cli = context.obj
    done = places.add_extract(_gazetteer(cli), extract, datum, cli.say)
    document = {
        "extract": extract.name,
        "datum": done.datum.value,
        "licence": places.LICENCE,
        "places": dict(sorted(done.places.items())),
        "left_out": dict(sorted(done.left_out.items())),
    }

    def show() -> None:
        counts = ", ".join(f"{number} {kind}" for kind, number in sorted(done.places.items())) or "none"
        cli.out.print(f"Places: {counts} (points on {done.datum.value}).", markup=False)
        for reason, number in sorted(done.left_out.items()):
            cli.out.print(f"left out: {number} {reason}", markup=False)
        cli.out.print(f"Data: {places.LICENCE}", markup=False)

    cli.answer(as_json, document, show)


def find(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A name in any language that the data has.")],
    as_json: Json = False,
) -> None:
    """All places called so, most people first, then those of map extracts.

    Example: run_bot.py places find 春熙路
    """
    cli: Cli = context.obj
    if cli.doors.gazetteer is None:
        raise UsageError("places", "cannot be looked up here; this program was started without a gazetteer")
    found = places.find(cli.doors.gazetteer, _gazetteer(cli), name, cli.say)
    rows = [
        (e.name, e.kind.value, f"{e.lat:.5f}, {e.lon:.5f}", f"{e.radius_km:g} km", e.district, e.city,
         e.province, e.country, e.source)
        for e in found
    ]  # fmt: skip
    cli.answer(
        as_json,
        [{name: getattr(entry, name) for name in _SHOWN} for entry in found],
        lambda: cli.table(
            "Places",
            ("name", "kind", "point", "reach", "district", "city", "province", "country", "source"),
            rows,
            empty="No such place is known; streets and stations come with `places import`.",
        ),
    )
