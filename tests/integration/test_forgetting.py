"""Deletions, ended permissions and legal holds reach every table and blob; early deletions are remembered."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from PIL import ExifTags, Image

from bot import main, wiring
from bot.config import Config, load
from bot.home import Home
from bot.pipeline import early, forgetting, ingest, sealing
from bot.rules.policy import Policy, PolicyLine
from bot.services import holds, overview, people, review, sightings
from bot.wiring import Built
from store import audit, matches, photo_checks, photos, posts
from store import tables as t
from store.db import utc_now
from store.errors import Missing, NotAllowed, UsageError
from store.records.hold import HoldState
from store.records.page import Page
from store.records.permit import Permission, Use
from store.records.photo import PhotoState
from store.records.post import Gone, Platform, Post
from store.records.quarantine import PhotoPrint
from tests import makers
from tests.integration import ready
from tests.integration.conftest import CONFIG, work_off
from tests.integration.ready import bring_in, count, mastodon_status, photo_digests, rows
from tests.stores import START, Clock

WORDS = "Zweiundvierzig grey pigeons over the Quillhaven viaduct"
PORTRAIT = ready.PORTRAIT.read_bytes()
BASIS = "court order 3 Js 12/27"
# What may still name a deleted picture by its digest, from which nothing can be made again: the record of
# what people decided about it.
RECORDS = {"matches", "decisions", "alerts", "audit"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of an installation that was begun once, with people of each role."""
    folder = tmp_path_factory.mktemp("begun")
    (folder / "config.yaml").write_text(CONFIG.format(tag="HomewardSample", sources="[]", level="dry-run"))
    made = wiring.build(load(folder / "config.yaml", env={}), Home(folder / "data", False), clock=Clock())
    ready.staff(made)
    people.add(made.road, "ada", "admin", by="test")
    made.close()
    return made.home.database


@pytest.fixture
def built(
    build: Callable[..., Built], config: Callable[..., Config], clock: Clock, begun: Path, data: Path
) -> Built:
    """Real data without a case, and people with each role."""
    shutil.copy(begun, data / begun.name)
    return ready.quick(build(config(), clock=clock))


def take(built: Built, *found: Post, source: str = "live", **more: Any) -> ingest.Taken:
    return ingest.take_page(built.road, source, "Tag", Page(posts=found), **more)


def delete(built: Built, key: str, source: str = "live") -> None:
    gone = Gone(key, Platform(key.partition(":")[0]), "deleted by its author", built.road.clock())
    ingest.take_page(built.road, source, "Tag", Page(gone=(gone,)))


def with_photo(built: Built, folder: Path) -> str:
    status = mastodon_status(1, "m1.jpg", content=f"<p>{WORDS} #HomewardSample</p>")
    status["account"] |= {"note": "<p>Quillhaven born</p>"}
    bring_in(built, folder, "m1", [status], m1=PORTRAIT)
    assert work_off(built) == 0
    return f"mastodon:{status['uri']}"


def with_made_photo(built: Built) -> str:
    """A post with a kept photo, a face, its vector and an open match, as the road would have left them."""
    road, post = built.road, makers.post(text=WORDS, media=(makers.media(),))
    take(built, post)
    digest, served = road.blobs.put(PORTRAIT), road.blobs.put(b"served copy")
    photo = makers.photo(digest=digest, served=served)
    face = makers.face(photo)
    with road.store.transaction() as tx:
        photos.put(tx, photo, START)
        photo_checks.put(tx, PhotoPrint(digest), lists="none", at=START)
        posts.set_media(tx, post.key, 0, PhotoState.KEPT, photo=digest)
        photos.put_faces(tx, [face])
        vector = np.full(128, 0.5, dtype=np.float32)
        photos.put_vector(tx, face.key, "m", vector, holder=photos.SIGHTING, at=START, expires_at=None)
        matches.put(tx, makers.match(face, post.key), START)
    return post.key


def cells(built: Built) -> Iterator[tuple[str, str]]:
    """Every row of every table as (table, text)."""
    with built.road.store.reading() as tx:
        for table in t.metadata.sorted_tables:
            for row in tx.execute(sa.select(table)):
                yield (
                    table.name,
                    " ".join(
                        value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row
                    ),
                )


