"""Two reviewers: nobody gets the other's card, the second answers unknowing, a quarrel goes to a third."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.services import bystanders, people, review, turns
from store import photos
from store.errors import Conflict
from store.records.match import Verdict
from store.records.photo import Face
from tests.integration.console.conftest import Browser
from tests.integration.console.test_pages import CHECKED, card_path, key_of, words_of
from tests.integration.console.world import NAMED, UNNAMED, World, face

SignIn = Callable[..., Browser]


@pytest.fixture
def two(world: World) -> World:
    """An installation where two people have to agree, with two more reviewers."""
    for name in ("sam", "tia"):
        people.add(world.road, name, "reviewer", by="tests")
    world.road = replace(world.road, rules=replace(world.road.rules, second_look=True))
    return world


def state(world: World, key: str) -> str:
    return review.card(world.road, key).row.state


def test_two_reviewers_are_never_handed_the_same_candidate(two: World) -> None:
    first, second = turns.following(two.road, by="rob"), turns.following(two.road, by="sam")
    assert first and second and first != second
    assert turns.following(two.road, by="tia") == "", "both are taken"
    assert turns.take(two.road, first, by="sam") == "rob"
    with pytest.raises(Conflict, match="rob"):
        turns.check_free(two.road, first, by="sam")
    two.clock.pass_by(turns.LEASE + timedelta(seconds=1))
    assert turns.following(two.road, by="tia") == first, "free again after a while"


def test_a_card_that_somebody_looks_at_says_so_and_takes_no_verdict(two: World, sign_in: SignIn) -> None:
    key = key_of(two, NAMED)
    turns.take(two.road, key, by="sam")
    rob = sign_in("rob", two.app())
    page = rob.get(card_path(key)).text
    assert "sam is looking at this one" in words_of(page) and 'name="verdict"' not in page
    assert rob.post("/review/decide", {"key": key, "verdict": "not_this_child"}).status_code == 409
    assert state(two, key) == "open"


def test_the_second_person_is_not_told_the_first_answer_and_their_agreement_alerts(
    two: World, sign_in: SignIn
) -> None:
    key = key_of(two, NAMED)
    rob, sam = sign_in("rob", two.app()), sign_in("sam", two.app())
    assert rob.get(card_path(key)).status_code == 200
    rob.post("/review/confirm", {**CHECKED, "key": key, "note": "secret of the first"})
    assert state(two, key) == "open" and review.card(two.road, key).alert is None
    assert "a second person looks now" in words_of(rob.get(card_path(key)).text)
    assert all(card.row.match.key != key for card in review.queue(two.road, viewer="rob"))
    page = words_of(sam.get(card_path(key)).text)
    assert "secret of the first" not in page and "Decisions so far None yet." in page
    with pytest.raises(Conflict, match="no verdict of yours"):
        review.undo(two.road, key, by="sam")
    sam.post("/review/confirm", {**CHECKED, "key": key})
    assert state(two, key) == "possible" and review.card(two.road, key).alert is not None


def test_where_two_disagree_a_third_person_decides(two: World) -> None:
    key = key_of(two, NAMED)
    review.decide(two.road, key, Verdict.POSSIBLE, by="rob")
    review.decide(two.road, key, Verdict.NOT_THIS_CHILD, by="sam")
    assert state(two, key) == "later"
    assert len(review.card(two.road, key, viewer="tia").decisions) == 2, "the third sees both"
    review.decide(two.road, key, Verdict.NOT_THIS_CHILD, by="tia")
    assert state(two, key) == "rejected"


def test_one_person_alone_cannot_confirm_twice(two: World) -> None:
    key = key_of(two, NAMED)
    review.decide(two.road, key, Verdict.POSSIBLE, by="rob")
    with pytest.raises(Conflict, match="your answer already"):
        review.decide(two.road, key, Verdict.POSSIBLE, by="rob")


def test_a_confirmation_is_refused_while_an_answer_is_missing(world: World, sign_in: SignIn) -> None:
    rob, key = sign_in("rob"), key_of(world, NAMED)
    assert (
        rob.post("/review/decide", {"key": key, "verdict": "possible"})
        .headers["location"]
        .startswith("/review/confirm?key=")
    )
    for left_out in CHECKED:
        given = {name: value for name, value in CHECKED.items() if name != left_out}
        assert rob.post("/review/confirm", {**given, "key": key}).status_code == 400, left_out
    assert state(world, key) == "open"


def test_unsure_leaves_the_candidate_to_others(world: World, sign_in: SignIn) -> None:
    rob, key = sign_in("rob"), key_of(world, UNNAMED)
    rob.get(card_path(key))
    assert rob.post("/review/decide", {"key": key, "verdict": "unsure"}).status_code == 303
    assert state(world, key) == "later"
    assert "unsure" in words_of(rob.get(card_path(key)).text)


def test_why_no_match_answers_for_a_post_and_asks_for_one_of_both(world: World, sign_in: SignIn) -> None:
    rob = sign_in("rob")
    assert "was not alike enough" in words_of(rob.get(f"/review/why?post={NAMED}").text)
    assert rob.get("/review/why").status_code == 400


def test_bystanders_are_blurred_and_the_candidate_is_not(world: World, sign_in: SignIn) -> None:
    card = review.card(world.road, key_of(world, NAMED))
    served, digest = card.photo.served, card.photo.digest
    assert bystanders.of(world.road, served) == ()
    whole = sign_in("rob").get(f"/photo/{served}").content
    held = face(f"{digest}:1", digest)
    other = Face(
        held.key, digest, replace(held.box, x=220, y=20, width=60, height=60), held.quality, "", "2" * 16
    )
    with world.road.store.transaction() as tx:
        photos.put_faces(tx, [other])
    assert [box.x for box in bystanders.of(world.road, served)] == [220]
    assert sign_in("rob").get(f"/photo/{served}").content != whole
    jpeg = world.road.blobs.get(served)
    from bot.console.renditions import Renditions

    name, made = Renditions().without(served, jpeg, [other.box])
    assert name != served and made != jpeg
