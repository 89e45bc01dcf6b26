"""What two people agree on: levels, words, closed appeals; and the private question after a match."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.pipeline import profiles
from bot.pipeline import reply as reply_arrow
from bot.pipeline.alert import CHANNELS
from bot.rules.consent import OurAccount
from bot.senders.alerts import AlertSender
from bot.senders.fake import FakeSender
from bot.services import appeals, brake, conversations, doctor, levels, people, replies, wording
from store import brake as tests_kept
from store import campaign, cases, outbox, posts
from store.errors import NotAllowed, SourceError, Unreachable, UsageError
from store.records.case import CaseStatus, CaseStep
from store.records.permit import Permission, Use
from store.records.post import AuthorSign, Platform, Post, Visibility
from store.records.reply import Level, Purpose, ReplyState
from store.records.replying import SelfTest, Talk
from tests import makers
from tests.desk import OURS, Desk, open_desk

S = ReplyState
WHY = "the words were tried for a week"
TEXT = "Thank you. In danger call {hotline}. Ref. {reference}"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path, agreed=Level.DRY_RUN)
    for name, role in (("ana", "admin"), ("ben", "reviewer"), ("rita", "registrar")):
        people.add(opened.road, name, role, by="tests")
    yield opened
    opened.road.store.close()


def raised(desk: Desk, level: Level) -> None:
    change = levels.ask(desk.road, level, by="ana", why=WHY)
    assert levels.accept(desk.road, change.number, by="ben") is level


# ── levels ───────────────────────────────────────────────────────────────────────────────────────


def test_a_config_that_says_auto_sends_nothing_until_two_people_agree(desk: Desk) -> None:
    assert desk.road.plan.level is Level.AUTO
    first = desk.draft(1)
    raised(desk, Level.CONFIRM)
    second = desk.draft(2, author="b")
    change = levels.ask(desk.road, Level.AUTO, by="ben", why=WHY)
    third = desk.draft(3, author="c")
    levels.accept(desk.road, change.number, by="ana")
    fourth = desk.draft(4, author="d")
    desk.off()
    found = [desk.row(key).level for key in (first, second, third, fourth)]
    assert found == [Level.DRY_RUN, Level.CONFIRM, Level.CONFIRM, Level.AUTO]
    states = [desk.row(key).state for key in (first, second, third, fourth)]
    assert states == [S.REHEARSED, S.DRAFTED, S.DRAFTED, S.SENT], "older rows keep their level"
    desk.clock.tick(hours=49)
    desk.off()
    assert desk.row(second).state is S.EXPIRED
    assert [change.level for change in levels.state(desk.road).changes] == [Level.AUTO, Level.CONFIRM]
    assert "level.accepted" in desk.audited("1") and "level.asked" in desk.audited("1")


def test_a_change_of_level_is_refused_where_it_has_to_be(desk: Desk) -> None:
    with pytest.raises(UsageError, match="reason"):
        levels.ask(desk.road, Level.AUTO, by="ana", why="")
    with pytest.raises(NotAllowed, match="roles"):
        levels.ask(desk.road, Level.AUTO, by="rita", why=WHY)
    change = levels.ask(desk.road, Level.AUTO, by="ana", why=WHY)
    with pytest.raises(NotAllowed, match="second person"):
        levels.accept(desk.road, change.number, by="ana")
    desk.clock.tick(hours=25)
    with pytest.raises(NotAllowed, match="day"):
        levels.accept(desk.road, change.number, by="ben")
    levels.refuse(desk.road, change.number, by="ana")
    assert levels.state(desk.road).in_force is Level.DRY_RUN
    desk.road.plan = replace(desk.road.plan, level=Level.CONFIRM)
    with pytest.raises(UsageError, match="ceiling"):
        levels.ask(desk.road, Level.AUTO, by="ana", why=WHY)


# ── words ────────────────────────────────────────────────────────────────────────────────────────


def test_a_text_written_by_one_and_approved_by_another_is_what_goes_out(desk: Desk) -> None:
    raised(desk, Level.AUTO)
    made = wording.write(desk.road, Purpose.RECEIPT, "en", TEXT, by="ana", why="shorter than before")
    before = desk.draft(1)
    with pytest.raises(NotAllowed, match="second person"):
        wording.approve(desk.road, made.number, by="ana")
    wording.approve(desk.road, made.number, by="ben")
    after = desk.draft(2, author="b")
    assert "A team has been told" in desk.row(before).text
    assert (
        desk.row(after).text
        == f"@b@a.example Thank you. In danger call the local police. Ref. {desk.row(after).reference}"
    )
    again = wording.write(
        desk.road, Purpose.RECEIPT, "en", TEXT + " {reference}", by="ana", why="another variation"
    )
    with pytest.raises(NotAllowed, match="not varied"):
        wording.approve(desk.road, again.number, by="ben")


def test_a_wrong_text_is_taken_back_wherever_it_was_sent(desk: Desk) -> None:
    raised(desk, Level.AUTO)
    old = desk.draft(1)
    made = wording.write(desk.road, Purpose.RECEIPT, "en", TEXT, by="ana", why="shorter than before")
    wording.approve(desk.road, made.number, by="ben")
    sent = desk.draft(2, author="b")
    desk.off()
    waiting = desk.draft(3, author="c")
    assert wording.end(desk.road, made.number, by="ben", why="the number is an old one", is_wrong=True) == 2
    desk.off()
    states = [desk.row(key).state for key in (old, sent, waiting)]
    assert states == [S.SENT, S.WITHDRAWN, S.CANCELLED]
    fresh = desk.draft(4, author="d")
    assert "A team has been told" in desk.row(fresh).text, "the shipped text is in force again"


@pytest.mark.parametrize(
    "text", ["", "no placeholders", "Is it {case}? {hotline} {reference}", "王小明 {hotline} {reference}"]
)
def test_a_text_that_will_not_do_is_not_kept(desk: Desk, text: str) -> None:
    with desk.road.store.transaction() as tx:
        cases.add(tx, makers.case(7, full_name="王小明"), by="rita", at=desk.clock(), evidence="file 1")
    with pytest.raises(UsageError):
        wording.write(
            desk.road, Purpose.RECEIPT, "zh-Hans" if "王" in text else "en", text, by="ana", why=WHY
        )
    assert wording.versions(desk.road) == []


def test_the_editor_shows_the_exact_text_and_length_on_every_platform(desk: Desk) -> None:
    seen = wording.preview(desk.road, Purpose.RECEIPT, "zh-Hans")
    shown = {each.platform: each for each in seen.shown}
    assert set(shown) == {"x", "mastodon", "bluesky", "weibo"} and not seen.problems
    assert shown["mastodon"].text.startswith("@name@server.example ")
    plain = shown["x"].text
    assert plain == shown["weibo"].text == shown["bluesky"].text and plain.endswith("编号 7KX2QF")
    assert shown["x"].length == 2 * 55 + 2 * (len(plain) - 55) - 7, "two for each but the seven light ones"
    assert shown["bluesky"].length == len(plain) and shown["bluesky"].bytes == len(plain.encode())
    assert shown["mastodon"].length == len(plain) + len("@name "), "the server of a mention is not counted"
    assert shown["weibo"].length == len(plain) - 7 + 4
    tight = wording.preview(desk.road, Purpose.QUESTION, "en", max_length=100)
    assert {each.fits for each in tight.shown} == {False}
    assert all(each.fits for each in wording.preview(desk.road, Purpose.QUESTION, "en", max_length=280).shown)


# ── after a match ────────────────────────────────────────────────────────────────────────────────


def named(desk: Desk, platform: Platform, number: int = 1) -> Post:
    made = makers.post(
        number, key=f"{platform.value}:{number}", platform=platform, mentions=(OURS,), language="en",
        text="Saw a child here", created_at=desk.clock(), received_at=desk.clock(),
    )  # fmt: skip
    desk.platform.post(made.native_id)
    account = OurAccount(OURS, "9")
    desk.road.rules = replace(
        desk.road.rules,
        accounts={**desk.road.rules.accounts, platform: account},
        permissions=(
            Permission("weibo", Use.REPLY, "tests", "tests"),
            Permission("weibo", Use.STORE, "t", "t"),
        ),
    )
    with desk.road.store.transaction() as tx:
        posts.put(tx, made, makers.ALL, desk.clock())
    return made


def followed(desk: Desk, post: Post) -> str:
    with desk.road.store.transaction() as tx:
        return reply_arrow.follow_up(desk.road, tx, post)


def test_a_private_question_goes_by_a_row_on_mastodon_and_by_hand_on_x_and_weibo(desk: Desk) -> None:
    raised(desk, Level.AUTO)
    assert followed(desk, named(desk, Platform.MASTODON)) == "", "only where the operator asked for it"
    desk.road.plan = replace(desk.road.plan, follows_up=True)
    kinds = [followed(desk, named(desk, platform, n)) for n, platform in enumerate(Platform, 2)]
    assert dict(zip(Platform, kinds, strict=True)) == {
        Platform.WEIBO: "task", Platform.X: "task", Platform.MASTODON: "row", Platform.BLUESKY: "",
    }  # fmt: skip
    (row,) = [each for each in replies.listing(desk.road) if each.purpose is Purpose.PRIVATE_FOLLOW_UP]
    assert (row.visibility, row.level, row.state) == ("direct", Level.CONFIRM, S.DRAFTED)
    desk.off()
    assert desk.platform.made == 0, "a person confirms what concerns a match, also at auto"
    tasks = conversations.tasks(desk.road)
    assert {task.platform for task in tasks} == {"x", "weibo"}
    conversations.done(desk.road, tasks[0].key, by="ben", outcome="written")
    assert [task.done_by for task in conversations.tasks(desk.road)] == ["", "ben"]


def test_on_bluesky_it_is_asked_only_if_the_author_opened_a_private_conversation(desk: Desk) -> None:
    desk.road.plan = replace(desk.road.plan, follows_up=True)
    post = named(desk, Platform.BLUESKY)
    assert followed(desk, post) == ""
    from store import conversations as kept

    author = desk.road.key.digest("author", f"bluesky:{post.author.id}")
    with desk.road.store.transaction() as tx:
        kept.put(tx, Talk("bluesky:dm", "", "bluesky", author, "", desk.clock(), desk.clock(), b"x", "k"))
    assert followed(desk, post) == "task"


def test_without_consent_or_to_a_young_author_nothing_follows(desk: Desk) -> None:
    desk.road.plan = replace(desk.road.plan, follows_up=True)
    assert followed(desk, replace(named(desk, Platform.MASTODON), mentions=())) == ""
    post = named(desk, Platform.MASTODON, 2)
    from bot.pipeline.asking import young_digest
    from store import veils

    with desk.road.store.transaction() as tx:
        veils.put_young(tx, young_digest(desk.road, post), "age", desk.clock())
    assert followed(desk, post) == ""


# ── following ────────────────────────────────────────────────────────────────────────────────────


def test_following_counts_only_where_operator_and_platform_say_so(desk: Desk) -> None:
    from bot.pipeline import asking

    follower = replace(named(desk, Platform.MASTODON), mentions=())
    follower = replace(follower, author=replace(follower.author, signs=frozenset({AuthorSign.FOLLOWS_US})))

    def given() -> tuple[bool, str]:
        with desk.road.store.reading() as tx:
            found = asking.consent_of(desk.road, tx, follower)
        return found.given, found.rule

    assert given() == (False, "not_named")
    desk.road.rules = replace(desk.road.rules, following=True)
    assert given() == (False, "not_named"), "no shipped policy lets it count"
    policy = desk.road.rules.policies["mastodon"]
    lines = tuple(replace(line, following=line.use is Use.REPLY) for line in policy.lines)
    policies = {**desk.road.rules.policies, "mastodon": replace(policy, lines=lines)}
    desk.road.rules = replace(desk.road.rules, policies=policies)
    assert given() == (True, "follows_us"), "its profile cannot be read here, so the config is believed"
    desk.road.rules = replace(desk.road.rules, following=False)
    assert given() == (False, "not_named")


SENTENCE = "Who follows this account agrees that it may answer."


class Telling(FakeSender):
    """A sender whose platform gives the profile."""

    words: str | SourceError = ""

    def profile(self) -> str:
        if isinstance(self.words, SourceError):
            raise self.words
        return self.words


def test_a_profile_that_can_be_read_counts_as_it_is_and_not_as_it_is_said_to_be(desk: Desk) -> None:
    sender = Telling(desk.platform, desk.clock)
    road = desk.road
    road.senders = {"mastodon": sender}
    assert profiles.read_all(road) == [], "nobody is asked where following is not to count"
    road.rules = replace(road.rules, following=True, profile_says=SENTENCE)

    def counts() -> bool:
        with road.store.reading() as tx:
            return profiles.counts(road, tx, "mastodon")

    def told() -> list[str]:
        return [check.words for check in doctor.of_replies(road) if check.name == "profile mastodon"]

    assert not counts() and "was not read yet" in told()[0]
    for words, is_said in (
        ("We look for children.", False),
        (f"A bot.\nwho follows  this account\nagrees that it may answer. {SENTENCE[:10]}", True),
        (Unreachable("mastodon", "no answer"), False),
    ):
        sender.words = words
        assert [each.is_well for each in profiles.read_all(road)] == [is_said]
        assert profiles.read_all(road) == [], "asked once in six hours"
        assert counts() == is_said and len(told()) == 1
        with road.store.reading() as tx:
            assert ("profile:mastodon" in campaign.notices(tx)) != is_said
        desk.clock.tick(hours=6)
    sender.words = SENTENCE
    profiles.read_all(road)
    desk.clock.tick(hours=49)
    assert not counts(), "what was read two days ago says nothing of today"


def test_doctor_tells_level_brake_and_the_daily_test_of_the_alerts(desk: Desk) -> None:
    def told() -> dict[str, tuple[bool, str]]:
        return {check.name: (check.ok, check.words) for check in doctor.of_replies(desk.road)}

    assert told()["reply level"] == (True, "dry-run (the ceiling of config.yaml is auto)")
    assert told()["brake"][0] and "none is set up" in told()["alert channels"][1]
    levels.ask(desk.road, Level.CONFIRM, by="ana", why=WHY)
    brake.stop(desk.road, by="ben", why="a wrong text")
    assert "1 wished" in told()["reply level"][1]
    assert not told()["brake"][0] and "stopped by ben: a wrong text" in told()["brake"][1]
    desk.road.alerts = AlertSender(["json://127.0.0.1:1/"])
    assert "not tested yet" in told()["alert channels"][1]
    with desk.road.store.transaction() as tx:
        tests_kept.put_test(tx, SelfTest(CHANNELS, desk.clock(), True, "1 of 1"))
    assert told()["alert channels"][0]
    desk.clock.tick(hours=49)
    assert "is the daemon running" in told()["alert channels"][1] and not told()["alert channels"][0]


# ── appeals ──────────────────────────────────────────────────────────────────────────────────────


def located(desk: Desk) -> str:
    case = makers.case(7, full_name="Wang Xiaoming")
    with desk.road.store.transaction() as tx:
        cases.add(tx, case, by="rita", at=desk.clock(), evidence="file 1")
        held = CaseStatus.DRAFT
        for step in (CaseStatus.VERIFIED, CaseStatus.ACTIVE, CaseStatus.LOCATED):
            cases.move(tx, CaseStep(case.id, step, "vera", desk.clock(), "police"), expect=held)
            held = step
    return case.id


def test_an_appeal_is_called_closed_only_with_two_releases_where_the_post_names_it(desk: Desk) -> None:
    raised(desk, Level.AUTO)
    case_id = located(desk)
    poster = replace(named(desk, Platform.MASTODON), text="Missing: WANG XIAOMING, please share")
    other = named(desk, Platform.MASTODON, 2)
    with desk.road.store.transaction() as tx:
        posts.put(tx, replace(poster, version="2"), makers.ALL, desk.clock())
    with pytest.raises(NotAllowed, match="family and authority"):
        appeals.close(desk.road, poster.key, case_id, by="ana")
    appeals.release(desk.road, case_id, "family", by="ana", evidence="letter of 3 May")
    with pytest.raises(NotAllowed, match="second person"):
        appeals.release(desk.road, case_id, "authority", by="ana", evidence="police file 17")
    appeals.release(desk.road, case_id, "authority", by="ben", evidence="police file 17")
    with pytest.raises(NotAllowed, match="does not name"):
        appeals.close(desk.road, other.key, case_id, by="ana")
    row = appeals.close(desk.road, poster.key, case_id, by="ana")
    assert "This appeal is closed" in row.text and "Wang" not in row.text
    desk.off()
    assert (desk.row(row.key).state, desk.row(row.key).level) == (S.DRAFTED, Level.CONFIRM)
    replies.approve(desk.road, row.key, by="ben")
    desk.off()
    assert desk.row(row.key).state is S.SENT


def test_an_appeal_of_an_active_case_is_not_closed(desk: Desk) -> None:
    with desk.road.store.transaction() as tx:
        cases.add(tx, makers.case(8), by="rita", at=desk.clock(), evidence="file 1")
    with pytest.raises(NotAllowed, match="located"):
        appeals.release(desk.road, makers.case(8).id, "family", by="ana", evidence="letter of 3 May")


def test_a_receipt_is_never_taken_back_because_a_match_was_rejected(desk: Desk) -> None:
    """A verdict knows no way to a withdrawal: a receipt says nothing of a match, and its end would."""
    from store import matches

    raised(desk, Level.AUTO)
    key = desk.draft(1)
    desk.off()
    with desk.road.store.transaction() as tx:
        matches.withdraw_of_post(tx, desk.row(key).post_key, "not this child")
    desk.clock.tick(seconds=timedelta(hours=3).total_seconds())
    desk.off()
    assert desk.row(key).state is S.SENT and outbox.key_of(desk.row(key).post_key, Purpose.RECEIPT) == key
    assert Visibility.DIRECT.value == desk.row(key).visibility
