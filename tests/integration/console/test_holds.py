"""Legal holds and the safeguarding lead: who sees what, on every page and in every list."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from bot.pipeline import catalogue, forgetting, ingest, reply, sealing
from bot.services import holds, overview, people, pictures, replies, review, safeguarding, sightings
from store import matches, outbox, posts, veils
from store import tables as t
from store.errors import Missing, NotAllowed
from store.records.page import Page
from store.records.post import Author, GeoTag, Gone, PlaceTag, Platform, Post
from store.records.reply import Level, Purpose, ReplyState
from tests.integration.console.conftest import Browser
from tests.integration.console.world import NAMED, UNNAMED, World
from tests.levels import agree

SignIn = Callable[..., Browser]
BASIS = "court order 3 Js 12/27"
SIGHTING = f"/sighting?key={quote(NAMED, safe='')}"


def day(world: World, days: int) -> str:
    return f"{world.clock() + timedelta(days=days):%Y-%m-%d}"


def take(world: World, *found: Post) -> None:
    ingest.take_page(world.road, "mastodon", "Tag", Page(posts=found))


def delete(world: World, key: str) -> None:
    gone = Gone(key, Platform.MASTODON, "deleted", world.clock())
    ingest.take_page(world.road, "mastodon", "Tag", Page(gone=(gone,)))


def post(world: World, number: int, text: str, **changes: Any) -> Post:
    made = Post(
        key=f"mastodon:https://social.example/users/mia/statuses/{number}", platform=Platform.MASTODON,
        author=Author("90", "mia@social.example", "Mia", "Quillhaven"), text=text, received_at=world.clock(),
        created_at=world.clock(), native_id=str(number), mentions=("homeward@bot.example",), language="en",
        geotag=GeoTag(1.25, 2.5, name="Quillhaven"), place_tag=PlaceTag("Quillhaven"),
        raw={"account": {"location": "Quillhaven"}, "geo": {"name": "Quillhaven"}},
    )  # fmt: skip
    return replace(made, **changes)


def draft(world: World, key: str) -> None:
    with world.road.store.transaction() as tx:
        reply.ensure(world.road, tx, posts.get(tx, key))


def everything(world: World) -> str:
    """All that the database holds, as one text."""
    with world.road.store.reading() as tx:
        return "\n".join(
            str(row) for table in t.metadata.sorted_tables for row in tx.execute(sa.select(table))
        )


# ── holds ────────────────────────────────────────────────────────────────────────────────────────


def test_two_people_place_confirm_and_release_a_hold_with_plain_forms(world: World, sign_in: SignIn) -> None:
    rita, vera = sign_in("rita"), sign_in("vera")
    assert NAMED in rita.get(f"/holds?posts={quote(NAMED, safe='')}").text
    form = {"posts": f"{NAMED}\n{UNNAMED}", "basis": BASIS, "until": day(world, 30)}
    answer = rita.post("/holds/place", form)
    assert answer.status_code == 303
    name = answer.headers["location"].rpartition("hold-")[2]
    assert name in rita.get("/holds").text and name not in vera.get("/holds").text
    refused = rita.post("/holds/confirm", {"id": name})
    assert refused.status_code == 403 and "two different people" in refused.text
    vera.get("/holds")
    assert vera.post("/holds/confirm", {"id": name.lower()}).status_code == 303
    delete(world, NAMED)
    for browser in (rita, vera, sign_in("ada")):
        page = browser.get("/holds").text
        assert BASIS in page and "deleted, sealed copy kept" in page and "active" in page
    vera.get("/holds")
    assert vera.post("/holds/release", {"id": name, "why": "handed over"}).status_code == 303
    page = rita.get("/holds").text
    assert "handed over" in page and "sealed copy kept" not in page
    assert sign_in("rob").get("/holds").status_code == 403


@pytest.mark.parametrize(
    ("changes", "words_said"),
    [
        ({"basis": "because"}, "basis"),
        ({"until": "tomorrow"}, "YYYY-MM-DD"),
        ({"until": "2020-01-01"}, "before it begins"),
        ({"posts": "x:900"}, "--platform-permission"),
        ({"posts": "mastodon:nothing"}, "not a post that stands"),
    ],
)
def test_a_hold_that_cannot_be_says_why(
    world: World, sign_in: SignIn, changes: dict[str, str], words_said: str
) -> None:
    rita = sign_in("rita")
    rita.get("/holds")
    answer = rita.post("/holds/place", {"posts": NAMED, "basis": BASIS, "until": day(world, 9)} | changes)
    assert answer.status_code in (400, 404) and words_said in answer.text
    assert holds.listing(world.road, by="ada") == []


def test_while_it_is_held_a_deleted_post_is_on_no_page_at_all(world: World, sign_in: SignIn) -> None:
    hold = holds.place(
        world.road, [NAMED], basis=BASIS, until=world.clock() + timedelta(days=9), by="rita"
    ).hold  # fmt: skip
    holds.confirm(world.road, hold.id, by="vera")
    draft(world, NAMED)
    delete(world, NAMED)
    rob = sign_in("rob")
    for path in ("/", "/sightings", "/review", "/outbox", "/api/v1/sightings", "/api/v1/candidates"):
        page = rob.get(path)
        assert page.status_code == 200 and NAMED not in page.text and quote(NAMED, safe="") not in page.text
    assert rob.get(SIGHTING).status_code == 404
    for act in (sightings.one, pictures.seen_before):
        with pytest.raises(Missing):
            act(world.road, NAMED)
    with pytest.raises(Missing):
        replies.show(world.road, outbox.key_of(NAMED, Purpose.RECEIPT))


# ── the safeguarding lead ────────────────────────────────────────────────────────────────────────


def test_a_post_that_is_handed_over_is_seen_by_the_lead_alone(world: World, sign_in: SignIn) -> None:
    people.add(world.road, "lea", "safeguarding", by="tests")
    draft(world, NAMED)
    rob, before = sign_in("rob"), overview.overview(world.road)
    served = re.search(r"/photo/([0-9a-f]{64})", rob.get(SIGHTING).text)
    assert served and "safeguarding lead" in rob.get(SIGHTING).text
    with world.road.store.reading() as tx:
        (row,) = matches.of_post(tx, NAMED)
    assert rob.post("/safeguarding/hand-over", {"key": NAMED}).status_code == 303
    for name in ("rob", "ada"):
        browser = sign_in(name)
        for path in ("/", "/sightings", "/review", "/outbox", "/api/v1/sightings", "/api/v1/candidates"):
            page = browser.get(path)
            assert NAMED not in page.text and quote(NAMED, safe="") not in page.text
            assert row.match.key not in page.text and served[1] not in page.text
        for path in (SIGHTING, f"/review?key={quote(row.match.key, safe='')}", f"/photo/{served[1]}"):
            assert browser.get(path).status_code in (403, 404), path
        assert browser.get("/safeguarding").status_code == 403
        assert browser.get(f"/safeguarding/photo/{served[1]}").status_code == 403
    after = overview.overview(world.road)
    assert (after.posts, after.waiting["review"]) == (before.posts - 1, before.waiting["review"] - 1)
    assert after.posts_last_hour == before.posts_last_hour - 1 and after.replies == {}
    with pytest.raises(Missing):
        review.decide(world.road, row.match.key, next(iter(review.Verdict)), by="rob")
    lea = sign_in("lea")
    page = lea.get("/safeguarding").text
    (reference,) = set(re.findall(r"reference=(\w+)", page))
    task = lea.get(f"/safeguarding/task?reference={reference}").text
    assert "春熙路" in task and served[1] in task and row.match.case_id in task
    assert lea.get(f"/safeguarding/photo/{served[1]}").status_code == 200
    assert lea.get("/sightings").status_code == 403, "the lead is no reviewer"
    assert (
        lea.post("/safeguarding/done", {"reference": reference, "note": "police informed"}).status_code == 303
    )
    assert "police informed" in lea.get(f"/safeguarding/task?reference={reference}").text
    with world.road.store.reading() as tx:
        alert = matches.alert(tx, f"safeguarding:{reference}")
    assert (alert.state.value, alert.acknowledged_by) == ("acknowledged", "lea")


@pytest.mark.parametrize(
    "text", ["the kid in the photo is me", "我就是那个被拐的孩子", "This is me. Please help"]
)
def test_who_says_to_be_the_child_goes_to_the_lead_at_once(world: World, text: str) -> None:
    made = post(world, 1, text)
    take(world, made)
    with pytest.raises(Missing):
        sightings.one(world.road, made.key)
    assert made.key not in [view.post.key for view in sightings.latest(world.road)]
    notices = overview.overview(world.road).notices
    assert "--role safeguarding" in notices["safeguarding"] and made.key not in str(notices)
    people.add(world.road, "lea", "safeguarding", by="tests")
    forgetting.forget(world.road)
    assert "safeguarding" not in overview.overview(world.road).notices
    (item,) = safeguarding.tasks(world.road, by="lea")
    assert item.view is not None and item.view.post.text == text
    with world.road.store.reading() as tx:
        audited = str(tx.execute(sa.select(t.audit.c.action, t.audit.c.subject)).all())
        assert (
            "safeguarding.raised" in audited and made.key not in audited.split("safeguarding.raised")[1][:60]
        )
    for by in ("ada", "rob", "rita"):
        with pytest.raises(NotAllowed):
            safeguarding.tasks(world.road, by=by)
    delete(world, made.key)
    assert safeguarding.tasks(world.road, by="lea") == []


def test_the_lead_lets_the_hotline_words_go_and_nobody_else_does(world: World, sign_in: SignIn) -> None:
    people.add(world.road, "lea", "safeguarding", by="tests")
    world.road.plan = replace(world.road.plan, level=Level.CONFIRM)
    agree(world.road, Level.CONFIRM)
    made = post(world, 1, "that's me in the picture")
    take(world, made)
    draft(world, made.key)
    key = outbox.key_of(made.key, Purpose.HOTLINE_ONLY)
    for act in (lambda: replies.approve(world.road, key, by="rob"), lambda: replies.show(world.road, key)):
        with pytest.raises(Missing):
            act()
    (item,) = safeguarding.tasks(world.road, by="lea")
    lea = sign_in("lea")
    lea.get(f"/safeguarding/task?reference={item.task.reference}")
    fields = {"reference": item.task.reference, "key": key}
    assert lea.post("/safeguarding/reply", {**fields, "to": "approve"}).status_code == 303
    with world.road.store.reading() as tx:
        assert outbox.get(tx, key).state is ReplyState.APPROVED
    other = outbox.key_of(NAMED, Purpose.RECEIPT)
    draft(world, NAMED)
    with pytest.raises(Missing):
        safeguarding.cancel(world.road, item.task.reference, other, by="lea")


# ── young authors ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", ["im 15 and saw a kid alone at the bus stop", "我初二，放学看到这个孩子"])
def test_a_young_author_gets_the_hotline_words_alone_and_no_place_of_theirs_is_kept(
    world: World, text: str
) -> None:
    made = post(world, 1, text)
    take(world, made)
    assert "Quillhaven" not in everything(world) and "1.25" not in everything(world)
    draft(world, made.key)
    (row,) = [r for r in replies.listing(world.road) if r.post_key == made.key]
    assert row.purpose is Purpose.HOTLINE_ONLY
    said = catalogue.shipped().text(Purpose.HOTLINE_ONLY, row.language)
    assert row.text == "@mia@social.example " + said.format(hotline="116 000", reference=row.reference)
    view = sightings.one(world.road, made.key)
    assert view.consent.hotline_only and "minor" not in view.consent.words


def test_a_sign_in_a_later_post_reaches_what_the_author_wrote_before(world: World) -> None:
    first, other = (
        post(world, 1, "a child at the station"),
        post(world, 3, "a child", author=Author("91", "b@x.example")),
    )
    take(world, first, other)
    draft(world, first.key)
    assert "Quillhaven" in everything(world)
    take(world, post(world, 2, "btw I'm in 8th grade"))
    with world.road.store.reading() as tx:
        kept = posts.get(tx, first.key)
        assert outbox.get(tx, outbox.key_of(first.key, Purpose.RECEIPT)).state is ReplyState.CANCELLED
        assert sealing.whole(world.road, tx, posts.get(tx, other.key)).geotag, "others keep theirs"
    assert (kept.author.location, kept.geotag, kept.place_tag) == ("", None, None) and "Quill" not in str(
        kept.raw
    )
    draft(world, first.key)
    draft(world, other.key)
    purposes = {r.post_key: r.purpose for r in replies.listing(world.road) if r.state is ReplyState.DRAFTED}
    assert purposes == {first.key: Purpose.HOTLINE_ONLY, other.key: Purpose.RECEIPT}


def test_a_seen_childs_age_takes_nothing_from_the_post(world: World) -> None:
    made = post(world, 1, "saw a 14 year old girl crying, 看到一个十岁的男孩")
    take(world, made)
    with world.road.store.reading() as tx:
        held = sealing.whole(world.road, tx, posts.get(tx, made.key))
        assert held.geotag == made.geotag and not veils.kinds_of(tx, made.key)


def test_an_answered_author_gets_no_second_answer_when_the_sign_comes_late(world: World) -> None:
    made = post(world, 1, "a child at the station")
    take(world, made)
    draft(world, made.key)
    with world.road.store.transaction() as tx:
        row = outbox.get(tx, outbox.key_of(made.key, Purpose.RECEIPT))
        row = outbox.move(tx, row, ReplyState.APPROVED)
        outbox.claim(tx, row, lease_until=world.clock())
    take(world, replace(made, text="a child at the station. im 15", version="2", edited_at=world.clock()))
    draft(world, made.key)
    assert [r.purpose for r in replies.listing(world.road)] == [Purpose.RECEIPT]
