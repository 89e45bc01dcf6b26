"""Calibration: shares of unrelated photos by group with their number, and a proposal that changes nothing."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from bot.match.inputs import Band, Thresholds, Wish
from bot.services import calibrating
from store.errors import UsageError
from store.probe_scores import ProbeScore

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def score(number: int, value: float, looks: str = "4-8", *, possible: bool = False) -> ProbeScore:
    return ProbeScore(f"f{number}:0", "m" * 64, f"f{number}", looks, 300, value, NOW, possible)


def calibrated(
    monkeypatch: pytest.MonkeyPatch, rows: list[ProbeScore], limits: Thresholds, days: int = 30
) -> calibrating.Calibration:
    class Store:
        def reading(self) -> Any:
            return pytest.MonkeyPatch.context()

    model = SimpleNamespace(digest="m" * 64, name="M")
    rules = SimpleNamespace(wish=Wish(100, 20))
    road: Any = SimpleNamespace(faces=lambda: model, store=Store(), clock=lambda: NOW, rules=rules)
    monkeypatch.setattr(calibrating.probe_scores, "since", lambda *_: rows)
    monkeypatch.setattr(calibrating.models, "thresholds_of", lambda *_: limits)
    return calibrating.calibrate(road, days=days)


def test_shares_are_those_of_unrelated_photos_by_group(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [score(n, n / 50) for n in range(300)] + [score(400, 9, possible=True), score(401, 1, "0-3")]
    found = calibrated(monkeypatch, rows, Thresholds(review_normalised=3.0, alert_normalised=5.0))
    groups = {now.looks: now for now in found.now}
    assert (groups["4-8"].review.hits, groups["4-8"].review.n) == (150, 300)
    assert groups["4-8"].alert is not None and groups["4-8"].alert.hits == 50
    assert groups["0-3"].photos == 1 and groups["13+"].photos == 0
    assert found.cases == 300 and found.proposal is not None and found.document()["proposal"]["possible"] == 1


def test_a_photo_counts_once_however_many_faces_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    twins = [
        ProbeScore(f"f:{n}", "m" * 64, "f", "4-8", 300, value, NOW) for n, value in enumerate((2.0, 6.0))
    ]
    found = calibrated(monkeypatch, twins, Thresholds(review_normalised=3.0))
    assert {now.looks: (now.review.hits, now.photos) for now in found.now}["4-8"] == (1, 1)


def test_a_group_without_an_alert_score_is_untested(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Thresholds(bands=(Band("4-8", review=3.0, alert=None),))
    found = calibrated(monkeypatch, [score(n, 9.0) for n in range(5)], limits)
    assert all(now.alert is None for now in found.now)


def test_without_photos_there_is_no_proposal_and_wrong_days_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert calibrated(monkeypatch, [], Thresholds()).proposal is None
    with pytest.raises(UsageError, match="days"):
        calibrated(monkeypatch, [], Thresholds(), days=0)
