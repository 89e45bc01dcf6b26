"""Case files end to end on a made-up installation: two people, look, release, link and code, forgetting.

All is really signed and encrypted, and printed where a test is about the report: so it runs with the servers.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import bagit
import pypdfium2
import pyrage
import pytest
import sqlalchemy as sa

from bot.pipeline import casefiles as rounds
from bot.rules import bag
from bot.rules.casefiles import Authority, CaseFilePlan
from bot.services import auditing, casefile, casefile_check, casefile_pages, delivery, people, review
from bot.services.casefile import CaseFileView
from store import audit, casefiles, posts, veils
from store import tables as t
from store.errors import Conflict, Missing, NotAllowed, UsageError
from store.records.case import CaseStatus
from store.records.casefile import CaseFileState
from store.records.match import Verdict
from store.records.post import Gone, Platform
from tests.integration.console.conftest import Browser
from tests.integration.console.world import CASE, NAMED, World

pytestmark = pytest.mark.servers
IDENTITY = pyrage.x25519.Identity.generate()
POLICE = Authority("Example police 警方", "CN", str(IDENTITY.to_public()), "by telephone")
PURPOSE, WHY, LOOKED = (
    "to look for the missing child",
    "asked by telephone today",
    "looked at every page of it",
)


@pytest.fixture
def confirmed(world: World) -> Iterator[tuple[World, str]]:
    """A candidate that a reviewer called possible, an authority, and a liaison."""
    road = world.road
    road.gazetteer = object  # type: ignore[assignment]
    road.case_files = replace(
        road.case_files, plan=CaseFilePlan((POLICE,), base_url="http://127.0.0.1:8780", responsible="Tests")
    )
    people.add(road, "lena", "liaison", by="test")
    with road.store.reading() as tx:
        held = tx.execute(sa.select(t.matches.c.key).where(t.matches.c.post_key == NAMED)).scalar()
    key = str(held or world.add_match(NAMED))
    review.decide(road, key, Verdict.POSSIBLE, by="rob")
    yield world, key


@pytest.fixture
def quick(confirmed: tuple[World, str], monkeypatch: pytest.MonkeyPatch) -> tuple[World, str]:
    """The same without the second that printing takes: the report holds its arguments' words alone."""
    monkeypatch.setattr(
        casefile_pages, "report", lambda content, file, *_: f"%PDF {file.number} {content.standing}".encode()
    )
    return confirmed


def prepared(world: World, key: str, **changes: Any) -> CaseFileView:
    given: dict[str, Any] = {
        "by": "rob", "authority": POLICE.name, "purpose": PURPOSE, "why": WHY,
        "expires_at": world.clock() + timedelta(days=10),
    }  # fmt: skip
    return casefile.prepare(world.road, key, **given | changes)


def released(world: World, key: str, **changes: Any) -> CaseFileView:
    number = prepared(world, key, **changes).file.number
    casefile.look(world.road, number, by="lena")
    return casefile.release(world.road, number, by="lena", why=LOOKED)


def opened(world: World, view: CaseFileView) -> dict[str, bytes]:
    """The bag, as the authority opens it."""
    _, data = casefile.fetch(world.road, view.file.number, by="lena")
    return bag.unpack(casefile_check.decrypt(data, str(IDENTITY)))[1]


def test_a_case_file_goes_from_one_person_to_another_to_the_authority_and_is_whole(
    confirmed: tuple[World, str], tmp_path: Path
) -> None:
    world, key = confirmed
    view = released(world, key, originals=True)
    assert view.file.state is CaseFileState.READY and view.file.size_bytes > 1000
    found = opened(world, view)
    done = casefile_check.check(found, world.road.case_files.public_key)
    assert done.problems == [] and done.info["Homeward-Released-By"] == "lena"
    with zipfile.ZipFile(io.BytesIO(bag.pack(found, "x"))) as archive:
        archive.extractall(tmp_path)
    assert bagit.Bag(str(tmp_path / "x")).validate()
    assert found["data/photos/original-1.jpg"] == b"original bytes with metadata 1"
    told = json.loads(found["data/posts.json"])["posts"][0]
    assert told["text"] and told["permalink"] and told["key"] == NAMED
    whole = b"".join(found.values())
    assert b"secret" not in whole and WHY.encode() not in found["data/candidate.json"]