def tables_with(built: Built, word: str) -> set[str]:
    return {table for table, text in cells(built) if word in text}


def bytes_with(folder: Path, word: bytes) -> list[str]:
    """Files below the folder that hold these bytes."""
    return [path.name for path in folder.rglob("*") if path.is_file() and word in path.read_bytes()]


# ── deletions ────────────────────────────────────────────────────────────────────────────────────


def test_nothing_of_a_deleted_post_is_left_in_any_table_blob_or_log(built: Built, tmp_path: Path) -> None:
    ready.activate(built)
    key = with_photo(built, tmp_path / "in")
    (digest,) = photo_digests(built, key)
    with built.road.store.reading() as tx:
        photo = tx.execute(sa.select(t.photos).where(t.photos.c.digest == digest)).one()
        codes = tx.execute(
            sa.select(t.picture_codes.c.codes).where(t.picture_codes.c.digest == digest)
        ).scalar()
        vector = tx.execute(sa.select(t.vectors.c.vector).where(t.vectors.c.holder == "sighting")).scalar()
    (card,) = review.queue(built.road)
    assert codes and vector and tables_with(built, "Quillhaven") >= {"posts"}
    assert {"photos", "faces", "media", "picture_codes", "photo_bands"} <= tables_with(built, digest)
    delete(built, key)
    assert work_off(built) == 0
    forgetting.forget(built.road)
    assert tables_with(built, "Quillhaven") == set()
    assert tables_with(built, "lin_sample@") == set(), "its author is named nowhere"
    assert tables_with(built, digest) <= RECORDS
    assert tables_with(built, photo.phash) == tables_with(built, photo.served) == set()
    assert all(
        blob not in text for blob in (codes, vector) for _, text in cells(built) if isinstance(blob, str)
    )
    assert count(built, t.vectors, t.vectors.c.holder == "sighting") == 0
    assert count(built, t.picture_codes, t.picture_codes.c.digest == digest) == 0
    assert not built.road.blobs.has(digest) and not built.road.blobs.has(photo.served)
    data = built.home.database.parent
    assert bytes_with(data, b"Quillhaven") == [], "neither the database file nor its log"
    assert bytes_with(data, vector) == [] and bytes_with(data, codes) == []
    (stone,) = rows(built, sa.select(t.tombstones))
    assert (stone.post_key, len(stone.digest), stone.at) == (key, 64, START)
    assert f"gone:{key}" in {row.key for row in rows(built, sa.select(t.alerts.c.key))}, "the team is told"
    assert any("is gone" in words for words in overview.overview(built.road).notices.values())
    with pytest.raises(Missing):
        review.card(built.road, card.row.match.key)


def test_versions_go_with_their_post(built: Built) -> None:
    first = makers.post(text=WORDS, version="1")
    take(built, first, replace(first, text="edited", version="2", edited_at=START))
    with built.road.store.reading() as tx:
        assert posts.versions_of(tx, first.key) == ["1"], "an edit keeps what was there"
    delete(built, first.key)
    assert tables_with(built, "Quillhaven") == set() and count(built, t.post_versions) == 0


# ── deletions that come before their post ────────────────────────────────────────────────────────


KEYS = {
    Platform.MASTODON: "mastodon:https://a.example/users/ana/statuses/77",
    Platform.BLUESKY: "bluesky:at://did:plc:abc/app.bsky.feed.post/3k",
    Platform.X: "x:1990000000000000077",
    Platform.WEIBO: "weibo:5012345678901234",
}


@pytest.mark.parametrize("platform", KEYS)
def test_a_post_that_was_deleted_before_it_came_is_refused_when_it_comes(
    built: Built, platform: Platform
) -> None:
    key = KEYS[platform]
    delete(built, key)
    assert tables_with(built, key) == set(), "of a post that is nobody's business no key is kept"
    post = makers.post(key=key, platform=platform, text=WORDS)
    taken = take(built, post, source="another", past=True)
    assert taken.not_kept == {early.RULE: {key}} and taken.stored == set()
    assert tables_with(built, "Quillhaven") == set() and count(built, t.posts) == 0
    other = replace(post, key=f"{key}9")
    assert take(built, other).stored == {other.key}, "only that one"
    assert overview.overview(built.road).deletions["heard_early"] >= 1


