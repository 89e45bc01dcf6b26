"""A state machine on the real store and sender loop: the server counts, an oracle judges each arrival.

Whatever people, authors, clocks and a failing network do, nothing arrives without permit, consent, cap and
level, nothing while sending is stopped, and nothing twice.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from bot.pipeline import ingest
from bot.rules.caps import Caps
from bot.senders.fake import FakeReply, Fault
from bot.services import brake, levels, people, replies
from store import outbox, posts
from store.errors import HomewardError
from store.records.page import Page
from store.records.post import Author, AuthorSign, Gone, Platform, Post, Visibility
from store.records.reply import Level, ReplyState
from tests import makers
from tests.desk import LEGAL, OURS, Desk, open_desk
from tests.unit.extract.fake_gazetteer import FakeGazetteer

AUTHORS = ("ana", "ben", "cas", "dan", "eve", "fay", "gus", "hal")
CAPS = Caps(per_author_day=2, per_hour=4, per_day=6, per_thread_day=9, per_hashtag_day=5)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WHY = "for the state machine"
counted: Counter[str] = Counter()


@dataclass
class Said:
    """What the oracle knows of a post: by its own book, not by the store's."""

    number: int
    author: str
    names_us: bool
    level: Level = Level.DRY_RUN
    approved: bool = False
    deleted: bool = False


@dataclass
class Oracle:
    """The rules of sending, kept apart from the program."""

    desk: Desk
    posts: dict[str, Said] = field(default_factory=dict)
    level: Level = Level.DRY_RUN
    opted_out: set[str] = field(default_factory=set)
    no_bot: set[str] = field(default_factory=set)
    stopped: bool = False
    legal: bool = True
    arrived: list[tuple[datetime, str, str]] = field(default_factory=list)

    def judge(self, native_id: str) -> None:
        """Called by the server for each reply that arrives."""
        said, now = self.posts[native_id], self.desk.clock()
        assert said.names_us and not said.deleted, "consent"
        assert said.author not in self.opted_out and said.author not in self.no_bot, "the author's wish"
        assert self.legal, "permit"
        assert not self.stopped, "sending was stopped"
        assert said.level is Level.AUTO or (said.level is Level.CONFIRM and said.approved), "level"
        assert native_id not in {each for _, each, _ in self.arrived}, "twice"
        lately = [(at, author) for at, _, author in self.arrived if at > now - DAY]
        assert sum(author == said.author for _, author in lately) < CAPS.per_author_day, "cap of the author"
        assert len(lately) < min(CAPS.per_day, CAPS.per_hashtag_day), "cap of the day or hashtag"
        assert sum(at > now - HOUR for at, _ in lately) < CAPS.per_hour, "cap of the hour"
        self.arrived.append((now, native_id, said.author))


