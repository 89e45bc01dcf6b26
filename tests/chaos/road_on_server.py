"""The road of tests/chaos/road.py on PostgreSQL, with either engine, as a program that can be killed.

Run again after a kill it goes on where it was; run twice it changes nothing.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

from bot import wiring
from bot.cli.app import ROOT
from bot.config import load
from bot.config_engine import EngineBlock
from bot.home import Home
from bot.pipeline import work
from bot.services import review, sample
from store.records.match import Label, Verdict
from tests.chaos.remembering import RememberingModel
from tests.chaos.road import KEY
from tests.unit.extract.fake_gazetteer import FakeGazetteer


def run(folder: str, answers: str, url: str, engine: str) -> None:
    """The whole road over the sample into the database at `url`; `engine` is a kind of config.yaml."""
    home = Home(Path(folder), False)
    home.prepare()
    home.key.write_text(base64.urlsafe_b64encode(KEY.secret).decode())
    config = load(ROOT / "sample" / "config.yaml", env={})
    config = replace(
        config, sample=False, database_url=url, engine=EngineBlock.model_validate({"kind": engine})
    )
    built = wiring.build(config, home)
    road, model = built.road, RememberingModel(Path(answers))
    road.faces = lambda: model
    road.gazetteer = FakeGazetteer
    try:
        wiring.put_in_force(built)
        road.engine.free_all()
        sample.load(road, Home(Path(folder), True), ROOT / "sample")
        assert work.work_off(road, work.arrows(dict)) == 0
        for card in review.queue(road):
            if card.row.match.label is Label.SIGHTING and card.consent.given:
                review.decide(road, card.row.match.key, Verdict.POSSIBLE, by=sample.REVIEWER)
        assert work.work_off(road, work.arrows(dict)) == 0
        with road.store.reading() as tx:
            assert not road.engine.dead(tx)
        model.save()
    finally:
        built.close()