def test_a_page_read_before_the_deletion_brings_nothing_back(built: Built) -> None:
    post = makers.post(text=WORDS)
    take(built, post)
    delete(built, post.key)
    take(built, replace(post, version="9", edited_at=START + timedelta(hours=1)), past=True)
    assert tables_with(built, "Quillhaven") == set()


@pytest.mark.parametrize("source", ["home", "elsewhere"])
def test_a_mastodon_servers_own_id_is_known_when_its_post_comes_later(built: Built, source: str) -> None:
    host = "a.example" if source == "elsewhere" else "b.example"
    delete(built, f"mastodon:{host}#77", source="home")
    post = makers.post(key=KEYS[Platform.MASTODON], native_id="77" if source == "home" else "105")
    assert take(built, post, source=source).stored == set()


def test_an_import_does_not_bring_back_what_was_deleted_before(built: Built, tmp_path: Path) -> None:
    status = mastodon_status(1, "m1.jpg")
    delete(built, f"mastodon:{status['uri']}")
    report = bring_in(built, tmp_path / "in", "m1", [status], m1=PORTRAIT)
    assert (report.stored, report.not_kept) == (0, {early.RULE: 1})
    assert not list((built.home.photos).rglob("*")) or not any(
        path.is_file() for path in built.home.photos.rglob("*")
    ), "nor its photo"


def test_early_deletions_are_forgotten_after_their_time(built: Built, clock: Clock) -> None:
    delete(built, "mastodon:https://a.example/users/ana/statuses/77")
    clock.tick(days=29)
    assert forgetting.forget(built.road).early == 0
    clock.tick(days=2)
    assert forgetting.forget(built.road).early == 1


# ── what ends by the clock ───────────────────────────────────────────────────────────────────────


def policy(*, keep_days: int | None = None) -> Policy:
    def line(use: Use, allows: bool) -> PolicyLine:
        return PolicyLine(f"m_{use.value}", use, allows, "words of the rule", "https://rules.example", True)

    lines = (line(Use.STORE, True), line(Use.MATCH, False), line(Use.REPLY, True), line(Use.SHOW, True))
    return Policy(Platform.MASTODON, date(2026, 1, 1), lines, keep_days=keep_days)


def test_with_a_permission_go_faces_vectors_and_matches_and_the_rest_stays(
    built: Built, clock: Clock
) -> None:
    ends = START + timedelta(days=2)
    granted = Permission("mastodon", Use.MATCH, "letter, file 17", "the platform", ends)
    rules = replace(built.road.rules, policies={"mastodon": policy()}, permissions=(granted,))
    built.road.rules = rules
    key = with_made_photo(built)
    assert sum(overview.overview(built.road).waiting.values()) == 1
    assert forgetting.forget(built.road).reduced == 0
    clock.tick(days=2)
    assert overview.overview(built.road).deletions["due"] == 1
    done = forgetting.forget(built.road)
    assert (done.posts, done.reduced, done.faces) == (0, 1, 1)
    assert count(built, t.vectors, t.vectors.c.holder == "sighting") == 0
    assert sum(overview.overview(built.road).waiting.values()) == 0 and photo_digests(built, key)
    with built.road.store.reading() as tx:
        permit = posts.permit_of(tx, key)
        last = audit.entries(tx)[-1]
        assert posts.get(tx, key).text and not permit.may_match and permit.delete_by is None
    assert (last.action, last.detail["reduced"], last.detail["faces"]) == ("forget.round", 1, 1)
    state = overview.overview(built.road).deletions
    assert (state["due"], state["ended_permits"], state["ended_faces"]) == (0, 1, 1)
    assert not forgetting.forget(built.road).is_any, "once"


def test_after_a_platforms_own_limit_the_whole_post_goes(built: Built, clock: Clock) -> None:
    built.road.rules = replace(built.road.rules, policies={"mastodon": policy(keep_days=3)})
    old = makers.post(1, text=WORDS)
    take(built, old)
    clock.tick(days=2)
    take(built, makers.post(2, received_at=clock()))
    clock.tick(days=1)
    done = forgetting.forget(built.road)
    assert done.posts == 1 and tables_with(built, "Quillhaven") == set()
    (stone,) = rows(built, sa.select(t.tombstones))
    assert stone.post_key == old.key and "storage_limit" in stone.why
    assert overview.overview(built.road).deletions["ended_posts"] == 1


