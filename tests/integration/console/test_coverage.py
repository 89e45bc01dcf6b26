"""The pages about coverage and alarms, with plain forms and without a script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.console.strips import WIDTH, bars, strip
from bot.services.coverage import Stretch
from store import backfills, campaign, coverage, hourly, schedule
from store.records.coverage import Backfill, CoverState
from store.records.page import Span
from store.schedule import Slot
from tests.integration.console.conftest import Browser
from tests.integration.console.test_pages import words_of
from tests.integration.console.world import START, World

SignIn = Callable[..., Browser]
HOUR = timedelta(hours=1)
QUIET = "silence:mastodon #found"


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def furnish(world: World) -> None:
    """Two days of one hashtag: complete, open, lost, complete; an alarm; a backfill half way."""
    with world.road.store.transaction() as tx:
        for start, end, state, why in (
            (-48, -20, CoverState.COMPLETE, ""),
            (-20, -18, CoverState.GAP, "outage: <b>timed out</b>"),
            (-18, -17, CoverState.LOST, "the window passed"),
            (-17, 0, CoverState.COMPLETE, ""),
        ):
            coverage.paint(tx, "mastodon", "found", Span(at(start), at(end)), state, why)
        for hours in range(-30, 0):
            hourly.add(tx, "mastodon", at(hours), hours % 7, {"found": hours % 7})
        schedule.put(tx, Slot("mastodon", "found", at(0.01), 60.0, 4.0, at(0)))
        span = Span(at(-20), at(-18))
        backfills.ask(tx, Backfill("mastodon", "found", span, reached=at(-19), posts=4, changed_at=at(0)))
        campaign.notice(tx, QUIET, "mastodon #found brought 0 new posts. Likely causes: token.", at(0))


def test_the_page_shows_what_is_complete_open_and_lost_and_what_is_needed(
    world: World, sign_in: SignIn
) -> None:
    furnish(world)
    page = sign_in().get("/coverage").text
    words = words_of(page)
    assert "#found" in words and "93.8 % of the time since" in words
    assert "2 h open, 1 h lost" in words
    assert "outage: <b>timed out</b>" in words and "<b>timed out</b>" not in page
    assert "Being read back by itself, 50% walked" in words and 'value="0.500"' in page
    assert "the window passed" in words and "Nothing brings it back" in words
    assert "Last good time" in words and "every 1 min" in words and "30 hours read" in words
    assert page.count('class="complete"') == 3 and page.count('class="lost"') == 2
    assert 'style="' not in page and 'aria-current="page">Coverage' in page
    assert sign_in().get("/coverage?days=30").status_code == 200
    assert sign_in().get("/coverage?days=5").status_code == 400


def test_an_empty_installation_is_told_how_coverage_begins(world: World, sign_in: SignIn) -> None:
    with world.road.store.transaction() as tx:
        tx.exec_driver_sql("DELETE FROM sources")
    words = words_of(sign_in().get("/coverage").text)
    assert "No source has been read yet" in words and "run_bot.py doctor" in words
    assert "only its own made-up posts" in words_of(sign_in(app=world.app(sample=True)).get("/coverage").text)


def test_an_alarm_is_seen_with_a_note_and_leaves_the_first_page(world: World, sign_in: SignIn) -> None:
    furnish(world)
    browser = sign_in()
    assert "1 alarm to look at" in words_of(browser.get("/").text)
    browser.get("/alarms")
    answer = browser.post("/alarms/acknowledge", {"name": QUIET, "note": "known: <i>server move</i>"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/alarms")
    page = browser.get("/alarms").text
    assert "Seen by ada" in words_of(page) and "<i>" not in page and "No alarm waits" in words_of(page)
    front = words_of(browser.get("/").text)
    assert "alarm to look at" not in front and "brought 0 new posts" not in front
    assert "Quiet, seen by ada" in words_of(browser.get("/coverage").text)
    with world.road.store.transaction() as tx:
        campaign.notice(tx, QUIET, "", at(1))
    assert "known: <i>server move</i>" in words_of(browser.get("/alarms").text), "it stays in the history"


def test_everybody_may_look_but_a_registrar_acknowledges_nothing(world: World, sign_in: SignIn) -> None:
    furnish(world)
    browser = sign_in("rita")
    for path in ("/coverage", "/alarms"):
        page = browser.get(path)
        assert page.status_code == 200 and "/alarms/acknowledge" not in page.text
    browser.get("/me")
    assert browser.post("/alarms/acknowledge", {"name": QUIET}).status_code == 403
    assert browser.get("/").status_code == 200


def test_the_pages_ask_for_a_session(stranger: Browser) -> None:
    assert stranger.get("/coverage").headers["location"].startswith("/login")
    assert stranger.post("/alarms/acknowledge", {"name": QUIET}).status_code == 303


def test_short_outages_stay_visible_and_lie_over_what_is_complete() -> None:
    spans = [
        Stretch(Span(at(0), at(500)), CoverState.COMPLETE),
        Stretch(Span(at(500), at(500.02)), CoverState.LOST),
        Stretch(Span(at(500.02), at(700)), CoverState.COMPLETE),
        Stretch(Span(at(900), at(901)), CoverState.GAP),
    ]
    drawn = strip(spans, at(100), at(700))
    assert [piece.state.value for piece in drawn] == ["complete", "complete", "lost"]
    assert drawn[0].x == 0 and drawn[2].width >= 3 and all(p.x + p.width <= WIDTH + 0.2 for p in drawn)
    assert strip(spans, at(5), at(5)) == []


def test_bars_tell_no_post_from_not_read() -> None:
    hours = [(at(-1), 4), (at(0), 0)]
    drawn = bars(hours, at(0.5))
    assert [(bar.posts, bar.read, bar.height) for bar in drawn[-3:]] == [
        (0, False, 0.0), (4, True, 1.0), (0, True, 0.0),
    ]  # fmt: skip
    assert len(drawn) == 48 and bars([], at(0))[0].height == 0
