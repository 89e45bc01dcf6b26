"""An import is used only as far as somebody stated who gave it and on what basis; and no longer."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot import wiring
from bot.config import Config, load
from bot.faces import fake
from bot.faces.gallery import NumpyGallery
from bot.home import Home
from bot.pipeline import ingest, recheck, standing, work
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from bot.services import coverage as looking
from bot.services import doctor, import_cover, importing, inbox, overview, review, sightings
from bot.services import imports as kept
from bot.wiring import Built
from store import audit, coverage, imports, posts
from store import tables as t
from store.db import utc_now
from store.errors import ConfigError, Conflict, Missing, PhotoUnavailable, UsageError
from store.records.coverage import CoverState
from store.records.imports import Basis, Statement
from store.records.page import Page, Span
from store.records.permit import Use
from store.records.post import Gone, Post
from store.records.reply import Level
from store.records.work import Stage
from tests.integration import ready
from tests.integration.conftest import CONFIG, work_off
from tests.integration.ready import count, face_keys, mastodon_status, photo_digests, rows
from tests.levels import agree
from tests.stores import Clock
from tests.timeline import SPEC, Timeline
from tests.unit.collectors import exports
from tests.unit.collectors.exports import create, note, post_path, record, x_tweet

CONSENT = Statement("Ana, by mail", Basis.CONSENT)
PORTRAIT = fake.jpeg(fake.draw(1, pose=1))
STRANGER = fake.jpeg(fake.draw(2))


@pytest.fixture
def clock() -> Clock:
    return Clock(utc_now())


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, places: Path) -> Path:
    """A closed data folder with one active case, whom the drawn portrait shows."""
    folder = tmp_path_factory.mktemp("template")
    shutil.copy(places, folder / "places.sqlite")
    made = quick(wiring.build(config_of(folder), Home(folder, False)))
    wiring.put_in_force(made)
    ready.staff(made)
    (folder / "registered.jpg").write_bytes(fake.jpeg(fake.draw(1)))
    ready.activate(made, photo=folder / "registered.jpg")
    assert work_off(made) == 0
    made.close()
    return folder


def quick(built: Built) -> Built:
    """The installation with a face model that sees drawn faces: nothing here depends on how good it is."""
    built.road.faces = fake.FakeFaceModel
    built.road.gallery = NumpyGallery(fake.FakeFaceModel.dimension)
    return built


def config_of(folder: Path) -> Config:
    file = folder / "config.yaml"
    file.write_text(CONFIG.format(tag="HomewardSample", sources="[]", level="dry-run"))
    return load(file, env={})


@pytest.fixture(scope="module")
def tools(template: Path) -> Iterator[Road]:
    """A road whose tools are dear to make: every test of this module uses them."""
    made = wiring.build(config_of(template), Home(template, False))
    gazetteer, tagger = made.road.gazetteer(), made.road.tagger()
    made.road.gazetteer, made.road.tagger = (lambda: gazetteer), (lambda: tagger)
    yield made.road
    made.close()


@pytest.fixture
def built(
    template: Path, tools: Road, tmp_path_factory: pytest.TempPathFactory, clock: Clock
) -> Iterator[Built]:
    """Real data with one active case, whom the drawn portrait shows."""
    folder = ready.copied(template, tmp_path_factory.mktemp("data"))
    made = quick(wiring.build(config_of(folder), Home(folder, False), clock=clock))
    made.road.gate, made.road.gazetteer, made.road.tagger = tools.gate, tools.gazetteer, tools.tagger
    yield made
    made.close()


def bring(
    built: Built, folder: Path, number: int = 1, said: Statement | None = None, picture: bytes = PORTRAIT,
    **changes: Any,
) -> importing.ImportReport:  # fmt: skip
    """Import one Mastodon status whose photo lies beside it, and work off what follows."""
    (folder / "photos").mkdir(parents=True, exist_ok=True)
    (folder / "photos" / f"p{number}.jpg").write_bytes(picture)
    status = mastodon_status(number, f"p{number}.jpg", **changes)
    (folder / f"s{number}.json").write_text(json.dumps([status]))
    report = importing.import_paths(built.road, [folder / f"s{number}.json"], by="test", statement=said)
    assert work_off(built) == 0
    return report


def key(number: int = 1) -> str:
    return f"mastodon:{mastodon_status(number)['uri']}"


def waits(built: Built) -> list[str]:
    """Posts whose face waits for a person beside the case."""
    return [card.post.key for card in review.queue(built.road)]


def vectors(built: Built) -> int:
    return count(built, t.vectors, t.vectors.c.holder == "sighting")


def deliver(built: Built, post: Post, source: str = "live") -> None:
    """A live source delivers the post."""
    ingest.take_page(built.road, source, "Tag", Page(posts=(replace(post, received_at=built.road.clock()),)))


def stored(built: Built, number: int = 1) -> Post:
    with built.road.store.reading() as tx:
        return posts.get(tx, key(number))


class Pictures:
    """A photo fetcher that has the given bytes for every address, or none."""

    def __init__(self, data: bytes | None) -> None:
        self.data = data
        self.asked: list[str] = []

    def fetch(self, address: str, referer: str = "") -> bytes:
        self.asked.append(address)
        if self.data is None:
            raise PhotoUnavailable("photo", "not there just now")
        return self.data


# ── stating, revoking, ending ────────────────────────────────────────────────────────────────────


def test_without_a_statement_posts_are_stored_and_nothing_of_them_is_compared(
    built: Built, tmp_path: Path
) -> None:
    report = bring(built, tmp_path)
    assert report.stored == 1 and report.waiting == report.imports != ()
    assert photo_digests(built, key()) and not face_keys(built, key())
    assert waits(built) == [] and vectors(built) == 0 and count(built, t.matches) == 0
    view = sightings.one(built.road, key())
    assert not view.permit.may_match and not view.permit.may_reply
    assert "basis not stated" in view.comparison and report.waiting[0] in view.comparison
    assert "imports state" in view.comparison, "the reason names the way out"
    assert "1 import waits for its basis" in overview.overview(built.road).notices["imports"]
    (line,) = [check for check in doctor.examine(built.road, built.home) if check.name == "imports"]
    assert not line.ok and "1 import waits for its basis" in line.words and report.waiting[0] in line.words


def test_a_statement_afterwards_brings_the_comparison_and_is_audited(built: Built, tmp_path: Path) -> None:
    (import_id,) = bring(built, tmp_path).waiting
    view, reached = kept.state(built.road, import_id[:4], CONSENT, by="ana")
    assert (view.state, reached) == ("stated", 1)
    assert work_off(built) == 0
    assert waits(built) == [key()] and vectors(built) == 1
    (told,) = [
        line
        for line in sightings.one(built.road, key()).permit.why
        if line.use is Use.MATCH and not line.source
    ]
    assert "Ana, by mail" in told.words and "consent" in told.words
    assert "imports" not in overview.overview(built.road).notices
    with built.road.store.reading() as tx:
        (entry,) = [e for e in audit.entries(tx) if e.action == "import.stated"]
    assert (entry.by, entry.subject, entry.detail["basis"]) == ("ana", import_id, "consent")
    assert "Ana" not in str(entry.detail), "who gave it stands with the import, not in the audit"


def test_revoking_takes_matches_faces_and_vectors_away_and_stating_again_brings_them_back(
    built: Built, tmp_path: Path
) -> None:
    (import_id,) = bring(built, tmp_path, said=CONSENT).imports
    assert waits(built) == [key()]
    kept.revoke(built.road, import_id, by="ana")
    assert waits(built) == [] and vectors(built) == 0 and not face_keys(built, key()), "at once"
    (row,) = rows(built, sa.select(t.matches.c.state, t.matches.c.state_why))
    assert row.state == "withdrawn" and "revoked" in row.state_why
    assert work_off(built) == 0 and waits(built) == []
    assert "revoked" in sightings.one(built.road, key()).comparison
    with pytest.raises(Conflict, match="revoked already"):
        kept.revoke(built.road, import_id, by="ana")
    assert "imports" not in overview.overview(built.road).notices, "what was revoked waits for nobody"
    kept.state(built.road, import_id, CONSENT, by="ana")
    assert work_off(built) == 0 and waits(built) == [key()]


def test_a_statement_ends_on_its_day(built: Built, tmp_path: Path, clock: Clock) -> None:
    until = clock() + timedelta(days=2)
    (import_id,) = bring(built, tmp_path, said=replace(CONSENT, until=until)).imports
    standing.round_of(built.road, {})
    assert waits(built) == [key()]
    clock.tick(days=2)
    assert not sightings.one(built.road, key()).permit.may_match, "also before the clock's round"
    standing.round_of(built.road, {})
    assert waits(built) == [] and vectors(built) == 0
    assert kept.one(built.road, import_id).state == "ended"
    with pytest.raises(UsageError, match="is over"):
        kept.state(built.road, import_id, replace(CONSENT, until=until), by="ana")


def naming_us(built: Built) -> dict[str, Any]:
    """Changes of a status that make it a fresh one which names our account."""
    us = {"id": "1", "username": "homeward", "acct": "homeward", "url": "https://sample.example/@homeward"}
    return {"mentions": [us], "created_at": built.road.clock().isoformat()}


def test_a_statement_allows_what_it_names_and_no_more(built: Built, tmp_path: Path) -> None:
    only_match = replace(CONSENT, scope=frozenset({Use.MATCH}))
    (import_id,) = bring(built, tmp_path, 1, only_match, **naming_us(built)).imports
    view = sightings.one(built.road, key())
    assert view.permit.may_match and not view.permit.may_reply and not view.consent.given
    assert count(built, t.replies) == 0 and waits(built) == [key()]
    kept.state(built.road, import_id, replace(CONSENT, scope=frozenset({Use.REPLY})), by="ana")
    assert work_off(built) == 0
    assert waits(built) == [] and vectors(built) == 0
    view = sightings.one(built.road, key())
    assert view.permit.may_reply and view.consent.given
    (reply,) = view.replies
    assert reply.state in ("drafted", "rehearsed")


def test_revoking_cancels_a_reply_that_waits(built: Built, tmp_path: Path) -> None:
    hour = timedelta(hours=1)
    built.road.plan = replace(built.road.plan, level=Level.CONFIRM, delay_min=hour, delay_max=hour)
    agree(built.road, Level.CONFIRM)
    (import_id,) = bring(built, tmp_path, 1, CONSENT, **naming_us(built)).imports
    assert [reply.state for reply in sightings.one(built.road, key()).replies] == ["drafted"]
    kept.revoke(built.road, import_id, by="ana")
    (reply,) = sightings.one(built.road, key()).replies
    assert reply.state == "cancelled" and "revoked" in reply.why


def test_a_statement_lifts_no_rule_of_a_platform(built: Built, tmp_path: Path) -> None:
    exports.x_export(tmp_path, [exports.with_media(x_tweet(1), exports.x_media("A.jpg"))],
                     media={"1500000000000000001-A.jpg": PORTRAIT})  # fmt: skip
    said = Statement("Wren", Basis.PLATFORM_EXPORT_BY_AUTHOR)
    importing.import_paths(built.road, [tmp_path], by="test", statement=said)
    assert work_off(built) == 0
    view = sightings.one(built.road, "x:1500000000000000001")
    assert not view.permit.may_match and "no face comparison" in view.comparison.lower()
    assert photo_digests(built, view.post.key) and vectors(built) == 0


def test_statements_in_wrong_words_are_refused_with_what_is_allowed() -> None:
    with pytest.raises(UsageError, match="research_licence"):
        kept.statement(source="x", basis="because")
    with pytest.raises(UsageError, match="belong together"):
        kept.statement(source="x", basis="")
    with pytest.raises(UsageError, match="match, answer"):
        kept.statement(source="x", basis="consent", scope="match,show")
    with pytest.raises(UsageError, match="--until"):
        kept.statement(source="x", basis="consent", until="soon")
    with pytest.raises(UsageError, match="is missing"):
        kept.statement(source="", basis="", scope="match")
    assert kept.statement(source="", basis="") is None


def test_no_live_source_can_take_the_name_under_which_imports_are_kept(tmp_path: Path) -> None:
    source = '[{name: archive, kind: mastodon, base_url: "https://a.example"}]'
    file = tmp_path / "config.yaml"
    file.write_text(CONFIG.format(tag="HomewardSample", sources=source, level="dry-run"))
    with pytest.raises(ConfigError, match="a name of its own"):
        load(file, env={})


# ── files and imports ────────────────────────────────────────────────────────────────────────────


def test_the_same_file_again_makes_nothing_twice(built: Built, tmp_path: Path) -> None:
    first = bring(built, tmp_path, said=CONSENT)
    again = importing.import_paths(built.road, [tmp_path / "s1.json"], by="test", statement=CONSENT)
    plain = importing.import_paths(built.road, [tmp_path / "s1.json"], by="test")
    assert first.as_json() == again.as_json() == plain.as_json() and (again.new, plain.new) == (0, 0)
    (view,) = kept.listing(built.road)
    assert [(file.name, file.posts, file.is_read) for file in view.files] == [("s1.json", 1, True)]
    assert work_off(built) == 0 and waits(built) == [key()]


def test_a_file_that_is_delivered_again_with_a_basis_is_compared_from_then_on(
    built: Built, tmp_path: Path
) -> None:
    (silent,) = bring(built, tmp_path).waiting
    report = importing.import_paths(built.road, [tmp_path / "s1.json"], by="test", statement=CONSENT)
    (stated,) = report.imports
    assert stated != silent and report.waiting == ()
    assert work_off(built) == 0 and waits(built) == [key()]
    assert "imports" not in overview.overview(built.road).notices, "the first delivery waits for nothing"
    kept.revoke(built.road, stated, by="ana")
    assert waits(built) == []
    assert "imports" in overview.overview(built.road).notices


def test_two_statements_about_a_file_each_stand_for_themselves(built: Built, tmp_path: Path) -> None:
    (one,) = bring(built, tmp_path, said=CONSENT).imports
    other = Statement("city police", Basis.AUTHORITY_ORDER)
    report = importing.import_paths(built.road, [tmp_path / "s1.json"], by="test", statement=other)
    assert work_off(built) == 0 and len(report.imports) == 1
    kept.revoke(built.road, one, by="ana")
    assert work_off(built) == 0 and waits(built) == [key()]
    kept.revoke(built.road, report.imports[0], by="ana")
    assert waits(built) == []


def test_an_import_that_was_broken_off_goes_on_as_the_same_import(built: Built, tmp_path: Path) -> None:
    for number in range(3):
        statuses = [mastodon_status(100 * number + n) for n in range(3)]
        (tmp_path / f"f{number}.json").write_text(json.dumps(statuses))
    seen: list[str] = []
    report = importing.import_paths(
        built.road, [tmp_path], by="test", statement=CONSENT,
        progress=lambda name, _: seen.append(name), halted=lambda: len(seen) >= 2,
    )  # fmt: skip
    (view,) = kept.listing(built.road)
    assert view.made.finished_at is None and len(view.files) == 2
    whole = importing.import_paths(built.road, [tmp_path], by="test", statement=CONSENT)
    (view,) = kept.listing(built.road)
    assert view.made.finished_at is not None and len(view.files) == 3
    assert (report.imports, whole.stored, view.made.id) == (whole.imports, 9, whole.imports[0])


def test_an_import_that_was_broken_off_behind_its_last_file_is_finished_by_the_next(
    built: Built, tmp_path: Path
) -> None:
    (tmp_path / "f.json").write_text(json.dumps([mastodon_status(1)]))
    seen: list[str] = []
    importing.import_paths(
        built.road, [tmp_path / "f.json"], by="test",
        progress=lambda name, _: seen.append(name), halted=lambda: bool(seen),
    )  # fmt: skip
    assert kept.listing(built.road)[0].made.finished_at is None
    importing.import_paths(built.road, [tmp_path / "f.json"], by="test")
    (view,) = kept.listing(built.road)
    assert view.made.finished_at is not None and view.files[0].is_read


def test_unknown_and_doubtful_ids_are_named(built: Built) -> None:
    with pytest.raises(Missing, match="imports"):
        kept.state(built.road, "nope", CONSENT, by="ana")
    with pytest.raises(Missing):
        kept.revoke(built.road, "", by="ana")


def test_stored_set_aside_and_not_kept_are_the_posts_of_every_export(built: Built, tmp_path: Path) -> None:
    x = exports.x_export(tmp_path / "x", [x_tweet(n) for n in (1, 2, 3)])
    deleted = [{"tweet": x_tweet(n, deleted_at="Thu Oct 11 20:19:24 +0000 2018")} for n in (4, 5)]
    (x / "deleted-tweets.js").write_text(exports.x_js("deleted_tweets", deleted))
    private = note(3, to=[f"{exports.ACTOR}/followers"], cc=[])
    activities = [create(note(1)), create(private), 7, exports.announce("https://other.example/s/5")]
    exports.mastodon_export(tmp_path / "m", activities)
    (tmp_path / "b.car").write_bytes(
        exports.car({post_path(n): record(n) for n in range(1, 7)}, leave_out=[post_path(2)])
    )
    wanted = {"x": (5, 3, 2, 0), "m": (4, 2, 1, 1), "b.car": (6, 5, 1, 0)}
    for name, (all_posts, *parts) in wanted.items():
        path = tmp_path / name
        packed = exports.zipped(path, tmp_path / f"{name}.zip") if path.is_dir() else path
        for source in (path, packed):
            report = importing.import_paths(built.road, [source], by="test", scratch=built.home.scratch)
            account = (report.stored, len(report.set_aside), sum(report.not_kept.values()))
            assert (list(account), sum(account)) == (parts, all_posts), source
    assert list(built.home.scratch.iterdir()) == []


# ── the same post and the same picture from elsewhere ────────────────────────────────────────────


def test_an_import_makes_no_post_stricter_that_a_live_source_delivers(built: Built, tmp_path: Path) -> None:
    status = mastodon_status(1, "p1.jpg")
    built.road.fetcher = Pictures(PORTRAIT)  # type: ignore[assignment]
    from collectors.mastodon_status import read_status

    (post,) = read_status(status, built.road.clock()).posts
    deliver(built, post)
    assert work_off(built) == 0 and waits(built) == [key()]
    bring(built, tmp_path, 1)
    assert waits(built) == [key()] and sightings.one(built.road, key()).permit.may_match


def test_a_live_delivery_frees_what_an_import_brought_once_the_platform_gives_the_picture(
    built: Built, tmp_path: Path
) -> None:
    bring(built, tmp_path, picture=STRANGER)  # Whoever made the file may have changed it.
    post = stored(built)
    built.road.fetcher = pictures = Pictures(None)  # type: ignore[assignment]
    deliver(built, post)
    assert work_off(built) == 0 and pictures.asked
    view = sightings.one(built.road, key())
    assert not view.permit.may_match and vectors(built) == 0, "only the file's own bytes are there"
    assert view.permit.may_reply, "the words are the platform's own"
    pictures.data = PORTRAIT
    deliver(built, post, "another")
    assert work_off(built) == 0
    assert sightings.one(built.road, key()).permit.may_match and waits(built) == [key()]
    (digest,) = photo_digests(built, key())
    assert rows(built, sa.select(t.media.c.given))[0].given == ""
    assert count(built, t.photos, t.photos.c.digest == digest) == 1
    assert count(built, t.photos) == 2, "the file's picture went, the case's stays"


def test_an_unstated_copy_holds_back_itself_and_not_the_live_post(built: Built, tmp_path: Path) -> None:
    bring(built, tmp_path, 1, said=CONSENT)
    assert waits(built) == [key(1)]
    bring(built, tmp_path / "same", 2)
    bring(built, tmp_path / "near", 3, picture=ready.again(PORTRAIT))
    assert waits(built) == [key(1)] and vectors(built) == 1
    assert not face_keys(built, key(3)) and "basis not stated" in sightings.one(built.road, key(2)).comparison
    assert sightings.one(built.road, key(1)).permit.may_match


def test_revoking_leaves_the_match_with_another_post_that_shows_the_picture(
    built: Built, tmp_path: Path
) -> None:
    (first,) = bring(built, tmp_path, 1, CONSENT).imports
    bring(built, tmp_path / "other", 2, Statement("city police", Basis.AUTHORITY_ORDER))
    kept.revoke(built.road, first, by="ana")
    assert work_off(built) == 0
    assert waits(built) == [key(2)] and vectors(built) == 1


# ── coverage, second looks, inbox ────────────────────────────────────────────────────────────────


def test_an_import_covers_a_hashtag_only_where_somebody_states_so(built: Built, tmp_path: Path) -> None:
    bring(built, tmp_path, 1, CONSENT)
    with built.road.store.reading() as tx:
        (row,) = coverage.rows(tx, source=imports.SOURCE)
    assert (row.tag, row.state) == ("HomewardSample", CoverState.GAP) and "nobody stated" in row.why
    span = Span(row.span.start - timedelta(days=1), row.span.end + timedelta(days=1))
    claims = import_cover.claims_of(["#HomewardSample"], span.start, span.end)
    importing.import_paths(built.road, [tmp_path / "s1.json"], by="ana", statement=CONSENT, claims=claims)
    with built.road.store.reading() as tx:
        (row,) = coverage.rows(tx, source=imports.SOURCE)
    assert (row.span, row.state) == (span, CoverState.COMPLETE) and "stated by ana" in row.why
    report = looking.report(built.road)
    assert report.is_whole and not [s for tag in report.tags for s in tag.stretches if s.is_tail]


def test_a_claim_about_files_that_could_not_be_read_whole_stays_open(built: Built, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(mastodon_status(1)) + "\n{broken\n")
    now = built.road.clock()
    claims = import_cover.claims_of(["HomewardSample"], now - timedelta(days=2), now)
    importing.import_paths(built.road, [path], by="ana", statement=CONSENT, claims=claims)
    with built.road.store.reading() as tx:
        states = {row.state for row in coverage.rows(tx, source=imports.SOURCE)}
    assert states == {CoverState.GAP}
    with pytest.raises(UsageError, match="--covers-until"):
        import_cover.claims_of(["x"], now, None)


class Answers(Timeline):
    """A timeline that answers lookups by a table of its own."""

    def __init__(self, clock: Clock, host: str) -> None:
        super().__init__(clock)
        self.host = host
        self.asked: list[str] = []
        self.known: dict[str, Post | Gone] = {}

    def id_of(self, post_key: str, native_id: str) -> str:
        return native_id if f"//{self.host}/" in post_key else ""

    def lookup(self, ids: Any) -> list[Post | Gone]:
        self.asked += ids
        return [self.known[ident] for ident in ids]


def test_imported_posts_of_open_matches_are_looked_up_and_stay_imports(
    built: Built, tmp_path: Path, clock: Clock
) -> None:
    (import_id,) = bring(built, tmp_path, 1, CONSENT).imports
    post = stored(built)
    at_home, elsewhere = Answers(clock, "sample.example"), Answers(clock, "other.example")
    elsewhere.name = "elsewhere"
    active = {s.name: Source(s, (), timedelta(seconds=60)) for s in (at_home, elsewhere)}
    assert SPEC.platform == post.platform
    at_home.known[post.native_id] = post

    def second_look() -> None:
        clock.tick(hours=2)
        recheck.ask(built.road, active)
        ways = work.arrows(lambda: active)
        assert work.work_off(built.road, ways, (Stage.RECHECK,)) == 0

    second_look()
    assert at_home.asked == [post.native_id] and elsewhere.asked == []
    kept.revoke(built.road, import_id, by="ana")
    assert waits(built) == [], "a look that we took makes it no post of the source"
    kept.state(built.road, import_id, CONSENT, by="ana")
    assert work_off(built) == 0 and waits(built) == [key()]
    at_home.known[post.native_id] = Gone(
        f"mastodon:sample.example#{post.native_id}", post.platform, "gone", clock()
    )
    second_look()
    assert waits(built) == []
    with built.road.store.reading() as tx:
        assert posts.is_gone(tx, key())


def drop(built: Built, folder: Path, name: str = "drop") -> Path:
    """An entry of the inbox: the status with its photo."""
    entry = built.home.inbox / name
    (entry / "photos").mkdir(parents=True)
    (entry / "photos" / "p1.jpg").write_bytes(PORTRAIT)
    (entry / "s.json").write_text(json.dumps([mastodon_status(1, "p1.jpg")]))
    return entry


def sweep(built: Built) -> int:
    """What the daemon does a minute later."""
    built.road.clock.tick(minutes=1)  # type: ignore[attr-defined]
    return inbox.sweep(built.road, built.home.inbox, settled_s=0)


SIDE = 'source: "Ana, by mail"\nbasis: consent\nscope: [match]\n'


def test_a_side_file_in_the_inbox_states_the_basis(built: Built, tmp_path: Path) -> None:
    drop(built, tmp_path)
    (built.home.inbox / "drop.basis.yaml").write_text(SIDE)
    assert sweep(built) == 1
    assert work_off(built) == 0 and waits(built) == [key()]
    (view,) = kept.listing(built.road)
    assert view.state == "stated" and view.as_json()["scope"] == ["match"]
    assert {path.name for path in (built.home.inbox / "done").iterdir()} == {"drop", "drop.basis.yaml"}


BAD_SIDES = {
    "nothing": "",
    "no basis": "source: x\n",
    "an unknown key": "source: x\nbasis: consent\nmore: 1\n",
    "a list for a word": "source: [x]\nbasis: consent\n",
    "no YAML": "a: b: c",
    "an unknown basis": "source: x\nbasis: guess\n",
    "a list": "- 5\n",
    "a number for a scope": "source: x\nbasis: consent\nscope: 7\n",
}


@pytest.mark.parametrize("side", BAD_SIDES.values(), ids=BAD_SIDES)
def test_a_side_file_in_wrong_words_is_refused(tmp_path: Path, side: str) -> None:
    path = tmp_path / "drop.basis.yaml"
    path.write_text(side)
    with pytest.raises(UsageError) as refused:
        kept.read_side_file(path)
    assert refused.value.subject == "drop.basis.yaml"


def test_a_side_file_that_cannot_be_read_states_nothing_and_people_are_told(
    built: Built, tmp_path: Path
) -> None:
    drop(built, tmp_path)
    (built.home.inbox / "drop.basis.yaml").write_text(BAD_SIDES["an unknown basis"])
    assert sweep(built) == 1
    assert [view.state for view in kept.listing(built.road)] == ["waiting"]
    assert "authority_order" in overview.overview(built.road).notices["inbox: drop.basis.yaml"]


def test_a_side_file_with_nothing_beside_it_is_told_of(built: Built, tmp_path: Path) -> None:
    (built.home.inbox / "drop.basis.yaml").write_text(SIDE)
    assert sweep(built) == 0
    assert "drop.basis.yaml" in overview.overview(built.road).notices["inbox"]
    drop(built, tmp_path)
    sweep(built)
    assert "inbox" not in overview.overview(built.road).notices


def test_the_inbox_without_a_word_compares_nothing(built: Built, tmp_path: Path) -> None:
    drop(built, tmp_path)
    sweep(built)
    assert work_off(built) == 0 and waits(built) == [] and vectors(built) == 0
    shutil.rmtree(built.home.inbox)
    assert inbox.sweep(built.road, built.home.inbox) == 0