# ── legal holds ──────────────────────────────────────────────────────────────────────────────────


def placed(built: Built, *keys: str, **changes: Any) -> str:
    given: dict[str, Any] = {"basis": BASIS, "until": built.road.clock() + timedelta(days=30), "by": "ana"}
    return holds.place(built.road, keys, **given | changes).hold.id


def test_a_held_post_leaves_every_list_and_page_but_a_sealed_copy_stays(
    built: Built, clock: Clock, tmp_path: Path
) -> None:
    key = with_made_photo(built)
    name = placed(built, key)
    holds.confirm(built.road, name, by="ben")
    assert [view.post.key for view in sightings.latest(built.road)] == [key], "a hold hides nothing yet"
    clock.tick(days=3)
    delete(built, key)
    forgetting.forget(built.road)
    assert (
        tables_with(built, "Quillhaven") == set()
        and bytes_with(built.home.database.parent, b"Quillhaven") == []
    )
    assert sightings.latest(built.road) == []
    with pytest.raises(Missing):
        sightings.one(built.road, key)
    (view,) = holds.listing(built.road, by="ben")
    assert (view.state, view.sealed) == (HoldState.ACTIVE, (key,))
    assert count(built, t.sealed_parts) == 2 and count(built, t.vectors) == 0
    with built.road.store.reading() as tx:
        assert not any(
            key in f"{entry.subject}{entry.detail}" for entry in audit.entries(tx) if "hold" in entry.action
        )
    files = holds.hand_over(built.road, name, tmp_path / "out", by="ana", reason="to the court, file 3")
    assert WORDS in json.loads(files[0].read_text())["post"]["text"] and files[1].read_bytes() == PORTRAIT
    assert files[0].stat().st_mode & 0o077 == 0
    holds.release(built.road, name, by="ben", why="handed over")
    assert count(built, t.sealed_parts) == 0 and [v.gone for v in sightings.latest(built.road)] == [True]
    with built.road.store.reading() as tx:
        done = [e.action for e in audit.entries(tx) if e.action.startswith("hold.")]
    assert done == [f"hold.{x}" for x in ("placed", "confirmed", "sealed", "opened", "released", "destroyed")]


def test_an_unconfirmed_hold_freezes_for_a_day_and_not_twice(built: Built, clock: Clock) -> None:
    first, second = makers.post(1, text=WORDS), makers.post(2, text=WORDS)
    take(built, first, second)
    placed(built, first.key, second.key)
    clock.tick(hours=20)
    delete(built, first.key)
    assert count(built, t.sealed_parts) == 1, "frozen"
    clock.tick(hours=4)
    assert forgetting.forget(built.road).copies == 1 and count(built, t.sealed_parts) == 0
    placed(built, second.key, by="ana")
    delete(built, second.key)
    assert count(built, t.sealed_parts) == 0, "the same person cannot go on like that"


def test_a_hold_ends_by_the_clock_and_its_deletion_is_done_at_once(built: Built, clock: Clock) -> None:
    post = makers.post(text=WORDS)
    take(built, post)
    name = placed(built, post.key)
    holds.confirm(built.road, name, by="ben")
    delete(built, post.key)
    clock.tick(days=29)
    assert forgetting.forget(built.road).copies == 0
    clock.tick(days=1)
    assert forgetting.forget(built.road).copies == 1
    (view,) = holds.listing(built.road, by="ana")
    assert (view.state, view.sealed) == (HoldState.EXPIRED, ())


def test_posts_on_x_are_held_with_xs_permission_alone(built: Built) -> None:
    post = makers.post(key=KEYS[Platform.X], platform=Platform.X)
    take(built, post)
    with pytest.raises(UsageError, match="--platform-permission"):
        placed(built, post.key)
    placed(built, post.key, platform_permission="X legal, letter of 2026-11-20")


