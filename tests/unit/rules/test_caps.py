"""How many replies may go out, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules.caps import About, Caps, Hold, QuietHours, Send, SentAt, decide
from store.records.post import Platform
from tests.unit.rules.posts import NOW

MASTODON = Platform.MASTODON
ROOMY = Caps(per_author_day=100, per_hour=100, per_day=100)


def sent(*minutes_ago: float, author: str = "lin", platform: Platform = MASTODON) -> list[SentAt]:
    return [SentAt(NOW - timedelta(minutes=m), author, platform) for m in minutes_ago]


def test_the_first_reply_goes() -> None:
    assert decide(NOW, "lin", MASTODON, [], Caps()) == Send()


def test_an_author_is_answered_once_a_day_and_then_again() -> None:
    history = sent(60)
    held = decide(NOW, "lin", MASTODON, history, Caps(per_author_day=1))
    assert isinstance(held, Hold)
    assert (held.rule, held.until) == ("per_author_day", NOW + timedelta(hours=23))
    assert decide(held.until, "lin", MASTODON, history, Caps(per_author_day=1)) == Send()
    just_before = held.until - timedelta(seconds=1)
    assert isinstance(decide(just_before, "lin", MASTODON, history, Caps(per_author_day=1)), Hold)


def test_another_author_and_another_platform_do_not_count_for_an_author() -> None:
    history = sent(5, author="mei") + sent(5, platform=Platform.X)
    assert decide(NOW, "lin", MASTODON, history, Caps(per_author_day=1)) == Send()


def test_the_hour_is_full_until_its_oldest_reply_leaves_it() -> None:
    history = sent(50, 10, 20)
    held = decide(NOW, "mei", MASTODON, history, Caps(per_author_day=9, per_hour=3))
    assert isinstance(held, Hold)
    assert (held.rule, held.until) == ("per_hour", NOW + timedelta(minutes=10))


def test_more_than_the_cap_in_the_past_waits_for_enough_to_leave() -> None:
    held = decide(NOW, "mei", MASTODON, sent(50, 40, 30, 20), Caps(per_author_day=9, per_hour=2))
    assert isinstance(held, Hold)
    assert held.until == NOW + timedelta(minutes=30)


def test_the_longest_hold_is_given() -> None:
    caps = Caps(per_author_day=1, per_hour=1, per_day=1)
    held = decide(NOW, "lin", MASTODON, sent(30), caps)
    assert isinstance(held, Hold)
    assert held.until == NOW + timedelta(hours=23, minutes=30)


def test_a_cap_of_zero_never_lets_anything_go() -> None:
    held = decide(NOW, "lin", MASTODON, [], Caps(per_hour=0))
    assert isinstance(held, Hold)
    assert held.until == NOW + timedelta(hours=1)


def test_what_the_history_dates_after_now_counts_as_just_sent() -> None:
    held = decide(NOW, "lin", MASTODON, sent(-120), Caps(per_author_day=1))
    assert isinstance(held, Hold)
    assert held.until == NOW + timedelta(hours=26)


SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-05-25T21:59", None),
        ("2026-05-25T22:00", "2026-05-26T07:30"),
        ("2026-05-26T00:00", "2026-05-26T07:30"),
        ("2026-05-26T07:29", "2026-05-26T07:30"),
        ("2026-05-26T07:30", None),
    ],
)
def test_quiet_hours_may_span_midnight(at: str, until: str | None) -> None:
    caps = Caps(quiet=QuietHours(time(22), time(7, 30), SHANGHAI))
    now = datetime.fromisoformat(at).replace(tzinfo=SHANGHAI).astimezone(UTC)
    found = decide(now, "lin", MASTODON, [], caps)
    if until is None:
        assert found == Send()
    else:
        assert isinstance(found, Hold)
        assert found.rule == "quiet_hours"
        assert found.until == datetime.fromisoformat(until).replace(tzinfo=SHANGHAI)
        assert found.until.utcoffset() == timedelta(0)


def test_quiet_hours_within_a_day() -> None:
    caps = Caps(quiet=QuietHours(time(12), time(14), UTC))
    noon = NOW.replace(hour=12)
    held = decide(noon, "lin", MASTODON, [], caps)
    assert isinstance(held, Hold)
    assert held.until == NOW.replace(hour=14)
    assert decide(NOW.replace(hour=14), "lin", MASTODON, [], caps) == Send()


def test_equal_ends_mean_no_quiet_hours() -> None:
    caps = Caps(quiet=QuietHours(time(8), time(8), UTC))
    assert decide(NOW, "lin", MASTODON, [], caps) == Send()


@pytest.mark.parametrize("zone", ["Europe/Zurich", "Asia/Shanghai", "America/St_Johns"])
def test_a_hold_always_ends_ahead_also_where_the_clock_is_changed(zone: str) -> None:
    caps = Caps(quiet=QuietHours(time(23), time(2, 30), ZoneInfo(zone)))
    for day in (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)):
        for quarter in range(4 * 48):
            now = day + timedelta(minutes=15 * quarter)
            found = decide(now, "lin", MASTODON, [], caps)
            assert not isinstance(found, Hold) or now < found.until <= now + timedelta(hours=6)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3000), st.sampled_from("abc")), max_size=12),
    st.integers(1, 3),
    st.integers(1, 4),
    st.integers(1, 6),
)
def test_following_the_holds_never_breaks_a_cap(
    wishes: list[tuple[int, str]], author_day: int, hour: int, day: int
) -> None:
    caps = Caps(author_day, hour, day)
    history: list[SentAt] = []
    now = NOW
    for minutes, author in sorted(wishes):
        now = max(now, NOW + timedelta(minutes=minutes))
        for _ in range(50):
            found = decide(now, author, MASTODON, history, caps)
            if isinstance(found, Send):
                break
            assert found.until > now
            now = found.until
        else:
            raise AssertionError("held for ever")
        history.append(SentAt(now, author, MASTODON))
        within_hour = [s for s in history if now - s.at < timedelta(hours=1)]
        within_day = [s for s in history if now - s.at < timedelta(days=1)]
        assert len(within_hour) <= hour
        assert len(within_day) <= day
        assert len([s for s in within_day if s.author == author]) <= author_day


def test_a_thread_and_a_hashtag_have_caps_of_their_own() -> None:
    tags = frozenset({"found"})
    history = [SentAt(NOW - timedelta(hours=n), f"author {n}", MASTODON, "t", tags) for n in range(1, 4)]
    caps = replace(ROOMY, per_thread_day=3, per_hashtag_day=3)
    for about, rule, hours in (
        (About(thread="t"), "per_thread_day", 21),
        (About(thread="u", hashtags=tags), "per_hashtag_day", 21),
    ):
        held = decide(NOW, "new", MASTODON, history, caps, about)
        assert isinstance(held, Hold) and (held.rule, held.until) == (rule, NOW + timedelta(hours=hours))
    assert decide(NOW, "new", MASTODON, history, caps, About("u", frozenset({"other"}))) == Send()
    assert decide(NOW, "new", MASTODON, history, caps) == Send()


def test_what_a_person_writes_to_one_who_wrote_to_us_has_a_cap_of_its_own() -> None:
    caps = replace(ROOMY, per_author_day=1, per_talk_day=2)
    talk = About(is_talk=True)
    assert decide(NOW, "lin", MASTODON, sent(60), caps, talk) == Send()
    held = decide(NOW, "lin", MASTODON, sent(60, 30), caps, talk)
    assert isinstance(held, Hold) and held.rule == "per_talk_day"


def test_quiet_hours_are_those_of_the_author_where_the_zone_is_known() -> None:
    quiet = QuietHours(time(22), time(7), ZoneInfo("UTC"))
    noon = NOW.replace(hour=12)
    caps = replace(ROOMY, quiet=quiet)
    assert decide(noon, "lin", MASTODON, [], caps) == Send()
    held = decide(noon, "lin", MASTODON, [], caps, About(zone_min=12 * 60))
    assert isinstance(held, Hold) and held.rule == "quiet_hours"
    assert held.until == noon + timedelta(hours=7), "seven in the morning there"
    night = NOW.replace(hour=23)
    assert decide(night, "lin", MASTODON, [], caps, About(zone_min=-8 * 60)) == Send()
    assert isinstance(decide(night, "lin", MASTODON, [], caps, About(zone_min=99999)), Hold)