class Machine(RuleBasedStateMachine):
    """People, authors, platform and clock."""

    keys = Bundle("keys")

    @initialize(level=st.sampled_from([Level.AUTO, Level.AUTO, Level.CONFIRM, Level.DRY_RUN]))
    def open(self, level: Level) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="homeward-machine-"))
        self.desk = open_desk(
            self.folder, honours_keys=False, agreed=level, caps=CAPS, delay_max=timedelta(minutes=5)
        )
        self.desk.road.gazetteer = FakeGazetteer
        for name in ("ana", "ben"):
            people.add(self.desk.road, name, "admin", by="tests")
        self.oracle = Oracle(self.desk, level=level)
        accept = self.desk.platform.accept

        def counted(account: str, to_id: str, text: str, key: str, at: datetime) -> FakeReply:
            self.oracle.judge(to_id)
            return accept(account, to_id, text, key, at)

        self.desk.platform.accept = counted  # type: ignore[method-assign]

    def post(self, author: str, names_us: bool, **changes: Any) -> Post:
        number = len(self.oracle.posts) + 1
        signs = frozenset({AuthorSign.NO_BOT}) if author in self.oracle.no_bot else frozenset()
        given: dict[str, Any] = {
            "author": Author(f"{author}-id", f"{author}@a.example", signs=signs), "text": "Saw a child here",
            "mentions": (OURS,) if names_us else (), "language": "en", "created_at": self.desk.clock(),
            "received_at": self.desk.clock(),
        }  # fmt: skip
        return makers.post(number, **(given | changes))

    def take(self, post: Post) -> None:
        ingest.take_page(self.desk.road, "mastodon", "Tag", Page(posts=(post,)))

    @rule(target=keys, author=st.sampled_from(AUTHORS), names_us=st.sampled_from([True, True, True, False]))
    def write(self, author: str, names_us: bool) -> str:
        post = self.post(author, names_us)
        self.oracle.posts[post.native_id] = Said(len(self.oracle.posts) + 1, author, names_us)
        self.desk.platform.post(post.native_id)
        self.take(post)
        self.work(0)  # Drafted at the level that is in force now.
        return post.native_id

    @rule(
        authors=st.lists(st.sampled_from(AUTHORS), min_size=1, max_size=4),
        level=st.sampled_from([Level.AUTO, Level.CONFIRM]),
    )
    def good_day(self, authors: list[str], level: Level) -> None:
        """Nothing stands in the way: what is written is answered as far as author and caps let it."""
        self.resume()
        self.legal(there=True)
        self.change_level(level, by="ben")
        keys = [self.write(author, names_us=True) for author in authors]
        for key in keys:
            self.approve(key)
        self.work(minutes=45)

    def row(self, native_id: str) -> Any:
        key = makers.post(int(native_id)).key
        with self.desk.road.store.reading() as tx:
            rows = outbox.of_post(tx, key)
        return rows[0] if rows else None

    @rule(minutes=st.sampled_from([0, 1, 7, 45, 180, 700, 1500]))
    def work(self, minutes: float) -> None:
        self.desk.clock.tick(minutes=minutes)
        for said in self.oracle.posts.values():
            if self.row(str(said.number)) is None:
                said.level = self.oracle.level  # A row that is drafted in this round gets today's level.
        self.desk.off()

    @rule(key=keys)
    def delete(self, key: str) -> None:
        self.oracle.posts[key].deleted = True
        self.desk.platform.delete(key)
        gone = Gone(makers.post(int(key)).key, Platform.MASTODON, "deleted", self.desk.clock())
        ingest.take_page(self.desk.road, "mastodon", "Tag", Page(gone=(gone,)))

    @rule(
        author=st.sampled_from(AUTHORS),
        words=st.sampled_from(["STOP", "退订", "stop all", "please delete my data"]),
    )
    def opt_out(self, author: str, words: str) -> None:
        made = self.post(author, True, text=words, visibility=Visibility.DIRECT)
        self.take(replace(made, key=f"{made.key}-message-{len(self.oracle.opted_out)}"))
        if author not in self.oracle.no_bot:
            self.oracle.opted_out.add(author)

    @rule(author=st.sampled_from(AUTHORS))
    def ask_bots_to_keep_away(self, author: str) -> None:
        self.oracle.no_bot.add(author)
        with self.desk.road.store.reading() as tx:
            known = [
                posts.get(tx, makers.post(said.number).key)
                for said in self.oracle.posts.values()
                if said.author == author and posts.stands(tx, makers.post(said.number).key)
            ]
        for post in known:
            signs = frozenset({AuthorSign.NO_BOT})
            self.take(replace(post, author=replace(post.author, signs=signs), version="2"))

    @rule(faults=st.lists(st.sampled_from(list(Fault)), max_size=3))
    def trouble(self, faults: list[Fault]) -> None:
        self.desk.sender.faults.extend(faults)

    @rule(how=st.sampled_from(["person", "file"]))
    def stop(self, how: str) -> None:
        path = self.desk.road.stop_file.path
        assert path is not None
        if how == "file":
            path.touch()
        else:
            brake.stop(self.desk.road, by="ana", why=WHY)
        self.oracle.stopped = True

    @rule()
    def resume(self) -> None:
        brake.resume(self.desk.road, by="ben", why=WHY)
        self.oracle.stopped = False

    @rule(level=st.sampled_from(list(Level)), by=st.sampled_from(["ana", "ben"]))
    def change_level(self, level: Level, by: str) -> None:
        try:
            change = levels.ask(self.desk.road, level, by="ana", why=WHY)
            levels.accept(self.desk.road, change.number, by=by)
        except HomewardError:
            return
        assert by != "ana", "one person alone"
        self.oracle.level = level

    @rule(key=keys)
    def approve(self, key: str) -> None:
        row = self.row(key)
        if row is None:
            return
        try:
            replies.approve(self.desk.road, row.key, by="ana")
        except HomewardError:
            return
        self.oracle.posts[key].approved = True

    @rule(key=keys)
    def cancel(self, key: str) -> None:
        row = self.row(key)
        if row is not None and row.state in (ReplyState.DRAFTED, ReplyState.APPROVED):
            replies.cancel(self.desk.road, row.key, by="ana", why=WHY)

    @rule(there=st.sampled_from([False, True, True]))
    def legal(self, there: bool) -> None:
        self.desk.road.rules = replace(self.desk.road.rules, legal=LEGAL if there else None)
        self.oracle.legal = there

    @rule()
    def crash(self) -> None:
        self.desk.road.engine.free_all()

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            counted["histories"] += 1
            counted["posts"] += len(self.oracle.posts)
            counted["arrived"] += len(self.oracle.arrived)
            self.desk.road.store.close()
            shutil.rmtree(self.folder, ignore_errors=True)


QUIET = list(HealthCheck)


def test_nothing_is_ever_sent_without_permit_consent_cap_and_level() -> None:
    few = settings(max_examples=3, stateful_step_count=20, deadline=None, suppress_health_check=QUIET)
    run_state_machine_as_test(Machine, settings=few)  # type: ignore[no-untyped-call]


@pytest.mark.soak
def test_nothing_is_ever_sent_without_them_in_long_histories() -> None:
    many = settings(max_examples=60, stateful_step_count=60, deadline=None, suppress_health_check=QUIET)
    run_state_machine_as_test(Machine, settings=many)  # type: ignore[no-untyped-call]
    assert counted["arrived"] > 50
    print(dict(counted))  # noqa: T201


def test_the_oracle_would_notice() -> None:
    """A machine that cannot fail proves nothing: without the cap of an author it does."""
    folder = Path(tempfile.mkdtemp(prefix="homeward-oracle-"))
    desk = open_desk(folder)
    oracle = Oracle(desk, level=Level.AUTO)
    oracle.posts = {str(n): Said(n, "ana", True, Level.AUTO) for n in (1, 2, 3)}
    oracle.judge("1")
    for wrong, words in (
        (lambda: oracle.judge("1"), "twice"),
        (lambda: setattr(oracle, "stopped", True), ""),
    ):
        if words:
            with pytest.raises(AssertionError, match=words):
                wrong()
        else:
            wrong()
    with pytest.raises(AssertionError, match="stopped"):
        oracle.judge("2")
    oracle.stopped = False
    oracle.judge("2")
    with pytest.raises(AssertionError, match="cap of the author"):
        oracle.judge("3")
    desk.road.store.close()
    shutil.rmtree(folder, ignore_errors=True)