def test_two_different_people_with_a_role_that_may_stand_behind_a_hold(built: Built) -> None:
    post = makers.post()
    take(built, post)
    with pytest.raises(NotAllowed, match="may not stand behind"):
        placed(built, post.key, by="rita")
    with pytest.raises(Missing):
        placed(built, "mastodon:unknown")
    name = placed(built, post.key)
    for by, words in (("ana", "two different people"), ("rita", "may not stand behind")):
        with pytest.raises(NotAllowed, match=words):
            holds.confirm(built.road, name, by=by)
    people.add(built.road, "cia", "registrar", by="test")
    assert holds.listing(built.road, by="cia") == [] and len(holds.listing(built.road, by="ada")) == 1
    for act in (holds.show, holds.release):
        with pytest.raises(Missing, match="is not a hold"):
            act(built.road, name, by="cia")
    with pytest.raises(NotAllowed, match="waiting"):
        holds.hand_over(built.road, name, Path("unused"), by="ana", reason="to the court, file 3")


# ── what is kept of a young author's photo; the commands ─────────────────────────────────────────


def test_a_young_authors_photo_is_kept_without_the_place_in_its_bytes(built: Built, tmp_path: Path) -> None:
    image, out = Image.open(io.BytesIO(PORTRAIT)), io.BytesIO()
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (52.0, 30.0, 0.0), 3: "E", 4: (13.0, 24.0, 0.0)})
    image.convert("RGB").save(out, "JPEG", exif=exif)
    taken = out.getvalue()
    for number, words in ((1, "saw this boy"), (2, "im 15 and saw this boy")):
        status = mastodon_status(number, f"m{number}.jpg", content=f"<p>{words} #HomewardSample</p>")
        names = {"id": f"9{number}", "uri": f"https://sample.example/users/u{number}", "acct": f"u{number}"}
        status["account"] = status["account"] | names | {"url": f"https://sample.example/@u{number}"}
        bring_in(built, tmp_path / "in", f"m{number}", [status], **{f"m{number}": taken})
    assert work_off(built) == 0
    with built.road.store.reading() as tx:
        keys = list(tx.execute(sa.select(t.media.c.post_key)).scalars())
        kept = {digest: exif for key in keys for digest, exif in sealing.exif_of_post(built.road, tx, key)}
    assert len(kept) == 2
    old = next(digest for digest, exif in kept.items() if exif.lat is not None)
    new = next(digest for digest, exif in kept.items() if exif.lat is None)
    assert built.road.blobs.get(old) == taken, "of the other author all is kept"
    assert b"Exif" not in built.road.blobs.get(new) and b"Exif" in taken
    (young,) = [key for key in rows(built, sa.select(t.media.c.post_key)) if key.post_key.endswith("9002")]
    claim = rows(built, sa.select(t.sightings).where(t.sightings.c.post_key == young.post_key))[0]
    assert "exif" not in json.dumps(claim.where) and photo_digests(built, young.post_key) == [new]
    assert work_off(built) == 0 and photo_digests(built, young.post_key) == [new], "looked at again: the same"


def test_the_commands_place_confirm_list_and_release(
    built: Built, capsys: pytest.CaptureFixture[str]
) -> None:
    post = makers.post(text=WORDS, received_at=utc_now(), created_at=utc_now())
    built.road.clock = utc_now
    take(built, post)
    built.close()

    def run(*words: str) -> Any:
        code = main.main(
            ["--config", str(built.config.file), "--data", str(built.home.folder), *words, "--json"]
        )
        out = capsys.readouterr().out
        return json.loads(out) if code == 0 and out.strip() else code

    until = f"{utc_now() + timedelta(days=9):%Y-%m-%d}"
    place = ("hold", "place", post.key, "--basis", BASIS, "--until", until, "--by")
    assert run(*place, "rita") == 2
    held = run(*place, "ana")
    assert held["state"] == "waiting"
    assert run("hold", "confirm", held["id"], "--by", "ana") == 2
    assert run("hold", "confirm", held["id"], "--by", "ben")["state"] == "active"
    assert [view["id"] for view in run("hold", "list", "--by", "ben")] == [held["id"]]
    assert run("hold", "release", held["id"], "--why", "done", "--by", "ben")["state"] == "released"
    reference = run("safeguarding", "hand-over", post.key, "--by", "rita")["reference"]
    run("user", "add", "lea", "--role", "safeguarding")
    assert run("safeguarding", "list", "--by", "lea")[0]["reference"] == reference