def test_the_report_says_in_both_languages_what_it_does_not_prove(confirmed: tuple[World, str]) -> None:
    world, key = confirmed
    number = prepared(world, key).file.number
    data = casefile.look(world.road, number, by="lena")
    assert casefile.look(world.road, number, by="rob") == data
    document = pypdfium2.PdfDocument(data)
    text = " ".join("".join(page.get_textpage().get_text_bounded().split("\r\n")) for page in document)
    document.close()
    for words in (
        "可能相似",
        "DNA test does",
        "成都春熙路",
        "今天下午三点",
        "Child <b>Seven</b>",
        POLICE.name,
        PURPOSE,
    ):
        assert words.replace(" ", "") in text.replace(" ", ""), words


def test_nobody_releases_alone_unseen_or_without_the_role(quick: tuple[World, str]) -> None:
    world, key = quick
    number = prepared(world, key).file.number
    casefile.look(world.road, number, by="rob")
    with pytest.raises(NotAllowed, match="prepared by you"):
        casefile.release(world.road, number, by="rob", why=LOOKED)
    with pytest.raises(NotAllowed, match="looked at by you"):
        casefile.release(world.road, number, by="lena", why=LOOKED)
    for name in ("root", "rita"):
        with pytest.raises(NotAllowed, match="may not handle"):
            casefile.look(world.road, number, by=name)
        with pytest.raises(NotAllowed, match="may not handle"):
            prepared(world, key, by=name)
    with pytest.raises(UsageError, match="not one that this installation knows"):
        prepared(world, key, authority="Somebody")


def test_what_changed_after_the_look_is_not_released(quick: tuple[World, str]) -> None:
    world, key = quick
    number = prepared(world, key).file.number
    casefile.look(world.road, number, by="lena")
    with world.road.store.transaction() as tx:
        tx.execute(sa.update(t.cases).where(t.cases.c.id == CASE).values(description="another"))
    with pytest.raises(Conflict, match="look at its report again"):
        casefile.release(world.road, number, by="lena", why=LOOKED)
    casefile.look(world.road, number, by="lena")
    assert casefile.release(world.road, number, by="lena", why=LOOKED).file.state is CaseFileState.READY


def test_a_post_that_may_not_be_handed_on_goes_in_as_its_id_alone(quick: tuple[World, str]) -> None:
    world, _ = quick
    world.add_post("x:777", Platform.X, seed=77)
    key = world.add_match("x:777")
    review.decide(world.road, key, Verdict.POSSIBLE, by="rob")
    found = opened(world, released(world, key, originals=True))
    told = json.loads(found["data/posts.json"])["posts"][0]
    assert set(told) == {"platform", "key", "native_id", "id_alone_because", "observed"}
    assert [path for path in found if path.startswith("data/photos/")] == [
        "data/photos/digests.json", "data/photos/registered.jpg",
    ]  # fmt: skip
    plain = b"".join(content for path, content in found.items() if not path.endswith(".pdf"))
    assert "春熙路".encode() not in plain and b"wei@social" not in plain


def test_link_and_code_give_the_file_once_and_leave_a_receipt(
    quick: tuple[World, str], stranger: Browser
) -> None:
    world, key = quick
    view = released(world, key)
    handed = delivery.hand(world.road, view.file.number, by="rob")
    path = handed.address.removeprefix("http://127.0.0.1:8780")
    assert stranger.get(path).status_code == 200 and handed.code not in stranger.get(path).text
    wrong = stranger.post(path, {"code": "AAAAA-BBBBB"})
    assert wrong.status_code == 403 and "验证码不对" in wrong.text
    got = stranger.post(path, {"code": handed.code.lower().replace("-", " ")})
    assert got.status_code == 200 and got.headers["cache-control"] == "no-store"
    files = bag.unpack(casefile_check.decrypt(got.content, str(IDENTITY)))[1]
    assert casefile_check.check(files, world.road.case_files.public_key).problems == []
    assert stranger.get(path).status_code == stranger.post(path, {"code": handed.code}).status_code == 410
    assert CASE not in stranger.get(path).text
    done = casefile.show(world.road, view.file.number, viewer="rob")
    assert done.file.state is CaseFileState.DELIVERED and done.links[0].used_at == world.clock()
    with world.road.store.reading() as tx:
        receipt = [entry for entry in audit.entries(tx) if entry.action == "casefile.delivered"]
    assert [entry.detail["sha256"] for entry in receipt] == [view.file.digest]
    assert set(receipt[0].detail) == {"link", "sha256", "size"}


