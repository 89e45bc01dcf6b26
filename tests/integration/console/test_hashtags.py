"""The pages about hashtags: numbers for everybody, drafts for who tunes, plain forms without a script."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.pipeline import tag_counting
from bot.services import bench_drafts
from store import campaign, jobs
from store.records.work import Stage
from tests import tag_world
from tests.integration.console.conftest import Browser
from tests.integration.console.world import START, World

SignIn = Callable[..., Browser]
pytestmark = pytest.mark.servers
PAGES = ("/hashtags", "/hashtags/tag?tag=Home", "/hashtags/suggestions", "/hashtags/versions")
TUNERS_PAGES = ("/hashtags/drafts", "/hashtags/floods")


@pytest.fixture
def furnished_tags(world: World) -> World:
    """Posts with hashtags, counted, and a version that asks for one of them."""
    with world.road.store.transaction() as tx:
        block = {"name": "Tests", "hashtags": ["Home"], "sources": []}
        campaign.put(tx, block, author="t", reason="", at=START)
        for number in range(6):
            tag_world.put(tx, tag_world.post(number, ["Home", "Ｈｏｍｅ🙏"], author=number))
    tag_counting.round_of(world.road)
    return world


def test_everybody_sees_numbers_and_only_tuners_see_texts_and_forms(
    furnished_tags: World, sign_in: SignIn
) -> None:
    other, root = sign_in("rita"), sign_in("root")
    for page in PAGES:
        answer = other.get(page)
        assert answer.status_code == 200, page
        assert 'action="/hashtags' not in answer.text.replace('action="/hashtags/versions" method="get"', "")
    for page in TUNERS_PAGES:
        assert other.get(page).status_code == 403
        assert root.get(page).status_code == 200
    assert "#home" in other.get("/hashtags").text


def test_a_suggestion_becomes_a_draft_that_is_tried_out_and_put_live(
    furnished_tags: World, sign_in: SignIn, tmp_path: Path
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text('campaign:\n  name: Tests\n  hashtags: ["Home"]  # ours\n')
    root = sign_in("root", furnished_tags.app(config_file=file))
    root.get("/hashtags/suggestions")
    answer = root.post("/hashtags/accept", {"kind": "variant", "tag": "home🙏"})
    page = root.get(answer.headers["location"])
    assert page.status_code == 200
    assert "Never asked for before" in page.text
    draft = bench_drafts.listing(furnished_tags.road)[0]
    again = {"draft": str(draft.number), "to": "live"}
    assert root.post("/hashtags/live", {**again, "why": ""}).status_code == 400
    assert root.post("/hashtags/live", {**again, "why": "as agreed"}).status_code == 303
    assert "# ours" in file.read_text()
    assert bench_drafts.in_force(furnished_tags.road).hashtags == ("Home", "home🙏")
    versions = root.get("/hashtags/versions")
    assert "as agreed" in versions.text
    assert root.post("/hashtags/rollback", {"number": "1"}).status_code == 303


def test_the_form_refuses_a_kind_of_people_and_keeps_what_people_wrote_out_of_the_page(
    furnished_tags: World, sign_in: SignIn
) -> None:
    root = sign_in("root")
    root.get("/hashtags/drafts")
    refused = root.post("/hashtags/draft", {"hashtags": "Home\n乞讨儿童"})
    assert (refused.status_code, "poverty" in refused.text) == (400, True)
    made = root.post("/hashtags/draft", {"hashtags": "Home", "phrases": "<script>x</script>", "why": "<b>"})
    page = root.get(made.headers["location"])
    assert "<script>x" not in page.text
    assert "&lt;script&gt;x" in page.text


def test_an_author_is_set_aside_and_let_in_again(furnished_tags: World, sign_in: SignIn) -> None:
    root, key = sign_in("root"), tag_world.post(1, []).key
    root.get("/hashtags/floods")
    assert root.post("/hashtags/block", {"post": key, "days": "7", "why": "prizes"}).status_code == 303
    assert "prizes" in root.get("/hashtags/floods").text
    assert root.post("/hashtags/block", {"post": key, "days": "999", "why": "prizes"}).status_code == 400
    assert root.post("/hashtags/unblock", {"number": "1", "why": "a newspaper"}).status_code == 303
    with furnished_tags.road.store.reading() as tx:
        assert jobs.waiting(tx).get(Stage.LOOK.value, 0) >= 0
    assert "a newspaper" in root.get("/hashtags/floods").text


def test_a_wrong_address_gets_a_page_that_says_so(furnished_tags: World, sign_in: SignIn) -> None:
    root = sign_in("root")
    for page in (
        "/hashtags?period=year", "/hashtags/tag?grain=minute", "/hashtags/preview?draft=99",
        "/hashtags/preview?draft=x", "/hashtags/versions?one=77&other=78",
    ):  # fmt: skip
        assert root.get(page).status_code in (400, 404), page
