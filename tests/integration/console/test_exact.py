"""The sighting page with a sealed place and an answer, and the page that opens the seal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

from bot.pipeline import sealing
from bot.services import review
from store import asking, sightings
from store.records.answer import Answer
from store.records.match import Verdict
from store.records.sighting import Evidence, EvidenceKind, PlaceKind, Where, WhereCandidate
from tests.integration.console.conftest import Browser
from tests.integration.console.world import NAMED, World

SignIn = Callable[..., Browser]
PAGE = f"/sighting?key={quote(NAMED, safe='')}"
GPS = WhereCandidate(
    "Chunxi", PlaceKind.POINT, 0.9, Evidence(EvidenceKind.EXIF, "GPS of the photo", photo="a"),
    30.61234, 104.01234, 0.05, "CN", "四川省", "成都市", "锦江区",
)  # fmt: skip


def furnish(world: World) -> None:
    with world.road.store.transaction() as tx:
        claim = sightings.get(tx, NAMED)
        assert claim is not None
        claim = replace(claim, where=Where((GPS,), (), "the text says A, the photo lies 300 km away near B"))
        claim = replace(claim, first_hand_weight=0.83)
        sightings.put(tx, sealing.keep_claim(world.road, tx, claim))
        said = Evidence(EvidenceKind.ANSWER, "district", 0, 6, "Camden", post="mastodon:answer")
        place = WhereCandidate("Camden", PlaceKind.DISTRICT, 0.8, said, 51.5, -0.1, 5.0)
        asking.put(tx, Answer(NAMED, "mastodon:answer", world.clock(), False, (place,)))


def test_the_page_shows_district_answer_grade_and_contradiction_but_no_point(
    world: World, sign_in: SignIn
) -> None:
    furnish(world)
    page = sign_in("rob").get(PAGE).text
    for said in ("锦江区", "within 5 km", "Camden", "a private message", "weight 83%", "Places disagree"):
        assert said in page, said
    for path in (PAGE, "/", "/sightings", "/review", "/api/v1/sightings", "/api/v1/candidates"):
        found = sign_in("rob").get(path).text
        assert "30.612" not in found and "104.012" not in found
    assert "Open the exact place" not in page


def test_the_point_opens_for_a_lead_with_a_reason_and_for_no_other_role(
    world: World, sign_in: SignIn
) -> None:
    furnish(world)
    rob = sign_in("rob")
    rob.get(PAGE)
    form = {"key": NAMED, "why": "for the police, ref. 1"}
    assert rob.post("/sighting/place", form).status_code == 403, "nobody called it a lead yet"
    key = next(c.row.match.key for c in review.listing(world.road) if c.post.key == NAMED)
    review.decide(world.road, key, Verdict.POSSIBLE, by="rob")
    assert "Open the exact place" in rob.get(PAGE).text
    assert rob.post("/sighting/place", {"key": NAMED, "why": ""}).status_code == 400
    shown = rob.post("/sighting/place", form)
    assert shown.status_code == 200 and "30.61234, 104.01234" in shown.text
    assert "no-store" in shown.headers["cache-control"]
    rita = sign_in("rita")
    rita.get("/me")
    assert rita.post("/sighting/place", form).status_code == 403