def test_a_link_reaches_nothing_else_and_every_wrong_link_looks_the_same(
    quick: tuple[World, str], stranger: Browser
) -> None:
    world, key = quick
    number = released(world, key).file.number
    handed = delivery.hand(world.road, number, by="rob")
    path = handed.address.removeprefix("http://127.0.0.1:8780")
    for other in ("/case-files", f"/case-file-of/{number}", f"/case-file-of/{number}/report", "/cases"):
        assert stranger.get(other).headers.get("location", "").startswith("/login")
    for beyond in (f"{path}/report", f"{path}/../../cases", "/case-file/"):
        assert stranger.get(beyond).status_code in (303, 404, 410)
    over = stranger.get("/case-file/made-up").text
    for tries in range(world.road.case_files.plan.tries):
        assert stranger.post(path, {"code": f"no{tries}"}).status_code in (403, 429)
        world.clock.pass_by(timedelta(minutes=20))
    world.clock.pass_by(timedelta(hours=1))
    ended = stranger.post(path, {"code": handed.code})
    assert ended.status_code == 410 and ended.text == over
    with pytest.raises(Missing):
        delivery.fetch(world.road, path.rpartition("/")[2], handed.code)


def test_bytes_go_after_delivery_and_a_delivery_that_broke_off_can_be_made_again_before(
    quick: tuple[World, str],
) -> None:
    world, key = quick
    road, view = world.road, released(world, key)
    number, digest = view.file.number, view.file.digest
    handed = delivery.hand(road, number, by="rob")
    assert delivery.fetch(road, handed.address.rpartition("/")[2], handed.code) is not None
    delivery.again(road, number, by="lena", why="the transfer broke off")
    handed = delivery.hand(road, number, by="rob")
    assert delivery.fetch(road, handed.address.rpartition("/")[2], handed.code) is not None
    world.clock.pass_by(timedelta(hours=23))
    rounds.lapse(road)
    assert road.case_files.files.has(digest)
    world.clock.pass_by(timedelta(hours=2))
    rounds.lapse(road)
    assert not road.case_files.files.has(digest)
    held = casefile.show(road, number, viewer="rob").file
    assert (held.state, held.digest, held.kept_until) == (CaseFileState.DELIVERED, digest, None)
    with pytest.raises(Conflict):
        delivery.again(road, number, by="lena", why="too late")


@pytest.mark.parametrize("end", ["day", "gone", "veiled", "case", "verdict"])
def test_what_a_case_file_rests_on_ends_and_the_file_with_it(quick: tuple[World, str], end: str) -> None:
    world, key = quick
    road, view = world.road, released(world, key)
    handed = delivery.hand(road, view.file.number, by="rob")
    assert rounds.lapse(road) == 0
    if end == "day":
        world.clock.pass_by(timedelta(days=10))
    elif end == "verdict":
        review.undo(road, key, by="rob")
    else:
        with road.store.transaction() as tx:
            if end == "gone":
                posts.wipe(tx, Gone(NAMED, Platform.MASTODON, "deleted", world.clock()))
            elif end == "veiled":
                veils.put(tx, NAMED, veils.SAFEGUARDING, world.clock())
            else:
                tx.execute(sa.update(t.cases).values(status=CaseStatus.LOCATED.value))
    assert rounds.lapse(road) == 1 and rounds.lapse(road) == 0
    assert not road.case_files.files.has(view.file.digest)
    with pytest.raises(Missing):
        delivery.fetch(road, handed.address.rpartition("/")[2], handed.code)


def test_a_sealed_case_has_case_files_for_its_team_alone(
    quick: tuple[World, str], sign_in: Callable[..., Browser]
) -> None:
    world, key = quick
    number = prepared(world, key).file.number
    with world.road.store.transaction() as tx:
        tx.execute(sa.update(t.cases).where(t.cases.c.id == CASE).values(sealed=True))
        tx.execute(sa.delete(t.case_teams))
    browser = sign_in("rob")
    assert browser.get(f"/case-file-of/{number}").status_code == 404
    assert CASE not in browser.get("/case-files").text
    with pytest.raises(Missing):
        casefile.look(world.road, number, by="lena")
    with pytest.raises(Missing):
        prepared(world, key)


