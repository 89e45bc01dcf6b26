"""What the pages show, and what a person can do with plain forms."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from urllib.parse import quote

import pytest

from bot.config import ChecklistItem
from bot.pipeline import reply as reply_arrow
from bot.services import cases, replies, review
from store import campaign, jobs, outbox, posts, sources
from store.errors import Conflict
from store.records.campaign import SourceState
from store.records.case import CaseStatus
from store.records.match import Label, Verdict
from store.records.page import SetAside
from store.records.post import Platform
from store.records.reply import Level, ReplyState
from store.records.work import Stage
from tests.integration.console.conftest import Browser
from tests.integration.console.world import CASE, NAMED, ON_X, PLACE, TIME, UNNAMED, World
from tests.levels import agree

SignIn = Callable[..., Browser]


CHECKED = {
    "seen_post": "yes", "seen_case": "yes", "age": "yes", "marks": "no", "place": "yes", "poster": "yes",
}  # fmt: skip
"""A checklist that is gone through."""


def words_of(page: str) -> str:
    """What a reader sees, in one line."""
    inline = re.sub(r"</?(time|span|bdi|q|mark|strong|a)\b[^>]*>", "", page)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", inline)).split())


def key_of(world: World, post_key: str) -> str:
    """The key of the match of a post."""
    return next(c.row.match.key for c in review.listing(world.road) if c.post.key == post_key)


def card_path(key: str) -> str:
    return f"/review?key={quote(key, safe='')}"


def test_the_first_page_shows_life_candidates_sightings_and_outbox(world: World, sign_in: SignIn) -> None:
    world.add_source(SourceState.BACKING_OFF, "the server did not answer")
    with world.road.store.transaction() as tx:
        sources.count_not_kept(tx, "mastodon", "mastodon_no_bot", 4)
        sources.put_aside(tx, "archive", SetAside("posts.json:3", "not JSON"), world.clock())
        campaign.notice(tx, "config refused", "line 3 is wrong", world.clock())
        reply_arrow.ensure(world.road, tx, posts.get(tx, NAMED))
    page = words_of(sign_in().get("/").text)
    for said in (
        "backing off", "the server did not answer", "1 min 30 s", "mastodon no bot 4", "Could not be read 1",
        "line 3 is wrong", "Kept 3 posts, 4 photos", "cosine 0.61, rank 1 of 3", "untested",
        "春熙路", "within 400 m", "some time within 1 h", "(15:00–16:00 at Asia/Shanghai)", "1 other reading",
        "1 face compared: 1 to look at.", "prohibits face recognition", "case team only", "may be answered",
        "116 000", "drafted: not sent",
    ):  # fmt: skip
        assert said in page, said
    assert "match found" not in page.lower()


def test_photos_on_lists_are_blurred_until_asked(sign_in: SignIn) -> None:
    ada = sign_in()
    for path in ("/", "/review", "/sightings"):
        found = re.findall(r'/photo/[0-9a-f]{64}[^"]*', ada.get(path).text)
        assert found and all(address.endswith("?view=blurred") for address in found), path
    for path in ("/review?show=1", "/sightings?show=1"):
        assert "?view=small" in ada.get(path).text, path


def test_an_empty_installation_says_what_to_do_next(world: World, sign_in: SignIn) -> None:
    with world.road.store.transaction() as tx:
        for table in ("decisions", "matches", "case_photos", "case_steps", "cases", "sightings", "media",
                      "observations", "posts"):  # fmt: skip
            tx.exec_driver_sql(f"DELETE FROM {table}")
    ada = sign_in()
    page = words_of(ada.get("/").text)
    assert "Nobody waits for a decision" in page and "No case is active yet" in page
    assert "No post has come in yet" in page and "Nothing is to be answered" in page
    for path in ("/review", "/review?pile=later", "/review?pile=aside", "/sightings", "/cases", "/outbox"):
        assert 'class="empty"' in ada.get(path).text, path


def test_the_checklist_comes_first_until_all_is_entered(world: World, sign_in: SignIn) -> None:
    world.checklist = [
        ChecklistItem("hashtags", True, "which hashtags to collect", "campaign.hashtags in config.yaml"),
        ChecklistItem("legal", False, "who is responsible", "the legal: block in config.yaml"),
    ]
    ada = sign_in()
    page = ada.get("/").text
    assert page.index("Before you go live") < page.index("Life")
    assert "the legal: block in config.yaml" in page and "campaign.hashtags in" not in page
    world.checklist = [world.checklist[0]]
    assert "Before you go live" not in ada.get("/").text
    world.checklist = [ChecklistItem("legal", False, "who is responsible", "how")]
    assert "Before you go live" not in sign_in(app=world.app(sample=True)).get("/").text


def test_the_sample_is_labelled_everywhere_and_left_after_asking_once(world: World, sign_in: SignIn) -> None:
    ada = sign_in(app=world.app(sample=True))
    label = "Sample campaign — made-up posts, public-domain portraits of adults, nothing is ever sent"
    for path in ("/", "/review", "/cases", "/login", "/no/such"):
        assert label in words_of(ada.get(path).text), path
    assert 'action="/sample/leave" method="get"' in ada.get("/").text
    assert 'action="/sample/leave" method="post"' in ada.get("/sample/leave").text
    assert world.left_by == []
    assert "You left the sample" in ada.post("/sample/leave").text
    assert world.left_by == ["ada"]
    outside = sign_in()
    assert "Sample campaign" not in outside.get("/").text
    assert outside.get("/sample/leave").status_code == 404
    assert outside.post("/sample/leave").status_code == 404
    assert world.left_by == ["ada"]


def test_a_card_shows_all_that_is_needed_to_decide(world: World, sign_in: SignIn) -> None:
    page = sign_in("rob").get(card_path(key_of(world, NAMED))).text
    said = words_of(page)
    for needed in (
        "Do these two look alike?", "+For: the faces look alike", "−Against: eight years lie between",
        "Cosine 0.610", "the most similar of 3", "was never measured", "4 years in the registered photo",
        "8 years between", "8 km in 2 h: possible", "case team and author", "seen by the author",
        "photo of a person", "None yet",
    ):  # fmt: skip
        assert needed in said, needed
    assert re.search(rf'<mark class="when"><span class="hush">\[when: </span>{TIME}<', page)
    assert re.search(rf'<mark class="where"><span class="hush">\[where: </span>{PLACE}<', page)
    assert page.count('<svg class="face"') == 2, "both faces are cut out"
    # Eyes 50 px apart: the window is 200 px wide around them, on the served copy (320 × 240).
    assert page.count('viewBox="50.0 32.5 200.0 200.0"') == 2
    assert page.count('width="320" height="240"') == 2
    for verdict, key in (("not_this_child", "1"), ("possible", "2"), ("unsure", "3"), ("later", "4")):
        assert f'<button name="verdict" value="{verdict}" data-key="{key}"' in page


def test_a_poster_is_called_one(world: World, sign_in: SignIn) -> None:
    world.add_post("mastodon:3", Platform.MASTODON, 9)
    key = world.add_match("mastodon:3", label=Label.POSTER, fpir=0.01)
    said = words_of(sign_in().get(card_path(key)).text)
    assert "This seems to be a photo of a poster" in said
    assert "About 1 in 100 unrelated faces" in said and "untested" not in said


def test_a_possible_resemblance_shows_the_alert_and_the_reply_as_it_would_be_posted(
    world: World, sign_in: SignIn
) -> None:
    rob, key = sign_in("rob"), key_of(world, NAMED)
    answer = rob.post("/review/confirm", {**CHECKED, "key": key, "note": "same <scar>"})
    assert (answer.status_code, answer.headers["location"]) == (303, card_path(key))
    page = rob.get(card_path(key)).text
    said = words_of(page)
    row = replies.listing(world.road)[0]
    assert "Alert raised, reference" in said and "said rob" in said and "same <scar>" in said
    assert row.text in unescape(page)
    assert re.search(r"\d+ of 500 characters", said)
    assert "Next candidate" in said
    assert 'name="verdict"' not in page, "no second verdict without an undo"
    assert rob.post("/review/decide", {"key": key, "verdict": "later"}).status_code == 409


def test_without_consent_the_result_says_case_team_only_and_why(world: World, sign_in: SignIn) -> None:
    rob, key = sign_in("rob"), key_of(world, UNNAMED)
    rob.post("/review/confirm", {**CHECKED, "key": key})
    said = words_of(rob.get(card_path(key)).text)
    assert "Alert raised, reference" in said and "No reply" in said
    assert "case team only the author did not name the campaign account" in said
    assert replies.listing(world.road) == []


def test_discarding_goes_on_to_the_next_card_and_can_be_undone_from_there(
    world: World, sign_in: SignIn
) -> None:
    rob, first, second = sign_in("rob"), key_of(world, NAMED), key_of(world, UNNAMED)
    answer = rob.post("/review/decide", {"key": first, "verdict": "not_this_child"})
    assert answer.headers["location"] == f"{card_path(second)}&last={quote(first, safe='')}"
    page = rob.get(answer.headers["location"]).text
    assert f"You said not this child of {CASE}." in words_of(page)
    assert page.index('data-key="z"') < page.index('data-key="1"')
    assert review.card(world.road, first).row.state == "rejected"
    undone = rob.post("/review/undo", {"key": first})
    assert undone.headers["location"] == card_path(first)
    assert review.card(world.road, first).row.state == "open"
    assert "(taken back)" in words_of(rob.get(card_path(first)).text)


def test_after_the_last_card_comes_the_list_with_its_undo(world: World, sign_in: SignIn) -> None:
    rob, first, second = sign_in("rob"), key_of(world, NAMED), key_of(world, UNNAMED)
    rob.post("/review/decide", {"key": first, "verdict": "later"})
    answer = rob.post("/review/decide", {"key": second, "verdict": "not_this_child"})
    assert answer.headers["location"].startswith("/review?last=")
    said = words_of(rob.get(answer.headers["location"]).text)
    assert "You said not this child" in said and "Nobody waits for a decision" in said
    assert CASE in rob.get("/review?pile=later").text
    assert CASE in rob.get("/review?pile=rejected").text
    assert CASE not in rob.get("/review?pile=possible").text
    assert rob.post("/review/undo", {}).headers["location"] == card_path(second), "without a key: one's last"
    assert rob.get("/review?pile=nonsense").status_code == 400


def test_a_wrong_verdict_and_a_missing_card_are_readable(world: World, sign_in: SignIn) -> None:
    rob = sign_in("rob")
    wrong = rob.post("/review/decide", {"key": key_of(world, NAMED), "verdict": "guilty"})
    assert wrong.status_code == 400 and "possible, not_this_child, later" in wrong.text
    missing = rob.get("/review?key=nobody")
    assert missing.status_code == 404 and "nobody: is " in missing.text
    assert rob.post("/review/decide", {"verdict": "later"}).status_code == 400
    assert rob.post("/review/undo", {"key": key_of(world, NAMED)}).status_code == 409


def test_a_picture_that_is_gone_leaves_the_card_readable(world: World, sign_in: SignIn) -> None:
    key = key_of(world, NAMED)
    world.road.blobs.drop(review.card(world.road, key).photo.served)
    page = sign_in().get(card_path(key))
    assert page.status_code == 200
    assert "is not in the photo folder" in page.text
    assert page.text.count('<svg class="face"') == 1


def test_a_sighting_shows_all_readings_permit_and_raw_post(world: World, sign_in: SignIn) -> None:
    page = sign_in().get(f"/sighting?key={quote(NAMED)}").text
    said = words_of(page)
    for needed in (
        "90%", "10%", "80%", "named, but not a place we know: no point on the map", "30.6575, 104.0809",
        f"“{TIME}”, words of the post", "Photos of a public post may be compared", "mastodon_match_public",
        "HomewardTag", "(15:55 at +08:00)", "may be answered",
    ):  # fmt: skip
        assert needed in said, needed
    assert "&lt;b&gt;raw&lt;/b&gt;" in page
    assert 'href="https://docs.joinmastodon.org/user/posting/"' in page
    assert 'lang="zh"' in page


def test_a_post_on_x_says_why_no_face_was_compared(sign_in: SignIn) -> None:
    page = sign_in().get(f"/sighting?key={ON_X}").text
    assert "no face comparison" in words_of(page)
    assert "https://docs.x.com/developer-terms/restricted-use-cases" in page
    assert "x_face_recognition_prohibited" in page


def test_sightings_page_on_to_older_ones(world: World, sign_in: SignIn) -> None:
    for number in range(40):
        world.clock.pass_by(timedelta(seconds=1))
        world.add_post(f"mastodon:p{number:02}", Platform.MASTODON)
    ada = sign_in()
    page = ada.get("/sightings").text
    seen = set(re.findall(r"mastodon%3Ap\d\d", page))
    older = unescape(re.search(r'href="(/sightings\?before=[^"]+)"', page)[1])
    rest = set(re.findall(r"mastodon%3Ap\d\d", ada.get(older).text))
    assert len(seen) == 30 and len(rest) == 10 and not seen & rest
    assert ada.get("/sightings?before=yesterday").status_code == 400
    assert ada.get("/sightings?before=2026-01-01T00:00:00").status_code == 400


def test_a_case_is_verified_and_activated_by_a_second_person(world: World, sign_in: SignIn) -> None:
    draft = world.add_case("registry.example/8", CaseStatus.DRAFT, seed=60).id
    rita, vera = sign_in("rita"), sign_in("vera")
    assert (
        draft in rita.get("/cases?status=draft").text and draft not in rita.get("/cases?status=active").text
    )
    early = vera.post("/cases/verify", {"id": draft, "evidence": "police file 18"})
    assert early.status_code == 403 and "neither an authority" in early.text
    rests = {"authority": "police", "authority_reference": "file 18", "relation": "parent"}
    rests |= {"relation_evidence": "birth certificate", "photo_consent_by": "her father"}
    rests |= {"photo_consent_on": "2026-05-01", "risk_violence": "1"}
    assert rita.post("/cases/standing", {"id": draft, **rests}).status_code == 303
    own = rita.post("/cases/verify", {"id": draft, "evidence": "police file 18"})
    assert own.status_code == 403
    assert "was registered by rita; a second person has to take this step" in own.text
    assert vera.post("/cases/verify", {"id": draft, "evidence": " "}).status_code == 400
    assert vera.post("/cases/verify", {"id": draft, "evidence": "police file 18"}).status_code == 303
    assert vera.post("/cases/verify", {"id": draft, "evidence": "police file 18"}).status_code == 409
    page = vera.get(f"/case?id={quote(draft)}").text
    assert 'action="/cases/activate"' in page and "police file 18" in page
    assert "known orders or risks (violence)" in page
    assert vera.post("/cases/activate", {"id": draft}).status_code == 403
    assert rita.post("/cases/standing", {"id": draft, **rests, "cleared": "they know"}).status_code == 303
    own = vera.post("/cases/activate", {"id": draft})
    assert own.status_code == 403, "who registered a case cannot clear its risks"
    assert vera.post("/cases/standing", {"id": draft, **rests, "cleared": "they agree"}).status_code == 303
    assert vera.post("/cases/activate", {"id": draft}).status_code == 303
    assert cases.show(world.road, draft).row.status is CaseStatus.ACTIVE
    ended = vera.post("/cases/end", {"id": draft, "to": "located", "evidence": "police say so"})
    assert ended.status_code == 303
    assert cases.show(world.road, draft).row.status is CaseStatus.LOCATED
    assert vera.post("/cases/end", {"id": draft, "to": "draft", "evidence": "x"}).status_code == 400


def test_a_case_shows_no_contact_and_reviewers_get_no_steps(world: World, sign_in: SignIn) -> None:
    with world.road.store.transaction() as tx:
        cases.seal_contact(world.road, tx, CASE, {"contact_phone": "555-0199"})
    page = sign_in("rob").get(f"/case?id={quote(CASE)}").text
    assert "555-0199" not in page and "contact is sealed; its team" in unescape(page)
    assert "aged 4 years" in page and "2014-05" in page
    assert 'action="/cases/' not in page
    assert sign_in().get("/case?id=nobody").status_code == 404


def make_reply(world: World, level: Level) -> str:
    """The receipt to the named post, drafted at a level."""
    world.road.plan = type(world.road.plan)(
        level=level, hotlines=world.road.plan.hotlines, country=world.road.plan.country
    )
    agree(world.road, level)
    with world.road.store.transaction() as tx:
        reply_arrow.ensure(world.road, tx, posts.get(tx, NAMED))
    return replies.listing(world.road)[0].key


def test_a_drafted_reply_is_approved_by_a_person(world: World, sign_in: SignIn) -> None:
    key, rob = make_reply(world, Level.CONFIRM), sign_in("rob")
    page = rob.get("/outbox").text
    assert 'action="/outbox/approve"' in page and replies.show(world.road, key).text in unescape(page)
    assert rob.post("/outbox/approve", {"key": key}).headers["location"].startswith("/outbox/row?key=")
    row = replies.show(world.road, key)
    assert (row.state, row.approved_by) == (ReplyState.APPROVED, "rob")
    assert "Approved by rob" in words_of(rob.get(f"/outbox/row?key={quote(key)}").text)
    assert rob.post("/outbox/cancel", {"key": key, "why": "second thoughts"}).status_code == 303
    assert "second thoughts" in rob.get("/outbox?state=cancelled").text
    assert rob.post("/outbox/cancel", {"key": key}).status_code == 409


def test_a_dry_run_reply_offers_no_approval_and_refuses_it(world: World, sign_in: SignIn) -> None:
    key, rob = make_reply(world, Level.DRY_RUN), sign_in("rob")
    assert 'action="/outbox/approve"' not in rob.get("/outbox").text
    refused = rob.post("/outbox/approve", {"key": key})
    assert refused.status_code == 403 and "can never be sent" in refused.text


def test_a_sent_reply_can_be_withdrawn(world: World, sign_in: SignIn) -> None:
    key, rob = make_reply(world, Level.CONFIRM), sign_in("rob")
    with world.road.store.transaction() as tx:
        row = outbox.move(tx, outbox.get(tx, key), ReplyState.APPROVED)
        row = outbox.move(tx, row, ReplyState.SENDING)
        outbox.move(tx, row, ReplyState.SENT, sent_at=world.clock(), receipt_url="javascript:alert(2)")
    page = rob.get("/outbox?state=sent").text
    assert 'action="/outbox/withdraw"' in page
    # This platform's sender is a rehearsing one: it refuses, and the page says so.
    refused = rob.post("/outbox/withdraw", {"key": key})
    assert refused.status_code == 400 and "could not be withdrawn" in refused.text
    assert 'href="javascript:' not in rob.get(f"/outbox/row?key={quote(key)}").text


def test_all_sending_is_stopped_and_let_go_on(sign_in: SignIn) -> None:
    rob = sign_in("rob")
    assert rob.post("/outbox/pause", {"to": "stop", "why": "a doubt"}).status_code == 303
    assert "All sending is stopped" in rob.get("/outbox").text
    assert "stopped by a person" in rob.get("/").text
    assert "All sending is stopped" in rob.get("/cases").text, "every page says so"
    assert rob.post("/outbox/pause", {"to": "go"}).status_code == 400, "a person gives a reason"
    assert rob.post("/outbox/pause", {"to": "go", "why": "it was nothing"}).status_code == 303
    assert "Sending is not stopped" in rob.get("/outbox").text
    assert rob.post("/outbox/pause", {"to": "maybe"}).status_code == 400


def test_a_set_aside_step_is_tried_again(world: World, sign_in: SignIn) -> None:
    with world.road.store.transaction() as tx:
        world.road.engine.enqueue(tx, Stage.LOOK, NAMED)
    job = world.road.engine.claim([Stage.LOOK], world.clock())[0]
    world.road.engine.fail(job, "no such model", world.clock(), retry=False)
    ada = sign_in()
    assert "no such model" in ada.get("/").text
    assert ada.post("/jobs/again", {"stage": "look", "key": NAMED}).status_code == 303
    with world.road.store.reading() as tx:
        assert not jobs.dead(tx)
    assert ada.post("/jobs/again", {"stage": "look", "key": NAMED}).status_code == 404
    assert ada.post("/jobs/again", {"stage": "dance", "key": NAMED}).status_code == 400


def test_a_decision_of_somebody_else_is_told_as_one(world: World, sign_in: SignIn) -> None:
    rob, key = sign_in("rob"), key_of(world, NAMED)
    review.decide(world.road, key, Verdict.NOT_THIS_CHILD, by="ada")
    answer = rob.post(
        "/review/confirm",
        {**CHECKED, "key": key},
        Referer=f"http://127.0.0.1:8780{card_path(key)}",
    )
    assert answer.status_code == 409
    assert "Somebody was quicker" in answer.text and "is already rejected" in answer.text
    assert f'href="{card_path(key)}"' in answer.text
    with pytest.raises(Conflict):
        review.decide(world.road, key, Verdict.LATER, by="rob")
