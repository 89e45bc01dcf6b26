"""Pages around the outbox: level, words, opt-outs, messages to us, tasks by hand, and who is answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html import unescape
from urllib.parse import quote

from bot.pipeline import conversing
from bot.services import brake, levels, wording
from store import conversations as kept
from store.records.post import Author, Platform, Post, Visibility
from store.records.reply import Level, Purpose, ReplyState
from store.records.replying import HandTask
from tests import makers
from tests.integration.console.conftest import Browser
from tests.integration.console.test_pages import words_of
from tests.integration.console.world import NAMED, World
from tests.levels import agree

SignIn = Callable[..., Browser]
WHY = "the words were tried for a week"
TEXT = "Thank you. In danger call {hotline}. Ref. {reference}"


def test_a_level_is_asked_for_by_one_and_accepted_by_another(world: World, sign_in: SignIn) -> None:
    world.road.plan = replace(world.road.plan, level=Level.CONFIRM)
    rob, ada = sign_in("rob"), sign_in("ada")
    assert "In force: dry-run" in rob.get("/outbox/level").text
    assert rob.post("/outbox/level/ask", {"level": "auto", "why": WHY}).status_code == 400, (
        "above the ceiling"
    )
    assert rob.post("/outbox/level/ask", {"level": "confirm", "why": WHY}).status_code == 303
    number = str(levels.state(world.road).waiting[0].number)
    assert (
        'value="accept"' not in rob.get("/outbox/level").text
        and 'value="accept"' in ada.get("/outbox/level").text
    )
    assert rob.post("/outbox/level/decide", {"to": "accept", "number": number}).status_code == 403
    assert ada.post("/outbox/level/decide", {"to": "accept", "number": number}).status_code == 303
    assert (
        "In force: confirm" in ada.get("/outbox/level").text
        and "accepted by ada" in ada.get("/outbox/level").text
    )
    assert ada.post("/outbox/level/decide", {"to": "accept", "number": "x"}).status_code == 400


def test_the_editor_shows_lengths_and_a_text_is_put_into_force_by_a_second_person(
    world: World, sign_in: SignIn
) -> None:
    rob, ada = sign_in("rob"), sign_in("ada")
    page = words_of(rob.get("/outbox/words?purpose=receipt&language=zh-Hans").text)
    assert "of 280 weight" in page and "of 300 graphemes" in page and "of 140 characters" in page
    tried = rob.get(f"/outbox/words?text={quote(TEXT)}").text
    assert "Propose this text" in tried and "In danger call 116 000" in unescape(tried)
    assert "holds a placeholder" in unescape(rob.get("/outbox/words?text={case}").text)
    form = {"purpose": "receipt", "language": "en", "text": TEXT, "why": "shorter than before"}
    assert rob.post("/outbox/words/write", form).status_code == 303
    number = str(wording.versions(world.road)[0].number)
    assert rob.post("/outbox/words/approve", {"number": number}).status_code == 403
    assert ada.post("/outbox/words/approve", {"number": number}).status_code == 303
    assert wording.catalogue(world.road).text(Purpose.RECEIPT, "en") == TEXT
    ended = {"number": number, "wrong": "yes", "why": "the number is an old one"}
    assert ada.post("/outbox/words/end", ended).status_code == 303
    assert wording.catalogue(world.road).text(Purpose.RECEIPT, "en") != TEXT
    assert rob.get("/outbox/words?purpose=nonsense").status_code == 400
    assert rob.get("/outbox/words?language=tlh").status_code == 400


def test_opt_outs_are_counted_added_and_removed_and_erasures_show_their_day(
    world: World, sign_in: SignIn
) -> None:
    rob = sign_in("rob")
    form = {"platform": "mastodon", "handle": "lin@a.example", "everywhere": "yes", "why": "asked by phone"}
    assert rob.post("/outbox/people/add", form).status_code == 303
    page = rob.get("/outbox/people").text
    assert "<strong>1</strong> person has opted out" in page and "lin@a.example" not in page
    person = page.split('name="person" value="')[1].split('"')[0]
    gone = {"person": person, "why": "wrote to us again"}
    assert rob.post("/outbox/people/remove", gone).status_code == 303
    assert "<strong>0</strong> people have" in rob.get("/outbox/people").text
    told = said(world, "please delete my data")
    with world.road.store.transaction() as tx:
        conversing.take(world.road, tx, told, is_stored=False)
    page = rob.get("/outbox/people").text
    assert "lin@a.example" in page and "due" in page
    reference = page.split('name="reference" value="')[1].split('"')[0]
    done = {"reference": reference, "note": "all posts deleted"}
    assert rob.post("/outbox/people/erased", done).status_code == 303
    assert "done by rob" in rob.get("/outbox/people").text


def said(world: World, text: str) -> Post:
    return makers.post(
        77, author=Author("lin", "lin@a.example"), text=text, mentions=("homeward@bot.example",),
        visibility=Visibility.DIRECT, received_at=world.clock(), created_at=world.clock(), language="en",
    )  # fmt: skip


def test_a_message_is_read_and_answered_with_a_phrase_or_by_two(world: World, sign_in: SignIn) -> None:
    world.road.plan = replace(world.road.plan, level=Level.CONFIRM)
    agree(world.road, Level.CONFIRM)
    told = said(world, "It was <b>dark</b> already")
    with world.road.store.transaction() as tx:
        conversing.take(world.road, tx, told, is_stored=False)
    rob, ada = sign_in("rob"), sign_in("ada")
    assert "It was &lt;b&gt;dark" in rob.get("/outbox/talks").text
    page = rob.get(f"/outbox/talk?key={quote(told.key)}").text
    assert "A private message: sealed" in page and 'value="thanks"' in page
    leak = {"key": told.key, "words": "Was it at 15:30?"}
    assert rob.post("/outbox/talk/write", leak).status_code == 400
    own = {"key": told.key, "words": "Thank you, that helps us."}
    assert rob.post("/outbox/talk/write", own).status_code == 303
    with world.road.store.reading() as tx:
        from store import outbox

        (row,) = outbox.of_post(tx, told.key)
    assert row.state is ReplyState.DRAFTED
    assert rob.post("/outbox/approve", {"key": row.key}).status_code == 403
    assert ada.post("/outbox/approve", {"key": row.key}).status_code == 303
    twice = {"key": told.key, "phrase": "thanks"}
    assert rob.post("/outbox/talk/answer", twice).status_code == 409
    assert rob.post("/outbox/talk/answer", {"key": told.key, "phrase": "receipt"}).status_code in (400, 409)
    assert rob.get("/outbox/talk?key=nobody").status_code == 404


def test_a_task_by_hand_is_shown_and_done(world: World, sign_in: SignIn) -> None:
    task = HandTask(
        "k",
        NAMED,
        "x",
        Purpose.PRIVATE_FOLLOW_UP,
        "en",
        "Someone would like to ask",
        "named us",
        world.clock(),
    )
    with world.road.store.transaction() as tx:
        kept.add_task(tx, task)
    rob = sign_in("rob")
    assert "Someone would like to ask" in rob.get("/outbox/tasks").text
    assert rob.post("/outbox/tasks/done", {"key": "k", "outcome": "written"}).status_code == 303
    assert "done by rob" in rob.get("/outbox/tasks").text


def test_the_console_says_why_most_posts_on_x_are_not_answered_and_what_changes_it(sign_in: SignIn) -> None:
    page = words_of(sign_in("rob").get("/outbox/summons").text)
    assert "name the bot, and it will answer" in page and "Using a hashtag is no invitation" in page
    assert "@homeward@bot.example" in page


def test_a_registrar_sees_that_sending_is_stopped_and_nothing_of_the_outbox(
    world: World, sign_in: SignIn
) -> None:
    brake.stop(world.road, by="ana", why="a doubt about ana")
    rita = sign_in("rita")
    page = rita.get("/cases").text
    assert "All sending is stopped" in page and "a doubt" not in page
    assert "a doubt" in sign_in("rob").get("/sightings").text
    for path in ("talks", "tasks", "words", "level", "people", "summons"):
        assert rita.get(f"/outbox/{path}").status_code == 403
    assert Platform.X in Platform
