"""What is shown at all, what belongs together, and what verdicts teach: over the services and the console."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from bot.match.inputs import Wish
from bot.pipeline import limits, showing
from bot.services import clusters, review, sightings, thresholds
from bot.services.clusters import Scope
from store import cases, match_groups, matches, photos, pictures, posts, probe_scores
from store import tables as t
from store.db import Transaction
from store.errors import Conflict, Missing, UsageError
from store.probe_scores import ProbeScore
from store.records.match import Dropped, Label, Match, Tier, Verdict
from store.records.photo import FaceQuality
from store.records.picture import PictureLabel, SamePicture
from store.records.post import Author, Platform
from tests.integration.console.conftest import Browser
from tests.integration.console.world import CASE, NAMED, UNNAMED, World, face

SignIn = Callable[..., Browser]
COPY, LATER_COPY, ELSEWHERE = "mastodon:copy", "mastodon:later", "mastodon:elsewhere"


def digest_of(world: World, post: str) -> str:
    with world.road.store.reading() as tx:
        return str(posts.media_of(tx, post)[0].photo)


def same_picture(world: World, one: str, other: str) -> None:
    a, b = sorted((digest_of(world, one), digest_of(world, other)))
    with world.road.store.transaction() as tx:
        pictures.put_pairs(tx, [SamePicture(a, b, 3, 0.9, False)])


def matched(world: World, post: str, **changes: Any) -> Match:
    """What the comparison would give for the face of a post, not written yet."""
    digest = digest_of(world, post)
    with world.road.store.reading() as tx:
        made = matches.get(tx, f"{digest_of(world, NAMED)}:0|{CASE}").match
    return replace(made, key=f"{digest}:0|{CASE}", face_key=f"{digest}:0", post_key=post, **changes)


def write(world: World, *found: Match, dropped: tuple[Dropped, ...] = ()) -> None:
    with world.road.store.transaction() as tx:
        showing.write(world.road, tx, found, dropped)


def state_of(world: World, key: str) -> str:
    with world.road.store.reading() as tx:
        return matches.get(tx, key).state


def queued(world: World) -> set[str]:
    """Posts that are to be compared again."""
    with world.road.store.reading() as tx:
        return set(tx.execute(sa.select(t.jobs.c.key).where(t.jobs.c.stage == "match")).scalars())


@pytest.fixture
def copied(world: World) -> World:
    """A second post shows the picture of the first."""
    world.add_post(COPY, Platform.MASTODON, 4, author=Author("19", "li@social.example"))
    same_picture(world, NAMED, COPY)
    return world


# ── what was turned down ─────────────────────────────────────────────────────────────────────────


def test_a_turned_down_pair_does_not_come_back_in_a_copy_of_the_picture(copied: World) -> None:
    world, key = copied, matched(copied, NAMED).key
    review.decide(world.road, key, Verdict.NOT_THIS_CHILD, by="rob")
    write(world, matched(world, COPY))
    with pytest.raises(Missing):
        state_of(world, matched(world, COPY).key)
    (why,) = review.why_not(world.road, post=COPY)
    assert why.name == "turned_down" and why.case_id == CASE
    # In force again, the copy is compared again and may come.
    review.undo(world.road, key, by="rob")
    assert COPY in queued(world)
    write(world, matched(world, COPY))
    assert state_of(world, matched(world, COPY).key) == "open"
    assert review.why_not(world.road, post=COPY) == []


def test_another_face_in_a_copy_is_no_turned_down_pair(copied: World) -> None:
    world = copied
    review.decide(world.road, matched(world, NAMED).key, Verdict.NOT_THIS_CHILD, by="rob")
    digest = digest_of(world, COPY)
    with world.road.store.transaction() as tx:
        photos.put_faces(tx, [replace(face(f"{digest}:1", digest), crop_hash="f0f0a5a53c3c9696")])
    write(world, replace(matched(world, COPY), key=f"{digest}:1|{CASE}", face_key=f"{digest}:1"))
    assert state_of(world, f"{digest}:1|{CASE}") == "open"


def test_turning_down_and_putting_off_act_on_copies_and_confirming_on_one_photo(copied: World) -> None:
    world, key = copied, matched(copied, NAMED).key
    copy = matched(world, COPY).key
    write(world, matched(world, COPY))
    review.decide(world.road, key, Verdict.LATER, by="rob")
    assert (state_of(world, key), state_of(world, copy)) == ("later", "later")
    review.decide(world.road, key, Verdict.NOT_THIS_CHILD, by="rob")
    assert (state_of(world, key), state_of(world, copy)) == ("rejected", "rejected")
    review.undo(world.road, copy, by="rob")
    assert (state_of(world, key), state_of(world, copy)) == ("open", "open"), "taken back together"
    review.decide(world.road, key, Verdict.POSSIBLE, by="rob")
    assert (state_of(world, key), state_of(world, copy)) == ("possible", "open")


def test_a_case_is_turned_down_at_one_stroke_and_taken_back_too(world: World) -> None:
    named, unnamed = matched(world, NAMED).key, matched(world, UNNAMED).key
    found = clusters.of(world.road, named, Scope.CASE, viewer="rob")
    assert (found.keys, found.photos, found.cases) == ([named, unnamed], 2, 1)
    clusters.turn_down(world.road, named, Scope.CASE, by="rob", note="all of them grown up")
    assert {state_of(world, key) for key in (named, unnamed)} == {"rejected"}
    with pytest.raises(Conflict):
        clusters.turn_down(world.road, unnamed, Scope.CASE, by="rob")
    review.undo(world.road, None, by="rob")
    assert {state_of(world, key) for key in (named, unnamed)} == {"open"}


def test_a_picture_known_to_be_false_goes_into_the_bank(copied: World) -> None:
    world, key = copied, matched(copied, NAMED).key
    clusters.turn_down(world.road, key, Scope.PICTURE, by="rob", note="an old advertisement", is_false=True)
    with world.road.store.reading() as tx:
        known = pictures.known_as(tx, digest_of(world, COPY))
    assert known is not None and (known.label, known.by) == (PictureLabel.FALSE, "rob")
    assert {NAMED, COPY} <= queued(world)


def test_children_who_are_not_registered_are_never_linked(world: World) -> None:
    """Two posts whose faces are one and the same, of nobody registered: nothing gathers them."""
    for post, seed in ((ELSEWHERE, 7), (LATER_COPY, 8)):
        world.add_post(post, Platform.MASTODON, seed)
    with world.road.store.reading() as tx:
        rows = [row for post in (ELSEWHERE, LATER_COPY) for row in matches.of_post(tx, post)]
        mine = matches.get(tx, matched(world, NAMED).key)
        gathered = [clusters.gathered(tx, mine, scope, viewer="rob") for scope in Scope]
    assert rows == []
    assert {r.match.post_key for each in gathered for r in each.rows} == {NAMED, UNNAMED}
    # Faces alike to the bit, but another picture and another case: no cluster holds both.
    assert len(gathered[0].rows) == len(gathered[1].rows) == 1


def test_a_sealed_case_is_in_nobody_elses_cluster(copied: World) -> None:
    world = copied
    write(world, matched(world, COPY))
    with world.road.store.transaction() as tx:
        cases.put(tx, replace(cases.get(tx, CASE).case, sealed=True))
    with pytest.raises(Missing):
        clusters.turn_down(world.road, matched(world, NAMED).key, Scope.CASE, by="rob")
    with pytest.raises(Missing):
        review.why_not(world.road, case_id=CASE, viewer="rob")


# ── once a photo, and why not ────────────────────────────────────────────────────────────────────


def second_face(world: World, post: str, similarity: float, quality: FaceQuality = FaceQuality.GOOD) -> Match:
    digest = digest_of(world, post)
    with world.road.store.transaction() as tx:
        photos.put_faces(tx, [replace(face(f"{digest}:1", digest), quality=quality)])
    made = matched(world, post, similarity=similarity)
    return replace(made, key=f"{digest}:1|{CASE}", face_key=f"{digest}:1")


def test_a_case_appears_once_a_photo_by_the_face_most_like_it(world: World) -> None:
    first, second = matched(world, NAMED), second_face(world, NAMED, 0.8)
    write(world, first, second)
    assert (state_of(world, second.key), state_of(world, first.key)) == ("open", "withdrawn")
    assert [d.face_key for d in review.why_not(world.road, post=NAMED)] == [first.face_key]
    write(world, first)  # Alone it does not push the other one out.
    assert (state_of(world, second.key), state_of(world, first.key)) == ("open", "withdrawn")


def test_what_a_person_said_of_one_face_of_a_photo_stands(world: World) -> None:
    review.decide(world.road, matched(world, NAMED).key, Verdict.NOT_THIS_CHILD, by="rob")
    second = second_face(world, NAMED, 0.9)
    write(world, second)
    with pytest.raises(Missing):
        state_of(world, second.key)


def test_why_there_is_no_candidate_is_shown_beside_the_sighting(world: World, sign_in: SignIn) -> None:
    found = matched(world, UNNAMED)
    pair = Dropped(found.face_key, UNNAMED, CASE, 0.6, "age_impossible", "the post speaks of a child of 40")
    write(world, dropped=(pair,))
    assert state_of(world, found.key) == "withdrawn"
    page = unescape(sign_in("rob").get(f"/sighting?key={quote(UNNAMED, safe='')}").text)
    assert "Alike, and yet not shown" in page and "a child of 40" in page
    assert sightings.one(world.road, UNNAMED, viewer="rob").not_shown == (pair,)


# ── second signs ─────────────────────────────────────────────────────────────────────────────────


def tier_of(world: World, post: str) -> Tier:
    with world.road.store.reading() as tx:
        return matches.get(tx, matched(world, post).key).match.tier


def test_two_authors_pictures_lift_each_other_and_a_verdict_takes_the_sign_away(world: World) -> None:
    write(world, matched(world, NAMED, tier=Tier.ALERT))
    assert tier_of(world, NAMED) is Tier.REVIEW and queued(world) == set(), "alone it waits"
    write(world, matched(world, UNNAMED, tier=Tier.ALERT))
    assert tier_of(world, UNNAMED) is Tier.ALERT and queued(world) == {NAMED}
    write(world, matched(world, NAMED, tier=Tier.ALERT))
    assert tier_of(world, NAMED) is Tier.ALERT
    review.decide(world.road, matched(world, NAMED).key, Verdict.NOT_THIS_CHILD, by="rob")
    assert UNNAMED in queued(world)
    write(world, matched(world, UNNAMED, tier=Tier.ALERT))
    assert tier_of(world, UNNAMED) is Tier.REVIEW


def test_copies_and_posters_are_no_second_sign(copied: World) -> None:
    world = copied
    write(world, matched(world, COPY, tier=Tier.ALERT))
    write(world, matched(world, NAMED, tier=Tier.ALERT))
    assert tier_of(world, NAMED) is Tier.REVIEW, "a copy of the picture says nothing new"
    write(world, matched(world, UNNAMED, tier=Tier.SET_ASIDE, label=Label.POSTER))
    write(world, matched(world, NAMED, tier=Tier.ALERT))
    assert tier_of(world, NAMED) is Tier.REVIEW


# ── who looks ────────────────────────────────────────────────────────────────────────────────────


def test_candidates_are_given_to_a_reviewer_and_leave_the_list_when_decided(world: World) -> None:
    key = matched(world, NAMED).key
    clusters.assign(world.road, key, Scope.CASE, "rob", by="ada")
    mine = review.queue(world.road, viewer="rob", of="rob")
    assert len(mine) == 2 and mine[0].assigned is not None and mine[0].assigned.by == "ada"
    review.decide(world.road, key, Verdict.NOT_THIS_CHILD, by="rob")
    assert len(review.queue(world.road, viewer="rob", of="rob")) == 1
    clusters.give_back(world.road, matched(world, UNNAMED).key, Scope.COPIES, by="ada")
    assert review.queue(world.road, viewer="rob", of="rob") == []
    with pytest.raises(UsageError):
        clusters.assign(world.road, matched(world, UNNAMED).key, Scope.CASE, "rita", by="ada")
    with pytest.raises(Missing):
        clusters.assign(world.road, matched(world, UNNAMED).key, Scope.CASE, "nobody", by="ada")


def test_the_console_acts_on_what_belongs_together(world: World, sign_in: SignIn) -> None:
    rob, key = sign_in("rob"), matched(world, NAMED).key
    page = rob.get(f"/review?key={quote(key, safe='')}").text
    assert "all 2 candidates of this case" in page and "weight +1.0" in page and "weight -0.5" in page
    rob.post("/review/assign", {"key": key, "to": "rob", "of": "case"})
    assert rob.get("/review?pile=mine").text.count("data-card") == 2
    rob.post("/review/decide", {"key": key, "verdict": "not_this_child", "of": "case"})
    assert {state_of(world, k) for k in (key, matched(world, UNNAMED).key)} == {"rejected"}
    assert rob.post("/review/decide", {"key": key, "verdict": "later", "of": "everybody"}).status_code == 400
    assert rob.post("/review/assign", {"key": "zzz", "to": "rob"}).status_code == 404


# ── thresholds ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def scored(world: World) -> World:
    """Four hundred unrelated faces were compared."""
    draw = random.Random(3)
    found = [
        ProbeScore(f"f{n}:0", "model-digest", f"f{n}", "13+", 300, draw.gauss(3, 0.7), world.clock())
        for n in range(400)
    ]
    with world.road.store.transaction() as tx:
        probe_scores.put(tx, found)
    world.road.faces = lambda: SimpleNamespace(digest="model-digest")
    world.road.rules = replace(world.road.rules, wish=Wish(100, 20))
    return world


def in_force(world: World) -> Any:
    return limits.in_force(world.road, world.road.rules.thresholds, "model-digest")


def test_thresholds_are_proposed_with_numbers_and_count_once_accepted(scored: World) -> None:
    offer = thresholds.propose(scored.road, by="rob", why="a month went by")
    band = next(band for band in offer.numbers.bands if band.looks == "13+")
    assert band.photos == 400 and band.alert is not None and offer.numbers.reviews_a_day <= 20
    assert in_force(scored).bands == (), "a proposal changes nothing"
    number = offer.proposal.number
    thresholds.accept(scored.road, number, by="ada", why="agreed")
    assert in_force(scored).band("13+").review == band.review
    assert in_force(scored).band("4-8").alert is None, "never measured: untested"
    with pytest.raises(Conflict):
        thresholds.accept(scored.road, number, by="ada")
    second = thresholds.propose(scored.road, by="rob").proposal.number
    thresholds.refuse(scored.road, second, by="ada", why="too early")
    state = thresholds.state(scored.road)
    assert [(o.proposal.number, o.is_in_force) for o in state.offers] == [(second, False), (number, True)]


def test_proposed_thresholds_of_another_model_cannot_be_accepted(scored: World) -> None:
    number = thresholds.propose(scored.road, by="rob").proposal.number
    scored.road.faces = lambda: SimpleNamespace(digest="another")
    with pytest.raises(Conflict, match="another face model"):
        thresholds.accept(scored.road, number, by="ada")
    with pytest.raises(UsageError, match="100 cases"):
        thresholds.propose(scored.road, by="rob")
    with pytest.raises(Missing):
        thresholds.refuse(scored.road, 99, by="ada")


def test_a_reviewer_proposes_in_the_console_and_an_admin_accepts(scored: World, sign_in: SignIn) -> None:
    rob, path = sign_in("rob"), "/review/thresholds"
    assert "untested" in rob.get(path).text
    assert rob.post(f"{path}/propose", {"days": "28"}).status_code == 303
    assert 'value="accept"' not in rob.get(path).text
    assert rob.post(f"{path}/decide", {"number": "1", "to": "accept"}).status_code == 403
    ada = sign_in("ada")
    assert 'value="accept"' in ada.get(path).text
    assert ada.post(f"{path}/decide", {"number": "1", "to": "accept", "why": "ok"}).status_code == 303
    assert "in force" in ada.get(path).text and in_force(scored).bands
    assert rob.post(f"{path}/propose", {"days": "many"}).status_code == 400


def test_odds_stand_beside_a_candidate_once_people_decided_enough(world: World) -> None:
    assert review.card(world.road, matched(world, NAMED).key).odds is None

    def decided(tx: Transaction, number: int) -> None:
        row = {**similar, "key": f"k{number}", "face_key": f"k{number}:0", "state": "rejected"}
        tx.execute(t.matches.insert().values(**row))
        verdict = {
            "match_key": f"k{number}",
            "verdict": "not_this_child",
            "by": "rob",
            "note": "",
            "undone": False,
        }
        tx.execute(t.decisions.insert().values(**verdict, at=world.clock().replace(second=number % 60)))

    with world.road.store.transaction() as tx:
        where = t.matches.c.key == matched(world, NAMED).key
        similar = dict(tx.execute(sa.select(t.matches).where(where)).one()._mapping)
        for number in range(60):
            decided(tx, number)
    odds = review.card(world.road, matched(world, NAMED).key).odds
    assert odds is not None and odds.right == 0 and 50 < odds.high < 70 and "0 of 60" in odds.words
    with world.road.store.reading() as tx:
        assert match_groups.outcomes(tx, "x", is_first=True, low=0, high=1, by_score=False) == (0, 0)


# ── words ────────────────────────────────────────────────────────────────────────────────────────

NEVER = re.compile(
    r"match(?:es)? (?:was |were )?found|found a match|\babduct|\bkidnap|\bsuspect|\bperpetrator", re.I
)


def test_no_page_command_or_reply_claims_a_match_or_accuses_anybody() -> None:
    from pathlib import Path

    import bot

    root = Path(bot.__file__).parent
    files = [*(root / "console").rglob("*.html"), *(root / "console").rglob("*.json"),
             *(root / "rules").rglob("*.json"), *(root / "rules").rglob("*.yaml"),
             *(root / "cli").glob("*.py"), *(root / "match").glob("*.py"),
             *(root / "services").glob("*.py"), root / "console" / "words.py"]  # fmt: skip
    assert len(files) > 120
    found = []
    for file in files:
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            if NEVER.search(line) and "never" not in line.lower():
                found.append(f"{file.relative_to(root)}:{number}: {line.strip()[:80]}")
    assert found == []