def test_the_pages_take_two_people_through(quick: tuple[World, str], sign_in: Callable[..., Browser]) -> None:
    world, key = quick
    rob, lena = sign_in("rob"), sign_in("lena")
    assert "Prepare it" in rob.get("/case-files").text
    until = (world.clock() + timedelta(days=5)).date().isoformat()
    sent = {"candidate": key, "authority": POLICE.name, "purpose": PURPOSE, "why": WHY, "until": until}
    page = rob.post("/case-files", sent).headers["location"]
    assert "somebody else" in rob.get(page).text
    assert rob.post(f"{page}/release", {"why": LOOKED}).status_code == 403
    lena.get(page)
    assert lena.post(f"{page}/release", {"why": LOOKED}).status_code == 403
    report = lena.get(f"{page}/report")
    assert report.headers["content-type"] == "application/pdf" and report.content.startswith(b"%PDF")
    assert lena.post(f"{page}/release", {"why": LOOKED}).status_code == 303
    shown = lena.post(f"{page}/link")
    assert "/case-file/" in shown.text and "shown once" in shown.text
    assert "/case-file/" not in lena.get(page).text
    taken = lena.post(f"{page}/take")
    assert taken.content.startswith(casefile_check.AGE)
    assert lena.post(f"{page}/withdraw", {"why": "the child is home again"}).status_code == 303
    assert "withdrawn" in lena.get(page).text
    root = sign_in("root")
    assert root.get("/case-files").status_code == root.get(page).status_code == 403


def test_a_rewritten_audit_row_is_named_in_the_installation_and_in_the_file(
    quick: tuple[World, str],
) -> None:
    world, key = quick
    road, found = world.road, opened(world, released(world, key))
    rows = casefile_check.rows_of(found[casefile_check.CHAIN_PATH])
    assert auditing.verify(road, rows).problems == []
    changed = [dict(row) for row in rows]
    which = next(row for row in changed if row.get("action") == "match.possible")
    which["by"] = "somebody"
    assert casefile_check.chain_problems(changed) == [f"audit row {which['seq']} was rewritten"]
    with road.store.transaction() as tx:
        tx.execute(sa.update(t.audit).where(t.audit.c.seq == which["seq"]).values(by="somebody"))
    done = auditing.verify(road)
    assert done.first_bad == which["seq"] and f"row {which['seq']} " in done.problems[0]


def test_a_chain_that_was_rewritten_as_a_whole_differs_from_heads_and_files(
    quick: tuple[World, str],
) -> None:
    from bot.pipeline import heads

    world, key = quick
    road, found = world.road, opened(world, released(world, key))
    assert heads.keep(road) is not None and heads.keep(road) is None
    with road.store.transaction() as tx:
        entries, previous = audit.entries(tx), audit.GENESIS
        for entry in entries:
            by = "somebody" if entry.action == "match.possible" else entry.by
            digest = audit.digest_of(
                entry.seq, entry.at, by, entry.action, entry.subject, entry.detail, previous
            )
            values = {"by": by, "digest": digest, "previous": previous}
            tx.execute(sa.update(t.audit).where(t.audit.c.seq == entry.seq).values(**values))
            previous = digest
    done = auditing.verify(road, casefile_check.rows_of(found[casefile_check.CHAIN_PATH]))
    assert done.first_bad is None
    assert any("a signed head" in words for words in done.problems)
    assert any("the case file" in words for words in done.problems)


def test_the_chain_tells_what_a_person_did_and_of_all_else_the_digest(quick: tuple[World, str]) -> None:
    world, key = quick
    with world.road.store.transaction() as tx:
        audit.write(tx, world.clock(), "root", "other.deed", "somewhere/else", why="a secret of others")
    found = opened(world, released(world, key))
    rows = casefile_check.rows_of(found[casefile_check.CHAIN_PATH])
    assert {"match.possible", "casefile.prepared", "casefile.looked", "casefile.released"} <= {
        row.get("action") for row in rows
    }
    assert b"a secret of others" not in found[casefile_check.CHAIN_PATH]
    assert any(set(row) == {"seq", "digest"} for row in rows)


def test_a_destroyed_case_leaves_no_case_file(quick: tuple[World, str]) -> None:
    from bot.pipeline import casework

    world, key = quick
    road, view = world.road, released(world, key)
    with road.store.transaction() as tx:
        casework.destroy(road, tx, CASE, by="test")
    assert not road.case_files.files.has(view.file.digest)
    with road.store.reading() as tx:
        assert casefiles.listing(tx, viewer="rob") == []
