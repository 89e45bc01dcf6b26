"""The road as a program that can be killed: sample in, matches, one verdict, alert, rehearsed reply.

Run again after a kill it goes on where it was; run twice it changes nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

from bot import wiring
from bot.cli.app import ROOT
from bot.config import load
from bot.home import Home
from bot.pipeline import work
from bot.services import review, sample
from store.records.match import Label, Verdict
from store.seal import SealKey
from tests.chaos.remembering import RememberingModel
from tests.unit.extract.fake_gazetteer import FakeGazetteer

# One key for all runs: references and drawn delays come from it.
KEY = SealKey(b"a key for tests, of thirty-two b")


def run(folder: str, answers: str) -> None:
    """The whole road over the sample in `folder`/sample; `answers` keeps what the face model said."""
    home = Home(Path(folder) / "sample", True)
    home.prepare()
    home.key.write_text(base64.urlsafe_b64encode(KEY.secret).decode())
    config = load(ROOT / "sample" / "config.yaml", env={})
    built = wiring.build(config, home)
    model = RememberingModel(Path(answers))
    built.road.faces = lambda: model
    built.road.gazetteer = FakeGazetteer  # In memory: opening the real one takes longer than the road.
    try:
        wiring.put_in_force(built)
        built.road.engine.free_all()
        sample.load(built.road, home, ROOT / "sample")
        off: Callable[[], int] = lambda: work.work_off(built.road, work.arrows(dict))  # noqa: E731
        assert off() == 0
        for card in review.queue(built.road):
            if card.row.match.label is Label.SIGHTING and card.consent.given:
                review.decide(built.road, card.row.match.key, Verdict.POSSIBLE, by=sample.REVIEWER)
        assert off() == 0
        model.save()
    finally:
        built.close()
